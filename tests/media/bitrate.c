// SPDX-License-Identifier: Apache-2.0
#include "media/bitrate.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

enum { SECOND = 1000, SCALE = 1000 }; // ticks of a millisecond

static void the_peak_is_the_dearest_segment(void **state)
{
    (void)state;
    static const struct segment_entry segments[] = {{.size = 900000, .duration = 2 * SECOND},
                                                    {.size = 700000, .duration = 2 * SECOND},
                                                    {.size = 1200000, .duration = 2 * SECOND},
                                                    {.size = 300000, .duration = 2 * SECOND}};
    assert_int_equal(bitrate_peak_bps(segments, 4, SCALE, 2 * SECOND), 4800000);
    assert_int_equal(bitrate_average_bps(segments, 4, SCALE), 3100000);
}

static void a_short_last_segment_alone_is_no_peak(void **state)
{
    (void)state;
    // 40 kB in 40 ms are 8 Mb/s, but nobody fetches them alone: with the one before, 2.04 s, they
    // are 3.29 Mb/s.
    static const struct segment_entry segments[] = {{.size = 500000, .duration = 2 * SECOND},
                                                    {.size = 800000, .duration = 2 * SECOND},
                                                    {.size = 40000, .duration = 40}};
    assert_int_equal(bitrate_peak_bps(segments, 3, SCALE, 2 * SECOND), 3294118);
    // A title shorter than half a target has no other measure than all of it.
    assert_int_equal(bitrate_peak_bps(segments + 2, 1, SCALE, 2 * SECOND), 8000000);
}

static void short_segments_count_in_runs_of_half_a_target(void **state)
{
    (void)state;
    // 0.5 s segments under a target of 2 s: the dearest run of 1 to 3 s.
    static const struct segment_entry segments[] = {{.size = 100000, .duration = SECOND / 2},
                                                    {.size = 400000, .duration = SECOND / 2},
                                                    {.size = 100000, .duration = SECOND / 2},
                                                    {.size = 100000, .duration = SECOND / 2}};
    assert_int_equal(bitrate_peak_bps(segments, 4, SCALE, 2 * SECOND), 4000000);
}

static void nothing_has_no_rate(void **state)
{
    (void)state;
    static const struct segment_entry timeless[] = {{.size = 100}};
    assert_int_equal(bitrate_peak_bps(NULL, 0, SCALE, SECOND), 0);
    assert_int_equal(bitrate_average_bps(NULL, 0, SCALE), 0);
    assert_int_equal(bitrate_buffered_bps(NULL, 0, SCALE, SECOND), 0);
    assert_int_equal(bitrate_average_bps(timeless, 1, SCALE), 0);
}

// By its definition: every run from i to j fits into the rate times buffer and its own time.
static uint64_t buffered_by_definition(const struct segment_entry *segments, size_t count,
                                       uint64_t buffer)
{
    uint64_t least = 0;
    for (size_t i = 0; i < count; i++) {
        uint64_t bytes = 0;
        uint64_t ticks = buffer;
        for (size_t j = i; j < count; j++) {
            bytes += segments[j].size;
            ticks += segments[j].duration;
            const uint64_t rate = (bytes * 8 * SCALE + ticks - 1) / ticks;
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
        struct segment_entry segments[24];
        const size_t count = 1 + (size_t)prng_below(&prng, 24);
        for (size_t i = 0; i < count; i++)
            segments[i] = (struct segment_entry){
                .size = (uint32_t)prng_below(&prng, 2000000),
                .duration = 1 + (uint32_t)prng_below(&prng, 4 * SECOND),
            };
        const uint64_t buffer = prng_below(&prng, 6 * SECOND);
        assert_int_equal(bitrate_buffered_bps(segments, count, SCALE, buffer),
                         buffered_by_definition(segments, count, buffer));
    }
}

static void the_target_is_the_longest_in_whole_seconds(void **state)
{
    (void)state;
    static const struct segment_entry segments[] = {
        {.duration = 2005}, {.duration = 1500}, {.duration = 40}};
    assert_int_equal(bitrate_target_ticks(segments, 3, SCALE), 2 * SECOND);
    assert_int_equal(bitrate_target_ticks(segments + 1, 2, SCALE), 2 * SECOND);
    assert_int_equal(bitrate_target_ticks(segments + 2, 1, SCALE), 1 * SECOND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_peak_is_the_dearest_segment),
        cmocka_unit_test(a_short_last_segment_alone_is_no_peak),
        cmocka_unit_test(short_segments_count_in_runs_of_half_a_target),
        cmocka_unit_test(the_target_is_the_longest_in_whole_seconds),
        cmocka_unit_test(nothing_has_no_rate),
        cmocka_unit_test(the_buffered_rate_is_what_its_definition_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
