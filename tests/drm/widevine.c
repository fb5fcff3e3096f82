// SPDX-License-Identifier: Apache-2.0
#include "drm/widevine.h"

#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

// A request of Shaka Packager 3.4.2 as it went over the wire, signed with the key and iv below.
static const char recorded[] =
    "{\"request\":"
    "\"eyJjb250ZW50X2lkIjoiWm1sc2JTMHgiLCJwb2xpY3kiOiIiLCJ0cmFja3MiOlt7InR5cGUiOiJTRCJ9"
    "LHsidHlwZSI6IkhEIn0seyJ0eXBlIjoiVUhEMSJ9LHsidHlwZSI6IlVIRDIifSx7InR5cGUiOiJBVURJTyJ9XSwiZHJtX3"
    "R5cGVzIjpbIldJREVWSU5FIl0sInByb3RlY3Rpb25fc2NoZW1lIjoiQ0VOQyJ9\",\"signature\":\"C48++n+"
    "32FCIQV"
    "3+W26R0kyuEb+FCRWclOzJLb68LMA=\",\"signer\":\"packager1\"}";

static struct widevine_signer signer_of(const char *name)
{
    struct widevine_signer signer = {.name = ""};
    for (size_t i = 0; i < sizeof signer.key; i++)
        signer.key[i] = (uint8_t)i;
    for (size_t i = 0; i < sizeof signer.iv; i++)
        signer.iv[i] = (uint8_t)i;
    memcpy(signer.name, name, strlen(name) + 1);
    return signer;
}

static void a_recorded_request_is_verified(void **state)
{
    const struct widevine_signer signers[] = {signer_of("other"), signer_of("packager1")};
    autobuffer message = buffer_init(WIDEVINE_MESSAGE_BYTES_MAX);
    assert_int_equal(widevine_envelope_open(slice_of(recorded), signers, 2, &message, NULL), OK);
    assert_true(slice_starts(buffer_slice(&message), "{\"content_id\":\"ZmlsbS0x\""));
}

static void what_is_wrapped_is_unwrapped(void **state)
{
    const struct widevine_signer signer = signer_of("us");
    autobuffer envelope = buffer_init(4096), message = buffer_init(4096);
    assert_int_equal(widevine_envelope_make(&signer, slice_of("{\"a\":1}"), &envelope, NULL), OK);
    assert_int_equal(widevine_envelope_open(buffer_slice(&envelope), &signer, 1, &message, NULL),
                     OK);
    assert_true(slice_is(buffer_slice(&message), "{\"a\":1}"));
}

static void other_signers_and_changed_bytes_are_denied(void **state)
{
    const struct widevine_signer known = signer_of("packager1"), stranger = signer_of("packager2");
    struct widevine_signer rekeyed = known;
    rekeyed.key[31] ^= 1;
    autobuffer message = buffer_init(WIDEVINE_MESSAGE_BYTES_MAX);
    assert_int_equal(widevine_envelope_open(slice_of(recorded), &stranger, 1, &message, NULL),
                     DENIED);
    assert_int_equal(widevine_envelope_open(slice_of(recorded), &rekeyed, 1, &message, NULL),
                     DENIED);
    assert_int_equal(widevine_envelope_open(slice_of(recorded), NULL, 0, &message, NULL), DENIED);
    char changed[sizeof recorded];
    memcpy(changed, recorded, sizeof recorded);
    changed[20] = changed[20] == 'A' ? 'B' : 'A';
    assert_int_equal(widevine_envelope_open(slice_of(changed), &known, 1, &message, NULL), DENIED);
    assert_int_equal(message.len, 0);
}

// An unknown name must not be let in with the zeros that stand in for its key.
static void nobodys_signature_is_denied(void **state)
{
    const struct widevine_signer nobody = {.name = "ghost"}, known = signer_of("packager1");
    autobuffer envelope = buffer_init(4096), message = buffer_init(4096);
    assert_int_equal(widevine_envelope_make(&nobody, slice_of("{}"), &envelope, NULL), OK);
    assert_int_equal(widevine_envelope_open(buffer_slice(&envelope), &known, 1, &message, NULL),
                     DENIED);
}

static void what_is_no_envelope_is_invalid(void **state)
{
    static const char *const wrong[] = {
        "",
        "[]",
        "{}",
        "{\"request\":\"e30=\",\"signature\":\"\"}",
        "{\"request\":\"\",\"signature\":\"\",\"signer\":\"packager1\"}",
        "{\"request\":\"!\",\"signature\":\"\",\"signer\":\"x\"}"};
    const struct widevine_signer known = signer_of("packager1");
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        autobuffer message = buffer_init(4096);
        struct why why = {""};
        assert_int_equal(widevine_envelope_open(slice_of(wrong[i]), &known, 1, &message, &why),
                         INVALID);
        assert_true(why.text[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_recorded_request_is_verified),
        cmocka_unit_test(what_is_wrapped_is_unwrapped),
        cmocka_unit_test(other_signers_and_changed_bytes_are_denied),
        cmocka_unit_test(nobodys_signature_is_denied),
        cmocka_unit_test(what_is_no_envelope_is_invalid),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
