// SPDX-License-Identifier: Apache-2.0
#include "delivery/access_token.h"

#include "asked.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define KEY(kid, letter)                                                                           \
    "{\"kid\":\"" kid "\",\"for\":\"token\",\"kty\":\"oct\",\"k\":\"" letter                       \
    "AECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\"}"
#define FOLDER "/media/film/3f9c/"

static struct access_keys *keys_of(const char *text)
{
    struct access_keys *keys = NULL;
    assert_int_equal(access_keys_parse(slice_of(text), "keys", &keys, NULL), OK);
    return keys;
}

static enum access_fault try_prefix(const struct access_keys *keys, const char *token,
                                    const char *path, struct asked *asked)
{
    char target[512];
    (void)snprintf(target, sizeof target, "/~%s%s", token, path);
    return fault_of(keys, ask(asked, target, ""));
}

static void a_token_opens_its_folder_until_its_time(void **state)
{
    (void)state;
    static struct asked asked;
    char token[ACCESS_TOKEN_BYTES], cookie[128];
    autoaccesskeys *keys = keys_of("{\"keys\":[" KEY("a", "A") "]}");
    const struct address anyone = {.len = 0};
    assert_int_equal(access_token_make(keys, FOLDER, ASKED_NOW_S + 60, &anyone, token, NULL), OK);
    assert_int_equal(strlen(token), 36);
    assert_int_equal(try_prefix(keys, token, FOLDER "main.m3u8", &asked), ACCESS_GRANTED);
    assert_int_equal(try_prefix(keys, token, FOLDER "sub/x.vtt", &asked), ACCESS_GRANTED);
    assert_int_equal(try_prefix(keys, token, "/media/film/3f9d/main.m3u8", &asked), ACCESS_FORGED);
    assert_int_equal(try_prefix(keys, token, "/media/film/x", &asked), ACCESS_SCOPE);
    asked.request.now_s = ASKED_NOW_S;
    (void)ask(&asked, "/media/film/3f9c/a.mp4", "");
    (void)snprintf(cookie, sizeof cookie, "Cookie: a=b; primrose-access=%s\r\n", token);
    assert_int_equal(fault_of(keys, ask(&asked, FOLDER "v.mp4", cookie)), ACCESS_GRANTED);
    asked.request.now_s = ASKED_NOW_S + 60;
    assert_int_equal(fault_of(keys, &asked.request), ACCESS_EXPIRED);
}

static void a_bound_token_is_for_one_network(void **state)
{
    (void)state;
    static struct asked asked;
    char token[ACCESS_TOKEN_BYTES], target[128];
    autoaccesskeys *keys = keys_of("{\"keys\":[" KEY("a", "A") "]}");
    struct address client = {.len = 4, .bytes = {192, 0, 2, 7}};
    assert_int_equal(access_token_make(keys, FOLDER, ASKED_NOW_S + 60, &client, token, NULL), OK);
    (void)snprintf(target, sizeof target, "/~%s" FOLDER "v.mp4", token);
    (void)ask(&asked, target, "");
    assert_int_equal(fault_of(keys, &asked.request), ACCESS_GRANTED);
    asked.request.client.bytes[3] = 8;
    assert_int_equal(fault_of(keys, &asked.request), ACCESS_FORGED);
    asked.request.client.len = 0;
    assert_int_equal(fault_of(keys, &asked.request), ACCESS_ADDRESS);

    assert_int_equal(address_parse(slice_of("2001:db8:0:1::5"), &client, NULL), OK);
    assert_int_equal(access_token_make(keys, FOLDER, ASKED_NOW_S + 60, &client, token, NULL), OK);
    (void)snprintf(target, sizeof target, "/~%s" FOLDER "v.mp4", token);
    (void)ask(&asked, target, "");
    assert_int_equal(address_parse(slice_of("2001:db8:0:1:8::9"), &asked.request.client, NULL), OK);
    assert_int_equal(fault_of(keys, &asked.request), ACCESS_GRANTED); // hosts change these bits
    assert_int_equal(address_parse(slice_of("2001:db8:0:2::5"), &asked.request.client, NULL), OK);
    assert_int_equal(fault_of(keys, &asked.request), ACCESS_FORGED);
}

static void keys_rotate_without_a_gap(void **state)
{
    (void)state;
    static struct asked asked;
    char old[ACCESS_TOKEN_BYTES], new[ACCESS_TOKEN_BYTES];
    const struct address anyone = {.len = 0};
    autoaccesskeys *before = keys_of("{\"keys\":[" KEY("a", "A") "]}");
    autoaccesskeys *during = keys_of("{\"keys\":[" KEY("b", "B") "," KEY("a", "A") "]}");
    autoaccesskeys *after = keys_of("{\"keys\":[" KEY("b", "B") "]}");
    assert_int_equal(access_token_make(before, FOLDER, ASKED_NOW_S + 9, &anyone, old, NULL), OK);
    assert_int_equal(access_token_make(during, FOLDER, ASKED_NOW_S + 9, &anyone, new, NULL), OK);
    assert_int_equal(try_prefix(during, old, FOLDER "v", &asked), ACCESS_GRANTED);
    assert_int_equal(try_prefix(during, new, FOLDER "v", &asked), ACCESS_GRANTED);
    assert_int_equal(try_prefix(after, new, FOLDER "v", &asked), ACCESS_GRANTED);
    assert_int_equal(try_prefix(after, old, FOLDER "v", &asked), ACCESS_KEY_UNKNOWN);
}

static void every_letter_of_a_token_matters(void **state)
{
    (void)state;
    static struct asked asked;
    char token[ACCESS_TOKEN_BYTES];
    const struct address anyone = {.len = 0};
    autoaccesskeys *keys = keys_of("{\"keys\":[" KEY("a", "A") "]}");
    assert_int_equal(access_token_make(keys, FOLDER, ASKED_NOW_S + 9, &anyone, token, NULL), OK);
    for (size_t i = 0; i < strlen(token); i++) {
        const char was = token[i];
        token[i] = was == 'x' ? 'y' : 'x';
        assert_int_not_equal(try_prefix(keys, token, FOLDER "v", &asked), ACCESS_GRANTED);
        token[i] = was;
    }
    token[35] = '\0';
    assert_int_equal(try_prefix(keys, token, FOLDER "v", &asked), ACCESS_MALFORMED);
}

static void what_cannot_be_signed_is_refused(void **state)
{
    static const char *const wrong[] = {"", "/", "media/", "/media", "//////////////////"};
    (void)state;
    char token[ACCESS_TOKEN_BYTES];
    const struct address anyone = {.len = 0};
    autoaccesskeys *keys = keys_of("{\"keys\":[" KEY("a", "A") "]}");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(access_token_make(keys, wrong[i], 9, &anyone, token, NULL), INVALID);
    assert_int_equal(access_token_make(keys, FOLDER, INT64_C(1) << 32, &anyone, token, NULL),
                     INVALID);
    keys->keys[0].scheme = ACCESS_CAT;
    assert_int_equal(access_token_make(keys, FOLDER, 9, &anyone, token, NULL), NOT_FOUND);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_token_opens_its_folder_until_its_time),
        cmocka_unit_test(a_bound_token_is_for_one_network),
        cmocka_unit_test(keys_rotate_without_a_gap),
        cmocka_unit_test(every_letter_of_a_token_matters),
        cmocka_unit_test(what_cannot_be_signed_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
