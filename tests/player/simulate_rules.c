// SPDX-License-Identifier: Apache-2.0
//
// The published rules, each by what it is known for.
#include "simulate_case.h"

#include <stdlib.h>

static const double rates[] = {4e5, 6e5, 9e5, 1.35e6, 2e6, 3e6, 4.5e6, 6.8e6, 1e7, 1.5e7};
static double sizes[10 * LENGTH(rates)]; // ten segments of their average rate

static struct rule_view view_of(double buffer_s, int previous)
{
    for (size_t i = 0; i < LENGTH(sizes); i++)
        sizes[i] = rates[i % LENGTH(rates)] * 2.0 / 8.0;
    return (struct rule_view){.rates_bps = rates,
                              .rungs = LENGTH(rates),
                              .sizes_bytes = sizes,
                              .ahead = 10,
                              .segment = 20,
                              .segment_s = 2.0,
                              .capacity_s = 30.0,
                              .buffer_s = buffer_s,
                              .now_s = 100.0,
                              .previous = previous};
}

// Feeds `count` transfers of one second each at `bps`, and asks for a rung.
static int rung_after(const struct rule *rule, union rule_state *state, struct rule_view *view,
                      double bps, int count)
{
    for (int i = 0; i < count; i++) {
        const struct rule_transfer transfer = {.rung = view->previous < 0 ? 0 : view->previous,
                                               .abandoned_to = -1,
                                               .bytes = bps / 8.0,
                                               .start_s = view->now_s,
                                               .first_byte_s = view->now_s,
                                               .end_s = view->now_s + 1.0,
                                               .buffer_s = view->buffer_s};
        view->now_s += 1.0;
        rule->observe(state, view, &transfer);
    }
    double wait_s = 0.0;
    return rule->choose(state, view, &wait_s);
}

static int rung_at(const struct rule *rule, double bps, double buffer_s, int previous)
{
    union rule_state state;
    memset(&state, 0, sizeof state);
    struct rule_view view = view_of(buffer_s, previous);
    if (rule->start != NULL) rule->start(&state, &view);
    return rung_after(rule, &state, &view, bps, 20);
}

static void rules_are_found_by_name(void **state)
{
    (void)state;
    size_t count = 0;
    const struct rule *const *rules = rules_all(&count);
    assert_int_equal(count, 10);
    for (size_t i = 0; i < count; i++) {
        assert_ptr_equal(rule_find(slice_of(rule_name(rules[i]))), rules[i]);
        assert_true(strlen(rule_summary(rules[i])) > 10);
    }
    assert_null(rule_find(slice_of("bole")));
    assert_string_equal(rule_nearest("bole"), "bola");
    assert_null(rule_nearest("something else"));
}

static void plain_takes_the_highest_rung_below_nine_tenths(void **state)
{
    (void)state;
    assert_int_equal(rung_at(&rule_plain, 3.3e6, 20.0, 4), 4); // 0.9 * 3.3 < 3
    assert_int_equal(rung_at(&rule_plain, 3.4e6, 20.0, 4), 5); // 0.9 * 3.4 > 3
    assert_int_equal(rung_at(&rule_plain, 3.4e6, 0.5, 4), 5);  // whatever the buffer
    assert_int_equal(rung_at(&rule_plain, 1e5, 20.0, 4), 0);
}

static void throughput_guards_a_low_buffer(void **state)
{
    (void)state;
    assert_int_equal(rung_at(&rule_throughput, 3.4e6, 20.0, 4), 5);
    assert_true(rung_at(&rule_throughput, 3.4e6, 1.0, 4) < 5);
    assert_int_equal(rung_at(&rule_throughput, 3.4e6, 0.0, 4), 0);
}

static void throughput_gives_up_a_transfer_that_would_take_too_long(void **state)
{
    (void)state;
    union rule_state memory;
    memset(&memory, 0, sizeof memory);
    struct rule_view view = view_of(20.0, 5);
    rule_throughput.start(&memory, &view);
    (void)rung_after(&rule_throughput, &memory, &view, 3.4e6, 20);
    struct rule_progress progress = {.rung = 5,
                                     .bytes = 6e5 / 8.0, // 0.6 Mb in a second, of 6 Mb
                                     .total_bytes = 6e6 / 8.0,
                                     .elapsed_s = 1.0,
                                     .first_byte_s = 0.0,
                                     .buffer_s = 19.0};
    assert_int_equal(rule_throughput.abandon(&memory, &view, &progress), 0);
    progress.bytes = 2e6 / 8.0; // two more seconds
    assert_int_equal(rule_throughput.abandon(&memory, &view, &progress), -1);
    progress.rung = 0;
    progress.bytes = 1.0;
    assert_int_equal(rule_throughput.abandon(&memory, &view, &progress), -1);
}

