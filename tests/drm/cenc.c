// SPDX-License-Identifier: Apache-2.0
//
// Known answers of NIST SP 800-38A (F.2.1 CBC-AES128, F.5.1 CTR-AES128), laid out as samples.
#include "drm/cenc.h"

#include "base/random.h"

#include <string.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define KEY "2b7e151628aed2a6abf7158809cf4f3c"
#define PLAIN                                                                                      \
    "6bc1bee22e409f96e93d7e117393172aae2d8a571e03ac9c9eb76fac45af8e51"                             \
    "30c81c46a35ce411e5fbc1191a0a52eff69f2445df4f9b17ad2b417be66c3710"
#define CBC                                                                                        \
    "7649abac8119b246cee98e9b12e9197d5086cb9b507219ee95db113a917678b2"                             \
    "73bed6b8e3c1743b7116e69e222295163ff1caa1681fac09120eca307586e1a7"
#define CTR                                                                                        \
    "874d6191b620e3261bef6864990db6ce9806f66b7970fdff8617187bb9fffdff"                             \
    "5ae4df3edbd5d35e5b4f09020db03eab1e031dda2fbe03d1792170a0f3009cee"

enum { BYTES = 64 };

static struct sample_cipher *cipher_of(const char *iv, enum cenc_scheme scheme, uint8_t crypt,
                                       uint8_t skip, enum cipher_direction direction)
{
    struct content_key key = {.secret = {0}};
    struct track_encryption track = {.scheme = scheme, .crypt_blocks = crypt, .skip_blocks = skip};
    struct sample_cipher *made;
    if (scheme == SCHEME_CBCS)
        track.constant_iv_bytes = CENC_IV_BYTES;
    else
        track.sample_iv_bytes = CENC_IV_BYTES;
    assert_int_equal(slice_hex(slice_of(KEY), key.secret, sizeof key.secret, NULL), OK);
    assert_int_equal(slice_hex(slice_of(iv), track.iv, sizeof track.iv, NULL), OK);
    assert_int_equal(sample_cipher_open(&track, &key, direction, &made, NULL), OK);
    return made;
}

static void hex(const char *text, uint8_t *out)
{
    assert_int_equal(slice_hex(slice_of(text), out, strlen(text) / 2, NULL), OK);
}

static void cbcs_audio_is_cbc_over_whole_blocks(void **state)
{
    uint8_t sample[BYTES + 5] = {0}, expected[BYTES + 5] = {0};
    autocipher *cipher =
        cipher_of("000102030405060708090a0b0c0d0e0f", SCHEME_CBCS, 0, 0, CIPHER_ENCRYPT);
    hex(PLAIN, sample);
    hex(CBC, expected);
    memset(sample + BYTES, 0x5a, 5);
    memset(expected + BYTES, 0x5a, 5);
    assert_int_equal(sample_cipher_apply(cipher, sample, sizeof sample, NULL, NULL, NULL), OK);
    assert_memory_equal(sample, expected, sizeof sample);
}

static void cbcs_video_takes_one_block_of_ten_and_starts_anew_per_subsample(void **state)
{
    enum { STRIDE = 160, RANGE = 3 * STRIDE + 16 + 7, HEAD = 9 };
    uint8_t plain[BYTES], coded[BYTES];
    uint8_t sample[2 * (HEAD + RANGE)], expected[sizeof sample];
    struct subsample_map map;
    autocipher *cipher =
        cipher_of("000102030405060708090a0b0c0d0e0f", SCHEME_CBCS, 1, 9, CIPHER_ENCRYPT);
    hex(PLAIN, plain);
    hex(CBC, coded);
    memset(sample, 0x33, sizeof sample);
    memset(expected, 0x33, sizeof expected);
    subsample_map_begin(&map, SCHEME_CBCS);
    for (size_t i = 0; i < 2; i++) {
        const size_t at = i * (HEAD + RANGE) + HEAD;
        for (size_t block = 0; block < 4; block++) {
            memcpy(sample + at + block * STRIDE, plain + block * 16, 16);
            memcpy(expected + at + block * STRIDE, coded + block * 16, 16);
        }
        assert_int_equal(subsample_map_add(&map, HEAD, RANGE, NULL), OK);
    }
    assert_int_equal(subsample_map_end(&map, NULL), OK);
    assert_int_equal(sample_cipher_apply(cipher, sample, sizeof sample, NULL, &map, NULL), OK);
    assert_memory_equal(sample, expected, sizeof sample);
}

static void cenc_counts_on_over_clear_bytes(void **state)
{
    uint8_t plain[BYTES], coded[BYTES], sample[BYTES + 14], expected[BYTES + 14], iv[CENC_IV_BYTES];
    struct subsample_map map;
    autocipher *cipher =
        cipher_of("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", SCHEME_CENC, 0, 0, CIPHER_ENCRYPT);
    hex("f0f1f2f3f4f5f6f7f8f9fafbfcfdfeff", iv);
    hex(PLAIN, plain);
    hex(CTR, coded);
    memset(sample, 0x77, sizeof sample);
    memset(expected, 0x77, sizeof expected);
    memcpy(sample + 7, plain, 32);
    memcpy(expected + 7, coded, 32);
    memcpy(sample + 7 + 32 + 7, plain + 32, 32);
    memcpy(expected + 7 + 32 + 7, coded + 32, 32);
    subsample_map_begin(&map, SCHEME_CENC);
    assert_int_equal(subsample_map_add(&map, 7, 32, NULL), OK);
    assert_int_equal(subsample_map_add(&map, 7, 32, NULL), OK);
    assert_int_equal(subsample_map_end(&map, NULL), OK);
    assert_int_equal(sample_cipher_apply(cipher, sample, sizeof sample, iv, &map, NULL), OK);
    assert_memory_equal(sample, expected, sizeof sample);
}

