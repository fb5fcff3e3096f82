// SPDX-License-Identifier: Apache-2.0
//
// How shares take turns, and what priorities and needs do about it.
#include "conformance_queue_rig.h"

static void push_of(struct fixture *fixture, const char *share, int number, uint32_t cost)
{
    char id[40];
    (void)snprintf(id, sizeof id, "%s/%03d", share, number);
    const struct queue_job job = {.id = id, .group = "", .share = share, .cost = cost};
    assert_ok(fixture->store->ops->push(fixture->store, "q", &job, 1, &why_));
}

// Leases and acknowledges `count` jobs; gives how many were of `share`.
static int take(struct fixture *fixture, int count, const char *share)
{
    int ours = 0;
    for (int i = 0; i < count; i++) {
        const struct queue_taker taker = {.worker = "w", .lease_ms = LEASE_MS, .max = 1};
        struct queue_lease *leases = NULL;
        size_t got = 0;
        assert_ok(fixture->store->ops->lease(fixture->store, "q", &taker, &fixture->arena, &leases,
                                             &got, &why_));
        assert_int_equal(got, 1);
        ours += strncmp(leases->job.id, share, strlen(share)) == 0;
        assert_int_equal(ack(fixture, leases), OK);
    }
    return ours;
}

static void a_long_share_that_came_first_does_not_starve_a_short_one(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 100; i++)
        push_of(fixture, "long", i, 1);
    assert_int_equal(take(fixture, 30, "long"), 30);
    for (int i = 0; i < 10; i++)
        push_of(fixture, "short", i, 1);
    const int during = take(fixture, 20, "short"); // in turns
    assert_in_range(during, 9, 10);
    assert_int_equal(during + take(fixture, 2, "short"), 10);
    // and one that comes later still gets no more than its part for having been away
    for (int i = 0; i < 40; i++)
        push_of(fixture, "third", i, 1);
    assert_in_range(take(fixture, 20, "third"), 9, 11);
}

static void shares_get_equal_work_not_equal_counts(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 40; i++) {
        push_of(fixture, "large", i, 30);
        push_of(fixture, "small", i, 10);
    }
    assert_in_range(take(fixture, 40, "small"), 29, 31);
}

static void a_share_that_is_dropped_begins_anew(void **state)
{
    struct fixture *fixture = *state;
    for (int i = 0; i < 50; i++) {
        push_of(fixture, "again", i, 1000);
        push_of(fixture, "other", i, 1);
    }
    (void)take(fixture, 2, "again");
    assert_ok(fixture->store->ops->drop(fixture->store, "q", "again/", &why_));
    for (int i = 0; i < 10; i++)
        push_of(fixture, "again", i, 1);
    assert_in_range(take(fixture, 10, "again"), 4, 6); // not behind its own past
}

static void an_operator_puts_a_title_before_or_behind_the_others(void **state)
{
    struct fixture *fixture = *state;
    const struct queue_ops *ops = fixture->store->ops;
    for (int i = 0; i < 4; i++) {
        push_of(fixture, "a", i, 5);
        push_of(fixture, "b", i, 5);
    }
    const struct queue_lease *held = lease(fixture, "w", 1, "a/000");
    assert_ok(ops->prioritize(fixture->store, "q", "b/", -1, &why_));
    assert_ok(ops->prioritize(fixture->store, "q", "none/", -1, &why_));
    assert_int_equal(lease(fixture, "w", 1, "b/000")->job.priority, -1); // in the order they had
    (void)lease(fixture, "w", 1, "b/001");
    assert_ok(ops->prioritize(fixture->store, "q", "a/", -2, &why_)); // the leased one too
    (void)lease(fixture, "w", 1, "a/001");
    assert_ok(ops->release(fixture->store, "q", "a/000", held->token, &why_));
    assert_int_equal(lease(fixture, "w", 1, "a/000")->job.priority, -2);
    assert_ok(ops->prioritize(fixture->store, "q", "", 7, &why_));
    assert_counts(fixture, 4, 4, 0);
    for (int i = 0; i < 4; i++)
        (void)take(fixture, 1, "");
    assert_counts(fixture, 0, 4, 0);
}

static void a_priority_that_was_busy_does_not_hold_up_another(void **state)
{
    struct fixture *fixture = *state;
    const struct queue_job urgent = {
        .id = "urgent", .group = "", .priority = -1, .share = "u", .cost = 1000000};
    for (int i = 0; i < 3; i++) {
        assert_ok(fixture->store->ops->push(fixture->store, "q", &urgent, 1, &why_));
        assert_int_equal(take(fixture, 1, "urgent"), 1);
    }
    for (int i = 0; i < 10; i++)
        push_of(fixture, "old", i, 1);
    assert_int_equal(take(fixture, 5, "old"), 5);
    for (int i = 0; i < 5; i++)
        push_of(fixture, "new", i, 1);
    assert_in_range(take(fixture, 4, "new"), 1, 3);
}

// One lease by a machine of so much memory and disk.
static void lease_with(struct fixture *fixture, uint32_t memory_mib, uint32_t disk_mib,
                       const char *expected)
{
    const struct queue_taker taker = {"w", LEASE_MS, 4, {memory_mib, disk_mib}};
    struct queue_lease *leases = NULL;
    size_t count = 0;
    assert_ok(fixture->store->ops->lease(fixture->store, "q", &taker, &fixture->arena, &leases,
                                         &count, &why_));
    char ids[100] = "";
    for (size_t i = 0, len = 0; i < count; i++)
        len += (size_t)snprintf(ids + len, sizeof ids - len, "%s%s", i == 0 ? "" : " ",
                                leases[i].job.id);
    assert_string_equal(ids, expected);
}

static void a_worker_takes_only_what_it_has_room_for(void **state)
{
    struct fixture *fixture = *state;
    static const struct queue_job jobs[] = {
        {.id = "uhd-0", .group = "0", .needs = {4096, 512}},
        {.id = "disk", .group = "", .needs = {256, 65536}},
        {.id = "hd-0", .group = "0", .needs = {1024, 512}},
        {.id = "sd-0", .group = "0", .needs = {512, 512}},
        {.id = "audio", .group = ""},
        {.id = "uhd-1", .group = "1", .needs = {4096, 512}},
    };
    assert_ok(fixture->store->ops->push(fixture->store, "q", jobs, 6, &why_));
    lease_with(fixture, 1024, 1024, "hd-0 sd-0"); // past what stands before them, with their like
    lease_with(fixture, 128, 128, "audio");
    lease_with(fixture, 4095, 65535, "");
    lease_with(fixture, 256, 0, "disk"); // 0: no limit
    lease_with(fixture, 0, 0, "uhd-0");
    lease_with(fixture, 4096, 512, "uhd-1");
    assert_counts(fixture, 0, 6, 0);
}

#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
const struct CMUnitTest queue_share_tests[] = {
    CASE(a_long_share_that_came_first_does_not_starve_a_short_one),
    CASE(shares_get_equal_work_not_equal_counts),
    CASE(a_share_that_is_dropped_begins_anew),
    CASE(an_operator_puts_a_title_before_or_behind_the_others),
    CASE(a_priority_that_was_busy_does_not_hold_up_another),
    CASE(a_worker_takes_only_what_it_has_room_for),
};
#undef CASE
const size_t queue_share_test_count = sizeof queue_share_tests / sizeof queue_share_tests[0];
