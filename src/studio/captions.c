// SPDX-License-Identifier: Apache-2.0
#include "studio/captions.h"

#include "base/arena.h"
#include "media/srt.h"
#include "media/webvtt.h"

// Cues, their texts made well-formed, and a list that doubles while it grows.
enum { CUE_MEMORY_BYTES_MAX = 8 * CAPTION_FILE_BYTES_MAX };

static bool is_webvtt(struct slice text)
{
    return slice_starts(text, "WEBVTT") || slice_starts(text, "\xef\xbb\xbfWEBVTT");
}

static outcome normalize(struct slice text, int64_t duration_ms, struct buffer *out,
                         struct why *why)
{
    autoarena arena = arena_init(CUE_MEMORY_BYTES_MAX);
    struct cue_list list;
    TRY(is_webvtt(text) ? webvtt_parse(&arena, text, &list, why)
                        : srt_parse(&arena, text, &list, why));
    TRY(cues_clip(&arena, &list, 0, duration_ms < 1 ? 1 : duration_ms, why));
    return webvtt_format(&list, out, why);
}

outcome captions_normalize(struct slice text, const char *name, int64_t duration_ms,
                           struct buffer *out, struct why *why)
{
    struct why inner = {""};
    const outcome result = normalize(text, duration_ms, out, &inner);
    return result == OK ? OK : fail(why, result, "%s: %s", name, inner.text);
}
