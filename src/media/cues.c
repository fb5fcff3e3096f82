// SPDX-License-Identifier: Apache-2.0
#include "media/cues.h"

#include "media/cue_text.h"

#include "base/utf8.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

outcome cues_clip(struct arena *arena, struct cue_list *list, int64_t start_ms, int64_t end_ms,
                  struct why *why)
{
    size_t kept = 0;
    for (size_t i = 0; i < list->count; i++) {
        struct cue cue = list->cues[i];
        if (cue.end_ms > end_ms) cue.end_ms = end_ms;
        cue.start_ms -= start_ms;
        cue.end_ms -= start_ms;
        if (cue.start_ms < 0) cue.start_ms = 0;
        if (cue.end_ms <= cue.start_ms) continue;
        TRY(cue_text_shift(arena, cue.text, -start_ms, &cue.text, why));
        list->cues[kept++] = cue;
    }
    list->count = kept;
    return OK;
}

outcome cues_shift(struct arena *arena, struct cue_list *list, int64_t by_ms, struct why *why)
{
    return cues_clip(arena, list, -by_ms, INT64_MAX, why);
}

// Twice the room for the list's cues, up to CUES_MAX.
static outcome grow(struct cue_builder *builder, struct why *why)
{
    if (builder->room == CUES_MAX)
        return fail(why, TOO_LARGE, "the file has more than %d cues: cut it", CUES_MAX);
    size_t room = builder->room == 0 ? 256 : builder->room * 2;
    if (room > CUES_MAX) room = CUES_MAX;
    struct cue *cues = arena_take_array(builder->arena, room, sizeof *cues);
    if (cues == NULL) return fail(why, NO_MEMORY, "no memory for %zu cues", room);
    if (builder->list.count > 0)
        memcpy(cues, builder->list.cues, builder->list.count * sizeof *cues);
    builder->list.cues = cues;
    builder->room = room;
    return OK;
}

outcome cues_add(struct cue_builder *builder, struct cue cue, struct why *why)
{
    if (builder->list.count == builder->room) TRY(grow(builder, why));
    builder->list.cues[builder->list.count++] = cue;
    return OK;
}

outcome cues_fault(struct cue_builder *builder, uint32_t line, struct why *why, const char *format,
                   ...)
{
    struct cue_list *list = &builder->list;
    if (list->faults == NULL) {
        list->faults = arena_take_array(builder->arena, CUE_FAULTS_MAX, sizeof *list->faults);
        if (list->faults == NULL) return fail(why, NO_MEMORY, "no memory for the list of faults");
    }
    if (list->fault_count < CUE_FAULTS_MAX) {
        char sentence[WHY_BYTES];
        va_list values;
        va_start(values, format);
        (void)vsnprintf(sentence, sizeof sentence, format, values);
        va_end(values);
        const char *copy = arena_copy(builder->arena, slice_of(sentence));
        if (copy == NULL) return fail(why, NO_MEMORY, "no memory for the list of faults");
        list->faults[list->fault_count] = (struct cue_fault){line, copy};
    }
    list->fault_count++;
    return OK;
}

static bool is_sorted(const struct cue_list *list)
{
    for (size_t i = 1; i < list->count; i++)
        if (list->cues[i].start_ms < list->cues[i - 1].start_ms) return false;
    return true;
}

// Merges the sorted runs [from, middle) and [middle, end) of `in` into `out`; equals keep their
// order.
static void merge(const struct cue *in, size_t from, size_t middle, size_t end, struct cue *out)
{
    size_t left = from;
    size_t right = middle;
    for (size_t i = from; i < end; i++) {
        const bool is_left =
            left < middle && (right >= end || in[left].start_ms <= in[right].start_ms);
        out[i] = is_left ? in[left++] : in[right++];
    }
}

static outcome sort(struct cue_builder *builder, struct why *why)
{
    struct cue_list *list = &builder->list;
    if (is_sorted(list)) return OK;
    struct cue *other = arena_take_array(builder->arena, list->count, sizeof *other);
    if (other == NULL) return fail(why, NO_MEMORY, "no memory to sort %zu cues", list->count);
    for (size_t run = 1; run < list->count; run *= 2) {
        for (size_t from = 0; from < list->count; from += 2 * run) {
            const size_t middle = from + run < list->count ? from + run : list->count;
            const size_t end = middle + run < list->count ? middle + run : list->count;
            merge(list->cues, from, middle, end, other);
        }
        struct cue *sorted = other;
        other = list->cues;
        list->cues = sorted;
    }
    return OK;
}

outcome cues_finish(struct cue_builder *builder, struct cue_list *out, struct why *why)
{
    const struct cue_list *list = &builder->list;
    if (list->count == 0 && list->fault_count > 0)
        return fail(why, INVALID, "no cue can be read; line %u: %s", list->faults[0].line,
                    list->faults[0].sentence);
    TRY(sort(builder, why));
    *out = builder->list;
    return OK;
}

outcome caption_text_check(struct slice *text, struct why *why)
{
    struct slice rest = *text;
    if (rest.len > CAPTION_FILE_BYTES_MAX)
        return fail(why, TOO_LARGE, "the captions are larger than %d bytes: no film needs that",
                    CAPTION_FILE_BYTES_MAX);
    if (slice_starts(rest, "\xff\xfe") || slice_starts(rest, "\xfe\xff"))
        return fail(why, UNSUPPORTED,
                    "the captions are UTF-16: save them as UTF-8 (iconv -f UTF-16 -t UTF-8)");
    if (slice_starts(rest, "\xef\xbb\xbf")) rest = slice_part(rest, 3, rest.len);
    const size_t good = utf8_prefix(rest);
    uint32_t line = 1;
    for (size_t i = 0; i < good; i++)
        line += rest.at[i] == '\n';
    if (good < rest.len)
        return fail(why, UNSUPPORTED,
                    "line %u of the captions is not UTF-8 (byte 0x%02x): save them as UTF-8, "
                    "for instance with iconv -f WINDOWS-1252 -t UTF-8",
                    line, rest.at[good]);
    if (rest.len > 0 && memchr(rest.at, '\0', rest.len) != NULL)
        return fail(why, UNSUPPORTED, "the captions have NUL bytes: this is no text file");
    *text = rest;
    return OK;
}

bool caption_line(struct slice *rest, struct slice *line)
{
    if (rest->len == 0) return false;
    size_t len = 0;
    while (len < rest->len && rest->at[len] != '\n' && rest->at[len] != '\r')
        len++;
    *line = slice_part(*rest, 0, len);
    const bool is_pair = slice_starts(slice_part(*rest, len, 2), "\r\n");
    *rest = slice_part(*rest, len + (is_pair ? 2 : 1), rest->len);
    return true;
}
