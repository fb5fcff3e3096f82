// SPDX-License-Identifier: Apache-2.0
#include "media/avc_level.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void known_ladders_get_the_levels_players_expect(void **state)
{
    (void)state;
    static const struct {
        struct avc_demand demand;
        uint32_t level;
    } cases[] = {
        {{416, 234, {24, 1}, 0, 0, 3}, 13},
        {{640, 360, {25, 1}, 0, 0, 3}, 30},
        {{960, 540, {30, 1}, 3000000, 6000000, 4}, 31},
        {{1280, 720, {25, 1}, 0, 0, 4}, 31},
        {{1280, 720, {60, 1}, 0, 0, 4}, 32},
        {{1920, 1080, {24, 1}, 0, 0, 4}, 40},
        {{1920, 1080, {30, 1}, 8000000, 16000000, 4}, 40},
        {{1920, 1080, {30, 1}, 26000000, 26000000, 4}, 41}, // the bit rate decides
        {{1920, 1080, {30, 1}, 8000000, 40000000, 4}, 41},  // the buffer decides
        {{1920, 1080, {60, 1}, 0, 0, 4}, 42},
        {{1920, 1080, {24, 1}, 0, 0, 16}, 51}, // the references decide
        {{3840, 2160, {30, 1}, 0, 0, 4}, 51},
        {{3840, 2160, {60, 1}, 0, 0, 4}, 52},
        {{4112, 16, {24, 1}, 0, 0, 1}, 42}, // long and thin: a side's own limit
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint32_t level = 0;
        assert_int_equal(avc_level_for(&cases[i].demand, &level, NULL), OK);
        if (level != cases[i].level)
            fail_msg("%ux%u: level %u, not %u", cases[i].demand.width, cases[i].demand.height,
                     level, cases[i].level);
    }
}

static void what_no_level_holds_is_refused(void **state)
{
    (void)state;
    const struct avc_demand demand = {16384, 8192, {120, 1}, 0, 0, 4};
    uint32_t level = 7;
    struct why why = {""};
    assert_int_equal(avc_level_for(&demand, &level, &why), INVALID);
    assert_int_equal(level, 7);
    assert_non_null(strstr(why.text, "16384x8192"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(known_ladders_get_the_levels_players_expect),
        cmocka_unit_test(what_no_level_holds_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
