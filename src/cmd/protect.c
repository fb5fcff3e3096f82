// SPDX-License-Identifier: Apache-2.0
#include "cmd/protect.h"

#include "base/clock.h"
#include "drm/secret.h"

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
