// SPDX-License-Identifier: Apache-2.0
#include "asked.h"

#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#include <openssl/evp.h>

#define KEYS                                                                                       \
    "{\"audience\":\"edge\",\"keys\":[{\"kid\":\"k\",\"for\":\"uri\",\"alg\":\"HS256\","           \
    "\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\",\"iss\":\"cdn\"}]}"
#define HEADER "{\"alg\":\"HS256\",\"kid\":\"k\"}"
#define BASE   "\"iss\":\"cdn\",\"exp\":1800000060"
#define ANY    ",\"cdniuc\":\"regex:https://d\\\\.example/film/.*\""

static struct access_keys *keys;

static int open_keys(void **state)
{
    (void)state;
    return access_keys_parse(slice_of(KEYS), "keys", &keys, NULL) == OK ? 0 : 1;
}

static int close_keys(void **state)
{
    (void)state;
    access_keys_close(&keys);
    return 0;
}

static void make(const char *header, const char *claims, struct buffer *jwt)
{
    uint8_t mac[HMAC_BYTES];
    assert_int_equal(base64_format(BASE64_URL, slice_of(header), jwt, NULL), OK);
    assert_int_equal(buffer_put_u8(jwt, '.', NULL), OK);
    assert_int_equal(base64_format(BASE64_URL, slice_of(claims), jwt, NULL), OK);
    const struct slice text = buffer_slice(jwt);
    assert_true(hmac_make(&keys->keys[0].key, &text, 1, mac));
    assert_int_equal(buffer_put_u8(jwt, '.', NULL), OK);
    assert_int_equal(base64_format(BASE64_URL, (struct slice){mac, sizeof mac}, jwt, NULL), OK);
}

static enum access_fault try(struct asked *asked, const char *header, const char *claims)
{
    char target[2048];
    autobuffer jwt = buffer_init(4096);
    make(header, claims, &jwt);
    (void)snprintf(target, sizeof target, "/film/v.mp4?URISigningPackage=%s&x=1",
                   buffer_text(&jwt));
    return fault_of(keys, ask(asked, target, ""));
}

static void every_claim_is_enforced_or_refused(void **state)
{
    static const struct {
        const char *claims;
        enum access_fault fault;
    } cases[] = {
        {"{" BASE ANY "}", ACCESS_GRANTED},
        {"{" BASE ANY ",\"aud\":\"edge\",\"sub\":\"me\",\"nbf\":1799999999,\"iat\":1,\"cdniv\":1}",
         ACCESS_GRANTED},
        {"{" BASE ANY ",\"aud\":[\"x\",\"edge\"]}", ACCESS_GRANTED},
        {"{" BASE ANY ",\"aud\":\"x\"}", ACCESS_PARTY},
        {"{\"exp\":1800000060" ANY "}", ACCESS_MALFORMED},
        {"{\"iss\":\"me\",\"exp\":1800000060" ANY "}", ACCESS_PARTY},
        {"{\"iss\":\"cdn\"" ANY "}", ACCESS_MALFORMED},
        {"{\"iss\":\"cdn\",\"exp\":1800000000" ANY "}", ACCESS_EXPIRED},
        {"{" BASE ANY ",\"nbf\":1800000031}", ACCESS_EARLY},
        {"{" BASE ANY ",\"cdniv\":2}", ACCESS_UNSUPPORTED},
        {"{" BASE ANY ",\"cdniip\":\"eyJ...\"}", ACCESS_UNSUPPORTED},
        {"{" BASE ANY ",\"cdnistt\":0,\"cdniets\":30,\"cdnistd\":2}", ACCESS_GRANTED},
        {"{" BASE ANY ",\"cdnistt\":1}", ACCESS_UNSUPPORTED},
        {"{" BASE ANY ",\"cdnicrit\":\"exp,cdniuc\"}", ACCESS_GRANTED},
        {"{" BASE ANY ",\"cdnicrit\":\"exp,other\"}", ACCESS_UNSUPPORTED},
        {"{" BASE ",\"cdniuc\":\"regex:https://d\\\\.example/films/.*\"}", ACCESS_SCOPE},
        {"{" BASE ",\"cdniuc\":\"regex:(\"}", ACCESS_UNSUPPORTED},
        {"{" BASE ",\"cdniuc\":\"glob:*\"}", ACCESS_UNSUPPORTED},
        {"{" BASE ",\"cdniuc\":\"hash:md5;x\"}", ACCESS_UNSUPPORTED},
        {"{" BASE ",\"cdniuc\":\"hash:sha-256;x\"}", ACCESS_MALFORMED},
        {"{" BASE "}", ACCESS_MALFORMED},
        {"[]", ACCESS_MALFORMED},
        {"{" BASE ANY ",\"jti\":\"1\"}", ACCESS_UNSUPPORTED}, // without a memory
    };
    (void)state;
    static struct asked asked;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const enum access_fault fault = try(&asked, HEADER, cases[i].claims);
        if (fault != cases[i].fault)
            fail_msg("%s: %s, not %s", cases[i].claims, access_code(fault),
                     access_code(cases[i].fault));
    }
}

