// SPDX-License-Identifier: Apache-2.0
#include "license/native.h"

#include "counter.h"
#include "handset.h"

static enum denial ask(struct handset *handset, const struct entitlement *claims, const char *keys)
{
    const struct device_challenge wish = handset_wish(handset, keys, LICENCE_STREAMED);
    handset_challenge(handset, &wish);
    return handset_send(handset, claims);
}

static void a_registered_device_opens_its_licence(void **state)
{
    autohandset handset = handset_open(*state);
    handset_register(&handset);
    const struct entitlement claims = counter_claims(handset.counter, "session_1");
    assert_int_equal(ask(&handset, &claims, "0123"), GRANTED);
    struct device_licence licence;
    autolicencekeys keys = {.count = 0};
    assert_ok(handset_receive(&handset, &licence, &keys));
    assert_int_equal(keys.count, 3); // UHD was not granted
    for (size_t i = 0; i < keys.count; i++) {
        struct desk_key expected;
        counter_key(i, &expected);
        assert_int_equal(keys.keys[i].class, expected.class);
        assert_memory_equal(&keys.keys[i].key, &expected.key, sizeof expected.key);
    }
    assert_int_equal(licence.terms.kind, LICENCE_STREAMED);
    assert_int_equal(licence.terms.issued_ms, counter_now_ms(handset.counter));
    assert_int_equal(licence.terms.expires_ms - licence.terms.issued_ms, STREAM_LICENCE_MS);
    assert_int_equal(licence.terms.renew_ms - licence.terms.issued_ms, STREAM_RENEW_MS);
}

static void a_device_of_a_process_of_its_own_may_have_uhd(void **state)
{
    autohandset handset = handset_open(*state);
    handset_register(&handset);
    struct entitlement claims = counter_claims(handset.counter, "session_1");
    claims.key_classes = entitlement_classes(KEY_FOR_UHD);
    assert_int_equal(ask(&handset, &claims, "3"), GRANTED);
}

static void a_renewal_is_judged_like_a_first_licence(void **state)
{
    autohandset handset = handset_open(*state);
    handset_register(&handset);
    struct entitlement claims = counter_claims(handset.counter, "session_1");
    claims.expires_s += 7200;
    assert_int_equal(ask(&handset, &claims, "0"), GRANTED);
    struct device_licence licence;
    autolicencekeys keys = {.count = 0};
    assert_ok(handset_receive(&handset, &licence, &keys));
    counter_wait(handset.counter, STREAM_RENEW_MS);
    struct device_challenge wish = handset_wish(&handset, "0", LICENCE_STREAMED);
    memcpy(wish.renews, licence.id, sizeof wish.renews);
    handset_challenge(&handset, &wish);
    assert_int_equal(handset_send(&handset, &claims), GRANTED);
    assert_ok(standing_revoke(handset.counter->tables, "member_1", STANDING_GRANT, claims.id,
                              counter_now_ms(handset.counter), &why_));
    counter_wait(handset.counter, STREAM_RENEW_MS);
    wish.wall_ms = counter_now_ms(handset.counter);
    handset_challenge(&handset, &wish);
    assert_int_equal(handset_send(&handset, &claims), DENY_GRANT);
}

static void a_download_gets_the_entitlements_clocks(void **state)
{
    autohandset handset = handset_open(*state);
    handset_register(&handset);
    struct entitlement claims = counter_claims(handset.counter, "session_1");
    claims.offline_start_s = 30 * 86400;
    claims.offline_play_s = 48 * 3600;
    const struct device_challenge wish = handset_wish(&handset, "0", LICENCE_KEPT);
    handset_challenge(&handset, &wish);
    assert_int_equal(handset_send(&handset, &claims), GRANTED);
    struct device_licence licence;
    autolicencekeys keys = {.count = 0};
    assert_ok(handset_receive(&handset, &licence, &keys));
    assert_int_equal(licence.terms.kind, LICENCE_KEPT);
    assert_int_equal(licence.terms.begin_within_ms, INT64_C(30) * 86400000);
    assert_int_equal(licence.terms.finish_within_ms, INT64_C(48) * 3600000);
    assert_int_equal(licence.terms.expires_ms - licence.terms.issued_ms, INT64_C(32) * 86400000);
    assert_int_equal(licence.terms.renew_ms, 0);
}

