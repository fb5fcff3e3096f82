// SPDX-License-Identifier: Apache-2.0
#include "media/cadence.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static int64_t place(uint64_t frame, struct frame_rate rate, uint32_t timescale)
{
    return cadence_time(frame, (struct media_time){0, timescale}, rate).ticks;
}

static void every_standard_rate_is_found_in_every_timescale(void **state)
{
    (void)state;
    static const struct frame_rate rates[] = {
        {24000, 1001}, {24, 1}, {25, 1},       {30000, 1001}, {30, 1}, {48, 1},
        {50, 1},       {60, 1}, {60000, 1001}, {100, 1},      {15, 1}, {25, 2},
    };
    // A tick of 1/1000 s cannot tell 30 from 30000/1001 in less than a few seconds; nobody can.
    static const uint32_t timescales[] = {1000, 90000, 48000, 12800, 1000000};
    enum { COUNT = 1500 };
    int64_t ticks[COUNT];
    for (size_t r = 0; r < sizeof rates / sizeof rates[0]; r++)
        for (size_t t = 0; t < sizeof timescales / sizeof timescales[0]; t++) {
            for (uint64_t i = 0; i < COUNT; i++)
                ticks[i] = 7777 + place(i, rates[r], timescales[t]);
            const struct cadence found =
                cadence_find(ticks, COUNT, timescales[t], place(1, rates[r], timescales[t]),
                             (struct frame_rate){0, 0});
            assert_int_equal(found.rate.frames, rates[r].frames);
            assert_int_equal(found.rate.seconds, rates[r].seconds);
            assert_int_equal(found.frame_count, COUNT);
            assert_false(found.is_variable);
        }
}

static void the_containers_word_decides_between_rates_that_fit(void **state)
{
    (void)state;
    int64_t ticks[20];
    for (uint64_t i = 0; i < 20; i++)
        ticks[i] = place(i, (struct frame_rate){30000, 1001}, 1000);
    assert_int_equal(cadence_find(ticks, 20, 1000, 33, (struct frame_rate){30, 1}).rate.seconds, 1);
    assert_int_equal(
        cadence_find(ticks, 20, 1000, 33, (struct frame_rate){30000, 1001}).rate.seconds, 1001);
    assert_int_equal(cadence_find(ticks, 1, 1000, 33, (struct frame_rate){50, 1}).rate.frames, 50);
    assert_int_equal(cadence_find(ticks, 1, 1000, 33, (struct frame_rate){0, 0}).rate.frames, 24);
}

static void pauses_repeat_and_bursts_drop(void **state)
{
    (void)state;
    // 25 fps: a pause of four frames, then two pictures for one place.
    static const int64_t ticks[] = {0, 40, 80, 120, 320, 360, 361, 400, 440, 480};
    const struct cadence found = cadence_find(ticks, 10, 1000, 40, (struct frame_rate){0, 0});
    assert_int_equal(found.rate.frames, 25);
    assert_true(found.is_variable);
    assert_int_equal(found.repeated, 4);
    assert_int_equal(found.dropped, 1);
    assert_int_equal(found.frame_count, 13);
}

static void a_little_jitter_is_no_variable_rate(void **state)
{
    (void)state;
    struct prng prng = prng_init(20261121);
    int64_t ticks[300];
    for (uint64_t i = 0; i < 300; i++)
        ticks[i] = place(i, (struct frame_rate){30000, 1001}, 90000) +
                   (int64_t)prng_below(&prng, 900) - 450; // a camera's clock: 5 ms either way
    ticks[0] = 0;
    const struct cadence found = cadence_find(ticks, 300, 90000, 3003, (struct frame_rate){0, 0});
    assert_int_equal(found.rate.frames, 30000);
    assert_int_equal(found.frame_count, 300);
    assert_false(found.is_variable);
}

static void places_and_times_agree_over_days(void **state)
{
    (void)state;
    struct prng prng = prng_init(7);
    static const struct frame_rate rates[] = {{24000, 1001}, {60000, 1001}, {25, 1}, {120, 1}};
    for (int round = 0; round < 2000; round++) {
        const struct frame_rate rate = rates[prng_below(&prng, 4)];
        const struct media_time start = {(int64_t)prng_below(&prng, 1000000) - 500000,
                                         600 + (uint32_t)prng_below(&prng, 1000000)};
        const uint64_t frame = prng_below(&prng, 20000000);
        assert_int_equal(cadence_frame(cadence_time(frame, start, rate), start, rate), frame);
    }
}

static void absurd_times_saturate(void **state)
{
    (void)state;
    const struct frame_rate rate = {UINT32_MAX, 1};
    const struct media_time zero = {0, 1};
    assert_int_equal(cadence_frame((struct media_time){INT64_MAX, 1}, zero, rate), INT64_MAX);
    assert_int_equal(cadence_frame((struct media_time){INT64_MIN, 1}, zero, rate), INT64_MIN);
    assert_int_equal(
        cadence_frame((struct media_time){INT64_MAX, UINT32_MAX}, zero, (struct frame_rate){25, 1}),
        53687091212);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_standard_rate_is_found_in_every_timescale),
        cmocka_unit_test(the_containers_word_decides_between_rates_that_fit),
        cmocka_unit_test(pauses_repeat_and_bursts_drop),
        cmocka_unit_test(a_little_jitter_is_no_variable_rate),
        cmocka_unit_test(places_and_times_agree_over_days),
        cmocka_unit_test(absurd_times_saturate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
