// SPDX-License-Identifier: Apache-2.0
#include "abr_drive.h"

#include "simulate_case.h"

#include <dlfcn.h>
#include <stdlib.h>

enum { DRIVEN = 20000 };

static const double rates[] = {4e5, 6e5, 9e5, 1.35e6, 2e6, 3e6, 4.5e6, 6.8e6, 1e7, 1.5e7};
enum { RUNGS = LENGTH(rates) };

// A state that has seen `count` seconds of a steady link.
static void link_seen(double *block, double bps, int count)
{
    assert_int_equal(
        primrose_abr_init(block, PRIMROSE_ABR_STATE_BYTES, PRIMROSE_ABR_VOD, 30.0, NULL, 0), 0);
    for (int i = 0; i < count; i++)
        assert_int_equal(primrose_abr_observe(block, bps / 8.0, i, i + 0.02, i + 1.0), 0);
}

static int32_t choose(double *block, double buffer_s, int32_t previous)
{
    return primrose_abr_choose(block, rates, RUNGS, NULL, 0, 2.0, buffer_s, 30.0, 100.0, previous,
                               NULL);
}

typedef double block_of[PRIMROSE_ABR_STATE_BYTES / sizeof(double)];

static void the_interface_says_what_it_is(void **state)
{
    (void)state;
    block_of block;
    assert_int_equal(primrose_abr_version(), PRIMROSE_ABR_VERSION);
    assert_int_equal(primrose_abr_state_bytes(), PRIMROSE_ABR_STATE_BYTES);
    assert_int_equal(primrose_abr_init(NULL, PRIMROSE_ABR_STATE_BYTES, 0, 30.0, NULL, 0), -1);
    assert_int_equal(primrose_abr_init(block, 16, 0, 30.0, NULL, 0), -1);
    link_seen(block, 5e6, 5);
    assert_int_equal(primrose_abr_choose(NULL, rates, RUNGS, NULL, 0, 2.0, 9.0, 30.0, 0.0, 0, NULL),
                     -1);
    assert_int_equal(primrose_abr_choose(block, NULL, RUNGS, NULL, 0, 2.0, 9.0, 30.0, 0.0, 0, NULL),
                     -1);
    assert_int_equal(primrose_abr_choose(block, rates, 0, NULL, 0, 2.0, 9.0, 30.0, 0.0, 0, NULL),
                     -1);
}

static void the_first_segment_is_small(void **state)
{
    (void)state;
    block_of block;
    assert_int_equal(primrose_abr_init(block, sizeof block, PRIMROSE_ABR_VOD, 30.0, NULL, 0), 0);
    assert_int_equal(choose(block, 0.0, -1), 0);
    assert_near(primrose_abr_estimate(block), 0.0);
}

static void an_estimate_is_carried_over(void **state)
{
    (void)state;
    block_of block;
    double saved[PRIMROSE_ABR_SAVED_NUMBERS] = {0};
    assert_int_equal(primrose_abr_init(block, sizeof block, PRIMROSE_ABR_VOD, 30.0, NULL, 0), 0);
    assert_int_equal(primrose_abr_save(block, saved, LENGTH(saved)), 0);
    link_seen(block, 3e7, 20);
    assert_int_equal(primrose_abr_save(block, saved, 1), 0);
    assert_int_equal(primrose_abr_save(block, saved, LENGTH(saved)), LENGTH(saved));
    block_of next;
    assert_int_equal(
        primrose_abr_init(next, sizeof next, PRIMROSE_ABR_VOD, 30.0, saved, LENGTH(saved)), 0);
    assert_true(fabs(primrose_abr_estimate(next) / primrose_abr_estimate(block) - 1.0) < 1e-6);
    const int32_t first = choose(next, 0.0, -1);
    assert_true(first > 0);                       // it may begin higher,
    assert_true(rates[first] * 2.0 <= 0.5 * 3e7); // with what is there in half a second
    // and what comes now counts at once
    assert_int_equal(primrose_abr_observe(next, 1e6 / 8.0, 0.0, 0.02, 1.0), 0);
    assert_true(primrose_abr_estimate(next) < 1e7);
    static const double nonsense[][4] = {{(double)NAN, 1e6, 0.1, 0.1},
                                         {7.0, 1e6, 0.1, 0.1},
                                         {1.0, (double)NAN, (double)NAN, (double)NAN},
                                         {1.0, -5.0, -1.0, HUGE_VAL}};
    for (size_t i = 0; i < LENGTH(nonsense); i++) {
        assert_int_equal(primrose_abr_init(next, sizeof next, 0, 30.0, nonsense[i], 4), 0);
        assert_near(primrose_abr_estimate(next), 0.0);
    }
}

