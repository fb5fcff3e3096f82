// SPDX-License-Identifier: Apache-2.0
#include "drm/entitlement.h"

#include "base/base64.h"
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

// The key pair of RFC 8037, appendix A, and its thumbprint as A.3 says it.
#define RFC_PRIVATE                                                                                \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MC4CAQAwBQYDK2VwBCIEIJ1hsZ3v/VpguoRK9JLsLMREScVpezJpGXA7rAMcrn9g\n"                           \
    "-----END PRIVATE KEY-----\n"
#define RFC_THUMBPRINT "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k"
#define OTHER_PRIVATE                                                                              \
    "-----BEGIN PRIVATE KEY-----\n"                                                                \
    "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"                           \
    "-----END PRIVATE KEY-----\n"

enum { NOW_S = 1795000000 };

static const struct entitlement granted = {
    .id = "ent_01JD3M6Q8B9V4S2K7N5X0T1RWE",
    .session = "session_01JD3M6Q8B9V4S2K7N5X0T1RWE",
    .member = "guest",
    .title = "film-1",
    .territory = "DE",
    .key_classes = 1u << KEY_FOR_AUDIO | 1u << KEY_FOR_SD,
    .issued_s = NOW_S,
    .not_before_s = NOW_S,
    .expires_s = NOW_S + 600,
    .rental = "rental_1",
    .rental_start_by_s = NOW_S + 86400,
    .rental_play_s = 48 * 3600,
    .offline_start_s = 30 * 86400,
    .offline_play_s = 48 * 3600,
    .account_streams_max = 3,
    .title_streams_max = 2,
};

static struct entitlement_keys *keys_of(const char *pem)
{
    struct entitlement_keys *keys = NULL;
    struct why why = {""};
    if (entitlement_keys_parse(slice_of(pem), "the test's keys", &keys, &why) != OK)
        fail_msg("%s", why.text);
    return keys;
}

static struct buffer token_of(const struct entitlement *claims)
{
    autoentitlementkeys *keys = keys_of(RFC_PRIVATE);
    struct buffer token = buffer_init(ENTITLEMENT_TOKEN_BYTES);
    assert_int_equal(entitlement_make(keys, ENTITLEMENT_FOR_LICENSE, claims, &token, NULL), OK);
    return token;
}

static enum entitlement_fault fault_of(struct slice token, const char *audience, int64_t now_s)
{
    autoentitlementkeys *keys = keys_of(RFC_PRIVATE);
    struct entitlement claims, before;
    struct why why = {""};
    enum entitlement_fault fault = ENTITLEMENT_SOUND;
    memset(&claims, 0x5a, sizeof claims);
    before = claims;
    const outcome result = entitlement_verify(keys, token, audience, now_s, &claims, &fault, &why);
    assert_int_equal(result, fault == ENTITLEMENT_SOUND ? OK : DENIED);
    if (result != OK) {
        assert_memory_equal(&claims, &before, sizeof claims);
        assert_true(why.text[0] != '\0');
    }
    return fault;
}

static void what_was_granted_is_read_back(void **state)
{
    autoentitlementkeys *keys = keys_of(RFC_PRIVATE);
    autobuffer token = token_of(&granted);
    struct entitlement claims;
    assert_int_equal(entitlement_verify(keys, buffer_slice(&token), ENTITLEMENT_FOR_LICENSE, NOW_S,
                                        &claims, NULL, NULL),
                     OK);
    assert_string_equal(claims.id, granted.id);
    assert_string_equal(claims.session, granted.session);
    assert_string_equal(claims.member, "guest");
    assert_string_equal(claims.profile, "");
    assert_string_equal(claims.device, "");
    assert_string_equal(claims.title, "film-1");
    assert_string_equal(claims.territory, "DE");
    assert_string_equal(claims.rental, "rental_1");
    assert_int_equal(claims.rental_start_by_s, NOW_S + 86400);
    assert_int_equal(claims.rental_play_s, 48 * 3600);
    assert_int_equal(claims.key_classes, granted.key_classes);
    assert_int_equal(claims.issued_s, NOW_S);
    assert_int_equal(claims.expires_s, NOW_S + 600);
    assert_int_equal(claims.offline_start_s, 30 * 86400);
    assert_int_equal(claims.offline_play_s, 48 * 3600);
    assert_int_equal(claims.account_streams_max, 3);
    assert_int_equal(claims.title_streams_max, 2);
}

