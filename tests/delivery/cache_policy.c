// SPDX-License-Identifier: Apache-2.0
#include "delivery/cache_policy.h"

#include "base/random.h"

#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <setjmp.h>

#include <cmocka.h>

static uint64_t hash_of(uint64_t number)
{
    struct prng prng = prng_init(number);
    return prng_next(&prng);
}

static struct cache_policy open_policy(uint64_t small, uint64_t main, uint32_t ghosts)
{
    struct cache_policy policy;
    struct why why;
    const struct policy_caps caps = {small, main, ghosts, .is_shared = false};
    assert_int_equal(policy_open(&caps, &policy, &why), OK);
    return policy;
}

static struct policy_item item_of(uint64_t number, uint32_t bytes)
{
    return (struct policy_item){.hash = hash_of(number), .bytes = bytes};
}

static void what_is_asked_for_once_never_reaches_main(void **state)
{
    (void)state;
    struct cache_policy policy = open_policy(10, 100, 8);
    struct policy_item items[20];
    enum policy_step step = POLICY_PROMOTE;
    for (uint64_t i = 0; i < 20; i++) {
        items[i] = item_of(i, 1);
        assert_int_equal(policy_add(&policy, &items[i]), POLICY_SMALL);
        struct policy_item *gone = policy_trim(&policy, &step);
        if (i < 10) {
            assert_null(gone);
        } else {
            assert_ptr_equal(gone, &items[i - 10]);
            assert_int_equal(step, POLICY_DROP);
        }
        assert_null(policy_trim(&policy, &step));
    }
    assert_int_equal(policy.main.count, 0);
    policy_close(&policy);
}

static void a_second_request_promotes_when_small_is_full(void **state)
{
    (void)state;
    struct cache_policy policy = open_policy(2, 100, 8);
    struct policy_item a = item_of(1, 1), b = item_of(2, 1), c = item_of(3, 1);
    policy_add(&policy, &a);
    policy_add(&policy, &b);
    policy_use(&a);
    policy_add(&policy, &c);
    enum policy_step step = POLICY_DROP;
    assert_ptr_equal(policy_trim(&policy, &step), &a);
    assert_int_equal(step, POLICY_PROMOTE);
    assert_int_equal(a.queue, POLICY_MAIN);
    assert_null(policy_trim(&policy, &step));
    policy_close(&policy);
}

static void the_ghost_sends_what_comes_back_to_main(void **state)
{
    (void)state;
    struct cache_policy policy = open_policy(1, 100, 8);
    struct policy_item a = item_of(1, 1), b = item_of(2, 1);
    enum policy_step step;
    policy_add(&policy, &a);
    policy_add(&policy, &b);
    assert_ptr_equal(policy_trim(&policy, &step), &a);
    assert_int_equal(policy_add(&policy, &a), POLICY_MAIN);
    policy_remove(&policy, &a);
    assert_int_equal(policy_add(&policy, &a), POLICY_SMALL); // the ghost forgets what it gave
    policy_close(&policy);
}

static void the_ghost_forgets_what_is_too_long_ago(void **state)
{
    (void)state;
    struct cache_policy policy = open_policy(1, 10, 8); // it reaches back over 3 bytes
    struct policy_item items[7];
    enum policy_step step;
    for (uint64_t i = 0; i < 7; i++) {
        items[i] = item_of(i, 1);
        policy_add(&policy, &items[i]);
        (void)policy_trim(&policy, &step);
    }
    struct policy_item first = item_of(0, 1), last = item_of(5, 1);
    assert_int_equal(policy_add(&policy, &first), POLICY_SMALL);
    assert_int_equal(policy_add(&policy, &last), POLICY_MAIN);
    policy_close(&policy);
}

static void main_keeps_what_is_used_as_often_as_it_was_used(void **state)
{
    (void)state;
    struct cache_policy policy = open_policy(1, 2, 8);
    struct policy_item a = item_of(1, 1), b = item_of(2, 1), c = item_of(3, 1), d = item_of(4, 1);
    policy_add_main(&policy, &a);
    policy_add_main(&policy, &b);
    for (int i = 0; i < 10; i++)
        policy_use(&a);
    assert_int_equal(a.uses, POLICY_USES_MAX);
    policy_add_main(&policy, &c);
    enum policy_step step = POLICY_PROMOTE;
    assert_ptr_equal(policy_trim(&policy, &step), &b);
    assert_int_equal(step, POLICY_DROP);
    policy_add_main(&policy, &d);
    assert_ptr_equal(policy_trim(&policy, &step), &c);
    assert_int_equal(a.uses, POLICY_USES_MAX - 1);
    policy_close(&policy);
}

static void squeezing_empties_a_queue_and_then_says_so(void **state)
{
    (void)state;
    struct cache_policy policy = open_policy(10, 10, 8);
    struct policy_item a = item_of(1, 3), b = item_of(2, 4);
    policy_add(&policy, &a);
    policy_add_main(&policy, &b);
    policy_use(&b);
    enum policy_step step;
    assert_ptr_equal(policy_squeeze(&policy, POLICY_SMALL, &step), &a);
    assert_null(policy_squeeze(&policy, POLICY_SMALL, &step));
    assert_ptr_equal(policy_squeeze(&policy, POLICY_MAIN, &step), &b);
    assert_null(policy_squeeze(&policy, POLICY_MAIN, &step));
    assert_int_equal(policy.main.bytes + policy.small.bytes, 0);
    policy_close(&policy);
}

