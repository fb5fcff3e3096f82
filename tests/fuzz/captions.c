// SPDX-License-Identifier: Apache-2.0
//
// Every caption reader on any bytes: the first byte chooses the options, the rest is a file, whose
// content chooses the reader. What is read is written in both formats and read again: WebVTT must
// give the same cues, IMSC as many.
#include "media/captions.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 256 * 1024 * 1024 };

static void check(bool is_true)
{
    if (!is_true) abort();
}

static void round_trip(struct arena *arena, const struct cue_list *list, enum caption_format as)
{
    autobuffer text = buffer_init(ROOM);
    struct cue_list again;
    enum caption_format format;
    if (captions_write(list, as, &text, NULL) != OK) return;
    if (text.len > CAPTION_FILE_BYTES_MAX) return;
    const outcome result = captions_read(arena, buffer_slice(&text), NULL, &format, &again, NULL);
    if (result == TOO_LARGE || result == NO_MEMORY) return;
    check(result == OK && format == as);
    if (as != CAPTION_WEBVTT) return;
    check(again.fault_count == 0 && again.count == list->count);
    for (size_t i = 0; i < list->count; i++) {
        check(again.cues[i].start_ms == list->cues[i].start_ms);
        check(again.cues[i].end_ms == list->cues[i].end_ms);
        check(slice_equal(again.cues[i].text, list->cues[i].text));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    autoarena arena = arena_init(ROOM);
    struct cue_list list;
    enum caption_format format;
    if (size == 0) return 0;
    const struct caption_options options = {
        .rate = {(data[0] & 1) != 0 ? 25 : 0, 1},
        .channel = (data[0] >> 1) & 1,
        .start = (data[0] & 4) != 0 ? "TCP" : NULL,
    };
    const struct slice bytes = {data + 1, size - 1};
    if (captions_read(&arena, bytes, &options, &format, &list, NULL) != OK) return 0;
    round_trip(&arena, &list, CAPTION_WEBVTT);
    round_trip(&arena, &list, CAPTION_TTML);
    return 0;
}
