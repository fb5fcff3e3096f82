// SPDX-License-Identifier: Apache-2.0
#include "delivery/limit.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { SECOND = 1000000 };

static struct limit *open_limit(uint32_t per_s, uint32_t burst, uint32_t askers)
{
    const struct limit_options options = {per_s, burst, askers};
    struct limit *limit = NULL;
    assert_int_equal(limit_open(&options, &limit, NULL), OK);
    return limit;
}

// How many of `count` requests at one time are granted.
static unsigned granted(struct limit *limit, uint64_t asker, unsigned count, int64_t now_us)
{
    unsigned sum = 0;
    for (unsigned i = 0; i < count; i++)
        sum += limit_take(limit, asker, now_us) == 0;
    return sum;
}

static void a_burst_passes_and_then_as_many_a_second_as_agreed(void **state)
{
    (void)state;
    struct limit *limit = open_limit(5, 20, 1000);
    assert_int_equal(granted(limit, 7, 100, SECOND), 20);
    assert_int_equal(granted(limit, 7, 100, 2 * SECOND), 5);
    assert_int_equal(granted(limit, 7, 100, 2 * SECOND + SECOND / 5), 1);
    assert_int_equal(granted(limit, 8, 100, 2 * SECOND), 20); // another one has his own
    assert_int_equal(granted(limit, 7, 100, 60 * SECOND), 20);
    limit_close(&limit);
    assert_null(limit);
}

static void who_waits_as_long_as_he_is_told_is_served(void **state)
{
    (void)state;
    struct limit *limit = open_limit(1, 3, 16);
    int64_t now_us = SECOND;
    (void)granted(limit, 1, 3, now_us);
    for (unsigned i = 0; i < 50; i++) {
        const uint32_t wait_s = limit_take(limit, 1, now_us);
        assert_in_range(wait_s, 1, 1);
        now_us += (int64_t)wait_s * SECOND;
        assert_int_equal(limit_take(limit, 1, now_us), 0);
    }
    limit_close(&limit);
}

static void a_flood_of_others_takes_nothing_from_anyone(void **state)
{
    (void)state;
    struct limit *limit = open_limit(1, 4, 64);
    for (uint64_t asker = 0; asker < 10000; asker++)
        assert_int_equal(granted(limit, asker, 4, SECOND), 4);
    limit_close(&limit);
}

static struct address address(const char *text)
{
    struct address parsed;
    assert_int_equal(address_parse(slice_of(text), &parsed, NULL), OK);
    return parsed;
}

static void a_client_is_an_ipv4_address_or_the_first_half_of_an_ipv6_one(void **state)
{
    (void)state;
    const struct address a = address("192.0.2.1"), b = address("192.0.2.2"),
                         c = address("2001:db8:0:1::5"), d = address("2001:db8:0:1:ffff::1"),
                         e = address("2001:db8:0:2::5"), f = address("c000:201::");
    assert_true(limit_client(&a) != limit_client(&b));
    assert_true(limit_client(&c) == limit_client(&d));
    assert_true(limit_client(&c) != limit_client(&e));
    assert_true(limit_client(&a) != limit_client(&f)); // whose first bytes are the same
}

static void no_request_at_all_is_no_limit(void **state)
{
    (void)state;
    struct limit *limit = NULL;
    struct why why = {""};
    assert_int_equal(limit_open(&(struct limit_options){0, 1, 1}, &limit, &why), INVALID);
    assert_non_null(strstr(why.text, "at least"));
    assert_null(limit);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_burst_passes_and_then_as_many_a_second_as_agreed),
        cmocka_unit_test(who_waits_as_long_as_he_is_told_is_served),
        cmocka_unit_test(a_flood_of_others_takes_nothing_from_anyone),
        cmocka_unit_test(a_client_is_an_ipv4_address_or_the_first_half_of_an_ipv6_one),
        cmocka_unit_test(no_request_at_all_is_no_limit),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
