// SPDX-License-Identifier: Apache-2.0
//
// What a check of signed access costs one processor: each scheme's token, made once, checked many
// times on the processor's own clock. One JSON line a scheme.
#include "delivery/access.h"

#include "base/base64.h"
#include "delivery/access_token.h"
#include "drm/cose.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

enum { NOW_S = 1800000000, TARGET_BYTES = 4096 };

#define SECRET "AAECAwQFBgcICQoLDA0ODxAREhMUFRYXGBkaGxwdHh8"
#define POLICY                                                                                     \
    "{\"Statement\":[{\"Resource\":\"https://d/media/film/1/*\",\"Condition\":{\"DateLessThan\":"  \
    "{\"AWS:EpochTime\":1800000600}}}]}"

static double cpu_s(void)
{
    struct timespec time;
    (void)clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &time);
    return (double)time.tv_sec + (double)time.tv_nsec / 1e9;
}

static void measure(const struct access_keys *keys, const char *name, const char *target)
{
    static char text[TARGET_BYTES + 64];
    struct http_scan scan = {0};
    struct http_request http;
    enum http_fault fault;
    size_t head, count = 0;
    const int len = snprintf(text, sizeof text, "GET %s HTTP/1.1\r\nHost: d\r\n\r\n", target);
    if (http_request_parse(&scan, (struct slice){(const uint8_t *)text, (size_t)len}, &http, &head,
                           &fault) != HTTP_READY)
        abort();
    const struct access_request request = {
        .http = &http, .scheme = "https", .country = "", .alpn = "", .now_s = NOW_S};
    const double begin = cpu_s();
    double took;
    do {
        for (int i = 0; i < 100; i++, count++)
            if (access_check(keys, NULL, &request).fault != ACCESS_GRANTED) abort();
        took = cpu_s() - begin;
    } while (took < 1.0);
    printf("{\"scheme\": \"%s\", \"us\": %.2f, \"per_cpu_second\": %.0f}\n", name,
           took * 1e6 / (double)count, (double)count / took);
}

static void letters(struct slice bytes, char *out, size_t room)
{
    autobuffer text = buffer_init(4096);
    if (base64_format(BASE64_PADDED, bytes, &text, NULL) != OK) abort();
    for (size_t i = 0; i < text.len; i++) {
        uint8_t *at = &text.at[i];
        *at = *at == '+' ? '-' : *at == '=' ? '_' : *at == '/' ? '~' : *at;
    }
    (void)snprintf(out, room, "%s", buffer_text(&text));
}

static void measure_cloudfront(const struct access_keys *keys, EVP_PKEY *pkey)
{
    uint8_t signature[512];
    size_t len = sizeof signature;
    char policy[512], signed_text[1024], target[TARGET_BYTES];
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (EVP_DigestSignInit_ex(context, NULL, "SHA1", NULL, NULL, pkey, NULL) != 1 ||
        EVP_DigestSign(context, signature, &len, (const uint8_t *)POLICY, strlen(POLICY)) != 1)
        abort();
    EVP_MD_CTX_free(context);
    letters(slice_of(POLICY), policy, sizeof policy);
    letters((struct slice){signature, len}, signed_text, sizeof signed_text);
    (void)snprintf(target, sizeof target,
                   "/media/film/1/v.mp4?Policy=%s&Signature=%s&Key-Pair-Id=f", policy, signed_text);
    measure(keys, "CloudFront custom policy, RSA 2048", target);
}

static void measure_cat(const struct access_keys *keys)
{
    // {3: "edge", 4: 1800000600, 312: {3: {1: "/media/film/"}}, 313: ["GET"]}
    static const char claims[] = "a4036465646765041a6b49d458190138a103a1016c2f6d656469612f66696c6d"
                                 "2f1901398163474554";
    uint8_t bytes[sizeof claims / 2];
    char target[TARGET_BYTES];
    autobuffer cose = buffer_init(COSE_BYTES_MAX), text = buffer_init(COSE_BYTES_MAX);
    if (slice_hex(slice_of(claims), bytes, sizeof bytes, NULL) != OK ||
        cose_mac0_make(&keys->keys[1].key, slice_of("c"), (struct slice){bytes, sizeof bytes},
                       &cose, NULL) != OK ||
        base64_format(BASE64_URL, buffer_slice(&cose), &text, NULL) != OK)
        abort();
    (void)snprintf(target, sizeof target, "/~%s/media/film/1/v.mp4", buffer_text(&text));
    measure(keys, "Common Access Token, HS256", target);
}

static struct access_keys *make_keys(EVP_PKEY *pkey)
{
    char pem[1024];
    BIO *bio = BIO_new(BIO_s_mem());
    if (PEM_write_bio_PUBKEY(bio, pkey) != 1) abort();
    const int len = BIO_read(bio, pem, sizeof pem - 1);
    BIO_free(bio);
    pem[len] = '\0';
    json_t *set = json_pack("{s:s, s:[{s:s,s:s,s:s,s:s},{s:s,s:s,s:s,s:s,s:s},{s:s,s:s,s:s}]}",
                            "audience", "edge", "keys", "kid", "t", "for", "token", "kty", "oct",
                            "k", SECRET, "kid", "c", "for", "cat", "alg", "HS256", "kty", "oct",
                            "k", SECRET, "kid", "f", "for", "cloudfront", "pem", pem);
    autobuffer text = buffer_init(4096);
    struct access_keys *keys = NULL;
    if (json_format(set, &text, NULL) != OK ||
        access_keys_parse(buffer_slice(&text), "keys", &keys, NULL) != OK)
        abort();
    json_decref(set);
    return keys;
}

int main(void)
{
    EVP_PKEY *pkey = EVP_RSA_gen(2048);
    struct access_keys *keys = make_keys(pkey);
    char token[ACCESS_TOKEN_BYTES], target[TARGET_BYTES];
    const struct address anyone = {.len = 0};
    if (access_token_make(keys, "/media/film/1/", NOW_S + 600, &anyone, token, NULL) != OK) abort();
    (void)snprintf(target, sizeof target, "/~%s/media/film/1/v.mp4", token);
    measure(keys, "our token", target);
    measure_cat(keys);
    measure_cloudfront(keys, pkey);
    access_keys_close(&keys);
    EVP_PKEY_free(pkey);
    return 0;
}
