// SPDX-License-Identifier: Apache-2.0
//
// A play that was granted for Germany is asked for from elsewhere, with header lines that say
// Germany. 192.0.2.0/24 is in Germany, 198.51.100.0/25 in France, by the map of tests/net.
#include "stage.h"

static void ask(struct stage *stage, const char *token, const char *line)
{
    autobuffer body = buffer_init(256);
    autobuffer kid = buffer_init(64);
    const struct slice id = {stage->keys[0].key.id.bytes, KEY_ID_BYTES};
    assert_ok(base64_format(BASE64_URL, id, &kid, &why_));
    autojson *request = json_pack("{s:[s]}", "kids", buffer_text(&kid));
    assert_ok(json_format(request, &body, &why_));
    (void)stage_post(stage, "/v1/licences/clearkey", token, line, buffer_slice(&body));
}

void attack_spoofed_territory(void **state)
{
    struct stage *stage = *state;
    static const char *const lies[] = {
        "X-Forwarded-For: 192.0.2.1", "Forwarded: for=192.0.2.1",      "X-Real-IP: 192.0.2.1",
        "True-Client-IP: 192.0.2.1",  "CloudFront-Viewer-Country: DE", "CF-IPCountry: DE",
    };
    struct entitlement claims = stage_claims(stage, "session_1");
    (void)snprintf(claims.territory, sizeof claims.territory, "DE");
    autobuffer token = stage_token(stage, &claims);
    const char *text = buffer_text(&token);
    for (size_t i = 0; i < sizeof lies / sizeof lies[0]; i++) {
        ask(stage, text, lies[i]);
        stage_must_deny(stage, text, "territory-unknown");
    }
    stage_serve(stage, "127.0.0.1"); // from here on the peer is a proxy of ours
    ask(stage, text, "X-Forwarded-For: 192.0.2.1, 198.51.100.1"); // the lie, and what it saw
    stage_must_deny(stage, text, "territory");
    ask(stage, text, "X-Forwarded-For: nowhere, 192.0.2.1, 198.51.100.1");
    stage_must_deny(stage, text, "territory");
    ask(stage, text, "X-Forwarded-For: 198.51.100.1, 192.0.2.1");
    assert_int_equal(stage->status, 200);
}
