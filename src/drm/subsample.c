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
    map->piece_count = 0;
    map->waiting_clear_bytes = 0;
}

outcome subsample_map_add(struct subsample_map *map, uint64_t clear, uint32_t protected_bytes,
                          struct why *why)
{
    uint32_t kept = protected_bytes;
    if (map->scheme == SCHEME_CENC) kept -= protected_bytes % CIPHER_BLOCK_BYTES;
    map->waiting_clear_bytes += clear + (protected_bytes - kept);
    if (kept == 0) return OK;
    if (map->piece_count == PIECES_MAX)
        return fail(why, UNSUPPORTED,
                    "a sample has more than %d slices or tiles: encode with fewer", PIECES_MAX);
    map->pieces[map->piece_count++] = (struct subsample_piece){map->waiting_clear_bytes, kept};
    map->waiting_clear_bytes = 0;
    return OK;
}

// Clear bytes have 16 bits: more of them take entries of their own.
static size_t entries_of_clear(uint64_t clear)
{
    return clear == 0 ? 0 : (size_t)((clear - 1) / UINT16_MAX);
}

static size_t entry_count(const struct subsample_map *map)
{
    const uint64_t rest = map->waiting_clear_bytes;
    size_t count = rest == 0 ? 0 : 1 + entries_of_clear(rest);
    for (size_t i = 0; i < map->piece_count; i++)
        count += 1 + entries_of_clear(map->pieces[i].clear_bytes);
    return count;
}

// The smallest piece joins the clear bytes before what follows it.
static void clear_smallest(struct subsample_map *map)
{
    size_t smallest = 0;
    for (size_t i = 1; i < map->piece_count; i++)
        if (map->pieces[i].protected_bytes < map->pieces[smallest].protected_bytes) smallest = i;
    const struct subsample_piece *piece = &map->pieces[smallest];
    const uint64_t bytes = piece->clear_bytes + piece->protected_bytes;
    map->piece_count--;
    for (size_t i = smallest; i < map->piece_count; i++)
        map->pieces[i] = map->pieces[i + 1];
    if (smallest < map->piece_count)
        map->pieces[smallest].clear_bytes += bytes;
    else
        map->waiting_clear_bytes += bytes;
}

static void put(struct subsample_map *map, uint64_t clear, uint32_t protected_bytes)
{
    for (; clear > UINT16_MAX; clear -= UINT16_MAX)
        map->items[map->count++] = (struct subsample){UINT16_MAX, 0};
    map->items[map->count++] = (struct subsample){(uint16_t)clear, protected_bytes};
}

outcome subsample_map_end(struct subsample_map *map, struct why *why)
{
    const size_t count_max = map->scheme == SCHEME_CENC ? SUBSAMPLES_MAX_CENC : SUBSAMPLES_MAX;
    while (entry_count(map) > count_max && map->piece_count > 0)
        clear_smallest(map);
    if (entry_count(map) > count_max)
        return fail(why, UNSUPPORTED, "a sample has more clear bytes than can be described");
    for (size_t i = 0; i < map->piece_count; i++)
        put(map, map->pieces[i].clear_bytes, map->pieces[i].protected_bytes);
    if (map->waiting_clear_bytes > 0) put(map, map->waiting_clear_bytes, 0);
    return OK;
}
