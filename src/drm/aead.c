// SPDX-License-Identifier: Apache-2.0
#include "drm/aead.h"

#include <assert.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <pthread.h>
#include <string.h>

// The handle is OpenSSL's context itself: it has the key schedule, and wipes it.
static EVP_CIPHER_CTX *context_of(struct aead *aead)
{
    return (EVP_CIPHER_CTX *)aead;
}

// Fetched once: each use of EVP_aes_256_gcm() would look it up anew.
static EVP_CIPHER *ciphers[2];
static pthread_once_t fetched = PTHREAD_ONCE_INIT;

static void fetch_ciphers(void)
{
    ciphers[0] = EVP_CIPHER_fetch(NULL, "AES-128-GCM", NULL);
    ciphers[1] = EVP_CIPHER_fetch(NULL, "AES-256-GCM", NULL);
}

static outcome no_gcm(struct why *why)
{
    return fail(why, UNAVAILABLE, "OpenSSL gives no AES-GCM");
}

outcome aead_start(struct slice key, struct aead **out, struct why *why)
{
    assert(key.len == 16 || key.len == AEAD_KEY_BYTES_MAX);
    if (pthread_once(&fetched, fetch_ciphers) != 0) return no_gcm(why);
    EVP_CIPHER_CTX *context = EVP_CIPHER_CTX_new();
    if (context == NULL) return fail(why, NO_MEMORY, "no memory for a cipher");
    const EVP_CIPHER *cipher = ciphers[key.len == 16 ? 0 : 1];
    if (cipher == NULL || EVP_CipherInit_ex2(context, cipher, key.at, NULL, 1, NULL) != 1) {
        EVP_CIPHER_CTX_free(context);
        return no_gcm(why);
    }
    *out = (struct aead *)context;
    return OK;
}

void aead_end(struct aead **aead)
{
    if (*aead != NULL) EVP_CIPHER_CTX_free(context_of(*aead));
    *aead = NULL;
}

static bool begin(EVP_CIPHER_CTX *context, const struct aead_bind *bind, int encrypts)
{
    int made;
    assert(bind->associated.len < INT_MAX);
    return EVP_CipherInit_ex2(context, NULL, NULL, bind->nonce, encrypts, NULL) == 1 &&
           (bind->associated.len == 0 || EVP_CipherUpdate(context, NULL, &made, bind->associated.at,
                                                          (int)bind->associated.len) == 1);
}

static bool pass(EVP_CIPHER_CTX *context, struct slice in, uint8_t *out)
{
    int made;
    assert(in.len < INT_MAX);
    return in.len == 0 || EVP_CipherUpdate(context, out, &made, in.at, (int)in.len) == 1;
}

outcome aead_seal(struct aead *aead, const struct aead_bind *bind, struct slice plain, uint8_t *out,
                  uint8_t tag[AEAD_TAG_BYTES], struct why *why)
{
    EVP_CIPHER_CTX *context = context_of(aead);
    uint8_t rest[AEAD_TAG_BYTES]; // GCM leaves nothing for the end
    int made;
    if (!begin(context, bind, 1) || !pass(context, plain, out) ||
        EVP_CipherFinal_ex(context, rest, &made) != 1 ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_GET_TAG, AEAD_TAG_BYTES, tag) != 1)
        return no_gcm(why);
    return OK;
}

outcome aead_open(struct aead *aead, const struct aead_bind *bind, struct slice sealed,
                  const uint8_t tag[AEAD_TAG_BYTES], uint8_t *out, struct why *why)
{
    EVP_CIPHER_CTX *context = context_of(aead);
    uint8_t wanted[AEAD_TAG_BYTES], rest[AEAD_TAG_BYTES];
    int made;
    memcpy(wanted, tag, sizeof wanted);
    if (!begin(context, bind, 0) || !pass(context, sealed, out) ||
        EVP_CIPHER_CTX_ctrl(context, EVP_CTRL_AEAD_SET_TAG, AEAD_TAG_BYTES, wanted) != 1)
        return no_gcm(why);
    if (EVP_CipherFinal_ex(context, rest, &made) == 1) return OK;
    if (sealed.len > 0) OPENSSL_cleanse(out, sealed.len);
    return CORRUPT;
}

outcome aead_seal_once(struct slice key, const struct aead_bind *bind, struct slice plain,
                       uint8_t *out, uint8_t tag[AEAD_TAG_BYTES], struct why *why)
{
    autoaead *aead = NULL;
    TRY(aead_start(key, &aead, why));
    return aead_seal(aead, bind, plain, out, tag, why);
}

outcome aead_open_once(struct slice key, const struct aead_bind *bind, struct slice sealed,
                       const uint8_t tag[AEAD_TAG_BYTES], uint8_t *out, struct why *why)
{
    autoaead *aead = NULL;
    TRY(aead_start(key, &aead, why));
    return aead_open(aead, bind, sealed, tag, out, why);
}
