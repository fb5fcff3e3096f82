// SPDX-License-Identifier: Apache-2.0
#include "counter.h"

static size_t keys_in(const struct buffer *answer)
{
    autojson *json = NULL;
    assert_ok(json_parse(buffer_slice(answer), "the answer", &json, &why_));
    return json_array_size(json_object_get(json, "keys"));
}

static void a_member_gets_the_keys_of_the_classes_that_are_granted(void **state)
{
    struct counter *counter = *state;
    const struct entitlement claims = counter_claims(counter, "session_1");
    autobuffer token = counter_token(counter, &claims);
    autobuffer answer = buffer_init(CLEARKEY_ANSWER_BYTES_MAX);
    const struct desk_verdict verdict = counter_ask(counter, buffer_slice(&token), "0123", &answer);
    assert_int_equal(verdict.denial, GRANTED);
    assert_int_equal(keys_in(&answer), 3); // audio, SD, HD; not UHD
    assert_non_null(strstr(buffer_text(&answer), "EhISEhISEhISEhISEhISEg")); // SD: 16 times 0x12
    assert_null(strstr(buffer_text(&answer), "FBQUFBQUFBQUFBQUFBQUFA"));     // UHD: 16 times 0x14
}

static void what_was_admitted_is_answered_without_the_stores(void **state)
{
    struct counter *counter = *state;
    const struct entitlement claims = counter_claims(counter, "session_1");
    autobuffer token = counter_token(counter, &claims);
    autobuffer body = counter_request("01", "temporary");
    const struct desk_caller caller = {.token = buffer_slice(&token), .territory = ""};
    autobuffer answer = buffer_init(CLEARKEY_ANSWER_BYTES_MAX);
    struct desk_verdict verdict;
    assert_ok(desk_clearkey(counter->desk, &caller, buffer_slice(&body), DESK_NO_WAIT, &verdict,
                            &answer, &why_));
    assert_true(verdict.must_wait);
    (void)counter_ask(counter, buffer_slice(&token), "01", &answer);
    const size_t finds = counter->finds;
    answer.len = 0;
    assert_ok(desk_clearkey(counter->desk, &caller, buffer_slice(&body), DESK_NO_WAIT, &verdict,
                            &answer, &why_));
    assert_false(verdict.must_wait);
    assert_int_equal(verdict.denial, GRANTED);
    assert_int_equal(keys_in(&answer), 2);
    assert_int_equal(counter->finds, finds);
    counter_wait(counter, DESK_FRESH_MS);
    assert_ok(desk_clearkey(counter->desk, &caller, buffer_slice(&body), DESK_NO_WAIT, &verdict,
                            &answer, &why_));
    assert_true(verdict.must_wait); // standing is asked for again
}

static void what_is_revoked_is_denied_once_it_is_no_longer_fresh(void **state)
{
    struct counter *counter = *state;
    const struct entitlement claims = counter_claims(counter, "session_1");
    assert_int_equal(counter_denial(counter, &claims, "01"), GRANTED);
    assert_ok(standing_revoke(counter->tables, "member_1", STANDING_SESSION, "session_1",
                              counter_now_ms(counter), &why_));
    counter_wait(counter, DESK_FRESH_MS);
    assert_int_equal(counter_denial(counter, &claims, "01"), DENY_SESSION);
}

static void streams_over_the_limit_are_denied_and_not_counted(void **state)
{
    struct counter *counter = *state;
    static const char *const sessions[] = {"session_1", "session_2", "session_3", "session_4"};
    for (size_t i = 0; i < 4; i++) {
        struct entitlement claims = counter_claims(counter, sessions[i]);
        if (i == 1) (void)snprintf(claims.title, sizeof claims.title, "film-2");
        claims.key_classes = entitlement_classes(KEY_FOR_UHD);
        counter_wait(counter, 10);
        struct policy policy = policy_default();
        policy.highest[ROBUST_BROWSER] = KEY_FOR_UHD;
        counter_open_desk(counter, &policy);
        assert_int_equal(counter_denial(counter, &claims, i == 1 ? "4" : "0"),
                         i < 3 ? GRANTED : DENY_STREAMS);
    }
    assert_ok(stream_end(counter->tables, "member_1", "session_2", counter_now_ms(counter), &why_));
    counter_wait(counter, DESK_FRESH_MS);
    struct entitlement last = counter_claims(counter, "session_4"); // a third one of film-1
    assert_int_equal(counter_denial(counter, &last, "0"), DENY_TITLE_STREAMS);
}

