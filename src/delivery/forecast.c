// SPDX-License-Identifier: Apache-2.0
#include "delivery/forecast.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

double forecast_worth(double age_s, double half_life_s)
{
    return age_s <= 0 ? 1 : exp2(-age_s / half_life_s);
}

static double plays(const struct forecast_file *file)
{
    return file->asked_bytes / (double)(file->bytes > 0 ? file->bytes : 1);
}

static int by_worth(const void *x, const void *y)
{
    const struct forecast_file *a = x, *b = y;
    if ((a->premiere_ms == 0) != (b->premiere_ms == 0)) return a->premiere_ms == 0 ? 1 : -1;
    if (a->premiere_ms != b->premiere_ms) return a->premiere_ms < b->premiere_ms ? -1 : 1;
    const double of_a = plays(a), of_b = plays(b);
    if (of_a != of_b) return of_a > of_b ? -1 : 1;
    return strcmp(a->path, b->path);
}

void forecast_sort(struct forecast_file *files, size_t count)
{
    if (count > 0) qsort(files, count, sizeof *files, by_worth);
}

size_t forecast_count(const struct forecast_file *files, size_t count, double plays_min)
{
    size_t kept = 0;
    while (kept < count && (files[kept].premiere_ms != 0 || plays(&files[kept]) >= plays_min))
        kept++;
    return kept;
}
