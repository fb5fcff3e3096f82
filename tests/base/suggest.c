// SPDX-License-Identifier: Apache-2.0
#include "base/suggest.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

static const char *const verbs[] = {"demo", "ingest", "worker", "package", "inspect", "serve"};

static void near_misses_find_their_word(void **state)
{
    (void)state;
    assert_string_equal(suggest("ingets", verbs, 6), "ingest"); // swapped neighbours
    assert_string_equal(suggest("pakage", verbs, 6), "package");
    assert_string_equal(suggest("servee", verbs, 6), "serve");
    assert_string_equal(suggest("insp", verbs, 6), "inspect"); // a beginning
}

static void far_words_find_nothing(void **state)
{
    (void)state;
    assert_null(suggest("transmogrify", verbs, 6));
    assert_null(suggest("", verbs, 6));
    assert_null(suggest("xyz", verbs, 6));
    assert_null(suggest("a-name-of-more-than-sixty-four-letters-which-nobody-would-type-by-hand",
                        verbs, 6));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(near_misses_find_their_word),
        cmocka_unit_test(far_words_find_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
