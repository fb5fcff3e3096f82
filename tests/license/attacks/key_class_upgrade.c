// SPDX-License-Identifier: Apache-2.0
//
// A plan up to HD asks for the keys of UHD: alone, among others, as a browser with a plan that has
// UHD, and by way of a token for another title.
#include "stage.h"

void attack_key_class_upgrade(void **state)
{
    struct stage *stage = *state;
    struct entitlement claims = stage_claims(stage, "session_1");
    autobuffer token = stage_token(stage, &claims);
    (void)stage_clearkey(stage, buffer_text(&token), "3");
    stage_must_deny(stage, buffer_text(&token), "key-class");
    const struct device_challenge wish = stage_wish(stage, "3");
    (void)stage_native(stage, buffer_text(&token), stage->identity, &wish);
    stage_must_deny(stage, buffer_text(&token), "key-class");

    char uhd[64] = "";
    autobuffer letters = buffer_init(64);
    const struct slice secret = {stage->keys[3].key.secret, CONTENT_KEY_BYTES};
    assert_ok(base64_format(BASE64_URL, secret, &letters, &why_));
    (void)snprintf(uhd, sizeof uhd, "%s", buffer_text(&letters));
    assert_int_equal(stage_clearkey(stage, buffer_text(&token), "0123"), 200);
    assert_null(strstr(buffer_text(&stage->body), uhd));

    claims.key_classes = entitlement_classes(KEY_FOR_UHD);
    autobuffer rich = stage_token(stage, &claims);
    (void)stage_clearkey(stage, buffer_text(&rich), "3"); // browsers stop at HD
    stage_must_deny(stage, buffer_text(&rich), "key-class");

    struct entitlement other = stage_claims(stage, "session_2");
    (void)snprintf(other.title, sizeof other.title, "film-2");
    autobuffer foreign = stage_token(stage, &other);
    (void)stage_clearkey(stage, buffer_text(&foreign), "0");
    stage_must_deny(stage, buffer_text(&foreign), "key-of-another-title");
    const struct device_challenge for_film_1 = stage_wish(stage, "0");
    (void)stage_native(stage, buffer_text(&foreign), stage->identity, &for_film_1);
    stage_must_deny(stage, buffer_text(&foreign), "key-of-another-title");
}
