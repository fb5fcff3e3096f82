// SPDX-License-Identifier: Apache-2.0
#include "license/key_server.h"

#include "base/base64.h"
#include "base/json.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

// Shaka Packager's own request for content id "film-1".
#define ASKED                                                                                      \
    "{\"content_id\":\"ZmlsbS0x\",\"policy\":\"\",\"tracks\":[{\"type\":\"SD\"},{\"type\":"        \
    "\"UHD1\"},"                                                                                   \
    "{\"type\":\"AUDIO\"}],\"drm_types\":[\"WIDEVINE\"],\"protection_scheme\":\"CBCS\"}"

static void a_packagers_request_is_read(void **state)
{
    struct key_server_request request;
    assert_int_equal(key_server_parse(slice_of(ASKED), &request, NULL), OK);
    assert_string_equal(request.title, "film-1");
    assert_int_equal(request.scheme, SCHEME_CBCS);
    assert_int_equal(request.count, 3);
    assert_int_equal(request.tracks[1], TRACK_UHD1);
    assert_int_equal(request.classes, 1u << KEY_FOR_SD | 1u << KEY_FOR_UHD | 1u << KEY_FOR_AUDIO);
    assert_int_equal(key_server_class(TRACK_UHD2), KEY_FOR_UHD);
}

static void the_answer_has_a_key_and_a_pssh_for_each_track(void **state)
{
    struct key_server_request request;
    autokeys keys = {.count = 0};
    assert_int_equal(key_server_parse(slice_of(ASKED), &request, NULL), OK);
    static const char *const given[] = {
        "a1a2a3a4a5a6a7a8a9aaabacadaeafb0:00112233445566778899aabbccddeeff:audio",
        "b1a2a3a4a5a6a7a8a9aaabacadaeafb0:10112233445566778899aabbccddeeff:sd",
        "c1a2a3a4a5a6a7a8a9aaabacadaeafb0:20112233445566778899aabbccddeeff:uhd"};
    for (size_t i = 0; i < 3; i++)
        assert_int_equal(key_set_add(&keys, given[i], NULL), OK);
    autobuffer out = buffer_init(KEY_SERVER_ANSWER_BYTES_MAX);
    assert_int_equal(key_server_format(&request, &keys, &out, NULL), OK);
    autojson *outer = NULL, *inner = NULL;
    static uint8_t text[KEY_SERVER_ANSWER_BYTES_MAX];
    size_t len;
    assert_int_equal(json_parse(buffer_slice(&out), "the answer", &outer, NULL), OK);
    assert_int_equal(base64_parse(BASE64_PADDED,
                                  slice_of(json_string_value(json_object_get(outer, "response"))),
                                  text, sizeof text, &len, NULL),
                     OK);
    assert_int_equal(json_parse((struct slice){text, len}, "the response", &inner, NULL), OK);
    assert_string_equal(json_string_value(json_object_get(inner, "status")), "OK");
    const json_t *tracks = json_object_get(inner, "tracks");
    assert_int_equal(json_array_size(tracks), 3);
    const json_t *sd = json_array_get(tracks, 0);
    assert_string_equal(json_string_value(json_object_get(sd, "type")), "SD");
    assert_string_equal(json_string_value(json_object_get(sd, "key_id")),
                        "saKjpKWmp6ipqqusra6vsA==");
    assert_string_equal(json_string_value(json_object_get(sd, "key")), "EBEiM0RVZneImaq7zN3u/w==");
    const json_t *pssh = json_array_get(json_object_get(sd, "pssh"), 0);
    assert_string_equal(json_string_value(json_object_get(pssh, "drm_type")), "WIDEVINE");
    uint8_t data[256];
    assert_int_equal(base64_parse(BASE64_PADDED,
                                  slice_of(json_string_value(json_object_get(pssh, "data"))), data,
                                  sizeof data, &len, NULL),
                     OK);
    assert_int_equal(data[0], 0x12); // field 2 of WidevinePsshData: a key id of 16 bytes
    assert_int_equal(data[1], 16);
    assert_int_equal(data[2], 0xb1);
}

static void what_cannot_be_answered_is_refused(void **state)
{
    static const struct {
        const char *message;
        outcome result;
    } cases[] = {
        {"", INVALID},
        {"{}", INVALID},
        {"{\"content_id\":\"Li4v\",\"tracks\":[{\"type\":\"SD\"}]}", INVALID}, // "../"
        {"{\"content_id\":\"ZgBs\",\"tracks\":[{\"type\":\"SD\"}]}", INVALID}, // a NUL in it
        {"{\"content_id\":\"ZmlsbS0x\",\"tracks\":[]}", INVALID},
        {"{\"content_id\":\"ZmlsbS0x\",\"tracks\":[{\"type\":\"8K\"}]}", UNSUPPORTED},
        {"{\"content_id\":\"ZmlsbS0x\",\"tracks\":[{\"type\":\"SD\"}],\"protection_scheme\":"
         "\"CENS\"}",
         UNSUPPORTED},
        {"{\"content_id\":\"ZmlsbS0x\",\"tracks\":[{\"type\":\"SD\"}],\"crypto_period_count\":10}",
         UNSUPPORTED},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct key_server_request request;
        struct why why = {""};
        assert_int_equal(key_server_parse(slice_of(cases[i].message), &request, &why),
                         cases[i].result);
        assert_true(why.text[0] != '\0');
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_packagers_request_is_read),
        cmocka_unit_test(the_answer_has_a_key_and_a_pssh_for_each_track),
        cmocka_unit_test(what_cannot_be_answered_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