static void bola_follows_the_buffer(void **state)
{
    (void)state;
    int last = 0;
    for (double buffer_s = 0.0; buffer_s <= 28.0; buffer_s += 1.0) {
        const int rung = rung_at(&rule_bola, 2e7, buffer_s, 0);
        assert_true(rung >= last);
        last = rung;
    }
    assert_int_equal(last, 9);
    assert_int_equal(rung_at(&rule_bola, 2e7, 0.0, 0), 0);
    assert_int_equal(rung_at(&rule_bola, 1e6, 28.0, 0), 3); // one rung over the throughput, no more
}

static void dynamic_gives_way_below_ten_seconds(void **state)
{
    (void)state;
    union rule_state memory;
    memset(&memory, 0, sizeof memory);
    struct rule_view view = view_of(28.0, 5);
    rule_dynamic.start(&memory, &view);
    (void)rung_after(&rule_dynamic, &memory, &view, 3.4e6, 20);
    assert_int_equal(memory.dynamic.buffer_rules, 1);
    view.buffer_s = 9.0; // BOLA would still go higher than the throughput
    assert_int_equal(rung_after(&rule_dynamic, &memory, &view, 3.4e6, 1), 6);
    assert_int_equal(memory.dynamic.buffer_rules, 1);
    view.buffer_s = 3.0; // now the throughput rule's
    assert_int_equal(rung_after(&rule_dynamic, &memory, &view, 3.4e6, 1), 5);
    assert_int_equal(memory.dynamic.buffer_rules, 0);
}

static void dashjs_changes_hands_at_eighteen_and_nine(void **state)
{
    (void)state;
    union rule_state memory;
    memset(&memory, 0, sizeof memory);
    struct rule_view view = view_of(17.0, 5);
    rule_dashjs.start(&memory, &view);
    (void)rung_after(&rule_dashjs, &memory, &view, 3.4e6, 20);
    assert_int_equal(memory.dynamic.buffer_rules, 0);
    view.buffer_s = 18.0;
    assert_int_equal(rung_after(&rule_dashjs, &memory, &view, 3.4e6, 1),
                     5); // starts at the throughput's rung
    assert_int_equal(memory.dynamic.buffer_rules, 1);
    view.buffer_s = 8.0;
    (void)rung_after(&rule_dashjs, &memory, &view, 3.4e6, 1);
    assert_int_equal(memory.dynamic.buffer_rules, 0);
}

static void shaka_switches_once_in_eight_seconds(void **state)
{
    (void)state;
    union rule_state memory;
    memset(&memory, 0, sizeof memory);
    struct rule_view view = view_of(20.0, 2);
    assert_int_equal(rung_after(&rule_shaka, &memory, &view, 3.4e6, 5), 5);
    assert_int_equal(rung_after(&rule_shaka, &memory, &view, 5e5, 6), 5); // too soon
    assert_int_equal(rung_after(&rule_shaka, &memory, &view, 5e5, 3), 0);
}

static void hlsjs_wants_more_to_go_up_than_to_stay(void **state)
{
    (void)state;
    assert_int_equal(rung_at(&rule_hlsjs, 3.4e6, 20.0, 5), 5); // 0.95 of it covers 3 Mb/s
    assert_int_equal(rung_at(&rule_hlsjs, 3.4e6, 20.0, 4), 4); // 0.7 of it does not
    assert_int_equal(rung_at(&rule_hlsjs, 4.4e6, 20.0, 4), 5);
    assert_int_equal(rung_at(&rule_hlsjs, 4.4e6, 0.0, 4), 5); // within one more segment's time
}

static void hlsjs_gives_up_only_near_starvation(void **state)
{
    (void)state;
    union rule_state memory;
    memset(&memory, 0, sizeof memory);
    const struct rule_view view = view_of(20.0, 5);
    struct rule_progress progress = {.rung = 5,
                                     .bytes = 6e5 / 8.0,
                                     .total_bytes = 6e6 / 8.0,
                                     .elapsed_s = 1.5,
                                     .first_byte_s = 0.0,
                                     .buffer_s = 3.0};
    assert_true(rule_hlsjs.abandon(&memory, &view, &progress) >= 0);
    progress.buffer_s = 4.0;
    assert_int_equal(rule_hlsjs.abandon(&memory, &view, &progress), -1);
}

