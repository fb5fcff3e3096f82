// SPDX-License-Identifier: Apache-2.0
//
// What a decision costs: random states as the tests draw them, each call timed, the timer's own
// cost taken off.
#include "abr_drive.h"

#include <stdio.h>
#include <stdlib.h>
#include <time.h>

enum { DECISIONS = 200000 };

static double now_us(void)
{
    struct timespec t;
    (void)clock_gettime(CLOCK_MONOTONIC, &t);
    return (double)t.tv_sec * 1e6 + (double)t.tv_nsec / 1e3;
}

static int order(const void *a, const void *b)
{
    const double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int main(void)
{
    static double us[DECISIONS], nothing[1000];
    for (size_t i = 0; i < 1000; i++) {
        const double begin = now_us();
        nothing[i] = now_us() - begin;
    }
    qsort(nothing, 1000, sizeof *nothing, order);
    struct drive drive = drive_begin(2463534242U);
    for (size_t i = 0; i < DECISIONS; i++) {
        int32_t lower = -1;
        drive_decide(&drive, &lower);
        double copy[PRIMROSE_ABR_STATE_BYTES / sizeof(double)];
        memcpy(copy, drive.state, sizeof copy);
        const double begin = now_us();
        (void)primrose_abr_choose(copy, drive.rates, drive.rungs, drive.sizes, DRIVE_AHEAD,
                                  drive.segment_s, drive.buffer_s, drive.capacity_s, drive.now_s,
                                  drive.previous, NULL);
        us[i] = now_us() - begin - nothing[500];
    }
    qsort(us, DECISIONS, sizeof *us, order);
    printf("native, %d decisions: p50 %.2f us, p99 %.2f us, p99.9 %.2f us\n", DECISIONS,
           us[DECISIONS / 2], us[DECISIONS / 100 * 99], us[DECISIONS / 1000 * 999]);
    return 0;
}
