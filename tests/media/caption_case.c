// SPDX-License-Identifier: Apache-2.0
#include "caption_case.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void read_list(struct arena *arena, struct slice bytes,
                      const struct caption_options *options, struct cue_list *list)
{
    enum caption_format format;
    struct why why = {""};
    if (captions_read(arena, bytes, options, &format, list, &why) != OK)
        fail_msg("%s in %.*s", why.text, SLICE_ARG(slice_part(bytes, 0, 400)));
}

void reads_as(struct slice bytes, const struct caption_options *options, const char *wanted)
{
    autoarena arena = arena_init(CAPTION_CASE_ROOM);
    autobuffer text = buffer_init(CAPTION_CASE_ROOM);
    struct cue_list list;
    read_list(&arena, bytes, options, &list);
    if (list.fault_count > 0) fail_msg("a fault: %s", list.faults[0].sentence);
    assert_int_equal(captions_write(&list, CAPTION_WEBVTT, &text, NULL), OK);
    const char *got = buffer_text(&text);
    assert_true(strncmp(got, "WEBVTT\n\n", 8) == 0);
    assert_string_equal(got + 8, wanted);
}

void refuses(struct slice bytes, outcome wanted, const char *word)
{
    autoarena arena = arena_init(CAPTION_CASE_ROOM);
    enum caption_format format;
    struct cue_list list;
    struct why why = {""};
    const outcome got = captions_read(&arena, bytes, NULL, &format, &list, &why);
    if (got != wanted || strstr(why.text, word) == NULL)
        fail_msg("%s: \"%s\" instead of \"%s\"", outcome_code(got), why.text, word);
}

void survives_imsc(struct slice bytes)
{
    autoarena arena = arena_init(CAPTION_CASE_ROOM);
    autobuffer text = buffer_init(CAPTION_CASE_ROOM);
    struct cue_list first, again;
    read_list(&arena, bytes, NULL, &first);
    assert_int_equal(captions_write(&first, CAPTION_TTML, &text, NULL), OK);
    assert_int_equal(caption_format_of(buffer_slice(&text)), CAPTION_TTML);
    read_list(&arena, buffer_slice(&text), NULL, &again);
    assert_int_equal(again.count, first.count);
    for (size_t i = 0; i < first.count; i++) {
        const struct cue *a = &first.cues[i], *b = &again.cues[i];
        assert_int_equal(a->start_ms, b->start_ms);
        assert_int_equal(a->end_ms, b->end_ms);
        if (!slice_equal(a->text, b->text))
            fail_msg("\"%.*s\" became \"%.*s\"", SLICE_ARG(a->text), SLICE_ARG(b->text));
        if (!a->place.is_given) continue;
        assert_int_equal(a->place.x, b->place.x);
        assert_int_equal(a->place.y, b->place.y);
        assert_int_equal(a->place.width, b->place.width);
        assert_int_equal(a->place.height, b->place.height);
        assert_int_equal(a->place.align, b->place.align);
        assert_int_equal(a->place.anchor, b->place.anchor);
        assert_int_equal(a->place.writing, b->place.writing);
    }
}
