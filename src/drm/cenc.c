// SPDX-License-Identifier: Apache-2.0
#include "drm/cenc.h"

#include "base/random.h"

#include <openssl/crypto.h>
#include <openssl/evp.h>

#include <assert.h>
#include <stdlib.h>
#include <string.h>

enum {
    BLOCK = CIPHER_BLOCK_BYTES,
    GATHER_BLOCKS = 512, // 8 KiB: in the first cache, and one call per 80 KiB of video
    COUNTER_IV_BYTES = 8,
};

struct sample_cipher {
    struct track_encryption track;
    EVP_CIPHER_CTX *evp;
    uint8_t gathered[GATHER_BLOCKS * BLOCK];
};

// The IV of a key, told by its id alone: SHA-256 over a label and the id, cut to a block.
static void constant_iv(const struct key_id *id, uint8_t out[CENC_IV_BYTES])
{
    static const char label[] = "primrose cbcs constant iv";
    uint8_t text[sizeof label + KEY_ID_BYTES], digest[EVP_MAX_MD_SIZE];
    memcpy(text, label, sizeof label);
    memcpy(text + sizeof label, id->bytes, KEY_ID_BYTES);
    const int is_made = EVP_Digest(text, sizeof text, digest, NULL, EVP_sha256(), NULL);
    assert(is_made == 1);
    memcpy(out, digest, CENC_IV_BYTES);
}

void track_encryption_choose(enum cenc_scheme scheme, enum sample_kind kind,
                             const struct key_id *id, struct track_encryption *out)
{
    *out = (struct track_encryption){.scheme = scheme, .key_id = *id};
    if (scheme == SCHEME_CBCS) {
        out->constant_iv_bytes = CENC_IV_BYTES;
        constant_iv(id, out->iv);
        if (kind == SAMPLE_VIDEO) {
            out->crypt_blocks = 1;
            out->skip_blocks = 9;
        }
    } else if (scheme == SCHEME_CENC) {
        out->sample_iv_bytes = COUNTER_IV_BYTES;
        random_bytes(out->iv, COUNTER_IV_BYTES);
    }
}

static void count_up(uint8_t *number, size_t bytes, uint64_t by)
{
    for (size_t i = bytes; i-- > 0 && by > 0;) {
        by += number[i];
        number[i] = (uint8_t)(by & 0xff);
        by >>= 8;
    }
}

void sample_iv_next(const struct track_encryption *track, uint64_t protected_bytes,
                    uint8_t iv[CENC_IV_BYTES])
{
    if (track->sample_iv_bytes == COUNTER_IV_BYTES)
        count_up(iv, COUNTER_IV_BYTES, 1);
    else if (track->sample_iv_bytes == CENC_IV_BYTES)
        count_up(iv, CENC_IV_BYTES, (protected_bytes + BLOCK - 1) / BLOCK);
}

outcome sample_cipher_open(const struct track_encryption *track, const struct content_key *key,
                           enum cipher_direction direction, struct sample_cipher **out,
                           struct why *why)
{
    const bool is_counter = track->scheme == SCHEME_CENC;
    assert(track->scheme != SCHEME_NONE);
    if (is_counter && track->sample_iv_bytes == 0)
        return fail(why, UNSUPPORTED, "a constant IV cannot be used with cenc");
    struct sample_cipher *made = calloc(1, sizeof *made);
    if (made == NULL) return fail(why, NO_MEMORY, "no memory to schedule a key");
    made->track = *track;
    made->evp = EVP_CIPHER_CTX_new();
    const EVP_CIPHER *algorithm = is_counter ? EVP_aes_128_ctr() : EVP_aes_128_cbc();
    const int encrypts = direction == CIPHER_ENCRYPT ? 1 : 0;
    if (made->evp == NULL ||
        EVP_CipherInit_ex2(made->evp, algorithm, key->secret, track->iv, encrypts, NULL) != 1 ||
        EVP_CIPHER_CTX_set_padding(made->evp, 0) != 1) {
        sample_cipher_close(&made);
        return fail(why, UNAVAILABLE, "OpenSSL gives no AES-128-%s", is_counter ? "CTR" : "CBC");
    }
    *out = made;
    return OK;
}

void sample_cipher_close(struct sample_cipher **cipher)
{
    if (*cipher == NULL) return;
    EVP_CIPHER_CTX_free((*cipher)->evp); // wipes the key schedule
    OPENSSL_cleanse(*cipher, sizeof **cipher);
    free(*cipher);
    *cipher = NULL;
}

static outcome set_iv(struct sample_cipher *cipher, const uint8_t *iv, struct why *why)
{
    if (EVP_CipherInit_ex2(cipher->evp, NULL, NULL, iv, -1, NULL) == 1) return OK;
    return fail(why, UNAVAILABLE, "OpenSSL takes no IV");
}

