// SPDX-License-Identifier: Apache-2.0
#include "drm/content_key.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define ID_A   "a1a2a3a4a5a6a7a8a9aaabacadaeafb0"
#define UUID_A "A1A2A3A4-a5a6-a7a8-a9aa-abacadaeafb0"
#define ID_B   "b1b2b3b4b5b6b7b8b9babbbcbdbebfb0"
#define KEY    "00112233445566778899aabbccddeeff"
#define OTHER  "ffeeddccbbaa99887766554433221100"

static void ids_are_read_with_and_without_dashes(void **state)
{
    struct key_id plain, dashed;
    char text[KEY_ID_TEXT_BYTES];
    assert_int_equal(key_id_parse(slice_of(ID_A), &plain, NULL), OK);
    assert_int_equal(key_id_parse(slice_of(UUID_A), &dashed, NULL), OK);
    assert_true(key_id_equal(&plain, &dashed));
    assert_string_equal(key_id_format(&plain, text), "a1a2a3a4-a5a6-a7a8-a9aa-abacadaeafb0");
    assert_int_equal(key_id_parse(slice_of("a1a2a3a4a-5a6-a7a8-a9aa-abacadaeafb0"), &plain, NULL),
                     INVALID);
    assert_int_equal(key_id_parse(slice_of("a1a2"), &plain, NULL), INVALID);
}

static void a_class_finds_its_key_or_the_one_for_all(void **state)
{
    autokeys set = {.count = 0};
    const struct content_key *key;
    assert_int_equal(key_set_find(&set, KEY_FOR_HD, &key, NULL), NOT_FOUND);
    assert_int_equal(key_set_add(&set, ID_A ":" KEY ":audio", NULL), OK);
    assert_int_equal(key_set_find(&set, KEY_FOR_HD, &key, NULL), NOT_FOUND);
    assert_int_equal(key_set_add(&set, ID_B ":" OTHER, NULL), OK);
    assert_int_equal(key_set_find(&set, KEY_FOR_HD, &key, NULL), OK);
    assert_int_equal(key->id.bytes[0], 0xb1);
    assert_int_equal(key_set_find(&set, KEY_FOR_AUDIO, &key, NULL), OK);
    assert_int_equal(key->id.bytes[0], 0xa1);
    assert_int_equal(key->secret[15], 0xff);
}

static void wrong_keys_are_refused_and_never_quoted(void **state)
{
    static const char *const wrong[] = {
        "",
        ID_A,
        ID_A ":",
        ID_A ":" KEY "00",
        ID_A ":" KEY ":8k",
        ID_A ":" KEY ":hd:",
        ("x1a2a3a4a5a6a7a8a9aaabacadaeafb0:" KEY),
    };
    autokeys set = {.count = 0};
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        struct why why = {""};
        assert_int_equal(key_set_add(&set, wrong[i], &why), INVALID);
        assert_true(why.text[0] != '\0');
        assert_null(strstr(why.text, "0011"));
    }
    assert_int_equal(set.count, 0);
    assert_int_equal(key_set_add(&set, ID_A ":" KEY ":hd", NULL), OK);
    assert_int_equal(key_set_add(&set, ID_B ":" KEY ":hd", NULL), INVALID);   // class twice
    assert_int_equal(key_set_add(&set, ID_A ":" OTHER ":sd", NULL), INVALID); // id with two keys
    assert_int_equal(key_set_add(&set, ID_A ":" KEY ":sd", NULL), OK); // one key, two classes
}

static void a_released_set_holds_no_byte_of_a_key(void **state)
{
    static const struct key_set empty;
    struct key_set set = {.count = 0};
    assert_int_equal(key_set_add(&set, ID_A ":" KEY, NULL), OK);
    key_set_release(&set);
    assert_memory_equal(&set, &empty, sizeof set);
}

static void pictures_fall_into_classes_at_their_limits(void **state)
{
    assert_int_equal(key_class_of_picture(1024, 576), KEY_FOR_SD);
    assert_int_equal(key_class_of_picture(1025, 576), KEY_FOR_HD);
    assert_int_equal(key_class_of_picture(1024, 577), KEY_FOR_HD);
    assert_int_equal(key_class_of_picture(1920, 1080), KEY_FOR_HD);
    assert_int_equal(key_class_of_picture(1080, 1920), KEY_FOR_HD);
    assert_int_equal(key_class_of_picture(1920, 1082), KEY_FOR_UHD);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(ids_are_read_with_and_without_dashes),
        cmocka_unit_test(a_class_finds_its_key_or_the_one_for_all),
        cmocka_unit_test(wrong_keys_are_refused_and_never_quoted),
        cmocka_unit_test(a_released_set_holds_no_byte_of_a_key),
        cmocka_unit_test(pictures_fall_into_classes_at_their_limits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
