// SPDX-License-Identifier: Apache-2.0
//
// A device whose clock was set back, to use a challenge or a token for longer, or forward, to make
// challenges for later.
#include "stage.h"

void attack_moved_clock(void **state)
{
    struct stage *stage = *state;
    static const int64_t shifts_ms[] = {-CHALLENGE_CLOCK_MS - 5000, CHALLENGE_CLOCK_MS + 5000,
                                        INT64_C(-400) * 86400000, INT64_C(400) * 86400000};
    const struct entitlement claims = stage_claims(stage, "session_1");
    autobuffer token = stage_token(stage, &claims);
    for (size_t i = 0; i < sizeof shifts_ms / sizeof shifts_ms[0]; i++) {
        struct device_challenge wish = stage_wish(stage, "0");
        wish.wall_ms += shifts_ms[i];
        (void)stage_native(stage, buffer_text(&token), stage->identity, &wish);
        stage_must_deny(stage, buffer_text(&token), "device-clock");
    }
    // The terms count from our clock, whatever the device's says within what is let pass.
    struct device_challenge challenge = stage_wish(stage, "0");
    challenge.wall_ms += CHALLENGE_CLOCK_MS - 5000;
    autop256 *one_time = NULL;
    autobuffer message = buffer_init(CHALLENGE_BYTES_MAX);
    struct device_licence licence;
    autolicencekeys keys = {.count = 0};
    assert_ok(device_challenge_make(stage->identity, &challenge, &one_time, &message, &why_));
    assert_int_equal(
        stage_post(stage, "/v1/licences/native", buffer_text(&token), NULL, buffer_slice(&message)),
        200);
    assert_ok(device_licence_open(buffer_slice(&stage->body), &challenge, one_time,
                                  &stage->service_key, 1, &licence, &keys, &why_));
    assert_true(licence.terms.issued_ms <= stage_now_ms(stage));
    assert_true(licence.terms.expires_ms <= stage_now_ms(stage) + STREAM_LICENCE_MS);
}
