// SPDX-License-Identifier: Apache-2.0
#include "store/key.h"

#include "place.h"

static void texts_and_names_are_judged_by_length_and_alphabet(void **state)
{
    (void)state;
    static const struct {
        const char *text;
        outcome as_text, as_name; // of 1 to 5 characters
    } cases[] = {
        {"a", OK, OK},
        {"a-_09", OK, OK},
        {"", INVALID, INVALID},
        {"abcdef", INVALID, INVALID},
        {"A", OK, INVALID},
        {"a b", OK, INVALID},
        {"a\tb", INVALID, INVALID},
        {"~", OK, INVALID},
        {"\x80", INVALID, INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct why why = {""};
        assert_int_equal(key_text_check("a text", cases[i].text, 1, 5, &why), cases[i].as_text);
        assert_int_equal(why.text[0] == '\0', cases[i].as_text == OK);
        assert_int_equal(key_name_check("a name", cases[i].text, 5, NULL), cases[i].as_name);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(texts_and_names_are_judged_by_length_and_alphabet),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
