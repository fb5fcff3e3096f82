// SPDX-License-Identifier: Apache-2.0
#include "drm/hpke.h"

#include "drm/aead.h"

#include <assert.h>
#include <limits.h>
#include <openssl/crypto.h>
#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum { HASH_BYTES = 32, NONCE_BYTES = AEAD_NONCE_BYTES, KEY_BYTES = 16, LABELED_BYTES_MAX = 512 };

// What HKDF is told besides its key: "HPKE-v1", the suite, a label and values (section 4).
struct labeled {
    uint8_t bytes[LABELED_BYTES_MAX];
    size_t len;
};

static void add(struct labeled *labeled, struct slice bytes)
{
    assert(bytes.len <= sizeof labeled->bytes - labeled->len);
    if (bytes.len > 0) memcpy(labeled->bytes + labeled->len, bytes.at, bytes.len);
    labeled->len += bytes.len;
}

static void begin(struct labeled *labeled, struct slice suite, const char *label)
{
    add(labeled, slice_of("HPKE-v1"));
    add(labeled, suite);
    add(labeled, slice_of(label));
}

static outcome hmac(struct slice key, const struct labeled *of, uint8_t out[HASH_BYTES],
                    struct why *why)
{
    static const uint8_t empty[1]; // HMAC() takes NULL for "the key of before"
    const uint8_t *at = key.len > 0 ? key.at : empty;
    unsigned len = HASH_BYTES;
    if (HMAC(EVP_sha256(), at, (int)key.len, of->bytes, of->len, out, &len) != NULL) return OK;
    return fail(why, UNAVAILABLE, "OpenSSL gives no HMAC-SHA256");
}

static outcome extract(struct slice suite, struct slice salt, const char *label, struct slice ikm,
                       uint8_t out[HASH_BYTES], struct why *why)
{
    struct labeled labeled = {.len = 0};
    begin(&labeled, suite, label);
    add(&labeled, ikm);
    const outcome made = hmac(salt, &labeled, out, why);
    OPENSSL_cleanse(&labeled, sizeof labeled);
    return made;
}

// All that we expand fits one hash: HKDF's first block (RFC 5869 section 2.3) is the whole.
static outcome expand(struct slice suite, const uint8_t prk[HASH_BYTES], const char *label,
                      struct slice info, uint8_t *out, size_t len, struct why *why)
{
    static const uint8_t block_number = 1;
    const uint8_t length[2] = {0, (uint8_t)len};
    uint8_t block[HASH_BYTES];
    assert(len <= HASH_BYTES);
    struct labeled labeled = {.len = 0};
    add(&labeled, (struct slice){length, sizeof length});
    begin(&labeled, suite, label);
    add(&labeled, info);
    add(&labeled, (struct slice){&block_number, 1});
    TRY(hmac((struct slice){prk, HASH_BYTES}, &labeled, block, why));
    memcpy(out, block, len);
    OPENSSL_cleanse(block, sizeof block);
    return OK;
}

// ExtractAndExpand of DHKEM (section 4.1).
static outcome shared_secret(const uint8_t dh[P256_SECRET_BYTES],
                             const struct p256_point *encapsulated,
                             const struct p256_point *receiver, uint8_t out[HASH_BYTES],
                             struct why *why)
{
    static const uint8_t suite_bytes[] = {'K', 'E', 'M', 0x00, 0x10};
    const struct slice suite = {suite_bytes, sizeof suite_bytes};
    uint8_t points[2 * P256_POINT_BYTES], prk[HASH_BYTES];
    memcpy(points, encapsulated->bytes, P256_POINT_BYTES);
    memcpy(points + P256_POINT_BYTES, receiver->bytes, P256_POINT_BYTES);
    TRY(extract(suite, (struct slice){NULL, 0}, "eae_prk", (struct slice){dh, P256_SECRET_BYTES},
                prk, why));
    const outcome made = expand(suite, prk, "shared_secret", (struct slice){points, sizeof points},
                                out, HASH_BYTES, why);
    OPENSSL_cleanse(prk, sizeof prk);
    return made;
}

struct schedule {
    uint8_t key[KEY_BYTES];
    uint8_t nonce[NONCE_BYTES]; // of message 0, the only one
};

