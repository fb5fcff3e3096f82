// SPDX-License-Identifier: Apache-2.0
#include "catalog/rating.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

static void labels_of_many_countries_are_ages(void **state)
{
    (void)state;
    static const struct {
        struct title_rating rating;
        int64_t age;
    } cases[] = {
        {{"fsk", "12"}, 12},     {{"mpa", "PG-13"}, 13}, {{"MPA", "pg-13"}, 13},
        {{"tvpg", "TV-MA"}, 17}, {{"bbfc", "12A"}, 12},  {{"bbfc", "15"}, 15},
        {{"cnc", "-16"}, 16},    {{"self", "16+"}, 16},  {{"acb", "M"}, 15},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        int64_t age = -1;
        assert_true(rating_age(&cases[i].rating, &age));
        assert_int_equal(age, cases[i].age);
    }
}

// Whatever a country calls it: children see it.
static void what_is_for_everybody_is_for_children(void **state)
{
    (void)state;
    static const struct title_rating all[] = {
        {"self", "ALL"},  {"self", "all"},      {"studio", "U"}, {"studio", "G"}, {"mpa", "G"},
        {"tvpg", "TV-Y"}, {"fsk", "0"},         {"bbfc", "U"},   {"cnc", "TP"},   {"icaa", "A"},
        {"icaa", "APTA"}, {"kijkwijzer", "AL"}, {"acb", "G"},    {"eirin", "G"},  {"djctq", "L"},
        {"cbfc", "U"},    {"ifco", "G"},        {"kmrb", "ALL"}, {"chvrs", "G"},  {"rtc", "AA"},
        {"incaa", "ATP"}, {"mibact", "T"},      {"smsa", "Btl"}, {"mccyp", "A"},  {"kavi", "S"},
        {"imda", "G"},
    };
    static const struct title_rating adults[] = {
        {"mpa", "NC-17"}, {"fsk", "18"},   {"bbfc", "R18"},   {"icaa", "X"},   {"cbfc", "A"},
        {"kmrb", "R"},    {"chvrs", "R"},  {"rtc", "D"},      {"imda", "R21"}, {"mibact", "VM18"},
        {"self", "A"},    {"studio", "R"}, {"tvpg", "TV-MA"},
    };
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++)
        if (!rating_allows(&all[i], 0)) fail_msg("%s %s", all[i].system, all[i].label);
    for (size_t i = 0; i < sizeof adults / sizeof adults[0]; i++)
        if (rating_allows(&adults[i], 16)) fail_msg("%s %s", adults[i].system, adults[i].label);
}

static void what_is_not_rated_is_not_for_children(void **state)
{
    (void)state;
    const struct title_rating none = {"", ""}, odd = {"self", "spooky"}, six = {"fsk", "6"};
    assert_false(rating_allows(&none, 12));
    assert_false(rating_allows(&odd, 17));
    assert_true(rating_allows(&none, RATING_AGE_ANY));
    assert_true(rating_allows(&six, 6));
    assert_false(rating_allows(&six, 5));
    assert_string_equal(rating_system_of("DE"), "fsk");
    assert_string_equal(rating_system_of("XX"), "");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(labels_of_many_countries_are_ages),
        cmocka_unit_test(what_is_for_everybody_is_for_children),
        cmocka_unit_test(what_is_not_rated_is_not_for_children),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
