// SPDX-License-Identifier: Apache-2.0
//
// Vendors' licences and keys for packagers over HTTP. The vendors' services are one strict fake: it
// checks every signature, line and number of what we send, and refuses with 400 and a word what it
// finds wrong.
#include "../license/attacks/stage.h"

#include "drm/widevine.h"
#include "net/http_server.h"

enum { CHALLENGE_LEN = 300 };

struct fake {
    struct http_server *server;
    struct widevine_signer signer;
    const struct stage *stage;
    const char *answer;    // NULL: as a good service would
    _Atomic size_t served; // requests with nothing wrong in them
};

static struct fake fake;

static bool has_line(const struct http_request *request, const char *name, const char *value)
{
    for (size_t i = 0; i < request->field_count; i++)
        if (slice_is_nocase(request->fields[i].name, name))
            return slice_is(request->fields[i].value, value);
    return false;
}

static bool text_is(const json_t *json, const char *key, const char *value)
{
    const char *text = json_string_value(json_object_get(json, key));
    return text != NULL && strcmp(text, value) == 0;
}

static const char *judge_policy(const json_t *message)
{
    const json_t *policy = json_object_get(message, "policy_overrides");
    const json_int_t left = json_integer_value(json_object_get(policy, "license_duration_seconds"));
    if (!json_is_true(json_object_get(policy, "can_play"))) return "can_play";
    if (!json_is_false(json_object_get(policy, "can_persist"))) return "can_persist";
    return left > 0 && left <= 600 ? NULL : "license_duration_seconds";
}

static const char *judge_widevine(const struct http_exchange *exchange)
{
    autobuffer message = buffer_init(WIDEVINE_MESSAGE_BYTES_MAX);
    autojson *json = NULL;
    uint8_t payload[CHALLENGE_LEN + 1];
    size_t len = 0;
    if (!has_line(exchange->request, "Content-Type", "application/json")) return "type";
    if (widevine_envelope_open(exchange->body, &fake.signer, 1, &message, NULL) != OK)
        return "signature";
    if (json_parse(buffer_slice(&message), "it", &json, NULL) != OK) return "json";
    if (!text_is(json, "provider", "provider-1")) return "provider";
    if (!text_is(json, "content_id", "ZmlsbS0x")) return "content_id";
    if (!text_is(json, "allowed_track_types", "SD_HD")) return "allowed_track_types";
    const char *text = json_string_value(json_object_get(json, "payload"));
    if (text == NULL ||
        base64_parse(BASE64_PADDED, slice_of(text), payload, sizeof payload, &len, NULL) != OK ||
        len != CHALLENGE_LEN || payload[0] != 0x08)
        return "payload";
    return judge_policy(json);
}

static const char *judge_plain(const struct http_exchange *exchange, bool is_soap)
{
    const struct http_request *request = exchange->request;
    if (!has_line(request, "Authorization", "Bearer vendor")) return "authorization";
    if (!has_line(request, "X-Primrose-Title", "film-1")) return "title";
    if (!has_line(request, "X-Primrose-Classes", "audio,sd,hd")) return "classes";
    if (is_soap &&
        !has_line(request, "SOAPAction",
                  "\"http://schemas.microsoft.com/DRM/2007/03/protocols/AcquireLicense\""))
        return "action";
    if (!has_line(request, "Content-Type",
                  is_soap ? "text/xml; charset=utf-8" : "application/octet-stream"))
        return "type";
    return exchange->body.len == CHALLENGE_LEN ? NULL : "challenge";
}

static void serve_fake(void *context, struct http_exchange *exchange)
{
    (void)context;
    const struct slice path = exchange->request->path;
    const char *answer = "licence", *wrong = "path";
    if (slice_is(path, "/widevine")) {
        wrong = judge_widevine(exchange);
        answer = "{\"status\":\"OK\",\"license\":\"bGljZW5jZQ==\"}";
    } else if (slice_is(path, "/playready") || slice_is(path, "/fairplay")) {
        wrong = judge_plain(exchange, slice_is(path, "/playready"));
    }
    if (wrong != NULL) {
        http_reply_bytes(exchange, 400, "text/plain", slice_of(wrong));
        return;
    }
    fake.served++;
    if (fake.answer != NULL) answer = fake.answer;
    http_reply_bytes(exchange, 200, "application/octet-stream", slice_of(answer));
}

static void write_partners(const struct stage *stage, char *path)
{
    char key[2 * WIDEVINE_KEY_BYTES + 1], iv[2 * WIDEVINE_IV_BYTES + 1];
    const char *address = http_server_address(fake.server);
    autobuffer text = buffer_init(8192);
    memset(&fake.signer, 7, sizeof fake.signer);
    (void)snprintf(fake.signer.name, sizeof fake.signer.name, "provider-1");
    hex_format(fake.signer.key, WIDEVINE_KEY_BYTES, key);
    hex_format(fake.signer.iv, WIDEVINE_IV_BYTES, iv);
    autojson *json =
        json_pack("{s:[{s:s, s:s, s:s}], s:{s:o, s:s, s:s, s:s}, s:{s:o, s:s}, s:{s:o, s:s}}",
                  "packagers", "name", "provider-1", "key", key, "iv", iv, "widevine", "url",
                  json_sprintf("http://%s/widevine", address), "name", "provider-1", "key", key,
                  "iv", iv, "playready", "url", json_sprintf("http://%s/playready", address),
                  "authorization", "Bearer vendor", "fairplay", "url",
                  json_sprintf("http://%s/fairplay", address), "authorization", "Bearer vendor");
    assert_ok(json_format(json, &text, &why_));
    (void)snprintf(path, 160, "%s/partners.json", stage->data);
    assert_ok(file_write_atomic(path, buffer_slice(&text), 0600, &why_));
}

