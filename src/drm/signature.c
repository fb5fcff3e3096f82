// SPDX-License-Identifier: Apache-2.0
#include "drm/signature.h"

#include "base/base64.h"

#include <assert.h>
#include <string.h>

#include <openssl/bio.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/rsa.h>

enum {
    POINT_BYTES = 32,     // of P-256
    RSA_BYTES_MAX = 1024, // 8192 bits
    RSA_BITS_MIN = 2048,
    DER_BYTES_MAX = 80, // of an ECDSA signature on P-256
    PEM_BYTES_MAX = 4096,
};

static const struct {
    enum signature_algorithm algorithm;
    const char *jose;
    int cose;
    int pkey; // EVP_PKEY_...; 0: a secret
} algorithms[] = {
    {SIGN_HS256, "HS256", 5, 0},
    {SIGN_ES256, "ES256", -7, EVP_PKEY_EC},
    {SIGN_PS256, "PS256", -37, EVP_PKEY_RSA},
    {SIGN_RS256, "RS256", -257, EVP_PKEY_RSA},
};

enum { ALGORITHM_COUNT = sizeof algorithms / sizeof algorithms[0] };

enum signature_algorithm signature_of_jose(const char *name)
{
    for (size_t i = 0; i < ALGORITHM_COUNT; i++)
        if (strcmp(name, algorithms[i].jose) == 0) return algorithms[i].algorithm;
    return SIGN_NONE;
}

enum signature_algorithm signature_of_cose(int64_t number)
{
    for (size_t i = 0; i < ALGORITHM_COUNT; i++)
        if (number == algorithms[i].cose) return algorithms[i].algorithm;
    return SIGN_NONE;
}

bool verify_key_fits(const struct verify_key *key, enum signature_algorithm algorithm)
{
    for (size_t i = 0; i < ALGORITHM_COUNT; i++) {
        if (algorithms[i].algorithm != algorithm) continue;
        if (algorithms[i].pkey == 0) return key->secret_len > 0;
        return key->pkey != NULL &&
               EVP_PKEY_is_a(key->pkey, algorithms[i].pkey == EVP_PKEY_EC ? "EC" : "RSA");
    }
    return false;
}

static outcome member_bytes(const json_t *jwk, const char *name, uint8_t *out, size_t room,
                            size_t *len, struct why *why)
{
    const char *text = json_string_value(json_object_get(jwk, name));
    if (text == NULL || base64_parse(BASE64_URL, slice_of(text), out, room, len, NULL) != OK)
        return fail(why, INVALID, "a JWK's member \"%s\" is missing or no base64url in range",
                    name);
    return OK;
}

static outcome parse_secret(const json_t *jwk, struct verify_key *out, struct why *why)
{
    TRY(member_bytes(jwk, "k", out->secret, sizeof out->secret, &out->secret_len, why));
    if (out->secret_len < SECRET_BYTES_MIN)
        return fail(why, INVALID, "a JWK's secret has %zu bytes: give it %d to %d", out->secret_len,
                    SECRET_BYTES_MIN, SECRET_BYTES_MAX);
    return OK;
}

static outcome build_pkey(const char *type, OSSL_PARAM_BLD *build, EVP_PKEY **out, struct why *why)
{
    OSSL_PARAM *params = OSSL_PARAM_BLD_to_param(build);
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, type, NULL);
    const bool is_made = params != NULL && context != NULL &&
                         EVP_PKEY_fromdata_init(context) == 1 &&
                         EVP_PKEY_fromdata(context, out, EVP_PKEY_PUBLIC_KEY, params) == 1;
    EVP_PKEY_CTX_free(context);
    OSSL_PARAM_free(params);
    return is_made ? OK : fail(why, INVALID, "a JWK of kty %s is no public key", type);
}

