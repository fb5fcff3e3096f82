// SPDX-License-Identifier: Apache-2.0
//
// A token of yesterday, one whose time ran out while it was in use, and one from the future.
#include "stage.h"

void attack_expired_token(void **state)
{
    struct stage *stage = *state;
    struct entitlement claims = stage_claims(stage, "session_1");
    autobuffer token = stage_token(stage, &claims);
    assert_int_equal(stage_clearkey(stage, buffer_text(&token), "0"), 200); // remembered from now
    stage_move_clock(stage, 600 * 1000);
    (void)stage_clearkey(stage, buffer_text(&token), "0");
    stage_must_deny(stage, buffer_text(&token), "entitlement-expired");
    const struct device_challenge wish = stage_wish(stage, "0");
    (void)stage_native(stage, buffer_text(&token), stage->identity, &wish);
    stage_must_deny(stage, buffer_text(&token), "entitlement-expired");

    claims = stage_claims(stage, "session_2");
    claims.issued_s += 3600;
    claims.not_before_s += 3600;
    claims.expires_s += 3600;
    autobuffer early = stage_token(stage, &claims);
    (void)stage_clearkey(stage, buffer_text(&early), "0");
    stage_must_deny(stage, buffer_text(&early), "entitlement-early");
}
