// SPDX-License-Identifier: Apache-2.0
//
// Small links and titles whose sessions can be worked out on paper.
#ifndef TESTS_PLAYER_SIMULATE_CASE_H
#define TESTS_PLAYER_SIMULATE_CASE_H

#include "player/simulate_rules.h"

#include <math.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>
#undef fail // cmocka has one of its own

#define LENGTH(array) (sizeof(array) / sizeof(array)[0])

// A trace over `count` steps, which it borrows.
static inline struct trace link_of(const struct trace_step *steps, size_t count, double latency_s)
{
    struct trace trace = {
        .name = "by hand", .steps = steps, .step_count = count, .latency_s = latency_s};
    for (size_t i = 0; i < count; i++) {
        trace.seconds += steps[i].seconds;
        trace.bits += steps[i].seconds * steps[i].bps;
    }
    return trace;
}

static inline void assert_near(double value, double expected)
{
    if (fabs(value - expected) > 1e-6) print_error("%.9f, expected %.9f\n", value, expected);
    assert_true(fabs(value - expected) <= 1e-6);
}

#endif
