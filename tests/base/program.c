// SPDX-License-Identifier: Apache-2.0
#include "base/program.h"

#include <stdlib.h>
#include <unistd.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

static void the_program_finds_itself_and_its_neighbours(void **state)
{
    (void)state;
    char self[PATH_MAX], beside[PATH_MAX], real[PATH_MAX];
    assert_int_equal(program_path(self, NULL), OK);
    assert_string_equal(strrchr(self, '/'), "/test-base-program");
    assert_int_equal(access(self, X_OK), 0);
    assert_int_equal(program_beside("test-base-program", beside, NULL), OK);
    assert_string_equal(beside, self);
    assert_int_equal(program_beside("../tests/test-base-program", beside, NULL), OK);
    assert_non_null(realpath(beside, real));
    assert_string_equal(real, self);
}

static void a_path_that_is_too_long_is_refused(void **state)
{
    (void)state;
    char name[PATH_MAX], beside[PATH_MAX] = "as it was";
    memset(name, 'n', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    struct why why = {""};
    assert_int_equal(program_beside(name, beside, &why), TOO_LARGE);
    assert_non_null(strstr(why.text, "too long"));
    assert_string_equal(beside, "as it was");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_program_finds_itself_and_its_neighbours),
        cmocka_unit_test(a_path_that_is_too_long_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
