// SPDX-License-Identifier: Apache-2.0
#include "cmd/protect.h"

#include "base/clock.h"
#include "drm/secret.h"

#include <stdio.h>
#include <string.h>

enum cenc_scheme protect_scheme(const char *word)
{
    for (int scheme = SCHEME_NONE + 1; scheme < SCHEME_COUNT; scheme++)
        if (strcmp(word, cenc_scheme_word((enum cenc_scheme)scheme)) == 0)
            return (enum cenc_scheme)scheme;
    return SCHEME_NONE;
}

outcome protect_systems(const struct option_texts *words, enum cenc_scheme scheme, drm_systems *out,
                        struct why *why)
{
    drm_systems systems = 0;
    for (size_t i = 0; i < words->count; i++) {
        enum drm_system system;
        TRY(drm_system_parse(words->items[i], &system, why));
        systems |= (drm_systems)(1u << system);
    }
    if (systems == 0) systems = 1u << DRM_CLEARKEY;
    if (scheme == SCHEME_CENC && (systems >> DRM_FAIRPLAY & 1u) != 0)
        return fail(why, INVALID, "FairPlay plays cbcs alone: give --drm cbcs");
    *out = systems;
    return OK;
}

outcome protect_ring(const char *configured, const char *data, struct key_ring **out,
                     struct why *why)
{
    char place[RING_PLACE_BYTES];
    secret_guard();
    TRY(key_ring_place(configured, data, place, sizeof place, why));
    return key_ring_have(place, clock_wall_ms(clock_system()), out, why);
}

outcome protect_studio_place(const char *configured, const char *data, char out[RING_PLACE_BYTES],
                             struct why *why)
{
    const bool is_none = strcmp(configured, PROTECT_STUDIO_NONE) == 0;
    const bool is_given = configured[0] != '\0';
    const int len = is_none    ? snprintf(out, RING_PLACE_BYTES, "%s", "")
                    : is_given ? snprintf(out, RING_PLACE_BYTES, "%s", configured)
                               : snprintf(out, RING_PLACE_BYTES, "%s/keys/studio", data);
    if (len < RING_PLACE_BYTES) return OK;
    return fail(why, INVALID, "the place of the studio's key ring is too long");
}

outcome protect_studio(const char *configured, const char *data, struct stores *stores,
                       struct studio_seal *out, struct why *why)
{
    TRY(protect_studio_place(configured, data, out->place, why));
    if (out->place[0] == '\0') return OK;
    secret_guard();
    out->options = (struct sealed_options){sealed_studio_prefixes, out->place};
    return sealed_store_open(stores->blobs, &out->options, &stores->blobs, why);
}

outcome protect_studio_make(const char *configured, const char *data, struct stores *stores,
                            struct studio_seal *out, struct why *why)
{
    autoring *ring = NULL;
    TRY(protect_studio(configured, data, stores, out, why));
    if (out->place[0] == '\0') return OK;
    return key_ring_have(out->place, clock_wall_ms(clock_system()), &ring, why);
}
