// SPDX-License-Identifier: Apache-2.0
//
// The manifest readers on any bytes: a playlist, an MPD, and the same bytes as what a rendition
// needs. Addresses and times of all segments are worked out too.
#include "media/manifest_reader.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 32 * 1024 * 1024, ADDRESSES_MAX = 50 };

static void visit(const struct rendition *rendition)
{
    for (size_t i = 0; i < rendition->segment_count; i++) {
        autobuffer url = buffer_init(16 * 1024);
        if (i < ADDRESSES_MAX && segment_url(rendition, i, &url, NULL) != OK) return;
        const struct media_time end = segment_end(rendition, i);
        (void)media_time_compare(segment_start(rendition, i), end);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    autoarena arena = arena_init(ROOM);
    const struct slice text = {data, size};
    struct manifest *manifest = NULL;
    if (manifest_parse(&arena, text, "https://cdn.example/film/main", &manifest, NULL) != OK)
        return 0;
    for (size_t i = 0; i < manifest->rendition_count; i++) {
        struct rendition *rendition = &manifest->renditions[i];
        if (rendition->need != NEED_NOTHING &&
            manifest_fill(&arena, rendition, text, "https://cdn.example/a.m3u8", NULL) != OK)
            continue;
        visit(rendition);
    }
    return 0;
}
