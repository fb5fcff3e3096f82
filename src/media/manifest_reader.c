// SPDX-License-Identifier: Apache-2.0
#include "media/manifest_reader.h"

#include "media/manifest_internal.h"
#include "media/segment_address.h"
#include "media/sidx.h"

#include "base/url.h"

#include <assert.h>
#include <string.h>

enum { TEXT_BYTES_MAX = 64 * 1024 }; // the longest a name, a codec list or a signed URL may be

outcome manifest_text(struct arena *arena, struct slice text, const char **out, struct why *why)
{
    if (text.len == 0) {
        *out = "";
        return OK;
    }
    if (text.len > TEXT_BYTES_MAX || memchr(text.at, '\0', text.len) != NULL)
        return fail(why, INVALID, "a text of the manifest has a NUL or over %d bytes",
                    TEXT_BYTES_MAX);
    const char *copy = arena_copy(arena, text);
    if (copy == NULL) return fail(why, NO_MEMORY, "no memory for the manifest");
    *out = copy;
    return OK;
}

outcome manifest_resolve(struct arena *arena, const char *base, struct slice reference,
                         const char **out, struct why *why)
{
    autobuffer url = buffer_init(2 * URL_BYTES_MAX);
    TRY(url_resolve(slice_of(base), reference, &url, why));
    return manifest_text(arena, buffer_slice(&url), out, why);
}

outcome manifest_rendition(struct arena *arena, struct manifest *manifest, struct rendition **out,
                           struct why *why)
{
    if (manifest->renditions == NULL) {
        manifest->renditions = arena_take_array(arena, RENDITIONS_MAX, sizeof(struct rendition));
        if (manifest->renditions == NULL) return fail(why, NO_MEMORY, "no memory for the manifest");
    }
    if (manifest->rendition_count == RENDITIONS_MAX)
        return fail(why, TOO_LARGE, "the manifest has more than %d renditions", RENDITIONS_MAX);
    struct rendition *rendition = &manifest->renditions[manifest->rendition_count++];
    rendition->id = rendition->group = rendition->language = rendition->label = "";
    rendition->codecs = rendition->mime = "";
    *out = rendition;
    return OK;
}

outcome segment_list_add(struct segment_list *list, struct media_segment segment, struct why *why)
{
    if (list->count == SEGMENTS_MAX)
        return fail(why, TOO_LARGE, "a rendition has more than %d segments", SEGMENTS_MAX);
    if (list->count == list->room) {
        size_t room = list->room == 0 ? 64 : list->room * 2;
        if (room > SEGMENTS_MAX) room = SEGMENTS_MAX;
        struct media_segment *items = arena_take_array(list->arena, room, sizeof *items);
        if (items == NULL) return fail(why, NO_MEMORY, "no memory for %zu segments", room);
        if (list->count > 0) memcpy(items, list->items, list->count * sizeof *items);
        list->items = items;
        list->room = room;
    }
    list->items[list->count++] = segment;
    return OK;
}

static bool is_xml(struct slice text)
{
    if (slice_starts(text, "\xef\xbb\xbf")) text = slice_part(text, 3, text.len);
    text = slice_trim(text);
    return text.len > 0 && text.at[0] == '<';
}

outcome manifest_parse(struct arena *arena, struct slice text, const char *url,
                       struct manifest **out, struct why *why)
{
    if (text.len > MANIFEST_BYTES_MAX)
        return fail(why, TOO_LARGE, "the manifest has %zu bytes: the limit is %d", text.len,
                    MANIFEST_BYTES_MAX);
    struct manifest *manifest = ARENA_NEW(arena, struct manifest);
    if (manifest == NULL) return fail(why, NO_MEMORY, "no memory for the manifest");
    TRY(manifest_text(arena, slice_of(url), &manifest->url, why));
    manifest->format = is_xml(text) ? MANIFEST_DASH : MANIFEST_HLS;
    if (manifest->format == MANIFEST_DASH)
        TRY(manifest_parse_dash(arena, text, manifest, why));
    else
        TRY(manifest_parse_hls(arena, text, manifest, why));
    *out = manifest;
    return OK;
}

// The sidx among the boxes of the fetched range.
static outcome find_index(struct slice bytes, uint64_t offset, struct box *out, struct why *why)
{
    struct box_walk walk = box_walk_init(bytes, offset);
    while (box_walk_has(&walk)) {
        TRY(box_next(&walk, out, why));
        if (out->type == BOX_TYPE('s', 'i', 'd', 'x')) return OK;
    }
    return fail(why, INVALID, "the index range at byte %llu holds no sidx box",
                (unsigned long long)offset);
}

static outcome fill_index(struct arena *arena, struct rendition *rendition, struct slice bytes,
                          struct why *why)
{
    struct box box;
    struct sidx sidx;
    TRY(find_index(bytes, rendition->needed.range.offset, &box, why));
    TRY(sidx_parse(&box, arena, &sidx, why));
    struct segment_list list = {.arena = arena};
    const struct media_time shift =
        media_time_rescale((struct media_time){rendition->start_us, 1000000}, sidx.timescale);
    if (shift.ticks > INT64_MAX / 2)
        return fail(why, INVALID, "a period starts at an impossible time");
    int64_t start = shift.ticks;
    for (size_t i = 0; i < sidx.entry_count; i++) {
        const struct sidx_entry *entry = &sidx.entries[i];
        TRY(segment_list_add(&list,
                             (struct media_segment){
                                 .start_ticks = start,
                                 .duration_ticks = entry->duration,
                                 .number = i,
                                 .uri = rendition->needed.url,
                                 .range = {entry->offset, entry->size},
                             },
                             why));
        start += entry->duration; // 32 bits over at most SEGMENTS_MAX entries
    }
    rendition->timescale = sidx.timescale;
    rendition->segments = list.items;
    rendition->segment_count = list.count;
    rendition->need = NEED_NOTHING;
    return OK;
}

outcome manifest_fill(struct arena *arena, struct rendition *rendition, struct slice bytes,
                      const char *url, struct why *why)
{
    if (rendition->need == NEED_INDEX) return fill_index(arena, rendition, bytes, why);
    return manifest_fill_playlist(arena, rendition, bytes, url, why);
}

outcome segment_url(const struct rendition *rendition, size_t index, struct buffer *out,
                    struct why *why)
{
    assert(index < rendition->segment_count);
    const struct media_segment *segment = &rendition->segments[index];
    const size_t len_before = out->len;
    outcome result;
    if (segment->uri != NULL)
        result =
            url_resolve(slice_of(rendition->addressing.base), slice_of(segment->uri), out, why);
    else
        result = segment_address(&rendition->addressing, rendition->addressing.media,
                                 segment->number, segment->time, out, why);
    if (result != OK) out->len = len_before;
    return result;
}

struct media_time segment_start(const struct rendition *rendition, size_t index)
{
    assert(index < rendition->segment_count);
    return (struct media_time){rendition->segments[index].start_ticks, rendition->timescale};
}

struct media_time segment_end(const struct rendition *rendition, size_t index)
{
    const struct media_time start = segment_start(rendition, index);
    const uint64_t duration = rendition->segments[index].duration_ticks;
    return (struct media_time){start.ticks + (int64_t)duration, rendition->timescale};
}
