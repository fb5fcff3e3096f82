// SPDX-License-Identifier: Apache-2.0
//
// Vectors: McGrew and Viega, "The Galois/Counter Mode of Operation", test cases 4 and 16.
#include "drm/aead.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define KEY_128 "feffe9928665731c6d6a8f9467308308"
#define NONCE   "cafebabefacedbaddecaf888"
#define PLAIN                                                                                      \
    "d9313225f88406e5a55909c5aff5269a86a7a9531534f7da2e4c303d8a318a721c3c0c95956809532fcf0e2449a6" \
    "b525b16aedf5aa0de657ba637b39"
#define ASSOCIATED "feedfacedeadbeeffeedfacedeadbeefabaddad2"

enum { PLAIN_BYTES = 60, ASSOCIATED_BYTES = 20 };

static const struct vector {
    const char *key, *sealed, *tag;
    size_t key_bytes;
} vectors[] = {
    {KEY_128,
     "42831ec2217774244b7221b784d0d49ce3aa212f2c02a4e035c17e2329aca12e21d514b25466931c7d8f6a5aac84"
     "aa051ba30b396a0aac973d58e091",
     "5bc94fbc3221a5db94fae95ae7121a47", 16},
    {KEY_128 KEY_128,
     "522dc1f099567d07f47f37a32a84427d643a8cdcbfe5c0c97598a2bd2555d1aa8cb08e48590dbb3da7b08b105682"
     "8838c5f61e6393ba7a0abcc9f662",
     "76fc6ece0f4e1768cddf8853bb2d551b", 32},
};

static void from_hex(const char *hex, uint8_t *out, size_t len)
{
    assert_int_equal(slice_hex(slice_of(hex), out, len, NULL), OK);
}

static void published_vectors_are_sealed_and_opened(void **state)
{
    (void)state;
    uint8_t key[32], nonce[AEAD_NONCE_BYTES], associated[ASSOCIATED_BYTES], plain[PLAIN_BYTES];
    from_hex(NONCE, nonce, sizeof nonce);
    from_hex(ASSOCIATED, associated, sizeof associated);
    from_hex(PLAIN, plain, sizeof plain);
    const struct aead_bind bind = {nonce, {associated, sizeof associated}};
    for (size_t i = 0; i < 2; i++) {
        uint8_t sealed[PLAIN_BYTES], tag[AEAD_TAG_BYTES], out[PLAIN_BYTES], made[AEAD_TAG_BYTES];
        from_hex(vectors[i].key, key, vectors[i].key_bytes);
        from_hex(vectors[i].sealed, sealed, sizeof sealed);
        from_hex(vectors[i].tag, tag, sizeof tag);
        autoaead *aead = NULL;
        assert_int_equal(aead_start((struct slice){key, vectors[i].key_bytes}, &aead, NULL), OK);
        for (int again = 0; again < 2; again++) { // one key, many messages, both directions
            assert_int_equal(
                aead_seal(aead, &bind, (struct slice){plain, PLAIN_BYTES}, out, made, NULL), OK);
            assert_memory_equal(out, sealed, PLAIN_BYTES);
            assert_memory_equal(made, tag, AEAD_TAG_BYTES);
            assert_int_equal(
                aead_open(aead, &bind, (struct slice){sealed, PLAIN_BYTES}, tag, out, NULL), OK);
            assert_memory_equal(out, plain, PLAIN_BYTES);
        }
    }
}

static void nothing_that_changed_is_opened_or_shown(void **state)
{
    (void)state;
    const uint8_t key[32] = {1}, none[8] = {0};
    uint8_t nonce[AEAD_NONCE_BYTES] = {2}, sealed[8], tag[AEAD_TAG_BYTES], out[8];
    struct aead_bind bind = {nonce, slice_of("which")};
    const struct slice whole = {key, sizeof key};
    assert_int_equal(aead_seal_once(whole, &bind, slice_of("12345678"), sealed, tag, NULL), OK);
    assert_int_equal(
        aead_open_once(whole, &bind, (struct slice){sealed, sizeof sealed}, tag, out, NULL), OK);
    assert_memory_equal(out, "12345678", 8);
    for (size_t i = 0; i < 4; i++) {
        uint8_t *const parts[] = {sealed, tag, nonce};
        if (i < 3) parts[i][3] ^= 1;
        if (i == 3) bind.associated = slice_of("whose");
        assert_int_equal(
            aead_open_once(whole, &bind, (struct slice){sealed, sizeof sealed}, tag, out, NULL),
            CORRUPT);
        assert_memory_equal(out, none, sizeof out);
        if (i < 3) parts[i][3] ^= 1;
    }
}

static void an_empty_message_has_a_tag_only(void **state)
{
    (void)state;
    const uint8_t key[16] = {1}, nonce[AEAD_NONCE_BYTES] = {0};
    uint8_t tag[AEAD_TAG_BYTES];
    const struct aead_bind bind = {nonce, {NULL, 0}};
    const struct slice whole = {key, sizeof key}, empty = {NULL, 0};
    assert_int_equal(aead_seal_once(whole, &bind, empty, NULL, tag, NULL), OK);
    assert_int_equal(aead_open_once(whole, &bind, empty, tag, NULL, NULL), OK);
    tag[0] ^= 1;
    assert_int_equal(aead_open_once(whole, &bind, empty, tag, NULL, NULL), CORRUPT);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_vectors_are_sealed_and_opened),
        cmocka_unit_test(nothing_that_changed_is_opened_or_shown),
        cmocka_unit_test(an_empty_message_has_a_tag_only),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