// --- over sessions of chance

static void never_above_the_smallest_rate_that_covers_the_estimate(void **state)
{
    (void)state;
    struct drive d = drive_begin(1);
    int at_the_bound = 0;
    for (int i = 0; i < DRIVEN; i++) {
        int32_t lower = -1;
        drive_decide(&d, &lower);
        assert_in_range(d.rung, 0, d.rungs - 1);
        // Towards the end of a title the buffer pays, too: never three times what the link carries,
        const bool is_told = d.left_s > 0.0 || d.ahead < DRIVE_AHEAD;
        const double most = is_told ? 3.0 * d.estimate_before : d.estimate_before;
        if (d.rung > 0) assert_true(d.rates[d.rung - 1] < most);
        if (is_told) continue;
        at_the_bound += d.rates[d.rung] > d.estimate_before;
    }
    assert_true(at_the_bound > 100); // the bound was met, not only kept clear of
}

static void quality_sinks_with_every_segment_while_the_buffer_is_low(void **state)
{
    (void)state;
    struct drive d = drive_begin(2);
    bool was_comfortable = false;
    int low = 0;
    for (int i = 0; i < DRIVEN; i++) {
        int32_t lower = -1;
        drive_decide(&d, &lower);
        if (d.decisions == 1) was_comfortable = false;
        const double mark_s = fmin(10.0, (d.is_live ? 0.4 : 0.5) * d.capacity_s);
        was_comfortable = was_comfortable || d.buffer_before >= mark_s;
        if (!was_comfortable || d.buffer_before >= mark_s || d.previous_before < 0) continue;
        assert_true(d.previous_before == 0 ? d.rung == 0 : d.rung < d.previous_before);
        low++;
    }
    assert_true(low > 500);
}

static void a_transfer_is_given_up_only_for_a_lower_rung(void **state)
{
    (void)state;
    struct drive d = drive_begin(3);
    int given_up = 0;
    for (int i = 0; i < DRIVEN; i++) {
        int32_t lower = -1;
        drive_decide(&d, &lower);
        assert_true(lower == -1 || (lower >= 0 && lower < d.rung));
        given_up += lower >= 0;
    }
    assert_true(given_up > 100);
}

// --- on steady links

static int32_t rung_on(double bps, double buffer_s, int32_t previous)
{
    block_of block;
    link_seen(block, bps, 30);
    return choose(block, buffer_s, previous);
}

// A plan may rather wait for a better step than take a small one now, so that neighbouring states
// can cross by a rung; half as much again, or three seconds more, never mean less.
static void more_throughput_never_means_less_quality(void **state)
{
    (void)state;
    for (int32_t previous = 0; previous < (int32_t)RUNGS; previous++)
        for (double bps = 2e5; bps < 4e7; bps *= 1.1)
            assert_true(rung_on(1.5 * bps, 26.0, previous) >= rung_on(bps, 26.0, previous));
    assert_int_equal(rung_on(1e5, 26.0, 5), 0);
    assert_int_equal(rung_on(4e7, 26.0, 0), RUNGS - 1);
}

static void a_fuller_buffer_means_more_quality_or_one_rung_apart(void **state)
{
    (void)state;
    int higher = 0;
    for (int32_t previous = 0; previous < (int32_t)RUNGS; previous++)
        for (double bps = 5e5; bps < 2e7; bps *= 1.3)
            for (double buffer_s = 10.0; buffer_s <= 25.0; buffer_s += 1.0) {
                const int32_t fuller = rung_on(bps, buffer_s + 3.0, previous);
                const int32_t rung = rung_on(bps, buffer_s, previous);
                assert_true(fuller >= rung - 1);
                higher += fuller - rung;
            }
    assert_true(higher > 200);
}

