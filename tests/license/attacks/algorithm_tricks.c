// SPDX-License-Identifier: Apache-2.0
//
// A header that asks for another way to verify: none, HMAC with our public key as its secret,
// another curve, a key of the attacker's own in the header, an address to fetch one from.
#include "stage.h"

static void put_part(struct buffer *out, const char *text)
{
    assert_ok(base64_format(BASE64_URL, slice_of(text), out, &why_));
}

void attack_algorithm_tricks(void **state)
{
    struct stage *stage = *state;
    static const char *const headers[] = {
        "{\"alg\":\"none\"}",
        "{\"alg\":\"None\",\"typ\":\"entitlement+jwt\"}",
        "{\"alg\":\"HS256\",\"typ\":\"entitlement+jwt\"}",
        "{\"alg\":\"ES256\",\"typ\":\"entitlement+jwt\"}",
        "{\"alg\":\"EdDSA\"}",
        "{\"alg\":\"EdDSA\",\"typ\":\"entitlement+jwt\",\"jwk\":{\"kty\":\"OKP\"}}",
        "{\"alg\":\"EdDSA\",\"typ\":\"entitlement+jwt\",\"jku\":\"http://127.0.0.1/keys\"}",
        "{\"alg\":\"EdDSA\",\"crit\":[\"exp\"],\"typ\":\"entitlement+jwt\"}",
        "{\"typ\":\"entitlement+jwt\",\"alg\":\"EdDSA\"}",
        "{ }",
    };
    const struct entitlement claims = stage_claims(stage, "session_1");
    autobuffer token = stage_token(stage, &claims);
    const char *rest = strchr(buffer_text(&token), '.');
    for (size_t i = 0; i < sizeof headers / sizeof headers[0]; i++) {
        autobuffer tricked = buffer_init(ENTITLEMENT_TOKEN_BYTES + 512);
        put_part(&tricked, headers[i]);
        assert_ok(buffer_put_text(&tricked, rest, &why_));
        (void)stage_clearkey(stage, buffer_text(&tricked), "0");
        stage_must_deny(stage, buffer_text(&tricked), "entitlement-forged");
        tricked.len = (size_t)(strrchr(buffer_text(&tricked), '.') - buffer_text(&tricked)) + 1;
        (void)stage_clearkey(stage, buffer_text(&tricked), "0"); // and with no signature at all
        stage_must_deny(stage, NULL, "entitlement-forged");
    }
}
