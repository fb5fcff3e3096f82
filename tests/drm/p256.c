// SPDX-License-Identifier: Apache-2.0
//
// Vectors: RFC 6979 appendix A.2.5.
#include "drm/p256.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define SECRET "c9afa9d845ba75166b5c215767b1d6934e50c3db36e89b127b8a622b120f6721"
#define POINT                                                                                      \
    "0460fed4ba255a9d31c961eb74c6356d68c049b8923b61fa6ce669622e60f29fb67903fe1008b8bc99a41ae9e956" \
    "28bc64f2f1b20c2d7e9f5177a3c294d4462299"
#define SIGNED_SAMPLE                                                                              \
    "efd48b2aacb6a8fd1140dd9cd45e81d69d2c877b56aaf991c34d0ea84eaf3716f7cb1c942d657c41d436c7a1b6e2" \
    "9f65f3e900dbb9aff4064dc4ab2f843acda8"
#define ORDER "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551"

static void from_hex(const char *hex, uint8_t *out, size_t len)
{
    assert_int_equal(slice_hex(slice_of(hex), out, len, NULL), OK);
}

static struct p256_key *published_key(void)
{
    uint8_t secret[P256_SECRET_BYTES];
    struct p256_key *key = NULL;
    from_hex(SECRET, secret, sizeof secret);
    assert_int_equal(p256_key_load(secret, &key, NULL), OK);
    return key;
}

static void a_secret_gives_its_published_point_and_comes_back(void **state)
{
    autop256 *key = published_key();
    uint8_t point[P256_POINT_BYTES], secret[P256_SECRET_BYTES], back[P256_SECRET_BYTES];
    from_hex(POINT, point, sizeof point);
    from_hex(SECRET, secret, sizeof secret);
    assert_memory_equal(p256_key_point(key)->bytes, point, sizeof point);
    assert_int_equal(p256_key_secret(key, back, NULL), OK);
    assert_memory_equal(back, secret, sizeof secret);
}

static void the_published_signature_is_accepted_and_no_other(void **state)
{
    struct p256_point signer;
    uint8_t signature[P256_SIGNATURE_BYTES];
    from_hex(POINT, signer.bytes, P256_POINT_BYTES);
    from_hex(SIGNED_SAMPLE, signature, sizeof signature);
    assert_int_equal(p256_verify(&signer, slice_of("sample"), signature, NULL), OK);
    assert_int_equal(p256_verify(&signer, slice_of("Sample"), signature, NULL), DENIED);
    for (size_t i = 0; i < sizeof signature; i++) {
        signature[i] ^= 0x10;
        assert_int_equal(p256_verify(&signer, slice_of("sample"), signature, NULL), DENIED);
        signature[i] ^= 0x10;
    }
    memset(signature, 0, sizeof signature);
    assert_int_equal(p256_verify(&signer, slice_of("sample"), signature, NULL), DENIED);
}

static void what_a_key_signs_its_point_verifies(void **state)
{
    autop256 *key = NULL;
    uint8_t signature[P256_SIGNATURE_BYTES];
    assert_int_equal(p256_key_make(&key, NULL), OK);
    assert_int_equal(p256_sign(key, slice_of("sample"), signature, NULL), OK);
    assert_int_equal(p256_verify(p256_key_point(key), slice_of("sample"), signature, NULL), OK);
}

static void two_keys_agree_on_one_secret(void **state)
{
    autop256 *a = NULL, *b = published_key();
    uint8_t from_a[P256_SECRET_BYTES], from_b[P256_SECRET_BYTES];
    assert_int_equal(p256_key_make(&a, NULL), OK);
    assert_int_equal(p256_agree(a, p256_key_point(b), from_a, NULL), OK);
    assert_int_equal(p256_agree(b, p256_key_point(a), from_b, NULL), OK);
    assert_memory_equal(from_a, from_b, sizeof from_a);
}

static void points_off_the_curve_and_other_forms_are_refused(void **state)
{
    autop256 *key = published_key();
    struct p256_point point = *p256_key_point(key);
    uint8_t shared[P256_SECRET_BYTES];
    assert_int_equal(p256_point_check(&point, NULL), OK);
    point.bytes[64] ^= 1;
    assert_int_equal(p256_point_check(&point, NULL), INVALID);
    assert_int_equal(p256_agree(key, &point, shared, NULL), INVALID);
    point.bytes[64] ^= 1;
    point.bytes[0] = 6; // the hybrid form
    assert_int_equal(p256_point_check(&point, NULL), INVALID);
    memset(&point, 0, sizeof point); // infinity
    assert_int_equal(p256_point_check(&point, NULL), INVALID);
    point.bytes[0] = 4;
    assert_int_equal(p256_point_check(&point, NULL), INVALID);
}

static void secrets_out_of_range_are_refused(void **state)
{
    uint8_t secret[P256_SECRET_BYTES] = {0};
    struct p256_key *key = NULL;
    assert_int_equal(p256_key_load(secret, &key, NULL), INVALID);
    from_hex(ORDER, secret, sizeof secret);
    assert_int_equal(p256_key_load(secret, &key, NULL), INVALID);
    assert_null(key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_secret_gives_its_published_point_and_comes_back),
        cmocka_unit_test(the_published_signature_is_accepted_and_no_other),
        cmocka_unit_test(what_a_key_signs_its_point_verifies),
        cmocka_unit_test(two_keys_agree_on_one_secret),
        cmocka_unit_test(points_off_the_curve_and_other_forms_are_refused),
        cmocka_unit_test(secrets_out_of_range_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
