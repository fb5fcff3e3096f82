// SPDX-License-Identifier: Apache-2.0
#include "player/swarm_inside.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

static void assert_within(double value, double wanted, double share)
{
    if (value < wanted * (1 - share) || value > wanted * (1 + share))
        fail_msg("%g is not within %g %% of %g", value, share * 100, wanted);
}

static void quantiles_are_right_to_a_bucket(void **state)
{
    (void)state;
    struct swarm_histogram histogram = {.total = 0};
    assert_true(swarm_histogram_times(&histogram).p50_ms < 0);
    for (int64_t ms = 1; ms <= 1000; ms++)
        swarm_histogram_add(&histogram, ms * 1000);
    const struct swarm_times times = swarm_histogram_times(&histogram);
    assert_int_equal(times.count, 1000);
    assert_within(times.p50_ms, 500, 0.05);
    assert_within(times.p95_ms, 950, 0.05);
    assert_within(times.p99_ms, 990, 0.05);
}

static void what_is_out_of_range_stays_in_the_last_buckets(void **state)
{
    (void)state;
    struct swarm_histogram histogram = {.total = 0}, other = {.total = 0};
    swarm_histogram_add(&histogram, -5);
    swarm_histogram_add(&histogram, INT64_MAX);
    swarm_histogram_add(&other, 0);
    swarm_histogram_merge(&histogram, &other);
    assert_int_equal(histogram.total, 3);
    assert_int_equal(histogram.counts[0], 2);
    assert_int_equal(histogram.counts[SWARM_HISTOGRAM - 1], 1);
}

static void causes_are_counted_once_each_and_sums_follow_cta_2066(void **state)
{
    (void)state;
    struct swarm_totals all, loop;
    struct swarm_report report;
    assert_int_equal(swarm_totals_open(&all, NULL), OK);
    assert_int_equal(swarm_totals_open(&loop, NULL), OK);
    swarm_totals_fail(&loop, SWARM_MEDIA, 404, NOT_FOUND, "answered 404");
    swarm_totals_fail(&loop, SWARM_PLAY, 503, UNAVAILABLE, "answered 503");
    swarm_totals_fail(&loop, SWARM_PLAY, 503, UNAVAILABLE, "answered 503");
    loop.sums.played_s = 90;
    loop.sums.stalled_s = 10;
    loop.sums.requests[SWARM_MEDIA] = 50;
    loop.weighted_bits = 500e3 * 20;
    loop.fetched_s = 20;
    loop.second_viewers[0] = 5;
    loop.second_viewers[1] = -3;
    loop.second_viewers[2] = 4;
    loop.second_requests[1] = 30;
    swarm_totals_merge(&all, &loop);
    swarm_totals_merge(&all, &loop);
    swarm_totals_finish(&all, 10, &report);
    assert_int_equal(report.cause_count, 2);
    assert_int_equal(report.causes[0].stage, SWARM_PLAY);
    assert_int_equal(report.causes[0].count, 4);
    assert_int_equal(report.causes[1].count, 2);
    assert_within(report.rebuffer_pct, 10, 1e-9);
    assert_within(report.kbps, 500, 1e-9);
    assert_within(report.requests_per_s, 10, 1e-9);
    assert_int_equal(report.concurrent_max, 12);
    assert_int_equal(report.requests_per_s_max, 60);
    swarm_totals_close(&all);
    swarm_totals_close(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(quantiles_are_right_to_a_bucket),
        cmocka_unit_test(what_is_out_of_range_stays_in_the_last_buckets),
        cmocka_unit_test(causes_are_counted_once_each_and_sums_follow_cta_2066),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
