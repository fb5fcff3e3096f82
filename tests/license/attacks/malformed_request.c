// SPDX-License-Identifier: Apache-2.0
//
// Requests that are too large, too deep, cut off or nonsense: each is denied, and the service goes
// on. tests/fuzz/licence_request.c makes many more of them.
#include "stage.h"

static void try_clearkey(struct stage *stage, const char *token)
{
    static char deep[3000], large[CLEARKEY_REQUEST_BYTES_MAX + 2], many[4000];
    memset(deep, '[', sizeof deep - 1);
    memset(large, ' ', sizeof large - 1);
    (void)snprintf(many, sizeof many, "{\"kids\":[\"\"");
    for (int i = 0; i < CLEARKEY_KIDS_MAX; i++)
        (void)strncat(many, ",\"AAAAAAAAAAAAAAAAAAAAAA\"", sizeof many - strlen(many) - 1);
    (void)strncat(many, "]}", sizeof many - strlen(many) - 1);
    const char *const bodies[] = {
        "",   "{",   "null", "{\"kids\":{}}", "{\"kids\":[null]}", "{\"kids\":[\"\\u0000\"]}",
        deep, large, many,
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        (void)stage_post(stage, "/v1/licences/clearkey", token, NULL, slice_of(bodies[i]));
        stage_must_deny(stage, token, "licence-request-malformed");
    }
}

static void try_native(struct stage *stage, const char *token)
{
    static uint8_t large[CHALLENGE_BYTES_MAX + 1];
    struct device_challenge challenge = stage_wish(stage, "0");
    autop256 *one_time = NULL;
    autobuffer message = buffer_init(CHALLENGE_BYTES_MAX);
    assert_ok(device_challenge_make(stage->identity, &challenge, &one_time, &message, &why_));
    memcpy(large, message.at, message.len);
    const struct slice bodies[] = {
        slice_of(""),
        slice_of("challenge"),
        {large, sizeof large},
        slice_part(buffer_slice(&message), 0, message.len - 1),
        slice_part(buffer_slice(&message), 1, message.len),
    };
    for (size_t i = 0; i < sizeof bodies / sizeof bodies[0]; i++) {
        (void)stage_post(stage, "/v1/licences/native", token, NULL, bodies[i]);
        stage_must_deny(stage, token, "licence-request-malformed");
    }
}

void attack_malformed_request(void **state)
{
    struct stage *stage = *state;
    static char letters[ENTITLEMENT_TOKEN_BYTES + 2];
    const struct entitlement claims = stage_claims(stage, "session_1");
    autobuffer token = stage_token(stage, &claims);
    const char *text = buffer_text(&token);
    try_clearkey(stage, text);
    try_native(stage, text);
    memset(letters, 'A', sizeof letters - 1);
    const char *const tokens[] = {letters, ".", "...", "a.b.c", "\"", "A.A.A.A"};
    for (size_t i = 0; i < sizeof tokens / sizeof tokens[0]; i++) {
        (void)stage_clearkey(stage, tokens[i], "0");
        stage_must_deny(stage, tokens[i], "entitlement-malformed");
    }
    (void)stage_clearkey(stage, NULL, "0");
    stage_must_deny(stage, NULL, "entitlement-missing");
    assert_int_equal(stage_clearkey(stage, text, "0"), 200);
}