static void the_form_is_that_of_rfc_7515_and_the_key_id_that_of_rfc_8037(void **state)
{
    autobuffer token = token_of(&granted);
    struct slice rest = buffer_slice(&token), header;
    uint8_t bytes[128];
    size_t len;
    autojson *json = NULL;
    assert_true(slice_cut(&rest, '.', &header));
    assert_int_equal(base64_parse(BASE64_URL, header, bytes, sizeof bytes, &len, NULL), OK);
    assert_int_equal(json_parse((struct slice){bytes, len}, "the header", &json, NULL), OK);
    assert_string_equal(json_string_value(json_object_get(json, "alg")), "EdDSA");
    assert_string_equal(json_string_value(json_object_get(json, "kid")), RFC_THUMBPRINT);
    assert_int_equal(json_object_size(json), 3);
}

// RFC 8037 A.4: the signature of the example, with its own header, is refused for the header alone.
static void another_header_is_refused_even_with_a_true_signature(void **state)
{
    const char *const example =
        "eyJhbGciOiJFZERTQSJ9.RXhhbXBsZSBvZiBFZDI1NTE5IHNpZ25pbmc.hgyY0il_MGCjP0JzlnLWG1PPOt7-"
        "09PGcvMg3AIbQR6dWbhijcNR4ki4iylGjg5BhVsPt9g7sVvpAr_MuM0KAg";
    assert_int_equal(fault_of(slice_of(example), ENTITLEMENT_FOR_LICENSE, NOW_S),
                     ENTITLEMENT_ALGORITHM);
}

static void every_changed_letter_is_noticed(void **state)
{
    autobuffer token = token_of(&granted);
    for (size_t i = 0; i < token.len; i++) {
        const uint8_t kept = token.at[i];
        token.at[i] = kept == 'A' ? 'B' : 'A';
        assert_int_not_equal(fault_of(buffer_slice(&token), ENTITLEMENT_FOR_LICENSE, NOW_S),
                             ENTITLEMENT_SOUND);
        token.at[i] = kept;
    }
    assert_int_equal(fault_of(buffer_slice(&token), ENTITLEMENT_FOR_LICENSE, NOW_S),
                     ENTITLEMENT_SOUND);
}

static void every_cut_off_or_longer_token_is_refused(void **state)
{
    autobuffer token = token_of(&granted);
    for (size_t len = 0; len < token.len; len++)
        assert_int_not_equal(
            fault_of((struct slice){token.at, len}, ENTITLEMENT_FOR_LICENSE, NOW_S),
            ENTITLEMENT_SOUND);
    token.cap += 8;
    static const char *const tails[] = {".", "A", "=", " ", "\n"};
    for (size_t i = 0; i < sizeof tails / sizeof tails[0]; i++) {
        const size_t len = token.len;
        assert_int_equal(buffer_put_text(&token, tails[i], NULL), OK);
        assert_int_equal(fault_of(buffer_slice(&token), ENTITLEMENT_FOR_LICENSE, NOW_S),
                         ENTITLEMENT_MALFORMED);
        token.len = len;
    }
}

