// SPDX-License-Identifier: Apache-2.0
#include "delivery/access_keys.h"

#include "base/file.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include <sys/stat.h>
#include <unistd.h>

#define SECRET "\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\""
#define EC                                                                                         \
    "\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"usWxHK2PmfnHKwXPS54m0kTcGJ90UiglWiGahtagnv8\","      \
    "\"y\":\"IBOL-C3BttVivg-lSreASjpkttcsz-1rb7btKLv8EX4\""

static outcome parse(const char *text, struct access_keys **out)
{
    struct why why = {""};
    const outcome result = access_keys_parse(slice_of(text), "keys.json", out, &why);
    assert_true((result == OK) == (why.text[0] == '\0'));
    assert_null(strstr(why.text, "AAEC"));
    return result;
}

static void keys_are_found_by_scheme_and_id(void **state)
{
    (void)state;
    autoaccesskeys *keys = NULL;
    assert_int_equal(parse("{\"audience\":\"m\",\"keys\":["
                           "{\"kid\":\"a\",\"for\":\"token\"," SECRET "},"
                           "{\"kid\":\"a\",\"for\":\"cat\",\"alg\":\"ES256\",\"iss\":\"p\"," EC "},"
                           "{\"kid\":\"b\",\"for\":\"cat\",\"alg\":\"HS256\"," SECRET "}]}",
                           &keys),
                     OK);
    assert_string_equal(keys->audience, "m");
    assert_int_equal(access_keys_find(keys, ACCESS_TOKEN, slice_of("a"))->algorithm, SIGN_HS256);
    assert_int_equal(access_keys_find(keys, ACCESS_CAT, slice_of("a"))->algorithm, SIGN_ES256);
    assert_string_equal(access_keys_find(keys, ACCESS_CAT, slice_of("a"))->issuer, "p");
    assert_null(access_keys_find(keys, ACCESS_URI, slice_of("a")));
    assert_null(access_keys_find(keys, ACCESS_CAT, slice_of("c")));
    assert_non_null(access_keys_find(keys, ACCESS_TOKEN, (struct slice){NULL, 0}));
    assert_null(access_keys_find(keys, ACCESS_CAT, (struct slice){NULL, 0})); // which of the two?
}

static void sets_that_are_none_are_refused_without_a_word_of_secrets(void **state)
{
    static const char *const wrong[] = {
        "",
        "[]",
        "{\"keys\":[]}",
        "{\"keys\":[{\"for\":\"token\"," SECRET "}]}", // no kid
        "{\"keys\":[{\"kid\":\"a\"," SECRET "}]}",     // no scheme
        "{\"keys\":[{\"kid\":\"a\",\"for\":\"all\"," SECRET "}]}",
        "{\"keys\":[{\"kid\":\"a\",\"for\":\"cat\"," SECRET "}]}", // no alg
        "{\"keys\":[{\"kid\":\"a\",\"for\":\"cat\",\"alg\":\"ES256\"," SECRET "}]}",
        "{\"keys\":[{\"kid\":\"a\",\"for\":\"cat\",\"alg\":\"none\"," SECRET "}]}",
        "{\"keys\":[{\"kid\":\"a\",\"for\":\"token\",\"alg\":\"ES256\"," EC "}]}",
        "{\"keys\":[{\"kid\":\"a\",\"for\":\"cloudfront\"," SECRET "}]}",
        "{\"keys\":[{\"kid\":\"a\",\"for\":\"token\"," SECRET "},"
        "{\"kid\":\"a\",\"for\":\"token\"," SECRET "}]}",
    };
    (void)state;
    struct access_keys *keys = NULL;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(parse(wrong[i], &keys), INVALID);
    assert_null(keys);
}

static void a_file_of_secrets_is_not_for_everyone(void **state)
{
    (void)state;
    char path[] = "/tmp/access-keys-XXXXXX";
    static const char text[] = "{\"keys\":[{\"kid\":\"a\",\"for\":\"token\"," SECRET "}]}";
    autofd fd = mkstemp(path);
    assert_true(fd >= 0);
    assert_int_equal(fd_write(fd, slice_of(text), NULL), OK);
    autoaccesskeys *keys = NULL;
    assert_int_equal(chmod(path, 0644), 0);
    assert_int_equal(access_keys_load(path, &keys, NULL), DENIED);
    assert_null(keys);
    assert_int_equal(chmod(path, 0640), 0);
    assert_int_equal(access_keys_load(path, &keys, NULL), OK);
    assert_int_equal(keys->count, 1);
    (void)unlink(path);
    autoaccesskeys *none = NULL;
    assert_int_equal(access_keys_load(path, &none, NULL), NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(keys_are_found_by_scheme_and_id),
        cmocka_unit_test(sets_that_are_none_are_refused_without_a_word_of_secrets),
        cmocka_unit_test(a_file_of_secrets_is_not_for_everyone),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
