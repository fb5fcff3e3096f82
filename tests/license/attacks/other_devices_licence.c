// SPDX-License-Identifier: Apache-2.0
//
// A play that was granted to one device is asked for by another, and by a browser; one device signs
// in the name of another; and a recorded licence is opened by a device that it was not made for.
#include "stage.h"

static void rename_signer(struct buffer *message, const struct device_id *from,
                          const struct device_id *to)
{
    uint8_t *at = memmem(message->at, message->len, from->bytes, DEVICE_ID_BYTES);
    assert_non_null(at);
    for (; at != NULL; at = memmem(message->at, message->len, from->bytes, DEVICE_ID_BYTES))
        memcpy(at, to->bytes, DEVICE_ID_BYTES);
}

static void try_to_open(struct stage *stage, const struct device_challenge *challenge)
{
    autop256 *own = NULL;
    struct device_licence licence;
    autolicencekeys keys = {.count = 0};
    assert_ok(p256_key_make(&own, &why_));
    assert_int_equal(device_licence_open(buffer_slice(&stage->body), challenge, own,
                                         &stage->service_key, 1, &licence, &keys, NULL),
                     DENIED);
    assert_int_equal(
        device_licence_open(buffer_slice(&stage->body), challenge, stage->identity,
                            &stage->service_key, 1, &licence, &keys, NULL),
        DENIED); // not even with the victim's identity: it was sealed to a one-time key
    assert_int_equal(keys.count, 0);
}

void attack_other_devices_licence(void **state)
{
    struct stage *stage = *state;
    struct device_id victim = stage->device, thief;
    struct entitlement claims = stage_claims(stage, "session_1");
    (void)device_id_format(&victim, claims.device);
    autobuffer token = stage_token(stage, &claims);
    struct device_challenge challenge = stage_wish(stage, "0");
    autop256 *one_time = NULL;
    autobuffer message = buffer_init(CHALLENGE_BYTES_MAX);
    assert_ok(device_challenge_make(stage->identity, &challenge, &one_time, &message, &why_));
    assert_int_equal(
        stage_post(stage, "/v1/licences/native", buffer_text(&token), NULL, buffer_slice(&message)),
        200);
    try_to_open(stage, &challenge);

    (void)stage_clearkey(stage, buffer_text(&token), "0");
    stage_must_deny(stage, buffer_text(&token), "device-other");

    autop256 *identity = NULL;
    autobuffer registration = buffer_init(REGISTRATION_BYTES_MAX);
    assert_ok(p256_key_make(&identity, &why_));
    device_id_make(p256_key_point(identity), &thief);
    struct device_challenge wish = stage_wish(stage, "0");
    (void)stage_native(stage, buffer_text(&token), identity, &wish);
    stage_must_deny(stage, buffer_text(&token), "device-unregistered");
    assert_ok(
        device_registration_make(identity, "thief", stage_now_ms(stage), &registration, &why_));
    assert_int_equal(
        stage_post(stage, "/v1/licences/devices", NULL, NULL, buffer_slice(&registration)), 200);
    (void)stage_native(stage, buffer_text(&token), identity, &wish);
    stage_must_deny(stage, buffer_text(&token), "device-other");

    wish = stage_wish(stage, "0"); // the thief's challenge, in the victim's name
    autop256 *stolen = NULL;
    message.len = 0;
    assert_ok(device_challenge_make(identity, &wish, &stolen, &message, &why_));
    rename_signer(&message, &thief, &victim);
    (void)stage_post(stage, "/v1/licences/native", buffer_text(&token), NULL,
                     buffer_slice(&message));
    stage_must_deny(stage, buffer_text(&token), "device-other");
}
