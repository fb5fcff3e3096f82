// SPDX-License-Identifier: Apache-2.0
#include "drm/subsample.h"

static const struct {
    const char *word;
    uint32_t type;
} schemes[SCHEME_COUNT] = {
    [SCHEME_NONE] = {"", 0},
    [SCHEME_CBCS] = {"cbcs", 0x63626373},
    [SCHEME_CENC] = {"cenc", 0x63656e63},
};

const char *cenc_scheme_word(enum cenc_scheme scheme)
{
    return schemes[scheme].word;
}

uint32_t cenc_scheme_type(enum cenc_scheme scheme)
{
    return schemes[scheme].type;
}

void subsample_map_begin(struct subsample_map *map, enum cenc_scheme scheme)
{
    map->scheme = scheme;
    map->count = 0;
    map->waiting_clear_bytes = 0;
}

static outcome put(struct subsample_map *map, uint16_t clear, uint32_t protected_bytes,
                   struct why *why)
{
    if (map->count == SUBSAMPLES_MAX)
        return fail(why, UNSUPPORTED,
                    "a picture has more than %d slices or tiles, which sample encryption cannot "
                    "describe: encode it with fewer",
                    SUBSAMPLES_MAX);
    map->items[map->count++] = (struct subsample){clear, protected_bytes};
    map->waiting_clear_bytes -= clear;
    return OK;
}

outcome subsample_map_add(struct subsample_map *map, uint64_t clear, uint32_t protected_bytes,
                          struct why *why)
{
    uint32_t kept = protected_bytes;
    if (map->scheme == SCHEME_CENC) kept -= protected_bytes % CIPHER_BLOCK_BYTES;
    if (kept < CIPHER_BLOCK_BYTES) kept = 0;
    map->waiting_clear_bytes += clear + (protected_bytes - kept);
    if (kept == 0) return OK;
    while (map->waiting_clear_bytes > UINT16_MAX)
        TRY(put(map, UINT16_MAX, 0, why));
    return put(map, (uint16_t)map->waiting_clear_bytes, kept, why);
}

outcome subsample_map_end(struct subsample_map *map, struct why *why)
{
    while (map->waiting_clear_bytes > 0) {
        const uint64_t waiting = map->waiting_clear_bytes;
        TRY(put(map, waiting > UINT16_MAX ? UINT16_MAX : (uint16_t)waiting, 0, why));
    }
    return OK;
}