// Both queues in one memory: a cold cache keeps all that it has room for.
static void a_shared_place_drops_only_when_it_is_full(void **state)
{
    (void)state;
    struct cache_policy policy;
    struct why why;
    const struct policy_caps caps = {1, 9, 8, .is_shared = true};
    assert_int_equal(policy_open(&caps, &policy, &why), OK);
    struct policy_item items[12];
    enum policy_step step;
    for (uint64_t i = 0; i < 10; i++) {
        items[i] = item_of(i, 1);
        assert_int_equal(policy_add(&policy, &items[i]), POLICY_SMALL);
        assert_null(policy_trim(&policy, &step));
    }
    policy_use(&items[0]);
    items[10] = item_of(10, 1);
    policy_add(&policy, &items[10]);
    assert_ptr_equal(policy_trim(&policy, &step), &items[0]);
    assert_int_equal(step, POLICY_PROMOTE);
    assert_ptr_equal(policy_trim(&policy, &step), &items[1]);
    assert_int_equal(step, POLICY_DROP);
    assert_null(policy_trim(&policy, &step));
    assert_int_equal(policy.small.bytes + policy.main.bytes, 10);
    policy_close(&policy);
}

// When all has been asked for again, small is empty and main gives way.
static void a_shared_place_full_of_favourites_drops_from_main(void **state)
{
    (void)state;
    struct cache_policy policy;
    struct why why;
    const struct policy_caps caps = {1, 2, 8, .is_shared = true};
    assert_int_equal(policy_open(&caps, &policy, &why), OK);
    struct policy_item items[4];
    enum policy_step step;
    for (uint64_t i = 0; i < 4; i++) {
        items[i] = item_of(i, 1);
        policy_add_main(&policy, &items[i]);
    }
    assert_ptr_equal(policy_trim(&policy, &step), &items[0]);
    assert_int_equal(step, POLICY_DROP);
    assert_null(policy_trim(&policy, &step));
    policy_close(&policy);
}

static void what_is_fleeting_never_reaches_main(void **state)
{
    (void)state;
    struct cache_policy policy = open_policy(2, 100, 8);
    enum policy_step step = POLICY_PROMOTE;
    for (unsigned i = 0; i < 3; i++) { // and it leaves no ghost to come back by
        struct policy_item items[3] = {item_of(1, 1), item_of(2, 1), item_of(3, 1)};
        items[0].is_fleeting = true;
        for (size_t k = 0; k < 3; k++)
            assert_int_equal(policy_add(&policy, &items[k]), POLICY_SMALL);
        policy_use(&items[0]);
        assert_ptr_equal(policy_trim(&policy, &step), &items[0]);
        assert_int_equal(step, POLICY_DROP);
        for (size_t k = 1; k < 3; k++)
            policy_remove(&policy, &items[k]);
    }
    assert_int_equal(policy.main.count, 0);
    policy_close(&policy);
}

static void a_policy_without_main_is_refused(void **state)
{
    (void)state;
    struct cache_policy policy;
    struct why why;
    assert_int_equal(
        policy_open(&(struct policy_caps){10, 0, 8, .is_shared = false}, &policy, &why), INVALID);
}

// A skewed stream against a plain FIFO of the same bytes, and the sums checked at each step.
static void it_beats_fifo_on_a_skewed_stream_and_keeps_to_its_caps(void **state)
{
    (void)state;
    enum { ITEMS = 2000, REQUESTS = 60000, ROOM = 200 };
    struct cache_policy policy = open_policy(ROOM / 10, ROOM - ROOM / 10, ROOM);
    struct policy_item *items = calloc(ITEMS, sizeof *items);
    bool *in_fifo = calloc(ITEMS, sizeof *in_fifo);
    size_t *fifo = calloc(ROOM, sizeof *fifo);
    assert_true(items != NULL && in_fifo != NULL && fifo != NULL);
    struct prng prng = prng_init(7);
    size_t hits = 0, fifo_hits = 0, at = 0;
    for (size_t r = 0; r < REQUESTS; r++) {
        const double u = prng_unit(&prng);
        const size_t i = (size_t)(u * u * u * ITEMS); // density falls as i^(-2/3)
        if (in_fifo[i]) {
            fifo_hits++;
        } else {
            in_fifo[fifo[at]] = false;
            in_fifo[i] = true;
            fifo[at] = i;
            at = (at + 1) % ROOM;
        }
        if (items[i].queue != POLICY_NOWHERE) {
            hits++;
            policy_use(&items[i]);
            continue;
        }
        items[i].hash = hash_of(i);
        items[i].bytes = 1;
        policy_add(&policy, &items[i]);
        enum policy_step step;
        while (policy_trim(&policy, &step) != NULL)
            continue;
        assert_true(policy.small.bytes <= policy.caps.small_bytes_max);
        assert_true(policy.main.bytes <= policy.caps.main_bytes_max);
    }
    assert_true(hits > fifo_hits + fifo_hits / 10);
    free(items);
    free(in_fifo);
    free(fifo);
    policy_close(&policy);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_asked_for_once_never_reaches_main),
        cmocka_unit_test(a_second_request_promotes_when_small_is_full),
        cmocka_unit_test(the_ghost_sends_what_comes_back_to_main),
        cmocka_unit_test(the_ghost_forgets_what_is_too_long_ago),
        cmocka_unit_test(main_keeps_what_is_used_as_often_as_it_was_used),
        cmocka_unit_test(squeezing_empties_a_queue_and_then_says_so),
        cmocka_unit_test(a_shared_place_drops_only_when_it_is_full),
        cmocka_unit_test(a_shared_place_full_of_favourites_drops_from_main),
        cmocka_unit_test(what_is_fleeting_never_reaches_main),
        cmocka_unit_test(a_policy_without_main_is_refused),
        cmocka_unit_test(it_beats_fifo_on_a_skewed_stream_and_keeps_to_its_caps),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
