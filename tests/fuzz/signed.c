// SPDX-License-Identifier: Apache-2.0
//
// What stands behind a good signature: the first byte says as what the rest is signed, with keys
// that the reader trusts, so that the fuzzer gets past the signatures. A registered device may be
// hostile, and a service's key may be stolen: the readers must hold then too.
#include "base/base64.h"
#include "drm/device_licence.h"
#include "drm/entitlement.h"
#include "drm/signed_message.h"

#include <assert.h>
#include <openssl/evp.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { MESSAGE_BYTES_MAX = 16384, NOW_S = 1795000000 };

// The seed 00 01 .. 1f, as PEM.
static const char keys_pem[] = "-----BEGIN PRIVATE KEY-----\n"
                               "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
                               "-----END PRIVATE KEY-----\n";

static struct p256_key *device;
static struct ed25519_key *service;
static struct entitlement_keys *keys;
static struct device_id device_id;
static char token_header[256]; // "<base64url>.", as we write it

static void must(outcome done)
{
    if (done != OK) abort();
}

static void set_up(void)
{
    uint8_t seed[ED25519_SEED_BYTES], secret[P256_SECRET_BYTES] = {1};
    const struct entitlement any = {.id = "ent_1",
                                    .session = "s",
                                    .member = "m",
                                    .title = "t",
                                    .key_classes = 1u << KEY_FOR_SD,
                                    .issued_s = NOW_S,
                                    .not_before_s = NOW_S,
                                    .expires_s = NOW_S + 600};
    autobuffer token = buffer_init(ENTITLEMENT_TOKEN_BYTES + 1);
    for (size_t i = 0; i < sizeof seed; i++)
        seed[i] = (uint8_t)i;
    must(p256_key_load(secret, &device, NULL));
    device_id_make(p256_key_point(device), &device_id);
    must(ed25519_key_load(seed, &service, NULL));
    must(entitlement_keys_parse(slice_of(keys_pem), "keys", &keys, NULL));
    must(entitlement_make(keys, ENTITLEMENT_FOR_LICENSE, &any, &token, NULL));
    const char *dot = memchr(token.at, '.', token.len);
    if (dot == NULL) abort();
    memcpy(token_header, token.at, (size_t)(dot - (const char *)token.at) + 1);
}

static void sign_as_device(const char *type, struct slice payload, struct buffer *out)
{
    const struct signed_header header = {
        SIGNED_ES256, type, {device_id.bytes, sizeof device_id.bytes}};
    (void)!signed_message_put_es256(device, &header, payload, out, NULL);
}

static void try_registration(struct slice payload)
{
    autobuffer message = buffer_init(MESSAGE_BYTES_MAX);
    struct device_registration registration;
    sign_as_device(REGISTRATION_MEDIA_TYPE, payload, &message);
    if (device_registration_open(buffer_slice(&message), &registration, NULL) != OK) return;
    assert(memcmp(&registration.point, p256_key_point(device), P256_POINT_BYTES) == 0);
    assert(memchr(registration.name, '\0', sizeof registration.name) != NULL);
    assert(registration.wall_ms >= 0);
}

static void try_challenge(struct slice payload)
{
    autobuffer message = buffer_init(MESSAGE_BYTES_MAX), answer = buffer_init(LICENCE_BYTES_MAX);
    struct device_challenge challenge;
    sign_as_device(CHALLENGE_MEDIA_TYPE, payload, &message);
    if (device_challenge_open(buffer_slice(&message), p256_key_point(device), &challenge, NULL) !=
        OK)
        return;
    assert(challenge.key_count >= 1 && challenge.key_count <= LICENCE_KEYS_MAX);
    assert(memchr(challenge.title, '\0', sizeof challenge.title) != NULL);
    const struct licence_terms terms = {
        .kind = challenge.kind, .issued_ms = 1, .expires_ms = 2, .finish_within_ms = 1};
    autolicencekeys sealed = {.count = 1};
    sealed.keys[0].class = KEY_FOR_SD;
    (void)!device_licence_make(&challenge, &terms, &sealed, service, NULL, &answer, NULL);
}

static void try_licence(struct slice payload)
{
    autobuffer message = buffer_init(MESSAGE_BYTES_MAX);
    const struct device_challenge challenge = {.key_count = 1};
    struct device_licence licence;
    autolicencekeys opened = {.count = 0};
    uint8_t hash[32];
    const struct ed25519_public *public = ed25519_key_public(service);
    if (EVP_Digest(public->bytes, ED25519_PUBLIC_BYTES, hash, NULL, EVP_sha256(), NULL) != 1)
        abort();
    const struct signed_header header = {SIGNED_EDDSA, LICENCE_MEDIA_TYPE, {hash, 8}};
    (void)!signed_message_put_eddsa(service, &header, payload, &message, NULL);
    // Nothing was sealed for this challenge, whatever its terms say.
    if (device_licence_open(buffer_slice(&message), &challenge, device, public, 1, &licence,
                            &opened, NULL) == OK)
        abort();
}

static void try_claims(struct slice payload)
{
    autobuffer token = buffer_init(4 * ENTITLEMENT_TOKEN_BYTES);
    autobuffer again = buffer_init(ENTITLEMENT_TOKEN_BYTES + 1);
    uint8_t signature[ED25519_SIGNATURE_BYTES];
    struct entitlement claims;
    enum entitlement_fault fault = ENTITLEMENT_SOUND;
    if (payload.len > 2 * ENTITLEMENT_TOKEN_BYTES) return;
    must(buffer_put_text(&token, token_header, NULL));
    must(base64_format(BASE64_URL, payload, &token, NULL));
    must(ed25519_sign(service, buffer_slice(&token), signature, NULL));
    must(buffer_put_u8(&token, '.', NULL));
    must(base64_format(BASE64_URL, (struct slice){signature, sizeof signature}, &token, NULL));
    const outcome result = entitlement_verify(keys, buffer_slice(&token), ENTITLEMENT_FOR_LICENSE,
                                              NOW_S, &claims, &fault, NULL);
    assert(fault != ENTITLEMENT_FORGED && fault != ENTITLEMENT_KEY_UNKNOWN);
    // What is accepted, we could have written.
    if (result == OK) must(entitlement_make(keys, ENTITLEMENT_FOR_LICENSE, &claims, &again, NULL));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const kinds[])(struct slice payload) = {try_registration, try_challenge,
                                                          try_licence, try_claims};
    if (service == NULL) set_up();
    if (size == 0 || size > SIGNED_PAYLOAD_BYTES_MAX) return 0;
    kinds[data[0] % 4]((struct slice){data + 1, size - 1});
    return 0;
}
