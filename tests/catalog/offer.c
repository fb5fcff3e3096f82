// SPDX-License-Identifier: Apache-2.0
#include "catalog/offer.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static const char *german[] = {"DE", "AT"}, *anywhere[] = {"*"};

static enum offer judge(const struct title *title, const char *territory, int64_t now_ms)
{
    const struct viewer viewer = {18, territory, now_ms};
    return offer_judge(title, &viewer);
}

static void a_window_opens_and_closes_in_its_territories(void **state)
{
    (void)state;
    struct title_avail avails[] = {{german, 2, 1000, 2000}, {anywhere, 1, 3000, 0}};
    const struct title title = {.entry = {.avails = avails, .avail_count = 2}};
    assert_int_equal(judge(&title, "DE", 999), OFFER_WINDOW);
    assert_int_equal(judge(&title, "DE", 1000), OFFER_OPEN);
    assert_int_equal(judge(&title, "AT", 1999), OFFER_OPEN);
    assert_int_equal(judge(&title, "DE", 2000), OFFER_WINDOW);
    assert_int_equal(judge(&title, "FR", 1500), OFFER_WINDOW);
    assert_int_equal(judge(&title, "FR", 3000), OFFER_OPEN);
    assert_int_equal(judge(&title, "", 3000), OFFER_OPEN);
    assert_int_equal(judge(&title, "*", 1500), OFFER_OPEN);
    assert_int_equal(judge(&title, "*", VIEWER_ANY_TIME), OFFER_OPEN);
}

static void rights_bound_the_windows(void **state)
{
    (void)state;
    struct title_avail avails[] = {{NULL, 0, 0, 0}}, german_only[] = {{german, 2, 0, 0}};
    struct title title = {
        .territories = german, .territory_count = 2, .entry = {.avails = avails, .avail_count = 1}};
    assert_int_equal(judge(&title, "DE", 5), OFFER_OPEN);
    assert_int_equal(judge(&title, "US", 5), OFFER_TERRITORY);
    assert_int_equal(judge(&title, "", 5), OFFER_TERRITORY);
    title.territory_count = 0;
    title.entry.avails = german_only;
    assert_int_equal(judge(&title, "US", 5), OFFER_TERRITORY);
    title.entry.avail_count = 0;
    assert_int_equal(judge(&title, "US", 5), OFFER_OPEN);
}

static void what_is_open_closes_with_its_last_window(void **state)
{
    (void)state;
    struct title_avail avails[] = {
        {german, 2, 1000, 2000}, {anywhere, 1, 1500, 2500}, {anywhere, 1, 3000, 0}};
    const struct title title = {.entry = {.avails = avails, .avail_count = 3}}, bare = {.year = 1};
    const struct viewer early = {18, "DE", 1200}, both = {18, "DE", 1600}, last = {18, "FR", 3000},
                        keeper = {18, "*", VIEWER_ANY_TIME};
    assert_int_equal(offer_until_ms(&title, &early), 2000);
    assert_int_equal(offer_until_ms(&title, &both), 2500);
    assert_int_equal(offer_until_ms(&title, &last), 0);
    assert_int_equal(offer_until_ms(&title, &keeper), 0);
    assert_int_equal(offer_until_ms(&bare, &both), 0);
}

static void age_comes_first(void **state)
{
    (void)state;
    const struct title title = {
        .rating = {"fsk", "12"}, .territories = german, .territory_count = 2};
    const struct viewer child = {7, "US", 5}, older = {12, "US", 5};
    assert_int_equal(offer_judge(&title, &child), OFFER_MATURITY);
    assert_int_equal(offer_judge(&title, &older), OFFER_TERRITORY);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_window_opens_and_closes_in_its_territories),
        cmocka_unit_test(rights_bound_the_windows),
        cmocka_unit_test(what_is_open_closes_with_its_last_window),
        cmocka_unit_test(age_comes_first),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