// KeySchedule of mode base (section 5.1).
static outcome schedule_make(const uint8_t shared[HASH_BYTES], struct slice info,
                             struct schedule *out, struct why *why)
{
    static const uint8_t suite_bytes[] = {'H', 'P', 'K', 'E', 0x00, 0x10, 0x00, 0x01, 0x00, 0x01};
    const struct slice suite = {suite_bytes, sizeof suite_bytes}, none = {NULL, 0};
    uint8_t context[1 + 2 * HASH_BYTES] = {0}, secret[HASH_BYTES]; // mode base is 0
    const struct slice whole = {context, sizeof context};
    assert(info.len <= HPKE_INFO_BYTES_MAX);
    TRY(extract(suite, none, "psk_id_hash", none, context + 1, why));
    TRY(extract(suite, none, "info_hash", info, context + 1 + HASH_BYTES, why));
    TRY(extract(suite, (struct slice){shared, HASH_BYTES}, "secret", none, secret, why));
    outcome made = expand(suite, secret, "key", whole, out->key, KEY_BYTES, why);
    if (made == OK) made = expand(suite, secret, "base_nonce", whole, out->nonce, NONCE_BYTES, why);
    OPENSSL_cleanse(secret, sizeof secret);
    return made;
}

struct ends {
    const struct p256_key *own;
    const struct p256_point *other, *encapsulated, *receiver;
};

static outcome agree(const struct ends *ends, struct slice info, struct schedule *out,
                     struct why *why)
{
    uint8_t dh[P256_SECRET_BYTES], shared[HASH_BYTES];
    TRY(p256_agree(ends->own, ends->other, dh, why));
    outcome made = shared_secret(dh, ends->encapsulated, ends->receiver, shared, why);
    if (made == OK) made = schedule_make(shared, info, out, why);
    OPENSSL_cleanse(dh, sizeof dh);
    OPENSSL_cleanse(shared, sizeof shared);
    return made;
}

outcome hpke_seal_with(const struct p256_key *one_time, const struct p256_point *receiver,
                       const struct hpke_context *context, struct slice plaintext,
                       struct buffer *out, struct why *why)
{
    const struct ends ends = {one_time, receiver, p256_key_point(one_time), receiver};
    struct schedule schedule;
    assert(plaintext.len < INT_MAX && context->aad.len < INT_MAX);
    TRY(buffer_reserve(out, plaintext.len + HPKE_TAG_BYTES, why));
    TRY(agree(&ends, context->info, &schedule, why));
    const struct aead_bind bind = {schedule.nonce, context->aad};
    uint8_t *at = out->at + out->len;
    const outcome sealed = aead_seal_once((struct slice){schedule.key, KEY_BYTES}, &bind, plaintext,
                                          at, at + plaintext.len, why);
    OPENSSL_cleanse(&schedule, sizeof schedule);
    TRY(sealed);
    out->len += plaintext.len + HPKE_TAG_BYTES;
    return OK;
}

outcome hpke_seal(const struct p256_point *receiver, const struct hpke_context *context,
                  struct slice plaintext, struct p256_point *out_encapsulated, struct buffer *out,
                  struct why *why)
{
    autop256 *one_time = NULL;
    TRY(p256_key_make(&one_time, why));
    TRY(hpke_seal_with(one_time, receiver, context, plaintext, out, why));
    *out_encapsulated = *p256_key_point(one_time);
    return OK;
}

outcome hpke_open(const struct p256_key *receiver, const struct p256_point *encapsulated,
                  const struct hpke_context *context, struct slice sealed, struct buffer *out,
                  struct why *why)
{
    const struct ends ends = {receiver, encapsulated, encapsulated, p256_key_point(receiver)};
    struct schedule schedule;
    if (sealed.len < HPKE_TAG_BYTES)
        return fail(why, INVALID, "sealed bytes end with a tag of %d bytes, these have %zu",
                    HPKE_TAG_BYTES, sealed.len);
    assert(sealed.len < INT_MAX && context->aad.len < INT_MAX);
    const size_t plain_len = sealed.len - HPKE_TAG_BYTES;
    TRY(buffer_reserve(out, sealed.len, why));
    TRY(agree(&ends, context->info, &schedule, why));
    const struct aead_bind bind = {schedule.nonce, context->aad};
    const outcome opened = aead_open_once((struct slice){schedule.key, KEY_BYTES}, &bind,
                                          slice_part(sealed, 0, plain_len), sealed.at + plain_len,
                                          out->at + out->len, why);
    OPENSSL_cleanse(&schedule, sizeof schedule);
    if (opened == CORRUPT)
        return fail(why, DENIED, "this was not sealed for this key, or was changed since");
    TRY(opened);
    out->len += plain_len;
    return OK;
}
