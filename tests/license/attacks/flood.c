// SPDX-License-Identifier: Apache-2.0
//
// One device asks for licences without end, and one address registers devices without end.
#include "stage.h"

#include "license/pace.h"

static void ask_for_licences(struct stage *stage)
{
    const struct entitlement claims = stage_claims(stage, "session_1");
    autobuffer token = stage_token(stage, &claims);
    const struct device_challenge wish = stage_wish(stage, "0");
    for (int i = 0; i < PACE_DEVICE_LIMIT; i++)
        assert_int_equal(stage_native(stage, buffer_text(&token), stage->identity, &wish), 200);
    assert_int_equal(stage_native(stage, buffer_text(&token), stage->identity, &wish), 429);
    stage_must_deny(stage, buffer_text(&token), "too-many-licences");
    stage_wait(stage, PACE_DEVICE_MS);
    const struct device_challenge later = stage_wish(stage, "0");
    assert_int_equal(stage_native(stage, buffer_text(&token), stage->identity, &later), 200);
}

static void register_devices(struct stage *stage)
{
    static const char path[] = "/v1/licences/devices";
    autobuffer message = buffer_init(REGISTRATION_BYTES_MAX);
    const struct device_challenge now = stage_wish(stage, "0");
    int status = 200;
    assert_ok(device_registration_make(stage->identity, "many", now.wall_ms, &message, &why_));
    for (int i = 0; i <= PACE_ADDRESS_LIMIT && status == 200; i++)
        status = stage_post(stage, path, NULL, NULL, buffer_slice(&message));
    assert_int_equal(status, 429);
}

void attack_flood(void **state)
{
    ask_for_licences(*state);
    register_devices(*state);
}
