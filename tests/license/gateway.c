// SPDX-License-Identifier: Apache-2.0
//
// What goes to the vendors is judged by a strict fake in tests/app/api_partners.c.
#include "license/gateway.h"

#include "../store/place.h"

static outcome unwrap(enum vendor vendor, int status, const char *answer, struct buffer *out)
{
    const char *type = NULL;
    struct why why = {""};
    const outcome result = gateway_unwrap(vendor, status, slice_of(answer), out, &type, &why);
    assert_true((result == OK) == (type != NULL));
    assert_true((result == OK) == (why.text[0] == '\0'));
    return result;
}

static void answers_are_passed_or_refused(void **state)
{
    static const struct {
        enum vendor vendor;
        int status;
        const char *answer;
        outcome result;
        const char *licence;
    } cases[] = {
        {VENDOR_WIDEVINE, 200, "{\"status\":\"OK\",\"license\":\"bGljZW5jZQ==\"}", OK, "licence"},
        {VENDOR_WIDEVINE, 200, "{\"status\":\"DEVICE_REVOKED\"}", DENIED, ""},
        {VENDOR_WIDEVINE, 200, "{\"status\":\"OK\"}", UNAVAILABLE, ""},
        {VENDOR_WIDEVINE, 200, "{\"status\":\"OK\",\"license\":\"\"}", UNAVAILABLE, ""},
        {VENDOR_WIDEVINE, 200, "<html>", UNAVAILABLE, ""},
        {VENDOR_WIDEVINE, 403, "", DENIED, ""},
        {VENDOR_WIDEVINE, 500, "", UNAVAILABLE, ""},
        {VENDOR_PLAYREADY, 200, "<soap/>", OK, "<soap/>"},
        {VENDOR_PLAYREADY, 200, "", UNAVAILABLE, ""},
        {VENDOR_FAIRPLAY, 200, "ckc", OK, "ckc"},
        {VENDOR_FAIRPLAY, 401, "no", DENIED, ""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        autobuffer out = buffer_init(1000);
        assert_int_equal(unwrap(cases[i].vendor, cases[i].status, cases[i].answer, &out),
                         cases[i].result);
        assert_true(slice_is(buffer_slice(&out), cases[i].licence));
    }
}

static void what_is_not_set_up_or_no_challenge_is_refused(void **state)
{
    static struct partners partners;
    static uint8_t large[GATEWAY_CHALLENGE_BYTES_MAX + 1];
    const struct desk_verdict verdict = {.denial = GRANTED};
    struct gateway_call call;
    assert_int_equal(gateway_wrap(NULL, VENDOR_WIDEVINE, slice_of("x"), &verdict, &call, NULL),
                     NOT_FOUND);
    assert_int_equal(gateway_wrap(&partners, VENDOR_FAIRPLAY, slice_of("x"), &verdict, &call, NULL),
                     NOT_FOUND);
    (void)snprintf(partners.vendors[VENDOR_FAIRPLAY].url, PARTNER_URL_BYTES, "https://x/");
    assert_int_equal(gateway_wrap(&partners, VENDOR_FAIRPLAY, slice_of(""), &verdict, &call, NULL),
                     INVALID);
    assert_int_equal(gateway_wrap(&partners, VENDOR_FAIRPLAY, (struct slice){large, sizeof large},
                                  &verdict, &call, NULL),
                     TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(answers_are_passed_or_refused),
        cmocka_unit_test(what_is_not_set_up_or_no_challenge_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
