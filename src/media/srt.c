// SPDX-License-Identifier: Apache-2.0
#include "media/srt.h"

#include "media/cue_text.h"

#include <string.h>

struct reader {
    struct cue_builder builder;
    struct buffer text;   // lines of the cue at hand, separated by '\n'
    size_t last_line_at;  // where its last line starts
    struct cue cue;       // its times
    uint32_t timing_line; // 0: none at hand
};

static bool is_number(struct slice line)
{
    for (size_t i = 0; i < line.len; i++)
        if (line.at[i] < '0' || line.at[i] > '9') return false;
    return line.len > 0;
}

// A line that looks like a timing line to a person: an arrow, or a time at its start with digits
// and colons.
static bool looks_like_timing(struct slice line)
{
    struct slice rest = line;
    int64_t ms;
    return has_arrow(line) || (cue_time_parse(&rest, &ms, NULL) == OK && rest.len != line.len &&
                               memchr(line.at, ':', line.len) != NULL && rest.len > 0 &&
                               slice_trim(rest).len > 0 && slice_trim(rest).at[0] == '-');
}

// {\an8} and its kin: where on the screen, by the numeric keypad. WebVTT says it in settings.
static struct slice placement(struct slice text)
{
    static const char *const settings[] = {
        [1] = "align:start",          [2] = "",         [3] = "align:end",
        [4] = "line:50% align:start", [5] = "line:50%", [6] = "line:50% align:end",
        [7] = "line:0 align:start",   [8] = "line:0",   [9] = "line:0 align:end",
    };
    const uint8_t *found = text.len < 6 ? NULL : memmem(text.at, text.len, "{\\an", 4);
    if (found == NULL || (size_t)(found - text.at) + 5 > text.len) return (struct slice){NULL, 0};
    const uint8_t digit = found[4];
    return digit >= '1' && digit <= '9' ? slice_of(settings[digit - '0']) : (struct slice){NULL, 0};
}

static outcome finish_cue(struct reader *reader, bool is_followed, struct why *why)
{
    if (reader->timing_line == 0) return OK;
    const uint32_t line = reader->timing_line;
    reader->timing_line = 0;
    struct slice text = buffer_slice(&reader->text);
    const struct slice last = slice_part(text, reader->last_line_at, text.len);
    // The number of the next cue is no text of this one.
    if (is_followed && is_number(last)) text.len = reader->last_line_at;
    text = slice_trim(text);
    autobuffer clean = buffer_init(2 * CUE_TEXT_BYTES_MAX);
    struct why fault = {""};
    const outcome cleaned = cue_text_clean(text, &clean, &fault);
    if (cleaned == TOO_LARGE) return cues_fault(&reader->builder, line, why, "%s", fault.text);
    if (cleaned != OK) return fail(why, cleaned, "%s", fault.text);
    const struct slice kept = slice_trim(buffer_slice(&clean));
    if (kept.len == 0) return cues_fault(&reader->builder, line, why, "the cue has no text");
    const char *copy = arena_copy(reader->builder.arena, kept);
    if (copy == NULL) return fail(why, NO_MEMORY, "no memory for a cue");
    reader->cue.text = (struct slice){(const uint8_t *)copy, kept.len};
    reader->cue.settings = placement(text);
    reader->cue.place = cue_place_of_settings(reader->cue.settings);
    return cues_add(&reader->builder, reader->cue, why);
}

static outcome start_cue(struct reader *reader, struct slice line, uint32_t number, struct why *why)
{
    TRY(finish_cue(reader, true, why));
    struct slice coordinates;
    struct why fault = {""};
    reader->text.len = 0;
    reader->last_line_at = 0;
    reader->cue = (struct cue){.start_ms = 0};
    if (cue_timing_parse(line, &reader->cue.start_ms, &reader->cue.end_ms, &coordinates, &fault) !=
        OK)
        return cues_fault(&reader->builder, number, why, "%s", fault.text);
    reader->timing_line = number;
    return OK;
}

static outcome add_line(struct reader *reader, struct slice line, struct why *why)
{
    if (reader->timing_line == 0 || line.len == 0) return OK;
    struct why fault = {""};
    outcome added = OK;
    if (reader->text.len > 0) added = buffer_put_u8(&reader->text, '\n', &fault);
    const size_t at = reader->text.len;
    if (added == OK) added = buffer_put(&reader->text, line, &fault);
    if (added == TOO_LARGE) {
        const uint32_t number = reader->timing_line;
        reader->timing_line = 0;
        return cues_fault(&reader->builder, number, why, "%s", fault.text);
    }
    if (added != OK) return fail(why, added, "%s", fault.text);
    reader->last_line_at = at;
    return OK;
}

static outcome read_lines(struct reader *reader, struct slice rest, struct why *why)
{
    struct slice line;
    for (uint32_t number = 1; caption_line(&rest, &line); number++) {
        line = slice_trim(line);
        if (looks_like_timing(line))
            TRY(start_cue(reader, line, number, why));
        else
            TRY(add_line(reader, line, why));
    }
    return finish_cue(reader, false, why);
}

outcome srt_parse(struct arena *arena, struct slice text, struct cue_list *out, struct why *why)
{
    TRY(caption_text_check(&text, why));
    struct reader reader = {
        .builder = {.arena = arena},
        .text = buffer_init(CUE_TEXT_BYTES_MAX),
    };
    const outcome result = read_lines(&reader, text, why);
    buffer_release(&reader.text);
    TRY(result);
    if (reader.builder.list.count == 0 && reader.builder.list.fault_count == 0)
        return fail(why, INVALID,
                    "there is no timing line (00:00:01,000 --> 00:00:04,000): not an SRT file");
    return cues_finish(&reader.builder, out, why);
}
