// SPDX-License-Identifier: Apache-2.0
//
// Vectors: RFC 8032 section 7.1, test 2.
#include "drm/ed25519.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

#define SEED   "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
#define PUBLIC "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
#define SIGNED                                                                                     \
    "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da085ac1e43e15996e458f3613d0f1" \
    "1d8c387b2eaeb4302aeeb00d291612bb0c00"

static void from_hex(const char *hex, uint8_t *out, size_t len)
{
    assert_int_equal(slice_hex(slice_of(hex), out, len, NULL), OK);
}

static void the_published_seed_gives_its_key_and_signature(void **state)
{
    autoed25519 *key = NULL;
    uint8_t seed[ED25519_SEED_BYTES], public[ED25519_PUBLIC_BYTES];
    uint8_t expected[ED25519_SIGNATURE_BYTES], signature[ED25519_SIGNATURE_BYTES];
    from_hex(SEED, seed, sizeof seed);
    from_hex(PUBLIC, public, sizeof public);
    from_hex(SIGNED, expected, sizeof expected);
    assert_int_equal(ed25519_key_load(seed, &key, NULL), OK);
    assert_memory_equal(ed25519_key_public(key)->bytes, public, sizeof public);
    assert_int_equal(ed25519_sign(key, slice_of("\x72"), signature, NULL), OK);
    assert_memory_equal(signature, expected, sizeof expected);
}

static void another_message_signer_or_signature_is_denied(void **state)
{
    struct ed25519_public signer;
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    from_hex(PUBLIC, signer.bytes, ED25519_PUBLIC_BYTES);
    from_hex(SIGNED, signature, sizeof signature);
    assert_int_equal(ed25519_verify(&signer, slice_of("\x72"), signature, NULL), OK);
    assert_int_equal(ed25519_verify(&signer, slice_of("\x73"), signature, NULL), DENIED);
    for (size_t i = 0; i < sizeof signature; i++) {
        signature[i] ^= 0x04;
        assert_int_equal(ed25519_verify(&signer, slice_of("\x72"), signature, NULL), DENIED);
        signature[i] ^= 0x04;
    }
    signer.bytes[0] ^= 1;
    assert_int_equal(ed25519_verify(&signer, slice_of("\x72"), signature, NULL), DENIED);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_published_seed_gives_its_key_and_signature),
        cmocka_unit_test(another_message_signer_or_signature_is_denied),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
