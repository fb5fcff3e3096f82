// SPDX-License-Identifier: Apache-2.0
#include "drm/p256.h"

#include <assert.h>
#include <openssl/bn.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/ecdsa.h>
#include <openssl/evp.h>
#include <openssl/obj_mac.h>
#include <openssl/param_build.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { HALF = P256_SIGNATURE_BYTES / 2, DER_SIGNATURE_BYTES_MAX = 80 };

struct p256_key {
    EVP_PKEY *pkey;
    struct p256_point point;
};

// The curve alone, as a key without a point: what OpenSSL looks up by names costs more than the
// arithmetic that some calls need, so it is looked up once.
static EVP_PKEY *curve;
static EVP_MD *sha256;
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch(void)
{
    char name[] = "P-256";
    OSSL_PARAM params[] = {OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, name, 0),
                           OSSL_PARAM_construct_end()};
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    if (context != NULL && EVP_PKEY_fromdata_init(context) == 1)
        (void)EVP_PKEY_fromdata(context, &curve, EVP_PKEY_KEY_PARAMETERS, params);
    EVP_PKEY_CTX_free(context);
    sha256 = EVP_MD_fetch(NULL, "SHA256", NULL);
}

static bool is_ready(void)
{
    return pthread_once(&fetched, fetch) == 0 && curve != NULL && sha256 != NULL;
}

static outcome refuse_library(struct why *why)
{
    return fail(why, UNAVAILABLE, "OpenSSL could not work on P-256");
}

const struct p256_point *p256_key_point(const struct p256_key *key)
{
    return &key->point;
}

void p256_key_close(struct p256_key **key)
{
    if (*key == NULL) return;
    EVP_PKEY_free((*key)->pkey); // wipes the secret
    free(*key);
    *key = NULL;
}

// Takes over `pkey`, also on failure.
static outcome keep(EVP_PKEY *pkey, struct p256_key **out, struct why *why)
{
    struct p256_key *made = pkey == NULL ? NULL : malloc(sizeof *made);
    size_t len = 0;
    if (made == NULL ||
        EVP_PKEY_get_octet_string_param(pkey, OSSL_PKEY_PARAM_ENCODED_PUBLIC_KEY, made->point.bytes,
                                        P256_POINT_BYTES, &len) != 1 ||
        len != P256_POINT_BYTES) {
        EVP_PKEY_free(pkey);
        free(made);
        return refuse_library(why);
    }
    made->pkey = pkey;
    *out = made;
    return OK;
}

outcome p256_key_make(struct p256_key **out, struct why *why)
{
    EVP_PKEY *made = NULL;
    EVP_PKEY_CTX *context = is_ready() ? EVP_PKEY_CTX_new_from_pkey(NULL, curve, NULL) : NULL;
    if (context != NULL && EVP_PKEY_keygen_init(context) == 1)
        (void)EVP_PKEY_generate(context, &made);
    EVP_PKEY_CTX_free(context);
    return keep(made, out, why);
}

// A key of OpenSSL from a point and its secret.
static EVP_PKEY *import(const struct p256_point *point, const BIGNUM *secret)
{
    OSSL_PARAM_BLD *build = OSSL_PARAM_BLD_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new_from_name(NULL, "EC", NULL);
    OSSL_PARAM *params = NULL;
    EVP_PKEY *made = NULL;
    if (build != NULL && context != NULL &&
        OSSL_PARAM_BLD_push_utf8_string(build, OSSL_PKEY_PARAM_GROUP_NAME, "P-256", 0) == 1 &&
        OSSL_PARAM_BLD_push_octet_string(build, OSSL_PKEY_PARAM_PUB_KEY, point->bytes,
                                         P256_POINT_BYTES) == 1 &&
        OSSL_PARAM_BLD_push_BN(build, OSSL_PKEY_PARAM_PRIV_KEY, secret) == 1 &&
        (params = OSSL_PARAM_BLD_to_param(build)) != NULL && EVP_PKEY_fromdata_init(context) == 1)
        (void)EVP_PKEY_fromdata(context, &made, EVP_PKEY_KEYPAIR, params);
    OSSL_PARAM_free(params); // wipes the secret, which lies in OpenSSL's secure part
    OSSL_PARAM_BLD_free(build);
    EVP_PKEY_CTX_free(context);
    return made;
}

static outcome import_point(const struct p256_point *point, EVP_PKEY **out, struct why *why)
{
    if (!is_ready()) return refuse_library(why);
    if (point->bytes[0] == POINT_CONVERSION_UNCOMPRESSED) {
        EVP_PKEY *made = EVP_PKEY_dup(curve);
        // Checks that it lies on the curve.
        if (made != NULL &&
            EVP_PKEY_set1_encoded_public_key(made, point->bytes, P256_POINT_BYTES) == 1) {
            *out = made;
            return OK;
        }
        EVP_PKEY_free(made);
    }
    return fail(why, INVALID, "a public key is no uncompressed point of the curve P-256");
}

outcome p256_point_check(const struct p256_point *point, struct why *why)
{
    EVP_PKEY *pkey = NULL;
    TRY(import_point(point, &pkey, why));
    EVP_PKEY_free(pkey);
    return OK;
}