// With little left to play, a buffer that holds most of it is spent on quality.
static void a_short_rest_asks_for_less_buffer(void **state)
{
    (void)state;
    block_of block;
    link_seen(block, 2.4e6, 20);
    const int32_t long_rest =
        primrose_abr_choose(block, rates, RUNGS, NULL, 0, 2.0, 14.0, 30.0, 100.0, 0, NULL);
    const int32_t short_rest =
        primrose_abr_choose(block, rates, RUNGS, NULL, 0, 2.0, 14.0, 22.0, 100.0, 0, NULL);
    assert_int_equal(long_rest, 0);
    assert_true(short_rest > 0);
}

// How the rule learns of the end.
enum ending { UNTOLD, TOLD, SEEN_TO_SINK, SLIDING };

static uint32_t segments_ahead(enum ending ending, double unfetched_s)
{
    const uint32_t ahead = (uint32_t)(unfetched_s / 2.0 + 0.5);
    if (ending == SEEN_TO_SINK) return ahead;
    return ending == SLIDING ? 5 : 0;
}

// Media played from a full buffer over a steady link until all is fetched: the mean rate, and in
// *buffer_s what the last segment found.
static double played_to_the_end(enum ending ending, double *buffer_s)
{
    block_of block;
    link_seen(block, 2.5e6, 30);
    double now_s = 100.0, left_s = 120.0, sum = 0.0;
    int32_t rung = 4;
    int segments = 0;
    for (*buffer_s = 26.0; left_s > *buffer_s; segments++) {
        primrose_abr_left(block, ending == TOLD ? left_s : 0.0);
        rung = primrose_abr_choose(block, rates, RUNGS, NULL,
                                   segments_ahead(ending, left_s - *buffer_s), 2.0, *buffer_s, 30.0,
                                   100.0, rung, NULL);
        const double load_s = rates[rung] * 2.0 / 2.5e6;
        assert_int_equal(
            primrose_abr_observe(block, rates[rung] * 2.0 / 8.0, now_s, now_s, now_s + load_s), 0);
        const double full_s = *buffer_s - load_s + 2.0; // what is more has to be waited for
        const double passed_s = load_s + fmax(full_s - 28.0, 0.0);
        now_s += passed_s;
        left_s -= passed_s;
        *buffer_s = fmin(full_s, 28.0);
        assert_true(*buffer_s >= 10.0);
        sum += rates[rung];
    }
    return sum / segments;
}

static void a_saved_buffer_is_spent_before_the_end(void **state)
{
    (void)state;
    double told_s = 0.0, untold_s = 0.0, sunk_s = 0.0, sliding_s = 0.0;
    const double told_bps = played_to_the_end(TOLD, &told_s);
    const double untold_bps = played_to_the_end(UNTOLD, &untold_s);
    assert_true(told_bps > 1.1 * untold_bps);
    assert_true(told_s < untold_s - 4.0);
    // A list of sizes that sinks says as much, after its first segments; one that slides says
    // nothing.
    assert_true(played_to_the_end(SEEN_TO_SINK, &sunk_s) > 1.1 * untold_bps);
    assert_true(sunk_s < untold_s - 4.0);
    assert_true(fabs(played_to_the_end(SLIDING, &sliding_s) - untold_bps) < 1.0);
    primrose_abr_left(NULL, 10.0);
}

static void a_steady_link_is_used_without_touching_the_reserve(void **state)
{
    (void)state;
    block_of block;
    link_seen(block, 5.4e6, 30); // between 4.5 and 6.8 Mb/s
    double buffer_s = 20.0, now_s = 100.0, sum = 0.0;
    int32_t rung = 6, switches = 0;
    enum { SEGMENTS = 600 };
    for (int i = 0; i < SEGMENTS; i++) {
        const int32_t next = choose(block, buffer_s, rung);
        switches += next != rung;
        rung = next;
        const double load_s = rates[rung] * 2.0 / 5.4e6;
        assert_int_equal(
            primrose_abr_observe(block, rates[rung] * 2.0 / 8.0, now_s, now_s, now_s + load_s), 0);
        now_s += load_s;
        buffer_s = fmin(buffer_s - load_s + 2.0, 28.0);
        assert_true(buffer_s >= 10.0);
        sum += rates[rung];
    }
    assert_true(sum / SEGMENTS > 0.85 * 5.4e6); // most of the link is used,
    assert_true(switches < SEGMENTS / 5);       // switching every tenth second at most
}

