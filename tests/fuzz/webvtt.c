// SPDX-License-Identifier: Apache-2.0
//
// Both caption readers on any bytes. What they accept is written as WebVTT and read again: it must
// give the same cues, without a fault.
#include "media/webvtt.h"
#include "media/srt.h"

#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { ROOM = 64 * 1024 * 1024 };

static void check(bool is_true)
{
    if (!is_true) abort();
}

static void round_trip(struct arena *arena, const struct cue_list *list)
{
    autobuffer text = buffer_init(ROOM);
    struct cue_list again;
    struct why why = {""};
    if (webvtt_format(list, &text, &why) != OK) return;
    check(webvtt_parse(arena, buffer_slice(&text), &again, &why) == OK);
    check(again.fault_count == 0 && again.count == list->count);
    for (size_t i = 0; i < list->count; i++) {
        check(again.cues[i].start_ms == list->cues[i].start_ms);
        check(again.cues[i].end_ms == list->cues[i].end_ms);
        check(slice_equal(again.cues[i].text, list->cues[i].text));
        check(slice_equal(again.cues[i].settings, list->cues[i].settings));
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    autoarena arena = arena_init(ROOM);
    const struct slice text = {data, size};
    struct cue_list list;
    if (webvtt_parse(&arena, text, &list, NULL) == OK) {
        round_trip(&arena, &list);
        if (cues_clip(&arena, &list, 1500, 60000, NULL) == OK) round_trip(&arena, &list);
    }
    if (srt_parse(&arena, text, &list, NULL) == OK) round_trip(&arena, &list);
    return 0;
}
