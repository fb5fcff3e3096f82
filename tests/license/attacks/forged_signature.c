// SPDX-License-Identifier: Apache-2.0
//
// A token that the house never signed: its signature changed, its claims changed under the old
// signature, another key's signature, and another key's signature under the name of ours.
#include "stage.h"

static void try_changed_bytes(struct stage *stage, const char *token)
{
    autobuffer changed = buffer_init(ENTITLEMENT_TOKEN_BYTES + 1);
    assert_ok(buffer_put_text(&changed, token, &why_));
    const size_t signature = (size_t)(strrchr(token, '.') - token) + 1;
    const size_t claims = (size_t)(strchr(token, '.') - token) + 1;
    const size_t places[] = {signature, signature + 43, claims + 2, claims + 100};
    for (size_t i = 0; i < sizeof places / sizeof places[0]; i++) {
        const uint8_t kept = changed.at[places[i]];
        changed.at[places[i]] = kept == 'A' ? 'B' : 'A';
        (void)stage_clearkey(stage, buffer_text(&changed), "0");
        stage_must_deny(stage, buffer_text(&changed), "entitlement-forged");
        changed.at[places[i]] = kept;
    }
}

void attack_forged_signature(void **state)
{
    struct stage *stage = *state;
    const struct entitlement claims = stage_claims(stage, "session_1");
    autobuffer token = stage_token(stage, &claims);
    try_changed_bytes(stage, buffer_text(&token));

    char path[160];
    autoentitlementkeys *own = NULL;
    autobuffer forged = buffer_init(ENTITLEMENT_TOKEN_BYTES + 1);
    (void)snprintf(path, sizeof path, "%s/attacker.pem", stage->data);
    assert_ok(entitlement_keys_ensure(path, &why_));
    assert_ok(entitlement_keys_load(path, &own, &why_));
    assert_ok(entitlement_make(own, ENTITLEMENT_FOR_LICENSE, &claims, &forged, &why_));
    (void)stage_clearkey(stage, buffer_text(&forged), "0");
    stage_must_deny(stage, buffer_text(&forged), "entitlement-key-unknown");

    // Our header, which names our key, before the attacker's claims and signature.
    const size_t header = (size_t)(strchr(buffer_text(&token), '.') - buffer_text(&token));
    memcpy(forged.at, token.at, header);
    (void)stage_clearkey(stage, buffer_text(&forged), "0");
    stage_must_deny(stage, buffer_text(&forged), "entitlement-forged");
}