static void a_link_gone_silent_ends_at_the_lowest_rung_in_time(void **state)
{
    (void)state;
    block_of block;
    link_seen(block, 5e6, 30);
    (void)choose(block, 12.0, 6);
    // 13.6 Mb are wanted; half a megabit comes in the first tenth of a second, then hardly a byte,
    // and nothing of what is asked for instead.
    int32_t rung = 6;
    double request_s = 0.0, at_s = 0.0;
    for (; at_s < 12.0 && rung > 0; at_s += 0.25) {
        const double elapsed_s = at_s - request_s;
        const double bytes = rung == 6 ? 62500.0 + 100.0 * elapsed_s : 0.0;
        const int32_t lower = primrose_abr_abandon(block, rates, RUNGS, NULL, 2.0, 12.0 - at_s,
                                                   rung, elapsed_s < 0.25 ? 0.0 : bytes, elapsed_s,
                                                   rung == 6 && elapsed_s >= 0.25 ? 0.02 : -1.0);
        if (lower < 0) continue;
        const double first_s = 100.0 + (bytes > 0.0 ? request_s + 0.02 : at_s);
        assert_int_equal(
            primrose_abr_observe(block, bytes, 100.0 + request_s, first_s, 100.0 + at_s), 0);
        request_s = at_s;
        rung = lower;
    }
    assert_int_equal(rung, 0);
    assert_true(12.0 - at_s > 4.0); // with seconds left for the link to come back
    assert_int_equal(primrose_abr_abandon(block, rates, RUNGS, NULL, 2.0, 1.0, 0, 100.0, 9.0, 0.02),
                     -1);
}

static void looks_during_a_transfer_count_once(void **state)
{
    (void)state;
    block_of once, looked;
    link_seen(once, 4e6, 10);
    link_seen(looked, 4e6, 10);
    (void)choose(once, 20.0, 4);
    (void)choose(looked, 20.0, 4);
    for (double at_s = 0.25; at_s < 2.0; at_s += 0.25)
        (void)primrose_abr_abandon(looked, rates, RUNGS, NULL, 2.0, 20.0, 4, 4e6 / 8.0 * at_s,
                                   at_s + 0.02, 0.02);
    assert_int_equal(primrose_abr_observe(once, 1e6, 50.0, 50.02, 52.02), 0);
    assert_int_equal(primrose_abr_observe(looked, 1e6, 50.0, 50.02, 52.02), 0);
    assert_true(fabs(primrose_abr_estimate(once) / primrose_abr_estimate(looked) - 1.0) < 1e-9);
}

static void live_buffers_are_used_too(void **state)
{
    (void)state;
    block_of block;
    assert_int_equal(primrose_abr_init(block, sizeof block, PRIMROSE_ABR_LIVE, 12.0, NULL, 0), 0);
    for (int i = 0; i < 30; i++)
        assert_int_equal(primrose_abr_observe(block, 3.5e6 / 8.0, i, i + 0.02, i + 1.0), 0);
    int32_t rung = 0;
    for (int i = 0; i < 10; i++)
        rung =
            primrose_abr_choose(block, rates, RUNGS, NULL, 0, 2.0, 9.5, 12.0, 40.0 + i, rung, NULL);
    assert_in_range(rung, 3, 5);
    assert_true(
        primrose_abr_choose(block, rates, RUNGS, NULL, 0, 2.0, 4.5, 12.0, 60.0, rung, NULL) < rung);
}

static void nonsense_does_no_harm(void **state)
{
    (void)state;
    static const double odd[] = {(double)NAN, HUGE_VAL, -HUGE_VAL, -1.0, 0.0,
                                 1e300,       -1e300,   1e-320,    3.0};
    block_of block;
    link_seen(block, 5e6, 20);
    struct drive d = drive_begin(4);
    for (int i = 0; i < DRIVEN; i++) {
        double v[8];
        for (size_t k = 0; k < LENGTH(v); k++)
            v[k] = odd[(size_t)(drive_unit(&d) * (double)LENGTH(odd))];
        const double odd_rates[3] = {v[0], v[1], v[2]},
                     odd_sizes[6] = {v[3], v[4], v[5], v[6], v[7], v[0]};
        const int32_t previous = (int32_t)(drive_unit(&d) * 50.0) - 20;
        double wait_s = 7.0;
        const int32_t rung = primrose_abr_choose(block, odd_rates, 3, odd_sizes, 2, v[3], v[4],
                                                 v[5], v[6], previous, &wait_s);
        assert_in_range(rung, 0, 2);
        assert_near(wait_s, 0.0);
        (void)primrose_abr_observe(block, v[0], v[1], v[2], v[3]);
        const int32_t lower = primrose_abr_abandon(block, odd_rates, 3, odd_sizes, v[4], v[5],
                                                   previous, v[6], v[7], v[0]);
        assert_true(lower >= -1 && lower < 3);
        const double estimate = primrose_abr_estimate(block);
        assert_true(estimate >= 0.0 && estimate < 1e300);
    }
    link_seen(block, 5e6, 20);
    assert_true(choose(block, 25.0, 5) > 3);
}

