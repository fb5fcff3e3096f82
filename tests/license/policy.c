// SPDX-License-Identifier: Apache-2.0
#include "license/policy.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

enum { NOW_S = 1795000000 };

static const struct entitlement granted = {
    .territory = "DE",
    .key_classes = 1u << KEY_FOR_AUDIO | 1u << KEY_FOR_SD | 1u << KEY_FOR_HD | 1u << KEY_FOR_UHD,
    .account_streams_max = 3,
    .title_streams_max = 2,
};

static enum denial decide(const struct entitlement *claims, const struct standing *standing,
                          const char *territory, struct grant *grant)
{
    struct policy policy = policy_default();
    policy.unknown_territory = UNKNOWN_DENIED;
    const struct policy_facts facts = {claims,     standing,  ROBUST_BROWSER,
                                       USE_STREAM, territory, INT64_C(1000) * NOW_S};
    return policy_decide(&policy, &facts, grant);
}

static void a_device_cuts_the_classes(void **state)
{
    static const struct standing fresh = {.rental_started_ms = 0};
    static const struct {
        enum robustness robustness;
        enum key_class highest;
    } cases[] = {{ROBUST_BROWSER, KEY_FOR_HD}, {ROBUST_SOFTWARE, KEY_FOR_UHD}};
    const struct policy policy = policy_default();
    for (size_t i = 0; i < 2; i++) {
        struct grant grant;
        const struct policy_facts facts = {&granted,   &fresh, cases[i].robustness,
                                           USE_STREAM, "DE",   INT64_C(1000) * NOW_S};
        assert_int_equal(policy_decide(&policy, &facts, &grant), GRANTED);
        for (enum key_class class = KEY_FOR_AUDIO; class < KEY_CLASS_COUNT; class ++)
            assert_int_equal(grant_opens(&grant, class), class <= cases[i].highest);
        assert_false(grant_opens(&grant, KEY_FOR_ALL)); // was not granted
        assert_true(grant.takes_stream);
    }
}

static void each_revocation_has_its_own_denial(void **state)
{
    static const enum denial expected[STANDING_KIND_COUNT] = {
        [STANDING_ACCOUNT] = DENY_ACCOUNT, [STANDING_DEVICE] = DENY_DEVICE,
        [STANDING_SESSION] = DENY_SESSION, [STANDING_GRANT] = DENY_GRANT,
        [STANDING_TITLE] = DENY_TITLE,
    };
    for (size_t i = 0; i < STANDING_KIND_COUNT; i++) {
        struct standing standing = {.is_revoked = {false}};
        struct grant grant;
        standing.is_revoked[i] = true;
        assert_int_equal(decide(&granted, &standing, "DE", &grant), expected[i]);
    }
}

static void a_territory_is_where_it_was_granted(void **state)
{
    static const struct standing fresh = {.rental_started_ms = 0};
    struct grant grant;
    assert_int_equal(decide(&granted, &fresh, "DE", &grant), GRANTED);
    assert_int_equal(decide(&granted, &fresh, "AT", &grant), DENY_TERRITORY);
    assert_int_equal(decide(&granted, &fresh, "", &grant), DENY_TERRITORY_UNKNOWN);
    struct entitlement anywhere = granted;
    anywhere.territory[0] = '\0';
    assert_int_equal(decide(&anywhere, &fresh, "", &grant), GRANTED);
}

static void limits_of_streams_count_those_before(void **state)
{
    static const struct {
        size_t before, of_title;
        enum denial denial;
    } cases[] = {
        {0, 0, GRANTED}, {2, 1, GRANTED}, {3, 0, DENY_STREAMS}, {2, 2, DENY_TITLE_STREAMS}};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct standing standing = {.rank = {cases[i].before, cases[i].of_title, true}};
        struct grant grant = {.takes_stream = true};
        assert_int_equal(decide(&granted, &standing, "DE", &grant), cases[i].denial);
        if (cases[i].denial == GRANTED) assert_false(grant.takes_stream);
        struct entitlement unlimited = granted;
        unlimited.account_streams_max = unlimited.title_streams_max = 0;
        assert_int_equal(decide(&unlimited, &standing, "DE", &grant), GRANTED);
    }
}

static void a_rental_starts_in_time_and_ends_in_time(void **state)
{
    struct entitlement rented = granted;
    rented.rental_start_by_s = NOW_S + 10;
    rented.rental_play_s = 100;
    struct grant grant;
    struct standing standing = {.rank = {.is_there = true}};
    assert_int_equal(decide(&rented, &standing, "DE", &grant), GRANTED);
    assert_true(grant.starts_rental);
    assert_int_equal(grant.play_until_ms, INT64_C(1000) * (NOW_S + 100));
    rented.rental_start_by_s = NOW_S;
    assert_int_equal(decide(&rented, &standing, "DE", &grant), DENY_RENTAL_LATE);
    standing.rental_started_ms = INT64_C(1000) * (NOW_S - 99);
    assert_int_equal(decide(&rented, &standing, "DE", &grant), GRANTED);
    assert_false(grant.starts_rental);
    standing.rental_started_ms = INT64_C(1000) * (NOW_S - 100);
    assert_int_equal(decide(&rented, &standing, "DE", &grant), DENY_RENTAL_OVER);
}

static void an_entitlement_to_nothing_opens_nothing(void **state)
{
    static const struct standing fresh = {.rental_started_ms = 0};
    struct entitlement nothing = granted;
    struct grant grant;
    nothing.key_classes = 1u << KEY_FOR_UHD; // alone, and a browser is not let up there
    assert_int_equal(decide(&nothing, &fresh, "DE", &grant), DENY_CLASS);
}

static void every_denial_has_a_code_of_its_own_and_a_sentence(void **state)
{
    for (enum denial i = 0; i < DENIAL_COUNT; i++) {
        const char *sentence = denial_sentence(i);
        assert_int_equal(sentence[strlen(sentence) - 1], '.');
        assert_in_range(denial_status(i), 200, 429);
        for (enum denial j = 0; j < i; j++)
            assert_string_not_equal(denial_code(i), denial_code(j));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_device_cuts_the_classes),
        cmocka_unit_test(each_revocation_has_its_own_denial),
        cmocka_unit_test(a_territory_is_where_it_was_granted),
        cmocka_unit_test(limits_of_streams_count_those_before),
        cmocka_unit_test(a_rental_starts_in_time_and_ends_in_time),
        cmocka_unit_test(an_entitlement_to_nothing_opens_nothing),
        cmocka_unit_test(every_denial_has_a_code_of_its_own_and_a_sentence),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