static void what_is_encrypted_decrypts(void **state)
{
    static const struct {
        enum cenc_scheme scheme;
        uint8_t crypt, skip;
    } ways[] = {{SCHEME_CBCS, 1, 9}, {SCHEME_CBCS, 0, 0}, {SCHEME_CBCS, 5, 5}, {SCHEME_CENC, 0, 0}};
    enum { SAMPLE_MAX = 100000 };
    static uint8_t sample[SAMPLE_MAX], copy[SAMPLE_MAX];
    struct prng prng = prng_init(20260711);
    for (size_t round = 0; round < 400; round++) {
        const size_t way = round % 4;
        const char *iv = "00112233445566778899aabbccddeeff";
        autocipher *lock =
            cipher_of(iv, ways[way].scheme, ways[way].crypt, ways[way].skip, CIPHER_ENCRYPT);
        autocipher *open =
            cipher_of(iv, ways[way].scheme, ways[way].crypt, ways[way].skip, CIPHER_DECRYPT);
        struct subsample_map map;
        size_t len = 0;
        subsample_map_begin(&map, ways[way].scheme);
        for (uint64_t pieces = 1 + prng_below(&prng, 30); pieces > 0; pieces--) {
            const size_t clear = (size_t)prng_below(&prng, 300);
            const size_t bytes = (size_t)prng_below(&prng, 3000);
            assert_int_equal(subsample_map_add(&map, clear, (uint32_t)bytes, NULL), OK);
            len += clear + bytes;
        }
        assert_int_equal(subsample_map_end(&map, NULL), OK);
        for (size_t i = 0; i < len; i++)
            sample[i] = copy[i] = (uint8_t)prng_next(&prng);
        assert_int_equal(sample_cipher_apply(lock, sample, len, NULL, &map, NULL), OK);
        assert_int_equal(sample_cipher_apply(open, sample, len, NULL, &map, NULL), OK);
        assert_memory_equal(sample, copy, len);
    }
}

static void a_map_of_another_size_is_refused(void **state)
{
    uint8_t sample[BYTES] = {0};
    struct subsample_map map;
    autocipher *cipher =
        cipher_of("000102030405060708090a0b0c0d0e0f", SCHEME_CBCS, 1, 9, CIPHER_ENCRYPT);
    subsample_map_begin(&map, SCHEME_CBCS);
    assert_int_equal(subsample_map_add(&map, 1, BYTES, NULL), OK);
    assert_int_equal(subsample_map_end(&map, NULL), OK);
    assert_int_equal(sample_cipher_apply(cipher, sample, BYTES, NULL, &map, NULL), INVALID);
}

static void ivs_are_constant_for_cbcs_and_never_repeat_for_cenc(void **state)
{
    const struct key_id id = {{1, 2, 3}}, other = {{1, 2, 4}};
    struct track_encryption a, b;
    uint8_t iv[CENC_IV_BYTES] = {0, 0, 0, 0, 0, 0, 0, 255};
    track_encryption_choose(SCHEME_CBCS, SAMPLE_VIDEO, &id, &a);
    track_encryption_choose(SCHEME_CBCS, SAMPLE_AUDIO, &id, &b);
    assert_memory_equal(a.iv, b.iv, CENC_IV_BYTES);
    assert_int_equal(a.skip_blocks, 9);
    assert_int_equal(b.skip_blocks, 0);
    track_encryption_choose(SCHEME_CBCS, SAMPLE_VIDEO, &other, &b);
    assert_memory_not_equal(a.iv, b.iv, CENC_IV_BYTES);
    track_encryption_choose(SCHEME_CENC, SAMPLE_VIDEO, &id, &a);
    track_encryption_choose(SCHEME_CENC, SAMPLE_VIDEO, &id, &b);
    assert_memory_not_equal(a.iv, b.iv, 8);
    sample_iv_next(&a, 1000, iv);
    assert_int_equal(iv[6], 1);
    assert_int_equal(iv[7], 0);
    a.sample_iv_bytes = 16;
    memset(iv, 0, sizeof iv);
    sample_iv_next(&a, 17, iv);
    assert_int_equal(iv[15], 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(cbcs_audio_is_cbc_over_whole_blocks),
        cmocka_unit_test(cbcs_video_takes_one_block_of_ten_and_starts_anew_per_subsample),
        cmocka_unit_test(cenc_counts_on_over_clear_bytes),
        cmocka_unit_test(what_is_encrypted_decrypts),
        cmocka_unit_test(a_map_of_another_size_is_refused),
        cmocka_unit_test(ivs_are_constant_for_cbcs_and_never_repeat_for_cenc),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
