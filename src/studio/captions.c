// SPDX-License-Identifier: Apache-2.0
#include "studio/captions.h"

#include "base/arena.h"
#include "media/captions.h"

#include <stdio.h>

// Cues, their texts made well-formed, and a list that doubles while it grows.
enum { CUE_MEMORY_BYTES_MAX = 8 * CAPTION_FILE_BYTES_MAX };

enum { HOUR_MS = 3600000 };

// Broadcast time codes often begin at 01:00:00:00 or 10:00:00:00. When no caption falls into the
// title, its first hour is taken to be the one of the first caption.
static outcome read_aligned(struct arena *arena, struct slice text, int64_t duration_ms,
                            struct cue_list *list, struct why *why)
{
    enum caption_format format;
    char start[sizeof "00:00:00:00"];
    TRY(captions_read(arena, text, NULL, &format, list, why));
    const bool has_codes = format == CAPTION_SCC || format == CAPTION_STL;
    if (!has_codes || list->count == 0 || list->cues[0].start_ms < duration_ms ||
        list->cues[0].start_ms < HOUR_MS)
        return OK;
    (void)snprintf(start, sizeof start, "%02u:00:00:00",
                   (unsigned)(list->cues[0].start_ms / HOUR_MS) % 100u);
    const struct caption_options options = {.start = start};
    return captions_read(arena, text, &options, &format, list, why);
}

static outcome normalize(struct slice text, int64_t duration_ms, struct buffer *out,
                         struct why *why)
{
    autoarena arena = arena_init(CUE_MEMORY_BYTES_MAX);
    struct cue_list list;
    TRY(read_aligned(&arena, text, duration_ms, &list, why));
    TRY(cues_clip(&arena, &list, 0, duration_ms < 1 ? 1 : duration_ms, why));
    return captions_write(&list, CAPTION_WEBVTT, out, why);
}

outcome captions_normalize(struct slice text, const char *name, int64_t duration_ms,
                           struct buffer *out, struct why *why)
{
    struct why inner = {""};
    const outcome result = normalize(text, duration_ms, out, &inner);
    return result == OK ? OK : fail(why, result, "%s: %s", name, inner.text);
}
