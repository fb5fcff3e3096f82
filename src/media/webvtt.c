// SPDX-License-Identifier: Apache-2.0
#include "media/webvtt.h"

#include "media/cue_class.h"
#include "media/cue_text.h"

#include <string.h>

// A place in the file: what is left, and the number of the line that was taken last.
struct reader {
    struct cue_builder builder;
    struct slice rest;
    uint32_t line_number;
    struct buffer text; // of the cue at hand
};

static bool next_line(struct reader *reader, struct slice *line)
{
    if (!caption_line(&reader->rest, line)) return false;
    reader->line_number++;
    return true;
}

static bool is_signature(struct slice line)
{
    if (!slice_starts(line, "WEBVTT")) return false;
    return line.len == 6 || line.at[6] == ' ' || line.at[6] == '\t';
}

// "line:0 align:start": the settings of the standard, each with a value of harmless characters;
// others are left out.
static outcome clean_settings(struct arena *arena, struct slice settings, struct slice *out,
                              struct why *why)
{
    static const char *const names[] = {
        "vertical:", "line:", "position:", "size:", "align:", "region:"};
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  ".,%_-";
    char kept[256];
    size_t len = 0;
    struct slice word;
    while (slice_cut(&settings, ' ', &word)) {
        word = slice_trim(word);
        for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
            const size_t name_len = strlen(names[i]);
            if (!slice_starts(word, names[i]) || word.len == name_len) continue;
            bool is_plain = len + word.len + 1 < sizeof kept;
            for (size_t b = name_len; b < word.len; b++)
                is_plain = is_plain && memchr(allowed, word.at[b], sizeof allowed - 1) != NULL;
            if (!is_plain) continue;
            if (len > 0) kept[len++] = ' ';
            memcpy(kept + len, word.at, word.len);
            len += word.len;
        }
    }
    const struct slice all = {(const uint8_t *)kept, len};
    const char *copy = arena_copy(arena, all);
    if (copy == NULL) return fail(why, NO_MEMORY, "no memory for cue settings");
    *out = (struct slice){(const uint8_t *)copy, len};
    return OK;
}

// The lines up to an empty one, or up to a timing line, which is left for the next cue.
static outcome read_text(struct reader *reader, struct why *why)
{
    reader->text.len = 0;
    struct slice line;
    struct slice before = reader->rest;
    while (next_line(reader, &line)) {
        if (line.len == 0) return OK;
        if (has_arrow(line)) {
            reader->rest = before;
            reader->line_number--;
            return OK;
        }
        if (reader->text.len > 0) TRY(buffer_put_u8(&reader->text, '\n', why));
        TRY(buffer_put(&reader->text, line, why));
        before = reader->rest;
    }
    return OK;
}

// Passes over the lines that read_text() would read.
static void skip_text(struct reader *reader)
{
    struct slice line;
    struct slice before = reader->rest;
    while (next_line(reader, &line) && line.len > 0) {
        if (has_arrow(line)) {
            reader->rest = before;
            reader->line_number--;
            return;
        }
        before = reader->rest;
    }
}

// Reads the cue whose timing line was taken. A fault is told, and its text passed over.
static outcome read_cue(struct reader *reader, struct slice id, struct slice timing,
                        struct why *why)
{
    struct cue_builder *builder = &reader->builder;
    const uint32_t line = reader->line_number;
    struct cue cue = {.id = id};
    struct slice settings = {NULL, 0};
    struct why fault = {""};
    const outcome timed = cue_timing_parse(timing, &cue.start_ms, &cue.end_ms, &settings, &fault);
    const outcome read = read_text(reader, &fault);
    if (timed != OK || read == TOO_LARGE) return cues_fault(builder, line, why, "%s", fault.text);
    TRY(read);
    autobuffer clean = buffer_init(2 * CUE_TEXT_BYTES_MAX);
    const outcome cleaned = cue_text_clean(buffer_slice(&reader->text), &clean, &fault);
    if (cleaned == TOO_LARGE) return cues_fault(builder, line, why, "%s", fault.text);
    if (cleaned != OK) return fail(why, cleaned, "%s", fault.text);
    if (slice_trim(buffer_slice(&clean)).len == 0)
        return cues_fault(builder, line, why, "the cue has no text");
    const char *copy = arena_copy(builder->arena, buffer_slice(&clean));
    if (copy == NULL) return fail(why, NO_MEMORY, "no memory for a cue");
    cue.text = (struct slice){(const uint8_t *)copy, clean.len};
    TRY(clean_settings(builder->arena, settings, &cue.settings, why));
    cue.place = cue_place_of_settings(cue.settings);
    return cues_add(builder, cue, why);
}

