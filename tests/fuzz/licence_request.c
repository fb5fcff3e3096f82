// SPDX-License-Identifier: Apache-2.0
//
// What strangers send to the licence service: the first byte says which parser gets the rest. What
// one accepts, it must accept again in the form that we write.
#include "drm/device_licence.h"
#include "drm/entitlement.h"
#include "license/clearkey.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const char keys_pem[] = "-----BEGIN PRIVATE KEY-----\n"
                               "MC4CAQAwBQYDK2VwBCIEIAABAgMEBQYHCAkKCwwNDg8QERITFBUWFxgZGhscHR4f\n"
                               "-----END PRIVATE KEY-----\n";

static void try_token(struct slice bytes)
{
    static struct entitlement_keys *keys;
    struct entitlement claims;
    enum entitlement_fault fault = ENTITLEMENT_SOUND;
    if (keys == NULL && entitlement_keys_parse(slice_of(keys_pem), "keys", &keys, NULL) != OK)
        abort();
    const outcome result =
        entitlement_verify(keys, bytes, ENTITLEMENT_FOR_LICENSE, 1795000000, &claims, &fault, NULL);
    assert((result == OK) == (fault == ENTITLEMENT_SOUND) || result == NO_MEMORY);
}

static void try_clearkey(struct slice bytes)
{
    struct clearkey_request request;
    if (clearkey_parse(bytes, &request, NULL) != OK) return;
    assert(request.count >= 1 && request.count <= CLEARKEY_KIDS_MAX);
    for (size_t i = 0; i < request.count; i++)
        for (size_t j = 0; j < i; j++)
            assert(!key_id_equal(&request.kids[i], &request.kids[j]));
}

static void try_challenge(struct slice bytes)
{
    struct device_id id;
    struct device_challenge challenge;
    struct device_registration registration;
    const struct p256_point point = {{4}};
    if (device_challenge_signer(bytes, &id, NULL) == OK)
        assert(device_challenge_open(bytes, &point, &challenge, NULL) != OK);
    const outcome registered = device_registration_open(bytes, &registration, NULL);
    if (registered == OK) assert(memchr(registration.name, '\0', sizeof registration.name) != NULL);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    static void (*const parsers[])(struct slice bytes) = {try_token, try_clearkey, try_challenge};
    if (size == 0) return 0;
    parsers[data[0] % 3]((struct slice){data + 1, size - 1});
    return 0;
}