static outcome parse_rsa(const json_t *jwk, struct verify_key *out, struct why *why)
{
    uint8_t n[RSA_BYTES_MAX], e[8];
    size_t n_len, e_len;
    TRY(member_bytes(jwk, "n", n, sizeof n, &n_len, why));
    TRY(member_bytes(jwk, "e", e, sizeof e, &e_len, why));
    BIGNUM *modulus = BN_bin2bn(n, (int)n_len, NULL);
    BIGNUM *exponent = BN_bin2bn(e, (int)e_len, NULL);
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    outcome result = NO_MEMORY;
    if (modulus != NULL && exponent != NULL && build != NULL &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_N, modulus) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_RSA_E, exponent) == 1)
        result = build_pkey("RSA", build, &out->pkey, why);
    OSSL_PARAM_BLD_free(build);
    BN_free(exponent);
    BN_free(modulus);
    return result;
}

static outcome parse_ec(const json_t *jwk, struct verify_key *out, struct why *why)
{
    uint8_t point[1 + 2 * POINT_BYTES] = {4}; // uncompressed
    size_t x_len, y_len;
    const char *curve = json_string_value(json_object_get(jwk, "crv"));
    if (curve == NULL || strcmp(curve, "P-256") != 0)
        return fail(why, INVALID, "a JWK of kty EC has crv P-256");
    TRY(member_bytes(jwk, "x", point + 1, POINT_BYTES, &x_len, why));
    TRY(member_bytes(jwk, "y", point + 1 + POINT_BYTES, POINT_BYTES, &y_len, why));
    if (x_len != POINT_BYTES || y_len != POINT_BYTES)
        return fail(why, INVALID, "a JWK's x and y have 32 bytes each on P-256");
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    outcome result = NO_MEMORY;
    if (build != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point, sizeof point) == 1)
        result = build_pkey("EC", build, &out->pkey, why);
    OSSL_PARAM_BLD_free(build);
    return result;
}

static outcome parse_pem(const char *text, struct verify_key *out, struct why *why)
{
    const size_t len = strlen(text);
    if (len > PEM_BYTES_MAX)
        return fail(why, TOO_LARGE, "a PEM of more than %d bytes is no public key", PEM_BYTES_MAX);
    BIO *bio = BIO_new_mem_buf(text, (int)len);
    if (bio == NULL) return fail(why, NO_MEMORY, "no memory for a key");
    out->pkey = PEM_read_bio_PUBKEY(bio, NULL, NULL, NULL);
    BIO_free(bio);
    if (out->pkey == NULL)
        return fail(why, INVALID,
                    "\"pem\" holds no public key: write what "
                    "`openssl pkey -pubout` prints");
    return OK;
}

static outcome check_public(const struct verify_key *key, struct why *why)
{
    if (key->pkey == NULL) return OK;
    const bool is_rsa = EVP_PKEY_is_a(key->pkey, "RSA");
    if (is_rsa && EVP_PKEY_get_bits(key->pkey) < RSA_BITS_MIN)
        return fail(why, INVALID, "an RSA key has at least %d bits", RSA_BITS_MIN);
    char curve[32] = "";
    if (!is_rsa && EVP_PKEY_is_a(key->pkey, "EC"))
        (void)EVP_PKEY_get_group_name(key->pkey, curve, sizeof curve, NULL);
    if (!is_rsa && strcmp(curve, "prime256v1") != 0 && strcmp(curve, "P-256") != 0)
        return fail(why, INVALID, "a public key is RSA, or EC on P-256");
    return OK;
}

static outcome parse_material(const json_t *jwk, struct verify_key *out, struct why *why)
{
    const char *pem = json_string_value(json_object_get(jwk, "pem"));
    const char *type = json_string_value(json_object_get(jwk, "kty"));
    if (json_object_get(jwk, "d") != NULL)
        return fail(why, INVALID, "a JWK holds its private part: give verifiers the public one");
    if (pem != NULL) return parse_pem(pem, out, why);
    if (type != NULL && strcmp(type, "oct") == 0) return parse_secret(jwk, out, why);
    if (type != NULL && strcmp(type, "RSA") == 0) return parse_rsa(jwk, out, why);
    if (type != NULL && strcmp(type, "EC") == 0) return parse_ec(jwk, out, why);
    return fail(why, INVALID, "a JWK's kty is oct, RSA or EC, or it has \"pem\" in its place");
}

outcome verify_key_parse(const json_t *jwk, struct verify_key *out, struct why *why)
{
    struct verify_key key = {.secret_len = 0};
    outcome result = parse_material(jwk, &key, why);
    if (result == OK) result = check_public(&key, why);
    if (result != OK)
        verify_key_release(&key);
    else
        *out = key;
    explicit_bzero(key.secret, sizeof key.secret);
    return result;
}

