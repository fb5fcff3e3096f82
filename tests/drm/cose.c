// SPDX-License-Identifier: Apache-2.0
//
// Known answers of the COSE working group's examples (RFC 9052 appendix C) and RFC 8392 appendix A.
#include "drm/cose.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

#define OCT_KEY "{\"kty\":\"oct\",\"k\":\"hJtXIZ2uSN5kbQfbtTNWbpdmhkV8FJG-Onbc6mxCcYg\"}"
#define EC_KEY                                                                                     \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"usWxHK2PmfnHKwXPS54m0kTcGJ90UiglWiGahtagnv8\","     \
    "\"y\":\"IBOL-C3BttVivg-lSreASjpkttcsz-1rb7btKLv8EX4\"}"
#define CWT_KEY                                                                                    \
    "{\"kty\":\"EC\",\"crv\":\"P-256\",\"x\":\"FDMpzOeGjkFpJ1mc9lo0884v_aVafspp7YkZo5TULw8\","     \
    "\"y\":\"YPfxp4DYp4O_t6LdayeW6BKNu87509Fo25Uplxo257k\"}"

#define MAC0                                                                                       \
    "d18443a10105a054546869732069732074686520636f6e74656e742e5820a1a848d3471f9d61ee49018d244c82"   \
    "4772f223ad4f935293f1789fc3a08d8c58"
#define SIGN1                                                                                      \
    "d28445a201260300a10442313154546869732069732074686520636f6e74656e742e58406520bbaf2081d7e0ed"   \
    "0f95f76eb0733d667005f7467cec4b87b9381a6ba1ede8e00df29f32a37230f39a842a54821fdd223092819d77"   \
    "28efb9d3a0080b75380b"
#define CWT                                                                                        \
    "d28443a10126a05850a70175636f61703a2f2f61732e6578616d706c652e636f6d02656572696b77037818636f"   \
    "61703a2f2f6c696768742e6578616d706c652e636f6d041a5612aeb0051a5610d9f0061a5610d9f007420b7158"   \
    "405427c1ff28d23fbad1f29c4c7c6a555e601d6fa29f9179bc3d7438bacaca5acd08c8d4d4f96131680c429a01"   \
    "f85951ecee743a52b9b63632c57209120e1c9e30"

static struct slice hex(const char *text, uint8_t *out)
{
    const size_t len = strlen(text) / 2;
    assert_int_equal(slice_hex(slice_of(text), out, len, NULL), OK);
    return (struct slice){out, len};
}

static struct verify_key key_of(const char *jwk)
{
    autojson *json = NULL;
    struct verify_key key;
    assert_int_equal(json_parse(slice_of(jwk), "jwk", &json, NULL), OK);
    assert_int_equal(verify_key_parse(json, &key, NULL), OK);
    return key;
}

static void the_groups_mac_and_signature_verify(void **state)
{
    (void)state;
    uint8_t bytes[512];
    struct cose_message message;
    struct verify_key secret = key_of(OCT_KEY), public = key_of(EC_KEY);
    struct why why = {""};
    if (cose_parse(hex(MAC0, bytes), &message, &why) != OK) fail_msg("%s", why.text);
    assert_int_equal(message.kind, COSE_MAC0);
    assert_null(message.key_id.at);
    assert_true(slice_is(message.payload, "This is the content."));
    assert_true(cose_is_signed_by(&message, &secret, SIGN_HS256));
    assert_false(cose_is_signed_by(&message, &public, SIGN_ES256));

    assert_int_equal(cose_parse(hex(SIGN1, bytes), &message, NULL), OK);
    assert_int_equal(message.kind, COSE_SIGN1);
    assert_true(slice_is(message.key_id, "11"));
    assert_true(cose_is_signed_by(&message, &public, SIGN_ES256));
    assert_false(cose_is_signed_by(&message, &secret, SIGN_HS256));
    verify_key_release(&secret);
    verify_key_release(&public);
}

static void a_web_token_of_rfc_8392_verifies_with_and_without_its_tag(void **state)
{
    (void)state;
    uint8_t bytes[512];
    struct cose_message message;
    struct verify_key key = key_of(CWT_KEY);
    assert_int_equal(cose_parse(hex(CWT, bytes), &message, NULL), OK);
    assert_true(cose_is_signed_by(&message, &key, SIGN_ES256));
    assert_int_equal(cose_parse(hex("d83d" CWT, bytes), &message, NULL), OK);
    assert_true(cose_is_signed_by(&message, &key, SIGN_ES256));
    verify_key_release(&key);
}

static void any_bit_that_changes_is_noticed(void **state)
{
    (void)state;
    uint8_t bytes[512];
    struct cose_message message;
    struct verify_key key = key_of(OCT_KEY);
    const struct slice whole = hex(MAC0, bytes);
    for (size_t bit = 0; bit < whole.len * 8; bit++) {
        bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
        if (cose_parse(whole, &message, NULL) == OK)
            assert_false(cose_is_signed_by(&message, &key, SIGN_HS256));
        bytes[bit / 8] ^= (uint8_t)(1u << (bit % 8));
    }
    verify_key_release(&key);
}

static void what_is_no_message_is_refused(void **state)
{
    static const struct {
        const char *hex;
        outcome result;
    } cases[] = {
        {"8443a10105a041614162", INVALID},             // no tag
        {"d08443a10105a041614162", INVALID},           // COSE_Encrypt0
        {"d18343a10105a04161", INVALID},               // three parts
        {"d18443a10105a04161416200", INVALID},         // a byte behind
        {"d18443a10104a041614162", UNSUPPORTED},       // HS256/64
        {"d18440a041614162", INVALID},                 // protected is no map
        {"d18441a0a1010541614162", INVALID},           // alg not protected
        {"d18443a10126a041614162", UNSUPPORTED},       // ES256 in a MAC
        {"d18446a20105028104a041614162", UNSUPPORTED}, // crit
        {"d18445a201050105a041614162", INVALID},       // alg twice
        {"d18443a10105a0f64162", INVALID},             // no payload here
    };
    (void)state;
    uint8_t bytes[64];
    struct cose_message message;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        if (cose_parse(hex(cases[i].hex, bytes), &message, NULL) != cases[i].result)
            fail_msg("%s", cases[i].hex);
    static const uint8_t large[COSE_BYTES_MAX + 1];
    assert_int_equal(cose_parse((struct slice){large, sizeof large}, &message, NULL), TOO_LARGE);
}

static void a_mac_made_here_verifies_here(void **state)
{
    (void)state;
    struct cose_message message;
    struct verify_key key = key_of(OCT_KEY);
    autobuffer made = buffer_init(COSE_BYTES_MAX);
    assert_int_equal(cose_mac0_make(&key, slice_of("k1"), slice_of("payload"), &made, NULL), OK);
    assert_int_equal(cose_parse(buffer_slice(&made), &message, NULL), OK);
    assert_true(slice_is(message.key_id, "k1"));
    assert_true(cose_is_signed_by(&message, &key, SIGN_HS256));
    verify_key_release(&key);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_groups_mac_and_signature_verify),
        cmocka_unit_test(a_web_token_of_rfc_8392_verifies_with_and_without_its_tag),
        cmocka_unit_test(any_bit_that_changes_is_noticed),
        cmocka_unit_test(what_is_no_message_is_refused),
        cmocka_unit_test(a_mac_made_here_verifies_here),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
