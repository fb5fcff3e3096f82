// SPDX-License-Identifier: Apache-2.0
#include "delivery/parents.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const urls[] = {"http://127.0.0.1:8001", "http://127.0.0.2:8002/cache/",
                                   "http://127.0.0.3"};

static struct parents *open_three(void)
{
    struct parents *parents = NULL;
    struct why why = {""};
    const struct parents_options options = {.upstreams = urls, .upstream_count = 3};
    assert_int_equal(parents_open(&options, &parents, &why), OK);
    return parents;
}

static size_t choose(struct parents *parents, uint64_t hash, uint64_t tried, int64_t now_us)
{
    struct parent_choice choice = {.index = 99};
    if (parent_choose(parents, hash, tried, now_us, &choice)) return choice.index;
    return 99;
}

static void each_key_has_its_parent_and_only_a_lost_ones_share_moves(void **state)
{
    (void)state;
    struct parents *parents = open_three();
    size_t share[3] = {0}, moved = 0;
    for (uint64_t i = 0; i < 3000; i++) {
        const uint64_t hash = parents_hash(slice_of("/film.mp4"), i);
        const size_t first = choose(parents, hash, 0, 0);
        parent_done(parents, first, PARENT_ANSWERED, 0);
        share[first]++;
        const size_t without_2 = choose(parents, hash, 1 << 2, 0);
        parent_done(parents, without_2, PARENT_ANSWERED, 0);
        moved += without_2 != first;
    }
    for (size_t i = 0; i < 3; i++)
        assert_in_range(share[i], 850, 1150);
    assert_int_equal(moved, share[2]);
    assert_int_equal(choose(parents, 1, 7, 0), 99);
    parents_close(&parents);
}

static void load_stays_within_a_quarter_of_the_mean(void **state)
{
    (void)state;
    struct parents *parents = open_three();
    for (int i = 0; i < 300; i++) // one hot key
        (void)choose(parents, 42, 0, 0);
    for (size_t i = 0; i < 3; i++)
        assert_in_range(parent_state(parents, i, 0).load, 45, 127);
    parents_close(&parents);
}

static void failures_eject_for_a_while_and_an_answer_brings_back(void **state)
{
    (void)state;
    struct parents *parents = open_three();
    uint64_t hash = 1;
    while (choose(parents, hash, 0, 0) != 1)
        hash++;
    for (int i = 0; i < PARENT_FAILURES_MAX; i++)
        parent_done(parents, 1, PARENT_FAILED, 1000);
    assert_true(parent_state(parents, 1, 2000).is_ejected);
    assert_int_not_equal(choose(parents, hash, 0, 2000), 1);
    assert_int_equal(choose(parents, hash, 5, 2000), 1); // when there is no other
    parent_done(parents, 1, PARENT_ANSWERED, 3000);
    assert_false(parent_state(parents, 1, 3000).is_ejected);
    parents_close(&parents);
}

static void eject(struct parents *parents, size_t index, int64_t now_us)
{
    for (int i = 0; i < PARENT_FAILURES_MAX; i++)
        parent_probed(parents, index, false, now_us);
}

static void one_request_at_a_time_finds_out_whether_it_is_well_again(void **state)
{
    (void)state;
    struct parents *parents = open_three();
    uint64_t hash = 0;
    for (size_t chosen = 0; chosen != 1;) {
        chosen = choose(parents, ++hash, 0, 0);
        parent_done(parents, chosen, PARENT_UNASKED, 0);
    }
    eject(parents, 1, 1000);
    const int64_t later_us = 1000 + PARENT_EJECTED_MS_MIN * 1000 + 1;
    assert_false(parent_state(parents, 1, later_us).is_ejected);
    assert_int_equal(choose(parents, hash, 0, later_us), 1);
    assert_int_not_equal(choose(parents, hash, 0, later_us), 1);
    parent_done(parents, 1, PARENT_FAILED, later_us);
    assert_true(parent_state(parents, 1, later_us).is_ejected);
    parents_close(&parents);
}

static void one_that_comes_back_gets_its_share_little_by_little(void **state)
{
    (void)state;
    struct parents *parents = open_three();
    eject(parents, 1, 1000);
    const int64_t back_us = 5000000;
    parent_probed(parents, 1, true, back_us);
    size_t share[3] = {0}; // of 3000 keys: at once, half-way, and warm
    static const int64_t after_ms[] = {0, PARENT_WARM_MS / 2, PARENT_WARM_MS};
    for (size_t k = 0; k < 3; k++) {
        const int64_t now_us = back_us + after_ms[k] * 1000;
        assert_int_equal(parent_state(parents, 1, now_us).is_warming, k < 2);
        for (uint64_t i = 0; i < 3000; i++) {
            const size_t chosen =
                choose(parents, parents_hash(slice_of("/film.mp4"), i), 0, now_us);
            parent_done(parents, chosen, PARENT_UNASKED, now_us);
            share[k] += chosen == 1;
        }
    }
    assert_in_range(share[0], 60, 140);
    assert_in_range(share[1], 400, 600);
    assert_in_range(share[2], 850, 1150);
    parents_close(&parents);
}

static void fallbacks_are_asked_when_no_upstream_is_well(void **state)
{
    (void)state;
    struct parents *parents = NULL;
    const struct parents_options options = {
        .upstreams = urls, .upstream_count = 2, .fallbacks = urls + 2, .fallback_count = 1};
    assert_int_equal(parents_open(&options, &parents, NULL), OK);
    assert_int_equal(parent_state(parents, 2, 0).kind, PARENT_FALLBACK);
    for (uint64_t hash = 0; hash < 100; hash++)
        assert_int_not_equal(choose(parents, hash, 0, 0), 2);
    assert_int_equal(choose(parents, 1, 3, 0), 2); // both have been tried
    eject(parents, 0, 0);
    assert_int_equal(choose(parents, 1, 0, 0), 1);
    eject(parents, 1, 0);
    assert_int_equal(choose(parents, 1, 0, 0), 2);
    eject(parents, 2, 0);
    assert_int_not_equal(choose(parents, 1, 0, 0), 2); // none is well: upstreams first
    parents_close(&parents);
}

static void what_is_no_url_of_a_server_is_refused(void **state)
{
    (void)state;
    struct parents *parents = NULL;
    struct why why = {""};
    static const char *const bad[] = {"ftp://h/", "h:80", "http://u@h/", "http://h/?x", "/x", ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct parents_options options = {.upstreams = &bad[i], .upstream_count = 1};
        assert_int_equal(parents_open(&options, &parents, &why), INVALID);
    }
    parents = open_three();
    struct parent_choice choice;
    assert_true(parent_choose(parents, 1, 5, 0, &choice));
    assert_string_equal(choice.prefix, "/cache");
    assert_string_equal(choice.authority, "127.0.0.2:8002");
    parents_close(&parents);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_key_has_its_parent_and_only_a_lost_ones_share_moves),
        cmocka_unit_test(load_stays_within_a_quarter_of_the_mean),
        cmocka_unit_test(failures_eject_for_a_while_and_an_answer_brings_back),
        cmocka_unit_test(one_request_at_a_time_finds_out_whether_it_is_well_again),
        cmocka_unit_test(one_that_comes_back_gets_its_share_little_by_little),
        cmocka_unit_test(fallbacks_are_asked_when_no_upstream_is_well),
        cmocka_unit_test(what_is_no_url_of_a_server_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
