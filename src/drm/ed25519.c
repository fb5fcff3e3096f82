// SPDX-License-Identifier: Apache-2.0
#include "drm/ed25519.h"

#include <openssl/evp.h>
#include <stdlib.h>

struct ed25519_key {
    EVP_PKEY *pkey;
    struct ed25519_public public;
};

outcome ed25519_key_load(const uint8_t seed[ED25519_SEED_BYTES], struct ed25519_key **out,
                         struct why *why)
{
    struct ed25519_key *made = calloc(1, sizeof *made);
    if (made == NULL) return fail(why, NO_MEMORY, "no memory for a signing key");
    size_t len = ED25519_PUBLIC_BYTES;
    made->pkey = EVP_PKEY_new_raw_private_key(EVP_PKEY_ED25519, NULL, seed, ED25519_SEED_BYTES);
    if (made->pkey == NULL ||
        EVP_PKEY_get_raw_public_key(made->pkey, made->public.bytes, &len) != 1) {
        ed25519_key_close(&made);
        return fail(why, UNAVAILABLE, "OpenSSL gives no Ed25519");
    }
    *out = made;
    return OK;
}

void ed25519_key_close(struct ed25519_key **key)
{
    if (*key == NULL) return;
    EVP_PKEY_free((*key)->pkey); // wipes the seed
    free(*key);
    *key = NULL;
}

const struct ed25519_public *ed25519_key_public(const struct ed25519_key *key)
{
    return &key->public;
}

outcome ed25519_sign_by(EVP_PKEY *pkey, struct slice message, uint8_t out[ED25519_SIGNATURE_BYTES],
                        struct why *why)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t len = ED25519_SIGNATURE_BYTES;
    const bool is_made = context != NULL &&
                         EVP_DigestSignInit(context, NULL, NULL, NULL, pkey) == 1 &&
                         EVP_DigestSign(context, out, &len, message.at, message.len) == 1 &&
                         len == ED25519_SIGNATURE_BYTES;
    EVP_MD_CTX_free(context);
    return is_made ? OK : fail(why, UNAVAILABLE, "OpenSSL could not sign");
}

outcome ed25519_verify_by(EVP_PKEY *pkey, struct slice message,
                          const uint8_t signature[ED25519_SIGNATURE_BYTES], struct why *why)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    if (context == NULL || EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) != 1) {
        EVP_MD_CTX_free(context);
        return fail(why, UNAVAILABLE, "OpenSSL could not verify a signature");
    }
    const int verified =
        EVP_DigestVerify(context, signature, ED25519_SIGNATURE_BYTES, message.at, message.len);
    EVP_MD_CTX_free(context);
    return verified == 1 ? OK : fail(why, DENIED, "the signature does not fit the message");
}

outcome ed25519_sign(const struct ed25519_key *key, struct slice message,
                     uint8_t out[ED25519_SIGNATURE_BYTES], struct why *why)
{
    return ed25519_sign_by(key->pkey, message, out, why);
}

outcome ed25519_verify(const struct ed25519_public *signer, struct slice message,
                       const uint8_t signature[ED25519_SIGNATURE_BYTES], struct why *why)
{
    EVP_PKEY *pkey =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, signer->bytes, ED25519_PUBLIC_BYTES);
    if (pkey == NULL) return fail(why, DENIED, "a public key of Ed25519 is none");
    const outcome verified = ed25519_verify_by(pkey, message, signature, why);
    EVP_PKEY_free(pkey);
    return verified;
}