static void more_rungs_than_the_interface_takes_are_left_alone(void **state)
{
    (void)state;
    double many[64];
    for (size_t i = 0; i < LENGTH(many); i++)
        many[i] = 1e5 * (double)(i + 1);
    block_of block;
    link_seen(block, 1e9, 20);
    assert_int_equal(primrose_abr_choose(block, many, 64, many, 1, 2.0, 28.0, 30.0, 0.0, 31, NULL),
                     31);
}

static void the_shared_library_decides_alike(void **state)
{
    (void)state;
    const char *build = getenv("PRIMROSE_BUILD");
    if (build == NULL) {
        print_message("# skipped: PRIMROSE_BUILD does not say where libprimrose-abr.so lies\n");
        skip();
    }
    char path[4096];
    (void)snprintf(path, sizeof path, "%s/src/player/abr/libprimrose-abr.so", build);
    void *library = dlopen(path, RTLD_NOW | RTLD_LOCAL);
    assert_non_null(library);
    int32_t (*theirs)(void *, const double *, uint32_t, const double *, uint32_t, double, double,
                      double, double, int32_t, double *) = NULL;
    *(void **)&theirs = dlsym(library, "primrose_abr_choose");
    assert_true(theirs != NULL);
    struct drive d = drive_begin(5);
    for (int i = 0; i < DRIVEN; i++) {
        int32_t lower = -1;
        drive_decide(&d, &lower);
        block_of mine, copy;
        memcpy(mine, d.state, sizeof mine);
        memcpy(copy, d.state, sizeof copy);
        assert_int_equal(theirs(copy, d.rates, d.rungs, d.sizes, DRIVE_AHEAD, d.segment_s,
                                d.buffer_s, d.capacity_s, d.now_s, d.previous, NULL),
                         primrose_abr_choose(mine, d.rates, d.rungs, d.sizes, DRIVE_AHEAD,
                                             d.segment_s, d.buffer_s, d.capacity_s, d.now_s,
                                             d.previous, NULL));
        assert_memory_equal(mine, copy, sizeof mine);
    }
    assert_null(dlsym(library, "estimate_of"));
    assert_int_equal(dlclose(library), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_interface_says_what_it_is),
        cmocka_unit_test(the_first_segment_is_small),
        cmocka_unit_test(an_estimate_is_carried_over),
        cmocka_unit_test(never_above_the_smallest_rate_that_covers_the_estimate),
        cmocka_unit_test(quality_sinks_with_every_segment_while_the_buffer_is_low),
        cmocka_unit_test(a_transfer_is_given_up_only_for_a_lower_rung),
        cmocka_unit_test(more_throughput_never_means_less_quality),
        cmocka_unit_test(a_fuller_buffer_means_more_quality_or_one_rung_apart),
        cmocka_unit_test(a_short_rest_asks_for_less_buffer),
        cmocka_unit_test(a_saved_buffer_is_spent_before_the_end),
        cmocka_unit_test(a_steady_link_is_used_without_touching_the_reserve),
        cmocka_unit_test(a_link_gone_silent_ends_at_the_lowest_rung_in_time),
        cmocka_unit_test(looks_during_a_transfer_count_once),
        cmocka_unit_test(live_buffers_are_used_too),
        cmocka_unit_test(nonsense_does_no_harm),
        cmocka_unit_test(more_rungs_than_the_interface_takes_are_left_alone),
        cmocka_unit_test(the_shared_library_decides_alike),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
