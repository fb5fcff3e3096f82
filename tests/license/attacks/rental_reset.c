// SPDX-License-Identifier: Apache-2.0
//
// A rental that was started is to be started once more: by a new play, on another device, and by
// ending the stream in between.
#include "stage.h"

static struct entitlement rented(const struct stage *stage, const char *session, int64_t start_by_s)
{
    struct entitlement claims = stage_claims(stage, session);
    (void)snprintf(claims.rental, sizeof claims.rental, "rental_1");
    claims.rental_start_by_s = start_by_s;
    claims.rental_play_s = 7200;
    return claims;
}

void attack_rental_reset(void **state)
{
    struct stage *stage = *state;
    const int64_t start_by_s = stage_now_ms(stage) / 1000 + 30 * 86400;
    struct entitlement claims = rented(stage, "session_1", start_by_s);
    autobuffer token = stage_token(stage, &claims);
    assert_int_equal(stage_clearkey(stage, buffer_text(&token), "0"), 200);
    stage_move_clock(stage, 7201 * 1000);
    assert_ok(stream_end(stage->service->stores.tables, "member_1", "session_1",
                         stage_now_ms(stage), &why_));

    claims = rented(stage, "session_2", start_by_s);
    autobuffer again = stage_token(stage, &claims);
    (void)stage_clearkey(stage, buffer_text(&again), "0");
    stage_must_deny(stage, buffer_text(&again), "rental-over");
    claims = rented(stage, "session_3", start_by_s);
    (void)device_id_format(&stage->device, claims.device);
    autobuffer device = stage_token(stage, &claims);
    const struct device_challenge wish = stage_wish(stage, "0");
    (void)stage_native(stage, buffer_text(&device), stage->identity, &wish);
    stage_must_deny(stage, buffer_text(&device), "rental-over");

    claims = rented(stage, "session_4", stage_now_ms(stage) / 1000); // and one not begun in time
    (void)snprintf(claims.rental, sizeof claims.rental, "rental_2");
    autobuffer late = stage_token(stage, &claims);
    (void)stage_clearkey(stage, buffer_text(&late), "0");
    stage_must_deny(stage, buffer_text(&late), "rental-not-started");
}
