// SPDX-License-Identifier: Apache-2.0
#include "simulate_case.h"

static void the_mission_ladder_has_ten_rungs(void **state)
{
    (void)state;
    struct ladder ladder;
    assert_int_equal(ladder_load("mission", &ladder, NULL), OK);
    assert_int_equal(ladder.rungs, 10);
    assert_near(ladder.rates_bps[0], 4e5);
    assert_near(ladder.rates_bps[9], 1.5e7);
}

static void lines_and_json_say_the_same(void **state)
{
    (void)state;
    static const char *const texts[] = {"400\n900 # SD\n\n# HD\n2000\n", "400\r\n900\r\n2000",
                                        " [400, 900, 2000]\n"};
    for (size_t i = 0; i < LENGTH(texts); i++) {
        struct ladder ladder;
        assert_int_equal(ladder_parse(slice_of(texts[i]), "l", &ladder, NULL), OK);
        assert_int_equal(ladder.rungs, 3);
        assert_near(ladder.rates_bps[1], 9e5);
        assert_near(ladder.rates_bps[2], 2e6);
    }
}

static void senseless_ladders_are_refused_with_a_sentence(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        const char *says;
    } cases[] = {
        {"", "no rate"},
        {"# nothing\n", "no rate"},
        {"400\n400\n", "does not rise"},
        {"400\n300\n", "does not rise"},
        {"400k\n", "line 1"},
        {"0\n", "1 to"},
        {"-3\n", "line 1"},
        {"99999999999\n", "line 1"},
        {"[400, \"x\"]", "entry 2"},
        {"[400, -1]", "entry 2"},
        {"[]", "no rate"},
        {"[400", "l"},
    };
    for (size_t i = 0; i < LENGTH(cases); i++) {
        struct ladder ladder = {.rungs = 7};
        struct why why = {""};
        assert_int_equal(ladder_parse(slice_of(cases[i].text), "l", &ladder, &why), INVALID);
        if (strstr(why.text, cases[i].says) == NULL) print_error("%s\n", why.text);
        assert_non_null(strstr(why.text, cases[i].says));
        assert_int_equal(ladder.rungs, 7);
    }
    struct ladder ladder;
    struct why why = {""};
    assert_int_equal(ladder_load("no such ladder", &ladder, &why), NOT_FOUND);
    assert_non_null(strstr(why.text, "mission"));
}

static void a_ladder_has_at_most_so_many_rungs(void **state)
{
    (void)state;
    autobuffer text = buffer_init(4096);
    for (int i = 1; i <= LADDER_RUNGS_MAX + 1; i++)
        assert_int_equal(buffer_format(&text, NULL, "%d\n", i * 100), OK);
    struct ladder ladder;
    assert_int_equal(ladder_parse(buffer_slice(&text), "l", &ladder, NULL), INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_mission_ladder_has_ten_rungs),
        cmocka_unit_test(lines_and_json_say_the_same),
        cmocka_unit_test(senseless_ladders_are_refused_with_a_sentence),
        cmocka_unit_test(a_ladder_has_at_most_so_many_rungs),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
