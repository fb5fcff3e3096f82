// SPDX-License-Identifier: Apache-2.0
//
// A token that the house did sign, with the right key, for another of its services.
#include "stage.h"

void attack_wrong_audience(void **state)
{
    struct stage *stage = *state;
    static const char *const audiences[] = {"media", "licens", "license2", "License", "*"};
    const struct entitlement claims = stage_claims(stage, "session_1");
    for (size_t i = 0; i < sizeof audiences / sizeof audiences[0]; i++) {
        autobuffer token = buffer_init(ENTITLEMENT_TOKEN_BYTES + 1);
        assert_ok(entitlement_make(stage->signing, audiences[i], &claims, &token, &why_));
        (void)stage_clearkey(stage, buffer_text(&token), "0");
        stage_must_deny(stage, buffer_text(&token), "entitlement-audience");
    }
}
