// SPDX-License-Identifier: Apache-2.0
#include "delivery/access.h"

#include "asked.h"
#include "delivery/access_token.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define KEYS                                                                                       \
    "{\"keys\":[{\"kid\":\"a\",\"for\":\"token\",\"kty\":\"oct\","                                 \
    "\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}]}"

static bool cleans_to(const char *query, const char *clean)
{
    autobuffer out = buffer_init(256);
    assert_int_equal(access_clean_query(slice_of(query), &out, NULL), OK);
    return slice_is(buffer_slice(&out), clean);
}

static void objects_are_known_by_what_is_behind_the_token(void **state)
{
    (void)state;
    assert_true(slice_is(access_clean_path(slice_of("/~abc/media/x")), "/media/x"));
    assert_true(slice_is(access_clean_path(slice_of("/media/~abc/x")), "/media/~abc/x"));
    assert_true(slice_is(access_clean_path(slice_of("/~abc")), "/~abc"));
    assert_true(slice_is(access_clean_path(slice_of("/~/x")), "/x"));
    assert_true(cleans_to("a=1&Expires=2&b&Signature=x&Key-Pair-Id=y", "a=1&b"));
    assert_true(cleans_to("URISigningPackage=x", ""));
    assert_true(cleans_to("expires=2", "expires=2")); // names are case-sensitive
    assert_true(cleans_to("", ""));
}

static void nothing_is_served_without_a_token(void **state)
{
    (void)state;
    static struct asked asked;
    autoaccesskeys *keys = NULL;
    assert_int_equal(access_keys_parse(slice_of(KEYS), "keys", &keys, NULL), OK);
    assert_int_equal(fault_of(keys, ask(&asked, "/film/v.mp4", "")), ACCESS_MISSING);
    assert_int_equal(fault_of(keys, ask(&asked, "/film/v.mp4?a=b", "Cookie: a=b\r\n")),
                     ACCESS_MISSING);
    assert_int_equal(fault_of(keys, ask(&asked, "/~/film/v.mp4", "")), ACCESS_MALFORMED);
    assert_int_equal(fault_of(keys, ask(&asked, "/~x/film/v.mp4", "")), ACCESS_MALFORMED);
    assert_int_equal(fault_of(keys, ask(&asked, "/v?Signature=x", "")), ACCESS_MALFORMED);
    assert_int_equal(fault_of(keys, ask(&asked, "/v?URISigningPackage=a.b", "")), ACCESS_MALFORMED);
}

// A bad token is not forgiven for a good one further down.
static void the_first_token_decides(void **state)
{
    (void)state;
    static struct asked asked;
    char token[ACCESS_TOKEN_BYTES], fields[128];
    autoaccesskeys *keys = NULL;
    const struct address anyone = {.len = 0};
    assert_int_equal(access_keys_parse(slice_of(KEYS), "keys", &keys, NULL), OK);
    assert_int_equal(access_token_make(keys, "/film/", ASKED_NOW_S + 9, &anyone, token, NULL), OK);
    (void)snprintf(fields, sizeof fields, "Cookie: primrose-access=\"%s\"\r\n", token);
    assert_int_equal(fault_of(keys, ask(&asked, "/film/v", fields)), ACCESS_GRANTED);
    assert_int_equal(fault_of(keys, ask(&asked, "/~AQ/film/v", fields)), ACCESS_MALFORMED);
    assert_int_equal(fault_of(keys, ask(&asked, "/film/v?Signature=x", fields)), ACCESS_MALFORMED);
}

static void faults_have_their_status_and_code(void **state)
{
    (void)state;
    assert_int_equal(access_status(ACCESS_MISSING), 401);
    assert_int_equal(access_status(ACCESS_FORGED), 403);
    assert_int_equal(access_status(ACCESS_TERRITORY), 451);
    assert_string_equal(access_code(ACCESS_EXPIRED), "access-expired");
    for (unsigned i = 0; i < ACCESS_FAULT_COUNT; i++)
        assert_true(access_sentence(i)[0] != '\0');
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(objects_are_known_by_what_is_behind_the_token),
        cmocka_unit_test(nothing_is_served_without_a_token),
        cmocka_unit_test(the_first_token_decides),
        cmocka_unit_test(faults_have_their_status_and_code),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
