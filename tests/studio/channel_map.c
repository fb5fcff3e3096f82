// SPDX-License-Identifier: Apache-2.0
#include "studio/channel_map.h"

#include "media/wave.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void channels_are_put_in_the_order_of_a_wave_file(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        size_t named, channels;
        uint32_t mask;
        size_t from[8];
    } cases[] = {
        {"M", 1, 1, WAVE_CENTRE, {0}},
        {"L R", 2, 2, 0x3, {0, 1}},
        {"R L", 2, 2, 0x3, {1, 0}},
        {"L R - -", 4, 2, 0x3, {0, 1}},
        {"L R C LFE Ls Rs", 6, 6, 0x3f, {0, 1, 2, 3, 4, 5}},
        {"Ls L C R Rs LFE", 6, 6, 0x3f, {1, 3, 2, 5, 0, 4}},
        {"L R C Ls Rs", 5, 5, 0x37, {0, 1, 2, 3, 4}},
        {"L R LFE", 3, 3, 0xb, {0, 1, 2}},
        // beside the listener in 7.1, the rear ones behind
        {"L R C LFE Ls Rs Lrs Rrs", 8, 8, 0x63f, {0, 1, 2, 3, 6, 7, 4, 5}},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct channel_map map;
        struct why why = {""};
        if (channel_map_parse(cases[i].text, &map, &why) != OK) fail_msg("%s", why.text);
        assert_int_equal(map.named_count, cases[i].named);
        assert_int_equal(map.channel_count, cases[i].channels);
        assert_int_equal(map.mask, cases[i].mask);
        for (size_t k = 0; k < map.channel_count; k++)
            assert_int_equal(map.from[k], cases[i].from[k]);
    }
}

static void what_makes_no_layout_is_refused(void **state)
{
    (void)state;
    static const struct {
        const char *text, *sentence;
    } cases[] = {
        {"", "no layout"},
        {"L", "no layout"},
        {"- -", "no layout"},
        {"L R C LFE Ls", "no layout"},
        {"L R Lrs Rrs", "no layout"},
        {"M LFE", "no layout"},
        {"L L", "\"L\" stands twice"},
        {"M C", "\"C\" stands twice"},
        {"l r", "\"l\" is no channel"},
        {"L  R", "\"\" is no channel"},
        {"- - - - - - - - - - - - - - - - -", "more than 16"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct channel_map map = {.named_count = 77};
        struct why why = {""};
        assert_int_equal(channel_map_parse(cases[i].text, &map, &why), INVALID);
        if (strstr(why.text, cases[i].sentence) == NULL) fail_msg("%s", why.text);
        assert_int_equal(map.named_count, 77);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(channels_are_put_in_the_order_of_a_wave_file),
        cmocka_unit_test(what_makes_no_layout_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
