// SPDX-License-Identifier: Apache-2.0
#include "../license/attacks/stage.h"

// What POST /v1/playback says, for film-1.
static json_t *play(struct stage *stage)
{
    json_t *json = NULL;
    assert_int_equal(
        stage_post(stage, "/v1/playback", NULL, NULL, slice_of("{\"title_id\":\"film-1\"}")), 200);
    assert_ok(json_parse(buffer_slice(&stage->body), "the play", &json, &why_));
    return json;
}

static const char *token_of(const json_t *played)
{
    const char *token =
        json_string_value(json_object_get(json_object_get(played, "licence"), "token"));
    assert_non_null(token);
    return token;
}

static void a_play_of_a_protected_title_names_its_keys_and_where_to_get_them(void **state)
{
    struct stage *stage = *state;
    autojson *played = play(stage);
    const json_t *licence = json_object_get(played, "licence");
    assert_string_equal(json_string_value(json_object_get(licence, "url")),
                        "/v1/licences/clearkey");
    assert_string_equal(json_string_value(json_object_get(licence, "native_url")),
                        "/v1/licences/native");
    assert_int_equal(json_array_size(json_object_get(played, "key_ids")), STAGE_KEYS);
}

static void a_browser_gets_the_keys_up_to_its_class(void **state)
{
    struct stage *stage = *state;
    autojson *played = play(stage);
    for (int round = 0; round < 2; round++) { // by way of the stores, and then without
        assert_int_equal(stage_clearkey(stage, token_of(played), "0123"), 200);
        autojson *answer = NULL;
        assert_ok(json_parse(buffer_slice(&stage->body), "the licence", &answer, &why_));
        const json_t *keys = json_object_get(answer, "keys");
        assert_int_equal(json_array_size(keys), 3); // browsers stop at HD
        for (size_t i = 0; i < 3; i++) {
            uint8_t secret[CONTENT_KEY_BYTES];
            size_t len;
            const char *k = json_string_value(json_object_get(json_array_get(keys, i), "k"));
            assert_ok(base64_parse(BASE64_URL, slice_of(k), secret, sizeof secret, &len, &why_));
            assert_memory_equal(secret, stage->keys[i].key.secret, CONTENT_KEY_BYTES);
        }
    }
}

static void a_device_gets_a_licence_that_it_alone_opens(void **state)
{
    struct stage *stage = *state;
    autojson *played = play(stage);
    struct device_challenge challenge = stage_wish(stage, "0123");
    autop256 *one_time = NULL;
    autobuffer message = buffer_init(CHALLENGE_BYTES_MAX);
    assert_ok(device_challenge_make(stage->identity, &challenge, &one_time, &message, &why_));
    assert_int_equal(
        stage_post(stage, "/v1/licences/native", token_of(played), NULL, buffer_slice(&message)),
        200);
    struct device_licence licence;
    autolicencekeys keys = {.count = 0};
    assert_ok(device_licence_open(buffer_slice(&stage->body), &challenge, one_time,
                                  &stage->service_key, 1, &licence, &keys, &why_));
    assert_int_equal(keys.count, STAGE_KEYS);
    for (size_t i = 0; i < STAGE_KEYS; i++)
        assert_memory_equal(&keys.keys[i].key, &stage->keys[i].key, sizeof keys.keys[i].key);
}

static void a_registration_that_is_none_is_refused(void **state)
{
    struct stage *stage = *state;
    assert_int_equal(stage_post(stage, "/v1/licences/devices", NULL, NULL, slice_of("device")),
                     422);
    assert_string_equal(stage->code, "invalid");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(
            a_play_of_a_protected_title_names_its_keys_and_where_to_get_them, stage_open,
            stage_close),
        cmocka_unit_test_setup_teardown(a_browser_gets_the_keys_up_to_its_class, stage_open,
                                        stage_close),
        cmocka_unit_test_setup_teardown(a_device_gets_a_licence_that_it_alone_opens, stage_open,
                                        stage_close),
        cmocka_unit_test_setup_teardown(a_registration_that_is_none_is_refused, stage_open,
                                        stage_close),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
