// SPDX-License-Identifier: Apache-2.0
#include "media/m3u8.h"
#include "media/manifest_internal.h"

#include <string.h>

enum { INITS_MAX = 256, MICROSECONDS = 1000000 };

// What is known of the segment whose URI has not come yet, and what lasts beyond it.
struct playlist {
    struct arena *arena;
    const char *url;
    struct segment_list segments;
    struct resource *inits;
    size_t init_count;
    struct image_facts image;
    const char *protection;
    struct media_segment next;
    uint64_t next_us;      // where it starts
    bool has_duration;     // EXTINF was there
    uint64_t range_end;    // of the last byte range, and of which URI: EXT-X-BYTERANGE may
    const char *range_uri; // leave its offset out
    bool has_range, has_offset;
    uint64_t sequence;
    uint64_t target_us;
    bool is_ended;
};

// "n[@o]"
static outcome parse_range(struct slice text, struct byte_range *out, bool *has_offset,
                           struct why *why)
{
    struct slice offset = text;
    struct slice size = {NULL, 0};
    struct byte_range range = {0, 0};
    (void)slice_cut(&offset, '@', &size);
    TRY(slice_u64(size, INT64_MAX, &range.size, why));
    if (range.size == 0) return fail(why, INVALID, "a byte range is empty");
    *has_offset = offset.at != NULL;
    if (*has_offset) TRY(slice_u64(offset, (uint64_t)INT64_MAX - range.size, &range.offset, why));
    *out = range;
    return OK;
}

static outcome take_map(struct playlist *playlist, struct slice list, struct why *why)
{
    bool has_offset;
    struct resource init = {NULL, {0, 0}};
    const struct slice range = m3u8_find(list, "BYTERANGE");
    if (range.at != NULL) TRY(parse_range(range, &init.range, &has_offset, why));
    const struct slice uri = m3u8_find(list, "URI");
    if (uri.len == 0) return fail(why, INVALID, "EXT-X-MAP has no URI");
    if (playlist->inits == NULL) {
        playlist->inits = arena_take_array(playlist->arena, INITS_MAX, sizeof *playlist->inits);
        if (playlist->inits == NULL) return fail(why, NO_MEMORY, "no memory for the playlist");
    }
    if (playlist->init_count == INITS_MAX)
        return fail(why, TOO_LARGE, "the playlist has more than %d EXT-X-MAP", INITS_MAX);
    TRY(manifest_resolve(playlist->arena, playlist->url, uri, &init.url, why));
    playlist->next.init = (uint32_t)playlist->init_count;
    playlist->inits[playlist->init_count++] = init;
    return OK;
}

static outcome take_extinf(struct playlist *playlist, struct slice value, struct why *why)
{
    struct slice duration = {NULL, 0};
    (void)slice_cut(&value, ',', &duration);
    TRY(m3u8_seconds(slice_trim(duration), &playlist->next.duration_ticks, why));
    playlist->has_duration = true;
    return OK;
}

static outcome take_byterange(struct playlist *playlist, struct slice value, struct why *why)
{
    TRY(parse_range(value, &playlist->next.range, &playlist->has_offset, why));
    playlist->has_range = true;
    return OK;
}

static outcome take_target(struct playlist *playlist, struct slice value, struct why *why)
{
    return m3u8_seconds(value, &playlist->target_us, why);
}

static outcome take_sequence(struct playlist *playlist, struct slice value, struct why *why)
{
    return slice_u64(value, INT64_MAX / 2, &playlist->sequence, why);
}

static outcome take_discontinuity(struct playlist *playlist, struct slice value, struct why *why)
{
    playlist->next.is_discontinuous = true;
    return OK;
}

static outcome take_gap(struct playlist *playlist, struct slice value, struct why *why)
{
    playlist->next.is_gap = true;
    return OK;
}

static outcome take_key(struct playlist *playlist, struct slice list, struct why *why)
{
    const struct slice method = m3u8_find(list, "METHOD");
    if (slice_is(method, "NONE") || playlist->protection != NULL) return OK;
    return manifest_text(playlist->arena, method, &playlist->protection, why);
}

// "RESOLUTION=160x90,LAYOUT=5x2,DURATION=2.0"
static outcome take_tiles(struct playlist *playlist, struct slice list, struct why *why)
{
    static const char *const names[] = {"RESOLUTION", "LAYOUT"};
    uint64_t sizes[2][2] = {{0, 0}, {1, 1}};
    uint64_t us = 0;
    for (size_t i = 0; i < 2; i++) {
        struct slice height = m3u8_find(list, names[i]);
        struct slice width = {NULL, 0};
        if (!slice_cut(&height, 'x', &width)) continue;
        TRY(slice_u64(width, 65535, &sizes[i][0], why));
        TRY(slice_u64(height, 65535, &sizes[i][1], why));
    }
    const struct slice duration = m3u8_find(list, "DURATION");
    if (duration.at != NULL) TRY(m3u8_seconds(duration, &us, why));
    if (us / 1000 > UINT32_MAX) return fail(why, INVALID, "a tile stands for too long a time");
    playlist->image = (struct image_facts){
        .tile_width = (uint32_t)sizes[0][0],
        .tile_height = (uint32_t)sizes[0][1],
        .columns = (uint32_t)sizes[1][0],
        .rows = (uint32_t)sizes[1][1],
        .tile_ms = (uint32_t)(us / 1000),
    };
    return OK;
}

