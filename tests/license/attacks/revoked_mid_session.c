// SPDX-License-Identifier: Apache-2.0
//
// What was granted is taken back while the play goes on: the next licence is denied, at the latest
// when what the service remembers is DESK_FRESH_MS old.
#include "stage.h"

void attack_revoked_mid_session(void **state)
{
    struct stage *stage = *state;
    struct table_store *tables = stage->service->stores.tables;
    struct entitlement claims = stage_claims(stage, "session_1");
    (void)device_id_format(&stage->device, claims.device);
    static const struct {
        enum standing_kind kind;
        const char *code;
    } cases[] = {
        {STANDING_ACCOUNT, "account-barred"},    {STANDING_DEVICE, "device-revoked"},
        {STANDING_TITLE, "title-withdrawn"},     {STANDING_SESSION, "session-ended"},
        {STANDING_GRANT, "entitlement-revoked"},
    };
    const char *ids[] = {[STANDING_ACCOUNT] = "",
                         [STANDING_DEVICE] = claims.device,
                         [STANDING_TITLE] = "film-1",
                         [STANDING_SESSION] = "session_1",
                         [STANDING_GRANT] = claims.id};
    autobuffer token = stage_token(stage, &claims);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct device_challenge wish = stage_wish(stage, "0");
        stage_wait(stage, DESK_FRESH_MS);
        assert_int_equal(stage_native(stage, buffer_text(&token), stage->identity, &wish), 200);
        assert_ok(standing_revoke(tables, "member_1", cases[i].kind, ids[cases[i].kind],
                                  stage_now_ms(stage), &why_));
        stage_wait(stage, DESK_FRESH_MS);
        wish = stage_wish(stage, "0");
        (void)stage_native(stage, buffer_text(&token), stage->identity, &wish);
        stage_must_deny(stage, buffer_text(&token), cases[i].code);
        assert_ok(standing_restore(tables, "member_1", cases[i].kind, ids[cases[i].kind], &why_));
    }
}
