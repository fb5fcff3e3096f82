// SPDX-License-Identifier: Apache-2.0
//
// What the two manifest readers share; for src/media/manifest_*.c alone.
#ifndef MEDIA_MANIFEST_INTERNAL_H
#define MEDIA_MANIFEST_INTERNAL_H

#include "media/manifest_reader.h"

// Borrowed text as the arena's, NUL-terminated. INVALID over `len_max` bytes or with a NUL inside.
must_check outcome manifest_text(struct arena *arena, struct slice text, const char **out,
                                 struct why *why);

// `reference` resolved against `base`, the arena's.
must_check outcome manifest_resolve(struct arena *arena, const char *base, struct slice reference,
                                    const char **out, struct why *why);

// A new zeroed rendition with empty texts at the end of the list. TOO_LARGE over RENDITIONS_MAX.
must_check outcome manifest_rendition(struct arena *arena, struct manifest *manifest,
                                      struct rendition **out, struct why *why);

// A list of segments that grows in an arena, up to SEGMENTS_MAX.
struct segment_list {
    struct arena *arena;
    struct media_segment *items;
    size_t count;
    size_t room;
};
must_check outcome segment_list_add(struct segment_list *list, struct media_segment segment,
                                    struct why *why);

// The readers behind manifest_parse().
must_check outcome manifest_parse_hls(struct arena *arena, struct slice text,
                                      struct manifest *manifest, struct why *why);
must_check outcome manifest_parse_dash(struct arena *arena, struct slice text,
                                       struct manifest *manifest, struct why *why);

// An HLS media playlist into `rendition`, which is changed on success alone.
must_check outcome manifest_fill_playlist(struct arena *arena, struct rendition *rendition,
                                          struct slice text, const char *url, struct why *why);

#endif
