// SPDX-License-Identifier: Apache-2.0
#include "drm/signature.h"

#include "base/base64.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

static outcome parse(const char *jwk, struct verify_key *out)
{
    autojson *json = NULL;
    struct why why = {""};
    assert_int_equal(json_parse(slice_of(jwk), "jwk", &json, NULL), OK);
    const outcome result = verify_key_parse(json, out, &why);
    assert_true((result == OK) == (why.text[0] == '\0'));
    return result;
}

// RFC 7515 appendix A.1: HS256.
static void the_standards_hmac_verifies(void **state)
{
    (void)state;
    struct verify_key key;
    uint8_t mac[64];
    size_t len;
    assert_int_equal(parse("{\"kty\":\"oct\",\"k\":\"AyM1SysPpbyDfgZld3umj1qzKObwVMkoqQ-EstJQLr_T-1"
                           "qS0gZH75aKtMN3Yj0iPS4hcgUuTwjAzZr1Z9CAow\"}",
                           &key),
                     OK);
    const struct slice pieces[] = {
        slice_of("eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9"),
        slice_of("."),
        slice_of("eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
                 "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ"),
    };
    assert_int_equal(base64_parse(BASE64_URL,
                                  slice_of("dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk"), mac,
                                  sizeof mac, &len, NULL),
                     OK);
    assert_true(signature_is_of(&key, SIGN_HS256, pieces, 3, (struct slice){mac, len}));
    assert_false(signature_is_of(&key, SIGN_HS256, pieces, 2, (struct slice){mac, len}));
    assert_false(signature_is_of(&key, SIGN_HS256, pieces, 3, (struct slice){mac, len - 1}));
    assert_true(verify_key_fits(&key, SIGN_HS256));
    assert_false(verify_key_fits(&key, SIGN_ES256));
    verify_key_release(&key);
}

// RFC 7515 appendix A.3: ES256.
static void the_standards_ecdsa_verifies(void **state)
{
    (void)state;
    struct verify_key key;
    uint8_t signature[80];
    size_t len;
    assert_int_equal(parse("{\"kty\":\"EC\",\"crv\":\"P-256\","
                           "\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
                           "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\"}",
                           &key),
                     OK);
    const struct slice text =
        slice_of("eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9"
                 "leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ");
    assert_int_equal(
        base64_parse(BASE64_URL,
                     slice_of("DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSA"
                              "pmWQxfKTUJqPP3-Kg6NU1Q"),
                     signature, sizeof signature, &len, NULL),
        OK);
    assert_true(signature_is_of(&key, SIGN_ES256, &text, 1, (struct slice){signature, len}));
    signature[0] ^= 1;
    assert_false(signature_is_of(&key, SIGN_ES256, &text, 1, (struct slice){signature, len}));
    assert_false(signature_is_of(&key, SIGN_ES256, &text, 1, (struct slice){signature, 63}));
    assert_false(verify_key_fits(&key, SIGN_RS256));
    verify_key_release(&key);
}

static size_t sign(EVP_PKEY *pkey, const char *hash, int padding, struct slice text, uint8_t *out)
{
    EVP_PKEY_CTX *options;
    size_t len = 512;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    assert_int_equal(EVP_DigestSignInit_ex(context, &options, hash, NULL, NULL, pkey, NULL), 1);
    assert_int_equal(EVP_PKEY_CTX_set_rsa_padding(options, padding), 1);
    if (padding == RSA_PKCS1_PSS_PADDING)
        assert_int_equal(EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST), 1);
    assert_int_equal(EVP_DigestSign(context, out, &len, text.at, text.len), 1);
    EVP_MD_CTX_free(context);
    return len;
}

