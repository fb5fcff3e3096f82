// SPDX-License-Identifier: Apache-2.0
#include "drm/signed_message.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define TYPE "application/x"
// {1: -8, 4: 'k', 16: "application/x"}
static const char header_bytes[] = "\xa3\x01\x27\x04\x41k\x10\x6d" TYPE;

static struct ed25519_key *service(void)
{
    static const uint8_t seed[ED25519_SEED_BYTES] = {7};
    struct ed25519_key *key = NULL;
    assert_int_equal(ed25519_key_load(seed, &key, NULL), OK);
    return key;
}

// The bytes are put together here by hand, as RFC 9052 sections 4.2 and 4.4 say.
static void a_message_is_a_cose_sign1_of_the_standard(void **state)
{
    autoed25519 *key = service();
    autobuffer out = buffer_init(512), covered = buffer_init(512), expected = buffer_init(512);
    uint8_t signature[64];
    const struct signed_header header = {SIGNED_EDDSA, TYPE, slice_of("k")};
    assert_int_equal(buffer_put_text(&covered, "\x84\x6aSignature1\x55", NULL), OK);
    assert_int_equal(buffer_put_text(&covered, header_bytes, NULL), OK);
    assert_int_equal(buffer_put_text(&covered, "\x40\x42hi", NULL), OK);
    assert_int_equal(ed25519_sign(key, buffer_slice(&covered), signature, NULL), OK);
    assert_int_equal(buffer_put_text(&expected, "\x84\x55", NULL), OK);
    assert_int_equal(buffer_put_text(&expected, header_bytes, NULL), OK);
    assert_int_equal(buffer_put_text(&expected, "\xa0\x42hi\x58\x40", NULL), OK);
    assert_int_equal(buffer_put(&expected, (struct slice){signature, 64}, NULL), OK);

    assert_int_equal(signed_message_put_eddsa(key, &header, slice_of("hi"), &out, NULL), OK);
    assert_true(slice_equal(buffer_slice(&out), buffer_slice(&expected)));
}

static void a_changed_byte_anywhere_is_refused(void **state)
{
    autoed25519 *key = service();
    autobuffer out = buffer_init(512);
    const struct signed_header header = {SIGNED_EDDSA, TYPE, slice_of("k")};
    assert_int_equal(signed_message_put_eddsa(key, &header, slice_of("hi"), &out, NULL), OK);
    for (size_t i = 0; i < out.len; i++) {
        struct signed_message message;
        out.at[i] ^= 1;
        outcome result =
            signed_message_take(buffer_slice(&out), "it", SIGNED_EDDSA, TYPE, &message, NULL);
        if (result == OK)
            result = signed_message_verify_eddsa(&message, ed25519_key_public(key), NULL);
        assert_true(result == INVALID || result == DENIED);
        out.at[i] ^= 1;
    }
}

static void another_kind_or_algorithm_is_refused(void **state)
{
    autop256 *key = NULL;
    autobuffer out = buffer_init(512);
    struct signed_message message;
    struct why why = {""};
    const struct signed_header header = {SIGNED_ES256, TYPE, slice_of("k")};
    assert_int_equal(p256_key_make(&key, NULL), OK);
    assert_int_equal(signed_message_put_es256(key, &header, slice_of("hi"), &out, NULL), OK);
    const struct slice bytes = buffer_slice(&out);
    assert_int_equal(signed_message_take(bytes, "it", SIGNED_ES256, TYPE, &message, NULL), OK);
    assert_int_equal(signed_message_verify_es256(&message, p256_key_point(key), NULL), OK);
    assert_true(slice_is(message.payload, "hi"));
    assert_true(slice_is(message.key_id, "k"));
    assert_int_equal(signed_message_take(bytes, "it", SIGNED_EDDSA, TYPE, &message, NULL), INVALID);
    assert_int_equal(
        signed_message_take(bytes, "it", SIGNED_ES256, "application/y", &message, &why), INVALID);
    assert_non_null(strstr(why.text, "application/y"));
    assert_int_equal(buffer_put_u8(&out, 0, NULL), OK);
    assert_int_equal(
        signed_message_take(buffer_slice(&out), "it", SIGNED_ES256, TYPE, &message, NULL), INVALID);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_message_is_a_cose_sign1_of_the_standard),
        cmocka_unit_test(a_changed_byte_anywhere_is_refused),
        cmocka_unit_test(another_kind_or_algorithm_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
