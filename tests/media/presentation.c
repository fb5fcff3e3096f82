// SPDX-License-Identifier: Apache-2.0
#include "media/presentation.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void every_role_reads_back(void **state)
{
    (void)state;
    for (int i = 0; i < TRACK_ROLE_COUNT; i++) {
        enum track_role role = TRACK_ROLE_COUNT;
        assert_int_equal(track_role_parse(track_role_word((enum track_role)i), &role, NULL), OK);
        assert_int_equal(role, i);
    }
}

static void common_words_are_understood_and_others_refused(void **state)
{
    (void)state;
    enum track_role role = ROLE_MAIN;
    assert_int_equal(track_role_parse("sdh", &role, NULL), OK);
    assert_int_equal(role, ROLE_CAPTION);
    struct why why = {""};
    assert_int_equal(track_role_parse("Main", &role, &why), INVALID);
    assert_int_equal(role, ROLE_CAPTION);
    assert_non_null(strstr(why.text, "description"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_role_reads_back),
        cmocka_unit_test(common_words_are_understood_and_others_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
