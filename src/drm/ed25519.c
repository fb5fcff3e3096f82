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

outcome ed25519_sign(const struct ed25519_key *key, struct slice message,
                     uint8_t out[ED25519_SIGNATURE_BYTES], struct why *why)
{
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    size_t len = ED25519_SIGNATURE_BYTES;
    const bool is_made = context != NULL &&
                         EVP_DigestSignInit(context, NULL, NULL, NULL, key->pkey) == 1 &&
                         EVP_DigestSign(context, out, &len, message.at, message.len) == 1;
    EVP_MD_CTX_free(context);
    return is_made ? OK : fail(why, UNAVAILABLE, "OpenSSL could not sign");
}

outcome ed25519_verify(const struct ed25519_public *signer, struct slice message,
                       const uint8_t signature[ED25519_SIGNATURE_BYTES], struct why *why)
{
    EVP_PKEY *pkey =
        EVP_PKEY_new_raw_public_key(EVP_PKEY_ED25519, NULL, signer->bytes, ED25519_PUBLIC_BYTES);
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    const bool is_genuine =
        pkey != NULL && context != NULL &&
        EVP_DigestVerifyInit(context, NULL, NULL, NULL, pkey) == 1 &&
        EVP_DigestVerify(context, signature, ED25519_SIGNATURE_BYTES, message.at, message.len) == 1;
    EVP_MD_CTX_free(context);
    EVP_PKEY_free(pkey);
    return is_genuine ? OK : fail(why, DENIED, "the signature does not fit the message");
}
