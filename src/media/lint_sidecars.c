// SPDX-License-Identifier: Apache-2.0
#include "media/lint_internal.h"
#include "media/webvtt.h"

#include "base/url.h"

#include <string.h>

static bool read_segment(struct lint *lint, const struct rendition *rendition, size_t index,
                         struct buffer *out)
{
    autobuffer url = buffer_init(2 * URL_BYTES_MAX);
    if (segment_url(rendition, index, &url, NULL) != OK) return false;
    const struct resource resource = {buffer_text(&url), rendition->segments[index].range};
    return resource.url != NULL && lint_read(lint, rendition->id, &resource, out);
}

static void check_captions(struct lint *lint, const struct rendition *rendition)
{
    for (size_t i = 0; i < rendition->segment_count; i++) {
        autobuffer text = buffer_init(CAPTION_FILE_BYTES_MAX);
        autoarena arena = arena_init((size_t)4 * CAPTION_FILE_BYTES_MAX);
        struct cue_list list;
        struct why why = {""};
        if (!read_segment(lint, rendition, i, &text)) return;
        if (!slice_starts(buffer_slice(&text), "WEBVTT") &&
            !slice_starts(buffer_slice(&text), "\xef\xbb\xbfWEBVTT") && rendition->init_count > 0)
            return; // captions inside MP4
        const outcome parsed = webvtt_parse(&arena, buffer_slice(&text), &list, &why);
        if (parsed != OK)
            lint_find(lint, RULE_CAPTIONS, rendition->id, "%s", why.text);
        else if (list.fault_count > 0)
            lint_find(lint, RULE_CAPTIONS, rendition->id,
                      "%zu cues cannot be read, the first in line %u: %s", list.fault_count,
                      list.faults[0].line, list.faults[0].sentence);
    }
}

// Width and height of a JPEG: the first frame header (ITU-T T.81 clause B.2.2). false: none.
static bool jpeg_size(struct slice bytes, uint32_t *width, uint32_t *height)
{
    enum { SOF0 = 0xc0, SOF15 = 0xcf, DHT = 0xc4, JPG = 0xc8, DAC = 0xcc };
    if (bytes.len < 4 || bytes.at[0] != 0xff || bytes.at[1] != 0xd8) return false;
    size_t at = 2;
    while (at + 9 <= bytes.len && bytes.at[at] == 0xff) {
        const uint8_t marker = bytes.at[at + 1];
        if (marker >= SOF0 && marker <= SOF15 && marker != DHT && marker != JPG && marker != DAC) {
            *height = read_u16be(bytes.at + at + 5);
            *width = read_u16be(bytes.at + at + 7);
            return true;
        }
        at += 2 + (size_t)read_u16be(bytes.at + at + 2);
    }
    return false;
}

static void check_thumbnails(struct lint *lint, const struct rendition *rendition)
{
    const uint32_t columns = rendition->image.columns;
    const uint32_t rows = rendition->image.rows;
    for (size_t i = 0; i < rendition->segment_count; i++) {
        autobuffer bytes = buffer_init((size_t)32 * 1024 * 1024); // a sheet has some 100 KiB
        uint32_t width = 0;
        uint32_t height = 0;
        if (!read_segment(lint, rendition, i, &bytes)) return;
        if (!jpeg_size(buffer_slice(&bytes), &width, &height)) {
            lint_find(lint, RULE_THUMBNAILS, rendition->id, "sheet %zu is no JPEG", i);
            return;
        }
        const bool is_last = i + 1 == rendition->segment_count;
        const uint32_t wanted_width = rendition->image.tile_width * columns;
        const uint32_t wanted_height = rendition->image.tile_height * rows;
        const bool fits = is_last ? width <= wanted_width && height <= wanted_height
                                  : width == wanted_width && height == wanted_height;
        if (columns == 0 || fits) continue;
        lint_find(lint, RULE_THUMBNAILS, rendition->id,
                  "sheet %zu is %ux%u, %ux%u tiles of %ux%u are told", i, width, height, columns,
                  rows, rendition->image.tile_width, rendition->image.tile_height);
        return;
    }
}

void lint_check_sidecars(struct lint *lint, const struct lint_manifest *in)
{
    for (size_t i = 0; i < in->manifest->rendition_count; i++) {
        const struct rendition *rendition = &in->manifest->renditions[i];
        if (rendition->kind == TRACK_TEXT) check_captions(lint, rendition);
        if (rendition->kind == TRACK_IMAGE) check_thumbnails(lint, rendition);
    }
}