void verify_key_release(struct verify_key *key)
{
    EVP_PKEY_free(key->pkey);
    explicit_bzero(key, sizeof *key);
}

// The pieces in one run. false when they are longer than any token may be.
static bool join(const struct slice *pieces, size_t count, uint8_t *out, size_t *len)
{
    *len = 0;
    for (size_t i = 0; i < count; i++) {
        if (pieces[i].len > SIGNED_BYTES_MAX - *len) return false;
        if (pieces[i].len > 0) memcpy(out + *len, pieces[i].at, pieces[i].len);
        *len += pieces[i].len;
    }
    return true;
}

bool hmac_make(const struct verify_key *key, const struct slice *pieces, size_t count, uint8_t *out)
{
    uint8_t text[SIGNED_BYTES_MAX];
    size_t len;
    unsigned out_len = 0;
    assert(key->secret_len > 0);
    return join(pieces, count, text, &len) &&
           HMAC(EVP_sha256(), key->secret, (int)key->secret_len, text, len, out, &out_len) !=
               NULL &&
           out_len == HMAC_BYTES;
}

static bool hmac_is_of(const struct verify_key *key, const struct slice *pieces, size_t count,
                       struct slice signature)
{
    uint8_t made[HMAC_BYTES];
    return hmac_make(key, pieces, count, made) && signature.len == HMAC_BYTES &&
           CRYPTO_memcmp(made, signature.at, HMAC_BYTES) == 0;
}

// r and s side by side, as DER.
static bool ecdsa_to_der(struct slice raw, uint8_t *der, size_t *der_len)
{
    if (raw.len != 2 * POINT_BYTES) return false;
    ECDSA_SIG *both = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(raw.at, POINT_BYTES, NULL);
    BIGNUM *s = BN_bin2bn(raw.at + POINT_BYTES, POINT_BYTES, NULL);
    if (both == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(both, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(both);
        return false;
    }
    const int len = i2d_ECDSA_SIG(both, NULL);
    const bool is_made = len > 0 && len <= DER_BYTES_MAX && i2d_ECDSA_SIG(both, &der) == len;
    ECDSA_SIG_free(both);
    *der_len = is_made ? (size_t)len : 0;
    return is_made;
}

static bool verify(const struct verify_key *key, const char *hash, enum signature_algorithm padding,
                   struct slice text, struct slice signature)
{
    EVP_PKEY_CTX *options = NULL; // part of the context
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    bool is_of = context != NULL &&
                 EVP_DigestVerifyInit_ex(context, &options, hash, NULL, NULL, key->pkey, NULL) == 1;
    if (is_of && padding == SIGN_PS256)
        is_of = EVP_PKEY_CTX_set_rsa_padding(options, RSA_PKCS1_PSS_PADDING) == 1 &&
                EVP_PKEY_CTX_set_rsa_pss_saltlen(options, RSA_PSS_SALTLEN_DIGEST) == 1;
    is_of = is_of && EVP_DigestVerify(context, signature.at, signature.len, text.at, text.len) == 1;
    EVP_MD_CTX_free(context);
    return is_of;
}

bool signature_is_of_plain(const struct verify_key *key, const char *hash, struct slice text,
                           struct slice signature)
{
    return key->pkey != NULL && verify(key, hash, SIGN_RS256, text, signature);
}

bool signature_is_of(const struct verify_key *key, enum signature_algorithm algorithm,
                     const struct slice *pieces, size_t count, struct slice signature)
{
    uint8_t text[SIGNED_BYTES_MAX], der[DER_BYTES_MAX];
    size_t len, der_len;
    assert(verify_key_fits(key, algorithm));
    if (algorithm == SIGN_HS256) return hmac_is_of(key, pieces, count, signature);
    if (!join(pieces, count, text, &len)) return false;
    if (algorithm == SIGN_ES256) {
        if (!ecdsa_to_der(signature, der, &der_len)) return false;
        signature = (struct slice){der, der_len};
    }
    return verify(key, "SHA256", algorithm, (struct slice){text, len}, signature);
}