// A key of this run, given as JWK's n and e and as PEM; its padding is part of the algorithm.
static void rsa_keys_verify_with_the_padding_they_are_given_for(void **state)
{
    (void)state;
    EVP_PKEY *pkey = EVP_RSA_gen(2048);
    BIGNUM *n = NULL;
    uint8_t modulus[256], signature[512];
    char jwk[1024], pem[1024];
    assert_int_equal(EVP_PKEY_get_bn_param(pkey, "n", &n), 1);
    assert_int_equal(BN_bn2binpad(n, modulus, sizeof modulus), (int)sizeof modulus);
    autobuffer text = buffer_init(1024);
    assert_int_equal(
        base64_format(BASE64_URL, (struct slice){modulus, sizeof modulus}, &text, NULL), OK);
    (void)snprintf(jwk, sizeof jwk, "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"%s\"}",
                   buffer_text(&text));
    struct verify_key key, same;
    assert_int_equal(parse(jwk, &key), OK);
    BIO *bio = BIO_new(BIO_s_mem());
    assert_int_equal(PEM_write_bio_PUBKEY(bio, pkey), 1);
    const int pem_len = BIO_read(bio, pem, sizeof pem - 1);
    assert_true(pem_len > 0);
    pem[pem_len] = '\0';
    BIO_free(bio);
    json_t *with_pem = json_pack("{s:s}", "pem", pem);
    assert_int_equal(verify_key_parse(with_pem, &same, NULL), OK);
    json_decref(with_pem);

    const struct slice said = slice_of("said");
    size_t len = sign(pkey, "SHA256", RSA_PKCS1_PSS_PADDING, said, signature);
    assert_true(signature_is_of(&key, SIGN_PS256, &said, 1, (struct slice){signature, len}));
    assert_false(signature_is_of(&key, SIGN_RS256, &said, 1, (struct slice){signature, len}));
    len = sign(pkey, "SHA256", RSA_PKCS1_PADDING, said, signature);
    assert_true(signature_is_of(&same, SIGN_RS256, &said, 1, (struct slice){signature, len}));
    assert_false(signature_is_of(&same, SIGN_PS256, &said, 1, (struct slice){signature, len}));
    len = sign(pkey, "SHA1", RSA_PKCS1_PADDING, said, signature);
    assert_true(signature_is_of_plain(&key, "SHA1", said, (struct slice){signature, len}));
    assert_false(signature_is_of_plain(&key, "SHA256", said, (struct slice){signature, len}));
    verify_key_release(&key);
    verify_key_release(&same);
    BN_free(n);
    EVP_PKEY_free(pkey);
}

static void keys_that_are_none_are_refused(void **state)
{
    static const char *const wrong[] = {
        "{}",
        "{\"kty\":\"oct\"}",
        "{\"kty\":\"oct\",\"k\":\"c2hvcnQ\"}",
        "{\"kty\":\"oct\",\"k\":\"not base64 at all, really\"}",
        "{\"kty\":\"OKP\",\"crv\":\"Ed25519\",\"x\":\"AAAA\"}",
        "{\"kty\":\"EC\",\"crv\":\"P-384\",\"x\":\"AA\",\"y\":\"AA\"}",
        // not on the curve
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
        "\"y\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\"}",
        // a private part
        "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU\","
        "\"y\":\"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0\",\"d\":\"AA\"}",
        "{\"kty\":\"RSA\",\"e\":\"AQAB\",\"n\":\"_________w\"}", // far too short
        "{\"pem\":\"-----BEGIN PUBLIC KEY-----\"}",
    };
    (void)state;
    struct verify_key key;
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        assert_int_equal(parse(wrong[i], &key), INVALID);
}

static void algorithms_have_their_registered_names_and_numbers(void **state)
{
    (void)state;
    assert_int_equal(signature_of_jose("HS256"), SIGN_HS256);
    assert_int_equal(signature_of_jose("none"), SIGN_NONE);
    assert_int_equal(signature_of_cose(5), SIGN_HS256);
    assert_int_equal(signature_of_cose(-7), SIGN_ES256);
    assert_int_equal(signature_of_cose(-37), SIGN_PS256);
    assert_int_equal(signature_of_cose(-257), SIGN_RS256);
    assert_int_equal(signature_of_cose(4), SIGN_NONE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_standards_hmac_verifies),
        cmocka_unit_test(the_standards_ecdsa_verifies),
        cmocka_unit_test(rsa_keys_verify_with_the_padding_they_are_given_for),
        cmocka_unit_test(keys_that_are_none_are_refused),
        cmocka_unit_test(algorithms_have_their_registered_names_and_numbers),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