static outcome take_end(struct playlist *playlist, struct slice value, struct why *why)
{
    playlist->is_ended = true;
    return OK;
}

static outcome refuse_variables(struct playlist *playlist, struct slice value, struct why *why)
{
    return fail(why, UNSUPPORTED, "variables (EXT-X-DEFINE) are not understood here");
}

static const struct {
    const char *name;
    outcome (*take)(struct playlist *playlist, struct slice value, struct why *why);
} tags[] = {
    {"EXTINF", take_extinf},
    {"EXT-X-BYTERANGE", take_byterange},
    {"EXT-X-MAP", take_map},
    {"EXT-X-TARGETDURATION", take_target},
    {"EXT-X-MEDIA-SEQUENCE", take_sequence},
    {"EXT-X-DISCONTINUITY", take_discontinuity},
    {"EXT-X-GAP", take_gap},
    {"EXT-X-KEY", take_key},
    {"EXT-X-TILES", take_tiles},
    {"EXT-X-ENDLIST", take_end},
    {"EXT-X-DEFINE", refuse_variables},
};

// A URI ends the description of its segment.
static outcome take_uri(struct playlist *playlist, struct slice uri, struct why *why)
{
    struct media_segment *next = &playlist->next;
    if (!playlist->has_duration) return fail(why, INVALID, "a segment has no EXTINF");
    // The same file over and over is the rule here: one copy of its name will do.
    const struct segment_list *list = &playlist->segments;
    const char *last = list->count > 0 ? list->items[list->count - 1].uri : "";
    if (slice_is(uri, last))
        next->uri = last;
    else
        TRY(manifest_text(playlist->arena, uri, &next->uri, why));
    if (playlist->has_range && !playlist->has_offset) {
        if (playlist->range_uri == NULL || strcmp(playlist->range_uri, next->uri) != 0)
            return fail(why, INVALID, "the first byte range of a file must say its offset");
        next->range.offset = playlist->range_end;
        if (next->range.size > INT64_MAX - next->range.offset)
            return fail(why, INVALID, "a byte range ends past 2^63");
    }
    if (playlist->has_range) {
        playlist->range_end = next->range.offset + next->range.size;
        playlist->range_uri = next->uri;
    }
    next->number = playlist->sequence + playlist->segments.count;
    next->start_ticks = (int64_t)playlist->next_us;
    TRY(segment_list_add(&playlist->segments, *next, why));
    playlist->next_us += next->duration_ticks; // 2^53 us times SEGMENTS_MAX: below 2^70, so check
    if (playlist->next_us > INT64_MAX / 2)
        return fail(why, INVALID, "the segments last for more than %lld us",
                    (long long)(INT64_MAX / 2));
    *next = (struct media_segment){.init = next->init};
    playlist->has_duration = playlist->has_range = false;
    return OK;
}

static outcome take_line(struct playlist *playlist, const struct m3u8_line *line, struct why *why)
{
    if (!line->is_tag) return take_uri(playlist, line->value, why);
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++)
        if (slice_is(line->name, tags[i].name)) return tags[i].take(playlist, line->value, why);
    return OK;
}

outcome manifest_fill_playlist(struct arena *arena, struct rendition *rendition, struct slice text,
                               const char *url, struct why *why)
{
    struct m3u8_reader reader;
    struct m3u8_line line;
    struct playlist playlist = {.arena = arena, .segments = {.arena = arena}};
    if (text.len > MANIFEST_BYTES_MAX)
        return fail(why, TOO_LARGE, "the playlist has %zu bytes: the limit is %d", text.len,
                    MANIFEST_BYTES_MAX);
    TRY(manifest_text(arena, slice_of(url), &playlist.url, why));
    TRY(m3u8_open(text, &reader, why));
    while (m3u8_next(&reader, &line)) {
        struct why cause = {""};
        const outcome result = take_line(&playlist, &line, &cause);
        if (result != OK)
            return fail(why, result, "line %u of the playlist: %s", line.number, cause.text);
    }
    rendition->addressing.base = playlist.url;
    rendition->timescale = MICROSECONDS;
    rendition->segments = playlist.segments.items;
    rendition->segment_count = playlist.segments.count;
    rendition->inits = playlist.inits;
    rendition->init_count = playlist.init_count;
    rendition->protection = playlist.protection;
    rendition->target_us = playlist.target_us;
    rendition->is_live = !playlist.is_ended;
    if (rendition->kind == TRACK_IMAGE) rendition->image = playlist.image;
    rendition->need = NEED_NOTHING;
    return OK;
}
