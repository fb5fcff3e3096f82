// SPDX-License-Identifier: Apache-2.0
//
// Signed access. The first byte says what the rest is: a whole request with whatever tokens; or
// claims, which are signed here so that they reach what stands behind the signature.
#include "delivery/access.h"

#include "base/base64.h"
#include "drm/cose.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define SECRET "\"kty\":\"oct\",\"k\":\"AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8\""
#define KEYS                                                                                       \
    "{\"audience\":\"edge\",\"keys\":["                                                            \
    "{\"kid\":\"t\",\"for\":\"token\"," SECRET "},"                                                \
    "{\"kid\":\"c\",\"for\":\"cat\",\"alg\":\"HS256\"," SECRET "},"                                \
    "{\"kid\":\"u\",\"for\":\"uri\",\"alg\":\"HS256\",\"iss\":\"cdn\"," SECRET "},"                \
    "{\"kid\":\"f\",\"for\":\"cloudfront\",\"kty\":\"EC\",\"crv\":\"P-256\","                      \
    "\"x\":\"usWxHK2PmfnHKwXPS54m0kTcGJ90UiglWiGahtagnv8\","                                       \
    "\"y\":\"IBOL-C3BttVivg-lSreASjpkttcsz-1rb7btKLv8EX4\"}]}"

enum { KEY_OF_CAT = 1, KEY_OF_URI = 2, TARGET_BYTES_MAX = 16 * 1024 };

static struct access_keys *keys;

static void check(struct slice head)
{
    struct http_scan scan = {0};
    struct http_request http;
    enum http_fault fault;
    size_t head_bytes;
    if (http_request_parse(&scan, head, &http, &head_bytes, &fault) != HTTP_READY) return;
    const struct access_request request = {
        .http = &http, .scheme = "https", .country = "DE", .alpn = "h2", .now_s = 1800000000};
    const struct access_verdict verdict = access_check(keys, NULL, &request);
    assert(verdict.fault < ACCESS_FAULT_COUNT);
    assert(verdict.fault != ACCESS_GRANTED || verdict.expires_s > request.now_s);
    autobuffer query = buffer_init(HTTP_LINE_BYTES_MAX);
    assert(access_clean_query(http.query, &query, NULL) == OK);
    assert(access_clean_path(http.path).len <= http.path.len);
}

static void check_token(const char *name, const struct buffer *token)
{
    autobuffer head = buffer_init(TARGET_BYTES_MAX);
    if (buffer_format(&head, NULL, "GET /film/v.mp4?%s=%.*s HTTP/1.1\r\nHost: d.example\r\n\r\n",
                      name, (int)token->len, (const char *)token->at) == OK)
        check(buffer_slice(&head));
}

static void check_cat(struct slice claims)
{
    autobuffer cose = buffer_init(COSE_BYTES_MAX), token = buffer_init(2 * COSE_BYTES_MAX);
    if (cose_mac0_make(&keys->keys[KEY_OF_CAT].key, slice_of("c"), claims, &cose, NULL) == OK &&
        base64_format(BASE64_URL, buffer_slice(&cose), &token, NULL) == OK)
        check_token("CTA-Common-Access-Token", &token);
}

static void check_jwt(struct slice claims)
{
    uint8_t mac[HMAC_BYTES];
    autobuffer token = buffer_init(HTTP_LINE_BYTES_MAX);
    if (base64_format(BASE64_URL, slice_of("{\"alg\":\"HS256\",\"kid\":\"u\"}"), &token, NULL) !=
            OK ||
        buffer_put_u8(&token, '.', NULL) != OK ||
        base64_format(BASE64_URL, claims, &token, NULL) != OK)
        return;
    const struct slice text = buffer_slice(&token);
    if (hmac_make(&keys->keys[KEY_OF_URI].key, &text, 1, mac) &&
        buffer_put_u8(&token, '.', NULL) == OK &&
        base64_format(BASE64_URL, (struct slice){mac, sizeof mac}, &token, NULL) == OK)
        check_token("URISigningPackage", &token);
}

static void close_keys(void)
{
    access_keys_close(&keys);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (keys == NULL) {
        if (access_keys_parse(slice_of(KEYS), "keys", &keys, NULL) != OK) abort();
        (void)atexit(close_keys);
    }
    if (size == 0) return 0;
    const struct slice rest = {data + 1, size - 1};
    if (data[0] == 'C')
        check_cat(rest);
    else if (data[0] == 'J')
        check_jwt(rest);
    else
        check(rest);
    return 0;
}