// The pruned search against all 10^3 sequences over three segments.
static int mpc_by_force(const struct rule_view *view, double bps)
{
    double best = -HUGE_VAL;
    int first = -1;
    for (int code = 0; code < 1000; code++) {
        const int rungs[3] = {code / 100, code / 10 % 10, code % 10};
        double value = 0.0, buffer_s = view->buffer_s;
        int previous = view->previous;
        for (int d = 0; d < 3; d++) {
            const double load_s =
                8.0 * view->sizes_bytes[(size_t)d * view->rungs + (size_t)rungs[d]] / bps;
            value += view->rates_bps[rungs[d]] / 1e6 - 15.0 * fmax(0.0, load_s - buffer_s) -
                     fabs(view->rates_bps[rungs[d]] - view->rates_bps[previous]) / 1e6;
            buffer_s = fmin(fmax(0.0, buffer_s - load_s) + view->segment_s, view->capacity_s);
            previous = rungs[d];
        }
        if (value <= best + 1e-9) continue;
        best = value;
        first = rungs[0];
    }
    return first;
}

static void robustmpc_finds_what_an_exhaustive_search_finds(void **state)
{
    (void)state;
    int seen[10] = {0};
    for (double bps = 5e5; bps < 2e7; bps *= 1.37)
        for (double buffer_s = 0.5; buffer_s < 29.0; buffer_s += 3.3)
            for (int previous = 0; previous < 10; previous += 3) {
                union rule_state memory;
                memset(&memory, 0, sizeof memory);
                struct rule_view view = view_of(buffer_s, previous);
                view.ahead = 3;
                const int rung = rung_after(&rule_robustmpc, &memory, &view, bps, 10);
                assert_int_equal(rung, mpc_by_force(&view, bps));
                seen[rung] = 1;
            }
    int different = 0;
    for (size_t i = 0; i < LENGTH(seen); i++)
        different += seen[i];
    assert_true(different >= 6);
}

static void robustmpc_discounts_by_its_worst_error(void **state)
{
    (void)state;
    union rule_state memory;
    memset(&memory, 0, sizeof memory);
    struct rule_view view = view_of(6.0, 5);
    const int steady = rung_after(&rule_robustmpc, &memory, &view, 6e6, 10);
    (void)rung_after(&rule_robustmpc, &memory, &view, 1.5e6, 1); // an error of 300 %
    assert_true(rung_after(&rule_robustmpc, &memory, &view, 6e6, 3) < steady);
}

static void ours_is_the_binary_interface(void **state)
{
    (void)state;
    union rule_state memory;
    memset(&memory, 0, sizeof memory);
    struct rule_view view = view_of(20.0, 5);
    rule_primrose.start(&memory, &view);
    const int through = rung_after(&rule_primrose, &memory, &view, 3.4e6, 20);
    double block[PRIMROSE_ABR_STATE_BYTES / sizeof(double)];
    assert_int_equal(primrose_abr_init(block, sizeof block, PRIMROSE_ABR_VOD, 30.0, NULL, 0), 0);
    for (int i = 0; i < 20; i++)
        assert_int_equal(primrose_abr_observe(block, 3.4e6 / 8.0, 100.0 + i, 100.0 + i, 101.0 + i),
                         0);
    assert_int_equal(through, primrose_abr_choose(block, rates, LENGTH(rates), sizes, 10, 2.0, 20.0,
                                                  30.0, 120.0, 5, NULL));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(rules_are_found_by_name),
        cmocka_unit_test(plain_takes_the_highest_rung_below_nine_tenths),
        cmocka_unit_test(throughput_guards_a_low_buffer),
        cmocka_unit_test(throughput_gives_up_a_transfer_that_would_take_too_long),
        cmocka_unit_test(bola_follows_the_buffer),
        cmocka_unit_test(dynamic_gives_way_below_ten_seconds),
        cmocka_unit_test(dashjs_changes_hands_at_eighteen_and_nine),
        cmocka_unit_test(shaka_switches_once_in_eight_seconds),
        cmocka_unit_test(hlsjs_wants_more_to_go_up_than_to_stay),
        cmocka_unit_test(hlsjs_gives_up_only_near_starvation),
        cmocka_unit_test(robustmpc_finds_what_an_exhaustive_search_finds),
        cmocka_unit_test(robustmpc_discounts_by_its_worst_error),
        cmocka_unit_test(ours_is_the_binary_interface),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
