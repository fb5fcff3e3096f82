// SPDX-License-Identifier: Apache-2.0
//
// A licence on its way: whoever changes a byte of it, its terms above all, has nothing that a
// device opens; and claims of a token are no easier to change.
#include "stage.h"

void attack_tampered_policy(void **state)
{
    struct stage *stage = *state;
    const struct entitlement claims = stage_claims(stage, "session_1");
    autobuffer token = stage_token(stage, &claims);
    struct device_challenge challenge = stage_wish(stage, "01");
    autop256 *one_time = NULL;
    autobuffer message = buffer_init(CHALLENGE_BYTES_MAX);
    assert_ok(device_challenge_make(stage->identity, &challenge, &one_time, &message, &why_));
    assert_int_equal(
        stage_post(stage, "/v1/licences/native", buffer_text(&token), NULL, buffer_slice(&message)),
        200);
    struct device_licence licence;
    for (size_t i = 0; i <= stage->body.len; i++) {
        autolicencekeys keys = {.count = 0};
        const bool is_whole = i == stage->body.len;
        if (!is_whole) stage->body.at[i] ^= 1;
        const outcome opened = device_licence_open(buffer_slice(&stage->body), &challenge, one_time,
                                                   &stage->service_key, 1, &licence, &keys, NULL);
        if (!is_whole) stage->body.at[i] ^= 1;
        assert_true(is_whole == (opened == OK));
        assert_int_equal(keys.count, is_whole ? 2 : 0);
    }

    // The claims, rewritten in full and under the signature of the smaller ones.
    struct entitlement more = claims;
    more.key_classes = entitlement_classes(KEY_FOR_UHD);
    autobuffer richer = stage_token(stage, &more);
    const char *signature = strrchr(buffer_text(&token), '.');
    richer.len = (size_t)(strrchr(buffer_text(&richer), '.') - buffer_text(&richer));
    assert_ok(buffer_put_text(&richer, signature, &why_));
    (void)stage_clearkey(stage, buffer_text(&richer), "0");
    stage_must_deny(stage, buffer_text(&richer), "entitlement-forged");
}
