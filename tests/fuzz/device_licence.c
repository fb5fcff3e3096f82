// SPDX-License-Identifier: Apache-2.0
//
// Registrations, challenges and licences come from strangers. What is read of them must be exactly
// what was signed, and nothing of a mangled one may pass.
#include "drm/device_licence.h"

#include <stdlib.h>

static void check_refusal(outcome result, const struct why *why)
{
    if (result != OK && why->text[0] == '\0') abort();
}

static void read_challenge(struct slice bytes)
{
    static const struct p256_point nobody; // no point: its challenges are refused whatever they say
    struct device_challenge challenge;
    struct device_id id;
    struct why why = {""};
    check_refusal(device_challenge_signer(bytes, &id, &why), &why);
    if (device_challenge_open(bytes, &nobody, &challenge, &why) == OK) abort();
    check_refusal(INVALID, &why);
}

static void read_licence(struct slice bytes)
{
    static struct p256_key *one_time;
    static const uint8_t seed[ED25519_SEED_BYTES] = {1};
    static struct ed25519_key *service;
    if (one_time == NULL && p256_key_make(&one_time, NULL) != OK) abort();
    if (service == NULL && ed25519_key_load(seed, &service, NULL) != OK) abort();
    const struct device_challenge challenge = {.key_count = 1};
    struct device_licence licence;
    struct licence_keys keys;
    struct why why = {""};
    if (device_licence_open(bytes, &challenge, one_time, ed25519_key_public(service), 1, &licence,
                            &keys, &why) == OK)
        abort(); // it answers no challenge of ours
    check_refusal(INVALID, &why);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    const struct slice bytes = {data, size};
    struct device_registration registration;
    struct why why = {""};
    const outcome result = device_registration_open(bytes, &registration, &why);
    check_refusal(result, &why);
    if (result == OK && p256_point_check(&registration.point, NULL) != OK) abort();
    read_challenge(bytes);
    read_licence(bytes);
    return 0;
}