static bool multiply_base(const EC_GROUP *group, const BIGNUM *secret, struct p256_point *out)
{
    EC_POINT *product = EC_POINT_new(group);
    const bool is_made = product != NULL &&
                         EC_POINT_mul(group, product, secret, NULL, NULL, NULL) == 1 &&
                         EC_POINT_point2oct(group, product, POINT_CONVERSION_UNCOMPRESSED,
                                            out->bytes, P256_POINT_BYTES, NULL) == P256_POINT_BYTES;
    EC_POINT_free(product);
    return is_made;
}

outcome p256_key_load(const uint8_t secret[P256_SECRET_BYTES], struct p256_key **out,
                      struct why *why)
{
    EC_GROUP *group = EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1);
    BIGNUM *number = BN_secure_new();
    EVP_PKEY *pkey = NULL;
    outcome result = refuse_library(why);
    if (group != NULL && number != NULL && BN_bin2bn(secret, P256_SECRET_BYTES, number) != NULL) {
        struct p256_point point;
        BN_set_flags(number, BN_FLG_CONSTTIME);
        if (BN_is_zero(number) || BN_cmp(number, EC_GROUP_get0_order(group)) >= 0)
            result = fail(why, INVALID, "a private key is not in the range of the curve P-256");
        else if (multiply_base(group, number, &point) && (pkey = import(&point, number)) != NULL)
            result = keep(pkey, out, why);
    }
    BN_clear_free(number);
    EC_GROUP_free(group);
    return result;
}

outcome p256_key_secret(const struct p256_key *key, uint8_t out[P256_SECRET_BYTES], struct why *why)
{
    BIGNUM *number = BN_secure_new();
    const bool is_got = number != NULL &&
                        EVP_PKEY_get_bn_param(key->pkey, OSSL_PKEY_PARAM_PRIV_KEY, &number) == 1 &&
                        BN_bn2binpad(number, out, P256_SECRET_BYTES) == P256_SECRET_BYTES;
    BN_clear_free(number);
    return is_got ? OK : refuse_library(why);
}

static bool der_to_pair(const uint8_t *der, size_t len, uint8_t out[P256_SIGNATURE_BYTES])
{
    ECDSA_SIG *signature = d2i_ECDSA_SIG(NULL, &der, (long)len);
    const bool is_made = signature != NULL &&
                         BN_bn2binpad(ECDSA_SIG_get0_r(signature), out, HALF) == HALF &&
                         BN_bn2binpad(ECDSA_SIG_get0_s(signature), out + HALF, HALF) == HALF;
    ECDSA_SIG_free(signature);
    return is_made;
}

// 0 when there is no memory for it.
static size_t pair_to_der(const uint8_t pair[P256_SIGNATURE_BYTES],
                          uint8_t out[DER_SIGNATURE_BYTES_MAX])
{
    ECDSA_SIG *signature = ECDSA_SIG_new();
    BIGNUM *r = BN_bin2bn(pair, HALF, NULL), *s = BN_bin2bn(pair + HALF, HALF, NULL);
    if (signature == NULL || r == NULL || s == NULL || ECDSA_SIG_set0(signature, r, s) != 1) {
        BN_free(r);
        BN_free(s);
        ECDSA_SIG_free(signature);
        return 0;
    }
    uint8_t *end = out;
    const int len = i2d_ECDSA_SIG(signature, &end); // at most 72 for two numbers of 256 bits
    ECDSA_SIG_free(signature);
    assert(len <= DER_SIGNATURE_BYTES_MAX);
    return len > 0 ? (size_t)len : 0;
}

outcome p256_sign(const struct p256_key *key, struct slice message,
                  uint8_t out[P256_SIGNATURE_BYTES], struct why *why)
{
    uint8_t der[DER_SIGNATURE_BYTES_MAX];
    size_t len = sizeof der;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const bool is_made = context != NULL && is_ready() &&
                         EVP_DigestSignInit(context, NULL, sha256, NULL, key->pkey) == 1 &&
                         EVP_DigestSign(context, der, &len, message.at, message.len) == 1 &&
                         der_to_pair(der, len, out);
    EVP_MD_CTX_free(context);
    return is_made ? OK : refuse_library(why);
}

outcome p256_verify(const struct p256_point *signer, struct slice message,
                    const uint8_t signature[P256_SIGNATURE_BYTES], struct why *why)
{
    uint8_t der[DER_SIGNATURE_BYTES_MAX];
    EVP_PKEY *pkey = NULL;
    TRY(import_point(signer, &pkey, why));
    const size_t len = pair_to_der(signature, der);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const bool is_genuine = len > 0 && context != NULL &&
                            EVP_DigestVerifyInit(context, NULL, sha256, NULL, pkey) == 1 &&
                            EVP_DigestVerify(context, der, len, message.at, message.len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    return is_genuine ? OK : fail(why, DENIED, "the signature does not fit the message");
}

outcome p256_agree(const struct p256_key *key, const struct p256_point *other,
                   uint8_t out[P256_SECRET_BYTES], struct why *why)
{
    EVP_PKEY *pkey = NULL;
    TRY(import_point(other, &pkey, why));
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key->pkey, NULL);
    size_t len = P256_SECRET_BYTES;
    // Without a second check of the point: it lies on the curve, and the cofactor is 1.
    const bool is_made = context != NULL && EVP_PKEY_derive_init(context) == 1 &&
                         EVP_PKEY_derive_set_peer_ex(context, pkey, 0) == 1 &&
                         EVP_PKEY_derive(context, out, &len) == 1 && len == P256_SECRET_BYTES;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(pkey);
    return is_made ? OK : refuse_library(why);
}