// Keeps a STYLE or REGION block that starts with `first`, as it stands.
static outcome read_header_block(struct reader *reader, struct slice first, struct buffer *header,
                                 struct why *why)
{
    TRY(buffer_put(header, first, why));
    TRY(buffer_put_u8(header, '\n', why));
    TRY(read_text(reader, why));
    TRY(buffer_put(header, buffer_slice(&reader->text), why));
    return buffer_put_text(header, "\n\n", why);
}

static bool starts_word(struct slice line, const char *word)
{
    const size_t len = strlen(word);
    return slice_starts(line, word) &&
           (line.len == len || line.at[len] == ' ' || line.at[len] == '\t');
}

// One block, whose first line is at hand: a cue, a comment, a style, a region, or a fault.
static outcome read_block(struct reader *reader, struct slice first, struct buffer *header,
                          struct why *why)
{
    const uint32_t line = reader->line_number;
    if (has_arrow(first)) return read_cue(reader, (struct slice){NULL, 0}, first, why);
    if (starts_word(first, "NOTE")) {
        skip_text(reader);
        return OK;
    }
    if (reader->builder.list.count == 0 &&
        (starts_word(first, "STYLE") || starts_word(first, "REGION")))
        return read_header_block(reader, first, header, why);
    struct slice second;
    const struct slice before = reader->rest;
    if (next_line(reader, &second)) {
        if (has_arrow(second)) return read_cue(reader, first, second, why);
        reader->rest = before;
        reader->line_number--;
    }
    skip_text(reader);
    return cues_fault(&reader->builder, line, why, "this block has no timing line (start --> end)");
}

static outcome read_file(struct reader *reader, struct buffer *header, struct why *why)
{
    struct slice line;
    if (!next_line(reader, &line) || !is_signature(line))
        return fail(why, INVALID, "the captions do not begin with WEBVTT: is this an SRT file?");
    while (next_line(reader, &line)) // header lines, such as X-TIMESTAMP-MAP, end with an empty one
        if (line.len == 0) break;
    while (next_line(reader, &line))
        if (line.len > 0) TRY(read_block(reader, line, header, why));
    return OK;
}

outcome webvtt_parse(struct arena *arena, struct slice text, struct cue_list *out, struct why *why)
{
    TRY(caption_text_check(&text, why));
    autobuffer header = buffer_init(64 * 1024); // styles of a film are a few hundred bytes
    struct reader reader = {
        .builder = {.arena = arena},
        .rest = text,
        .text = buffer_init(CUE_TEXT_BYTES_MAX),
    };
    outcome result = read_file(&reader, &header, why);
    buffer_release(&reader.text);
    TRY(result);
    struct cue_list list;
    TRY(cues_finish(&reader.builder, &list, why));
    const char *kept = arena_copy(arena, buffer_slice(&header));
    if (kept == NULL) return fail(why, NO_MEMORY, "no memory for the captions' styles");
    list.header = (struct slice){(const uint8_t *)kept, header.len};
    *out = list;
    return OK;
}

static outcome put_cue(const struct cue *cue, struct buffer *out, struct why *why)
{
    if (cue->id.len > 0) {
        TRY(buffer_put(out, cue->id, why));
        TRY(buffer_put_u8(out, '\n', why));
    }
    TRY(cue_time_format(cue->start_ms, out, why));
    TRY(buffer_put_text(out, " --> ", why));
    TRY(cue_time_format(cue->end_ms, out, why));
    if (cue->settings.len > 0) {
        TRY(buffer_put_u8(out, ' ', why));
        TRY(buffer_put(out, cue->settings, why));
    } else {
        TRY(cue_place_format(&cue->place, out, why));
    }
    TRY(buffer_put_u8(out, '\n', why));
    TRY(buffer_put(out, cue->text, why));
    return buffer_put_text(out, "\n\n", why);
}

static outcome put_file(const struct cue_list *list, struct buffer *out, struct why *why)
{
    TRY(buffer_put_text(out, "WEBVTT\n\n", why));
    const size_t header_at = out->len;
    TRY(buffer_put(out, list->header, why));
    for (size_t i = 0; i < list->count; i++)
        TRY(cue_class_define(list->cues[i].text, header_at, out, why));
    for (size_t i = 0; i < list->count; i++)
        TRY(put_cue(&list->cues[i], out, why));
    return OK;
}

outcome webvtt_format(const struct cue_list *list, struct buffer *out, struct why *why)
{
    const size_t len_before = out->len;
    const outcome result = put_file(list, out, why);
    if (result != OK) out->len = len_before;
    return result;
}