static void a_rental_runs_from_its_first_licence(void **state)
{
    struct counter *counter = *state;
    struct entitlement claims = counter_claims(counter, "session_1");
    (void)snprintf(claims.rental, sizeof claims.rental, "rental_1");
    claims.rental_start_by_s = COUNTER_NOW_MS / 1000 + 3600;
    claims.rental_play_s = 7200;
    assert_int_equal(counter_denial(counter, &claims, "0"), GRANTED);
    counter_wait(counter, 7199 * 1000);
    claims = counter_claims(counter, "session_2"); // a new play, well past the time to start
    (void)snprintf(claims.rental, sizeof claims.rental, "rental_1");
    claims.rental_start_by_s = COUNTER_NOW_MS / 1000 + 3600;
    claims.rental_play_s = 7200;
    assert_int_equal(counter_denial(counter, &claims, "0"), GRANTED);
    counter_wait(counter, 1000);
    assert_int_equal(counter_denial(counter, &claims, "0"), DENY_RENTAL_OVER);
}

static void a_rotated_signing_key_is_found_in_the_file(void **state)
{
    struct counter *counter = *state;
    assert_ok(entitlement_keys_rotate(counter->keys_path, &why_));
    const struct entitlement old = counter_claims(counter, "session_1");
    assert_int_equal(counter_denial(counter, &old, "0"), GRANTED);
    entitlement_keys_close(&counter->signing);
    assert_ok(entitlement_keys_load(counter->keys_path, &counter->signing, &why_));
    const struct entitlement fresh = counter_claims(counter, "session_2");
    assert_int_equal(counter_denial(counter, &fresh, "0"), GRANTED);
}

static void faults_of_ours_are_no_verdict(void **state)
{
    struct counter *counter = *state;
    const struct entitlement claims = counter_claims(counter, "session_1");
    autobuffer token = counter_token(counter, &claims);
    autobuffer body = counter_request("0", "temporary");
    const struct desk_caller caller = {.token = buffer_slice(&token), .territory = ""};
    autobuffer answer = buffer_init(CLEARKEY_ANSWER_BYTES_MAX);
    struct desk_verdict verdict;
    counter->find_result = UNAVAILABLE;
    assert_int_equal(desk_clearkey(counter->desk, &caller, buffer_slice(&body), DESK_MAY_WAIT,
                                   &verdict, &answer, NULL),
                     UNAVAILABLE);
    assert_int_equal(answer.len, 0);
}

static void downloads_need_their_own_right(void **state)
{
    struct counter *counter = *state;
    struct entitlement claims = counter_claims(counter, "session_1");
    autobuffer body = counter_request("0", "persistent-license");
    for (int i = 0; i < 2; i++) {
        if (i == 1) claims.offline_start_s = claims.offline_play_s = 3600;
        autobuffer token = counter_token(counter, &claims);
        const struct desk_caller caller = {.token = buffer_slice(&token), .territory = ""};
        autobuffer answer = buffer_init(CLEARKEY_ANSWER_BYTES_MAX);
        struct desk_verdict verdict;
        assert_ok(desk_clearkey(counter->desk, &caller, buffer_slice(&body), DESK_MAY_WAIT,
                                &verdict, &answer, &why_));
        assert_int_equal(verdict.denial, i == 0 ? DENY_OFFLINE : GRANTED);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(a_member_gets_the_keys_of_the_classes_that_are_granted,
                                        counter_open, counter_close),
        cmocka_unit_test_setup_teardown(what_was_admitted_is_answered_without_the_stores,
                                        counter_open, counter_close),
        cmocka_unit_test_setup_teardown(what_is_revoked_is_denied_once_it_is_no_longer_fresh,
                                        counter_open, counter_close),
        cmocka_unit_test_setup_teardown(streams_over_the_limit_are_denied_and_not_counted,
                                        counter_open, counter_close),
        cmocka_unit_test_setup_teardown(a_rental_runs_from_its_first_licence, counter_open,
                                        counter_close),
        cmocka_unit_test_setup_teardown(a_rotated_signing_key_is_found_in_the_file, counter_open,
                                        counter_close),
        cmocka_unit_test_setup_teardown(faults_of_ours_are_no_verdict, counter_open, counter_close),
        cmocka_unit_test_setup_teardown(downloads_need_their_own_right, counter_open,
                                        counter_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
