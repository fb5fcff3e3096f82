// SPDX-License-Identifier: Apache-2.0
#include "media/bitrate.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SECOND = 1000000 };

static void the_peak_is_the_dearest_segment(void **state)
{
    (void)state;
    static const struct sized_segment segments[] = {
        {900000, 2 * SECOND}, {700000, 2 * SECOND}, {1200000, 2 * SECOND}, {300000, 2 * SECOND}};
    assert_int_equal(bitrate_peak_bps(segments, 4, 2 * SECOND), 4800000);
    assert_int_equal(bitrate_average_bps(segments, 4), 3100000);
}

static void a_short_last_segment_alone_is_no_peak(void **state)
{
    (void)state;
    // 40 kB in 40 ms are 8 Mb/s, but nobody fetches them alone: with the one before, 2.04 s, they
    // are 3.29 Mb/s.
    static const struct sized_segment segments[] = {
        {500000, 2 * SECOND}, {800000, 2 * SECOND}, {40000, 40000}};
    assert_int_equal(bitrate_peak_bps(segments, 3, 2 * SECOND), 3294118);
    // A title shorter than half a target has no other measure than all of it.
    assert_int_equal(bitrate_peak_bps(segments + 2, 1, 2 * SECOND), 8000000);
}

static void short_segments_count_in_runs_of_half_a_target(void **state)
{
    (void)state;
    // 0.5 s segments under a target of 2 s: the dearest run of 1 to 3 s.
    static const struct sized_segment segments[] = {
        {100000, SECOND / 2}, {400000, SECOND / 2}, {100000, SECOND / 2}, {100000, SECOND / 2}};
    assert_int_equal(bitrate_peak_bps(segments, 4, 2 * SECOND), 4000000);
}

static void nothing_has_no_rate(void **state)
{
    (void)state;
    static const struct sized_segment timeless[] = {{100, 0}};
    assert_int_equal(bitrate_peak_bps(NULL, 0, SECOND), 0);
    assert_int_equal(bitrate_average_bps(NULL, 0), 0);
    assert_int_equal(bitrate_buffered_bps(NULL, 0, SECOND), 0);
    assert_int_equal(bitrate_average_bps(timeless, 1), 0);
}

// By its definition: every run from i to j fits into the rate times buffer and its own time.
static uint64_t buffered_by_definition(const struct sized_segment *segments, size_t count,
                                       uint64_t buffer_us)
{
    uint64_t least = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t bytes = 0;
        uint64_t us = buffer_us;
        for (size_t j = i; j < count; j++) {
            bytes += segments[j].bytes;
            us += segments[j].duration_us;
            const uint64_t rate = (bytes * 8 * SECOND + us - 1) / us;
            if (rate > least) least = rate;
        }
    }
    return least;
}

static void the_buffered_rate_is_what_its_definition_says(void **state)
{
    (void)state;
    struct prng prng = prng_init(20261121);
    for (int round = 0; round < 2000; round++) {
        struct sized_segment segments[24];
        const size_t count = 1 + (size_t)prng_below(&prng, 24);
        for (size_t i = 0; i < count; i++)
            segments[i] = (struct sized_segment){prng_below(&prng, 2000000),
                                                 1 + prng_below(&prng, 4 * SECOND)};
        const uint64_t buffer_us = prng_below(&prng, 6 * SECOND);
        assert_int_equal(bitrate_buffered_bps(segments, count, buffer_us),
                         buffered_by_definition(segments, count, buffer_us));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_peak_is_the_dearest_segment),
        cmocka_unit_test(a_short_last_segment_alone_is_no_peak),
        cmocka_unit_test(short_segments_count_in_runs_of_half_a_target),
        cmocka_unit_test(nothing_has_no_rate),
        cmocka_unit_test(the_buffered_rate_is_what_its_definition_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
