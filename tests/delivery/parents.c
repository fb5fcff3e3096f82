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
    assert_int_equal(parents_open(urls, 3, &parents, &why), OK);
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

static void only_plain_http_urls_are_upstreams(void **state)
{
    (void)state;
    struct parents *parents = NULL;
    struct why why = {""};
    static const char *const bad[] = {"https://h/", "h:80", "http://u@h/", "http://h/?x", "/x", ""};
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        assert_int_equal(parents_open(&bad[i], 1, &parents, &why), INVALID);
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
        cmocka_unit_test(only_plain_http_urls_are_upstreams),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