static void a_download_of_a_rental_ends_with_the_rental(void **state)
{
    autohandset handset = handset_open(*state);
    handset_register(&handset);
    struct counter *counter = handset.counter;
    struct entitlement claims = counter_claims(counter, "session_1");
    claims.offline_start_s = 30 * 86400;
    claims.offline_play_s = 48 * 3600;
    (void)snprintf(claims.rental, sizeof claims.rental, "rental_1");
    claims.rental_start_by_s = COUNTER_NOW_MS / 1000 + 86400;
    claims.rental_play_s = 7200;
    const struct device_challenge wish = handset_wish(&handset, "0", LICENCE_KEPT);
    handset_challenge(&handset, &wish);
    assert_int_equal(handset_send(&handset, &claims), GRANTED);
    struct device_licence licence;
    autolicencekeys keys = {.count = 0};
    assert_ok(handset_receive(&handset, &licence, &keys));
    assert_int_equal(licence.terms.finish_within_ms, 7200 * 1000);
    assert_int_equal(licence.terms.expires_ms, COUNTER_NOW_MS + (86400 + 7200) * 1000);
    const struct standing_query query = {"member_1", "",       "session_1",
                                         "film-1",   {"", ""}, "rental_1"};
    struct standing standing;
    assert_ok(standing_load(counter->tables, &query, COUNTER_NOW_MS, &standing, &why_));
    assert_int_equal(standing.rental_started_ms, 0); // it starts when it is played
}

// A right that ends sooner than the clocks of downloads do ends the licence; after it there is
// none.
static void a_download_of_a_right_ends_with_the_right(void **state)
{
    autohandset handset = handset_open(*state);
    handset_register(&handset);
    struct entitlement claims = counter_claims(handset.counter, "session_1");
    claims.offline_start_s = 30 * 86400;
    claims.offline_play_s = 48 * 3600;
    claims.offline_until_s = COUNTER_NOW_MS / 1000 + 60;
    struct device_challenge wish = handset_wish(&handset, "0", LICENCE_KEPT);
    handset_challenge(&handset, &wish);
    assert_int_equal(handset_send(&handset, &claims), GRANTED);
    struct device_licence licence;
    autolicencekeys keys = {.count = 0};
    assert_ok(handset_receive(&handset, &licence, &keys));
    assert_int_equal(licence.terms.expires_ms, claims.offline_until_s * 1000);
    counter_wait(handset.counter, 60 * 1000);
    wish = handset_wish(&handset, "0", LICENCE_KEPT);
    handset_challenge(&handset, &wish);
    assert_int_equal(handset_send(&handset, &claims), DENY_GRANT);
}

static void an_unregistered_device_is_denied(void **state)
{
    autohandset handset = handset_open(*state);
    const struct entitlement claims = counter_claims(handset.counter, "session_1");
    assert_int_equal(ask(&handset, &claims, "0"), DENY_DEVICE_UNKNOWN);
}

static void registering_twice_is_one_device(void **state)
{
    autohandset handset = handset_open(*state);
    handset_register(&handset);
    const struct device_id first = handset.id;
    handset_register(&handset);
    assert_true(device_id_equal(&first, &handset.id));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_registered_device_opens_its_licence, counter_open,
                                        counter_close),
        cmocka_unit_test_setup_teardown(a_device_of_a_process_of_its_own_may_have_uhd, counter_open,
                                        counter_close),
        cmocka_unit_test_setup_teardown(a_renewal_is_judged_like_a_first_licence, counter_open,
                                        counter_close),
        cmocka_unit_test_setup_teardown(a_download_gets_the_entitlements_clocks, counter_open,
                                        counter_close),
        cmocka_unit_test_setup_teardown(a_download_of_a_rental_ends_with_the_rental, counter_open,
                                        counter_close),
        cmocka_unit_test_setup_teardown(a_download_of_a_right_ends_with_the_right, counter_open,
                                        counter_close),
        cmocka_unit_test_setup_teardown(an_unregistered_device_is_denied, counter_open,
                                        counter_close),
        cmocka_unit_test_setup_teardown(registering_twice_is_one_device, counter_open,
                                        counter_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