static int open_all(void **state)
{
    char path[160];
    const struct http_server_options options = {
        .listen = "127.0.0.1:0",
        .loops = 1,
        .limits = http_limits_default(),
        .clock = clock_system(),
        .handle = serve_fake,
    };
    if (stage_open(state) != 0) return -1;
    struct stage *stage = *state;
    memset(&fake, 0, sizeof fake);
    assert_ok(http_server_open(&options, &fake.server, &why_));
    assert_ok(http_server_start(fake.server, &why_));
    write_partners(stage, path);
    stage_serve_with(stage, "", path);
    return 0;
}

static int close_all(void **state)
{
    http_server_close(&fake.server);
    return stage_close(state);
}

static void ask(struct stage *stage, const char *vendor, const char *session)
{
    static uint8_t challenge[CHALLENGE_LEN] = {0x08, 0x01};
    char path[64];
    const struct entitlement claims = stage_claims(stage, session);
    autobuffer token = stage_token(stage, &claims);
    (void)snprintf(path, sizeof path, "/v1/licences/vendors/%s", vendor);
    (void)stage_post(stage, path, buffer_text(&token), NULL,
                     (struct slice){challenge, sizeof challenge});
}

static void each_vendors_licence_is_passed_through(void **state)
{
    struct stage *stage = *state;
    static const char *const vendors[] = {"widevine", "playready", "fairplay"};
    for (size_t i = 0; i < 3; i++) {
        ask(stage, vendors[i], "session_1");
        assert_int_equal(stage->status, 200);
        assert_true(slice_is(buffer_slice(&stage->body), "licence"));
        assert_int_equal(fake.served, i + 1);
    }
}

static void what_we_deny_never_reaches_the_vendor(void **state)
{
    struct stage *stage = *state;
    assert_ok(standing_revoke(stage->service->stores.tables, "member_1", STANDING_ACCOUNT, "",
                              stage_now_ms(stage), &why_));
    ask(stage, "widevine", "session_1");
    stage_must_deny(stage, NULL, "account-barred");
    (void)stage_post(stage, "/v1/licences/vendors/fairplay", NULL, NULL, slice_of("spc"));
    stage_must_deny(stage, NULL, "entitlement-missing");
    assert_int_equal(fake.served, 0);
}

static void what_the_vendor_refuses_is_denied_and_what_fails_is_no_verdict(void **state)
{
    struct stage *stage = *state;
    fake.answer = "{\"status\":\"DEVICE_REVOKED\"}";
    ask(stage, "widevine", "session_1");
    stage_must_deny(stage, NULL, "vendor-denied");
    fake.answer = "<html>";
    ask(stage, "widevine", "session_1");
    assert_int_equal(stage->status, 503);
    ask(stage, "marlin", "session_1");
    assert_int_equal(stage->status, 404);
    http_server_close(&fake.server);
    ask(stage, "fairplay", "session_1");
    assert_int_equal(stage->status, 503);
}

static void a_packager_gets_the_titles_own_keys(void **state)
{
    struct stage *stage = *state;
    static uint8_t text[8192];
    size_t len;
    char expected[64];
    autobuffer body = buffer_init(4096), sd = buffer_init(64);
    assert_ok(widevine_envelope_make(
        &fake.signer, slice_of("{\"content_id\":\"ZmlsbS0x\",\"tracks\":[{\"type\":\"SD\"}]}"),
        &body, &why_));
    assert_int_equal(stage_post(stage, "/v1/licences/key-server", NULL, NULL, buffer_slice(&body)),
                     200);
    autojson *json = NULL;
    assert_ok(json_parse(buffer_slice(&stage->body), "the answer", &json, &why_));
    assert_ok(base64_parse(BASE64_PADDED,
                           slice_of(json_string_value(json_object_get(json, "response"))), text,
                           sizeof text - 1, &len, &why_));
    text[len] = '\0';
    const struct slice secret = {stage->keys[1].key.secret, CONTENT_KEY_BYTES};
    assert_ok(base64_format(BASE64_PADDED, secret, &sd, &why_));
    (void)snprintf(expected, sizeof expected, "\"key\":\"%s\"", buffer_text(&sd));
    assert_non_null(strstr((const char *)text, expected));
}

static void a_stranger_gets_no_keys(void **state)
{
    struct stage *stage = *state;
    struct widevine_signer stranger = fake.signer;
    autobuffer body = buffer_init(4096);
    stranger.key[0] ^= 1;
    assert_ok(widevine_envelope_make(
        &stranger, slice_of("{\"content_id\":\"ZmlsbS0x\",\"tracks\":[{\"type\":\"SD\"}]}"), &body,
        &why_));
    assert_int_equal(stage_post(stage, "/v1/licences/key-server", NULL, NULL, buffer_slice(&body)),
                     401);
    assert_string_equal(stage->code, "denied");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(each_vendors_licence_is_passed_through, open_all,
                                        close_all),
        cmocka_unit_test_setup_teardown(what_we_deny_never_reaches_the_vendor, open_all, close_all),
        cmocka_unit_test_setup_teardown(
            what_the_vendor_refuses_is_denied_and_what_fails_is_no_verdict, open_all, close_all),
        cmocka_unit_test_setup_teardown(a_packager_gets_the_titles_own_keys, open_all, close_all),
        cmocka_unit_test_setup_teardown(a_stranger_gets_no_keys, open_all, close_all),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
