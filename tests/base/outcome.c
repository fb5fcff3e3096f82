// SPDX-License-Identifier: Apache-2.0
#include "base/outcome.h"

#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>
#undef fail // cmocka has one of its own

static void a_sentence_is_cut_never_overrun(void **state)
{
    (void)state;
    struct {
        struct why why;
        char guard[8];
    } box;
    memset(&box, 'g', sizeof box);
    assert_int_equal(fail(&box.why, INVALID, "%0500d", 1), INVALID);
    assert_int_equal(strlen(box.why.text), WHY_BYTES - 1);
    assert_memory_equal(box.guard, "gggggggg", 8);
    assert_int_equal(fail(NULL, DENIED, "nobody listens"), DENIED);
}

static void system_errors_become_outcomes(void **state)
{
    (void)state;
    struct why why = {""};
    assert_int_equal(fail_errno(&why, ENOENT, "cannot open %s", "film.mov"), NOT_FOUND);
    assert_string_equal(why.text, "cannot open film.mov: No such file or directory");
    assert_int_equal(fail_errno(&why, ENOSPC, "x"), EXHAUSTED);
    assert_int_equal(fail_errno(&why, EIO, "x"), UNAVAILABLE);
}

static void every_outcome_has_its_facts(void **state)
{
    (void)state;
    for (int i = 0; i < OUTCOME_COUNT; i++) {
        const outcome result = (outcome)i;
        assert_in_range(outcome_http(result), 200, 599);
        assert_int_equal(outcome_exit(result), result == OK ? 0 : 1);
        assert_true(strlen(outcome_code(result)) > 1);
    }
    assert_true(outcome_is_retriable(TIMED_OUT));
    assert_false(outcome_is_retriable(INVALID));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_sentence_is_cut_never_overrun),
        cmocka_unit_test(system_errors_become_outcomes),
        cmocka_unit_test(every_outcome_has_its_facts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
