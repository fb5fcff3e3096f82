// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <stdio.h>
#include <string.h>
#include <time.h>

static int64_t read_us(clockid_t id)
{
    struct timespec now;
    (void)clock_gettime(id, &now); // cannot fail for the two ids used here
    return (int64_t)now.tv_sec * 1000000 + now.tv_nsec / 1000;
}

static int64_t system_monotonic_us(const struct clock *clock)
{
    (void)clock;
    return read_us(CLOCK_MONOTONIC);
}

static int64_t system_wall_ms(const struct clock *clock)
{
    (void)clock;
    return read_us(CLOCK_REALTIME) / 1000;
}

const struct clock *clock_system(void)
{
    static const struct clock system = {system_monotonic_us, system_wall_ms};
    return &system;
}

static int64_t manual_monotonic_us(const struct clock *clock)
{
    return ((const struct clock_manual *)clock)->now_us;
}

static int64_t manual_wall_ms(const struct clock *clock)
{
    const struct clock_manual *manual = (const struct clock_manual *)clock;
    return manual->now_us / 1000 + manual->wall_offset_ms;
}

struct clock_manual clock_manual_init(int64_t now_us, int64_t wall_offset_ms)
{
    return (struct clock_manual){{manual_monotonic_us, manual_wall_ms}, now_us, wall_offset_ms};
}

int64_t clock_us(const struct clock *clock)
{
    return clock->monotonic_us(clock);
}

int64_t clock_wall_ms(const struct clock *clock)
{
    return clock->wall_ms(clock);
}

void wall_format(int64_t wall_ms, char *out)
{
    const time_t seconds = (time_t)(wall_ms / 1000);
    struct tm utc;
    (void)gmtime_r(&seconds, &utc);
    char date[24];
    (void)strftime(date, sizeof date, "%Y-%m-%dT%H:%M:%S", &utc);
    (void)snprintf(out, CLOCK_TEXT_BYTES, "%s.%03dZ", date, (int)(wall_ms % 1000));
}

bool wall_parse(const char *text, int64_t *out_ms)
{
    struct tm tm = {0};
    int ms = 0;
    const char *rest = strptime(text, "%Y-%m-%dT%H:%M:%S", &tm);
    if (rest != NULL && *rest == '.') {
        int digits = 0;
        for (rest++; *rest >= '0' && *rest <= '9'; rest++)
            if (digits++ < 3) ms = ms * 10 + (*rest - '0');
        for (; digits < 3; digits++)
            ms *= 10;
    }
    const time_t seconds = rest == NULL ? -1 : timegm(&tm);
    if (rest == NULL || strcmp(rest, "Z") != 0 || seconds < 0) return false;
    *out_ms = (int64_t)seconds * 1000 + ms;
    return true;
}
