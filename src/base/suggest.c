// SPDX-License-Identifier: Apache-2.0
#include "base/suggest.h"

#include <string.h>

enum { NAME_MAX_BYTES = 64 };

static size_t least(size_t a, size_t b)
{
    return a < b ? a : b;
}

// Optimal string alignment distance, three rows at a time.
static size_t distance(const char *a, const char *b)
{
    const size_t a_len = strlen(a), b_len = strlen(b);
    size_t rows[3][NAME_MAX_BYTES + 1];
    for (size_t j = 0; j <= b_len; j++)
        rows[0][j] = j;
    for (size_t i = 1; i <= a_len; i++) {
        size_t *row = rows[i % 3];
        const size_t *above = rows[(i + 2) % 3], *above_that = rows[(i + 1) % 3];
        row[0] = i;
        for (size_t j = 1; j <= b_len; j++) {
            row[j] = above[j - 1] + (a[i - 1] != b[j - 1]);
            row[j] = least(row[j], least(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                row[j] = least(row[j], above_that[j - 2] + 1);
        }
    }
    return rows[a_len % 3][b_len];
}

const char *suggest(const char *typed, const char *const *candidates, size_t count)
{
    const size_t typed_len = strlen(typed);
    if (typed_len == 0 || typed_len > NAME_MAX_BYTES) return NULL;
    const char *best = NULL;
    size_t best_distance = (size_t)-1;
    for (size_t i = 0; i < count; i++) {
        const size_t len = strlen(candidates[i]);
        if (len == 0 || len > NAME_MAX_BYTES) continue;
        const size_t far =
            strncmp(candidates[i], typed, typed_len) == 0 ? 1 : distance(typed, candidates[i]);
        if (far <= (len + 2) / 3 && far < best_distance) {
            best = candidates[i];
            best_distance = far;
        }
    }
    return best;
}
