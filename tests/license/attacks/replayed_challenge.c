// SPDX-License-Identifier: Apache-2.0
//
// A challenge that was recorded is sent again: at once, with another token, and when its time is
// over.
#include "stage.h"

void attack_replayed_challenge(void **state)
{
    struct stage *stage = *state;
    const struct entitlement claims = stage_claims(stage, "session_1");
    const struct entitlement other = stage_claims(stage, "session_2");
    autobuffer token = stage_token(stage, &claims), another = stage_token(stage, &other);
    struct device_challenge challenge = stage_wish(stage, "0");
    autop256 *one_time = NULL;
    autobuffer recorded = buffer_init(CHALLENGE_BYTES_MAX);
    static const char path[] = "/v1/licences/native";
    assert_ok(device_challenge_make(stage->identity, &challenge, &one_time, &recorded, &why_));
    assert_int_equal(stage_post(stage, path, buffer_text(&token), NULL, buffer_slice(&recorded)),
                     200);
    (void)stage_post(stage, path, buffer_text(&token), NULL, buffer_slice(&recorded));
    stage_must_deny(stage, buffer_text(&token), "challenge-replayed");
    (void)stage_post(stage, path, buffer_text(&another), NULL, buffer_slice(&recorded));
    stage_must_deny(stage, buffer_text(&another), "challenge-replayed");
    stage_move_clock(stage, CHALLENGE_CLOCK_MS + 1000);
    (void)stage_post(stage, path, buffer_text(&token), NULL, buffer_slice(&recorded));
    stage_must_deny(stage, buffer_text(&token), "device-clock");
}
