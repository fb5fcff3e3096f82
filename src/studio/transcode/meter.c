// SPDX-License-Identifier: Apache-2.0
#include "studio/transcode/meter.h"

#include <time.h>

uint64_t meter_cpu_us(void)
{
    struct timespec used;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &used); // cannot fail: the clock exists
    return (uint64_t)used.tv_sec * 1000000 + (uint64_t)used.tv_nsec / 1000;
}