static void it_is_valid_for_its_audience_and_its_time_alone(void **state)
{
    autobuffer token = token_of(&granted);
    static const struct {
        const char *audience;
        int64_t now_s;
        enum entitlement_fault fault;
    } cases[] = {
        {"playback", NOW_S, ENTITLEMENT_AUDIENCE},
        {"", NOW_S, ENTITLEMENT_AUDIENCE},
        {ENTITLEMENT_FOR_LICENSE, NOW_S - ENTITLEMENT_SKEW_S - 1, ENTITLEMENT_EARLY},
        {ENTITLEMENT_FOR_LICENSE, NOW_S - ENTITLEMENT_SKEW_S, ENTITLEMENT_SOUND},
        {ENTITLEMENT_FOR_LICENSE, NOW_S + 599, ENTITLEMENT_SOUND},
        {ENTITLEMENT_FOR_LICENSE, NOW_S + 600, ENTITLEMENT_EXPIRED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        assert_int_equal(fault_of(buffer_slice(&token), cases[i].audience, cases[i].now_s),
                         cases[i].fault);
}

static void claims_out_of_range_are_never_signed(void **state)
{
    autoentitlementkeys *keys = keys_of(RFC_PRIVATE);
    struct entitlement wrong[9];
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++)
        wrong[i] = granted;
    wrong[0].expires_s = wrong[0].not_before_s;
    wrong[1].expires_s = NOW_S + ENTITLEMENT_LIFE_S_MAX + 1;
    wrong[2].key_classes = 1u << KEY_CLASS_COUNT;
    wrong[3].title[0] = '\0';
    memset(wrong[4].title, 'a', sizeof wrong[4].title); // no end
    memcpy(wrong[5].territory, "de", 3);
    wrong[6].offline_play_s = 0;
    wrong[7].rental_play_s = 0;
    wrong[8].rental[0] = '\0';
    for (size_t i = 0; i < sizeof wrong / sizeof wrong[0]; i++) {
        autobuffer token = buffer_init(ENTITLEMENT_TOKEN_BYTES);
        struct why why = {""};
        assert_int_equal(entitlement_make(keys, ENTITLEMENT_FOR_LICENSE, &wrong[i], &token, &why),
                         INVALID);
        assert_int_equal(token.len, 0);
        assert_true(why.text[0] != '\0');
    }
}

static void a_key_that_is_not_in_the_file_is_unknown(void **state)
{
    autoentitlementkeys *other = keys_of(OTHER_PRIVATE);
    autobuffer token = buffer_init(ENTITLEMENT_TOKEN_BYTES);
    assert_int_equal(entitlement_make(other, ENTITLEMENT_FOR_LICENSE, &granted, &token, NULL), OK);
    assert_int_equal(fault_of(buffer_slice(&token), ENTITLEMENT_FOR_LICENSE, NOW_S),
                     ENTITLEMENT_KEY_UNKNOWN);
}

static void classes_include_those_below_and_only_uhd_the_key_for_all(void **state)
{
    assert_int_equal(entitlement_classes(KEY_FOR_AUDIO), 1u << KEY_FOR_AUDIO);
    assert_int_equal(entitlement_classes(KEY_FOR_HD),
                     1u << KEY_FOR_AUDIO | 1u << KEY_FOR_SD | 1u << KEY_FOR_HD);
    assert_int_equal(entitlement_classes(KEY_FOR_UHD), (1u << KEY_CLASS_COUNT) - 1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_was_granted_is_read_back),
        cmocka_unit_test(the_form_is_that_of_rfc_7515_and_the_key_id_that_of_rfc_8037),
        cmocka_unit_test(another_header_is_refused_even_with_a_true_signature),
        cmocka_unit_test(every_changed_letter_is_noticed),
        cmocka_unit_test(every_cut_off_or_longer_token_is_refused),
        cmocka_unit_test(it_is_valid_for_its_audience_and_its_time_alone),
        cmocka_unit_test(claims_out_of_range_are_never_signed),
        cmocka_unit_test(a_key_that_is_not_in_the_file_is_unknown),
        cmocka_unit_test(classes_include_those_below_and_only_uhd_the_key_for_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