static outcome run(struct sample_cipher *cipher, uint8_t *at, size_t len, struct why *why)
{
    enum { CALL_BYTES_MAX = 1 << 30 }; // EVP counts in int
    while (len > 0) {
        const int part = len > CALL_BYTES_MAX ? CALL_BYTES_MAX : (int)len;
        int made;
        if (EVP_CipherUpdate(cipher->evp, at, &made, at, part) != 1 || made != part)
            return fail(why, UNAVAILABLE, "OpenSSL could not encrypt");
        at += part;
        len -= (size_t)part;
    }
    return OK;
}

// One block of each `stride` bytes; all belong to one chain.
static outcome run_spread(struct sample_cipher *cipher, uint8_t *at, size_t blocks, size_t stride,
                          struct why *why)
{
    while (blocks > 0) {
        const size_t count = blocks < GATHER_BLOCKS ? blocks : GATHER_BLOCKS;
        for (size_t i = 0; i < count; i++)
            memcpy(cipher->gathered + i * BLOCK, at + i * stride, BLOCK);
        TRY(run(cipher, cipher->gathered, count * BLOCK, why));
        for (size_t i = 0; i < count; i++)
            memcpy(at + i * stride, cipher->gathered + i * BLOCK, BLOCK);
        at += count * stride;
        blocks -= count;
    }
    return OK;
}

// A chain of cbcs: the pattern over one range of protected bytes.
static outcome run_chain(struct sample_cipher *cipher, uint8_t *at, size_t len, const uint8_t *iv,
                         struct why *why)
{
    const size_t crypt = cipher->track.crypt_blocks, skip = cipher->track.skip_blocks;
    size_t blocks = len / BLOCK;
    TRY(set_iv(cipher, iv, why));
    if (skip == 0) return run(cipher, at, blocks * BLOCK, why);
    if (crypt == 1) {
        const size_t stride = 1 + skip;
        return run_spread(cipher, at, (blocks + stride - 1) / stride, stride * BLOCK, why);
    }
    while (blocks > 0) {
        const size_t part = blocks < crypt ? blocks : crypt;
        TRY(run(cipher, at, part * BLOCK, why));
        const size_t step = blocks < crypt + skip ? blocks : crypt + skip;
        at += step * BLOCK;
        blocks -= step;
    }
    return OK;
}

static outcome check_map(const struct subsample_map *map, size_t len, struct why *why)
{
    uint64_t sum = 0;
    for (size_t i = 0; i < map->count; i++)
        sum += (uint64_t)map->items[i].clear_bytes + map->items[i].protected_bytes;
    if (sum == len) return OK;
    return fail(why, INVALID, "the subsamples have %llu bytes, their sample has %zu",
                (unsigned long long)sum, len);
}

static void iv_block(const struct sample_cipher *cipher, const uint8_t *iv,
                     uint8_t out[CENC_IV_BYTES])
{
    const struct track_encryption *track = &cipher->track;
    const uint8_t *from = track->sample_iv_bytes > 0 && iv != NULL ? iv : track->iv;
    const size_t bytes =
        track->sample_iv_bytes > 0 ? track->sample_iv_bytes : track->constant_iv_bytes;
    memset(out, 0, CENC_IV_BYTES);
    memcpy(out, from, bytes);
}

outcome sample_cipher_apply(struct sample_cipher *cipher, uint8_t *sample, size_t len,
                            const uint8_t *iv, const struct subsample_map *map, struct why *why)
{
    const bool is_chained = cipher->track.scheme == SCHEME_CBCS;
    uint8_t start[CENC_IV_BYTES];
    iv_block(cipher, iv, start);
    if (!is_chained) TRY(set_iv(cipher, start, why));
    if (map == NULL || map->count == 0)
        return is_chained ? run_chain(cipher, sample, len, start, why)
                          : run(cipher, sample, len, why);
    TRY(check_map(map, len, why));
    for (size_t i = 0; i < map->count; i++) {
        const struct subsample *part = &map->items[i];
        sample += part->clear_bytes;
        if (is_chained)
            TRY(run_chain(cipher, sample, part->protected_bytes, start, why));
        else
            TRY(run(cipher, sample, part->protected_bytes, why));
        sample += part->protected_bytes;
    }
    return OK;
}

uint64_t sample_protected_bytes(const struct subsample_map *map, size_t len)
{
    if (map == NULL || map->count == 0) return len;
    uint64_t sum = 0;
    for (size_t i = 0; i < map->count; i++)
        sum += map->items[i].protected_bytes;
    return sum;
}
