// SPDX-License-Identifier: Apache-2.0
#include "base/clock.h"

#include <stdio.h>
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