static void a_hash_is_of_the_address_without_the_package(void **state)
{
    (void)state;
    static struct asked asked;
    uint8_t digest[32];
    size_t len;
    char claims[256];
    static const char url[] = "https://d.example/film/v.mp4?x=1";
    assert_int_equal(EVP_Q_digest(NULL, "SHA256", NULL, url, strlen(url), digest, &len), 1);
    autobuffer text = buffer_init(64);
    assert_int_equal(base64_format(BASE64_URL, (struct slice){digest, len}, &text, NULL), OK);
    (void)snprintf(claims, sizeof claims, "{" BASE ",\"cdniuc\":\"hash:sha-256;%s\"}",
                   buffer_text(&text));
    assert_int_equal(try(&asked, HEADER, claims), ACCESS_GRANTED);
    asked.request.scheme = "http";
    assert_int_equal(fault_of(keys, &asked.request), ACCESS_SCOPE);
}

static void the_header_chooses_no_algorithm(void **state)
{
    (void)state;
    static struct asked asked;
    static const char claims[] = "{" BASE ANY "}";
    assert_int_equal(try(&asked, "{\"alg\":\"HS256\"}", claims), ACCESS_GRANTED); // the only key
    assert_int_equal(try(&asked, "{\"alg\":\"none\",\"kid\":\"k\"}", claims), ACCESS_FORGED);
    assert_int_equal(try(&asked, "{\"alg\":\"RS256\",\"kid\":\"k\"}", claims), ACCESS_FORGED);
    assert_int_equal(try(&asked, "{\"alg\":\"HS256\",\"kid\":\"x\"}", claims), ACCESS_KEY_UNKNOWN);
    assert_int_equal(try(&asked, "{\"alg\":\"HS256\",\"kid\":\"k\",\"crit\":[\"b64\"]}", claims),
                     ACCESS_UNSUPPORTED);
    assert_int_equal(try(&asked, "[]", claims), ACCESS_MALFORMED);
}

static void an_id_is_used_once(void **state)
{
    (void)state;
    static struct asked asked;
    struct access_replay *replay = NULL;
    assert_int_equal(access_replay_open(&replay, NULL), OK);
    (void)try(&asked, HEADER, "{" BASE ANY ",\"jti\":\"1\"}");
    assert_int_equal(access_check(keys, replay, &asked.request).fault, ACCESS_GRANTED);
    assert_int_equal(access_check(keys, replay, &asked.request).fault, ACCESS_REPLAYED);
    access_replay_close(&replay);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_claim_is_enforced_or_refused),
        cmocka_unit_test(a_hash_is_of_the_address_without_the_package),
        cmocka_unit_test(the_header_chooses_no_algorithm),
        cmocka_unit_test(an_id_is_used_once),
    };
    return cmocka_run_group_tests(tests, open_keys, close_keys);
}
