// SPDX-License-Identifier: Apache-2.0
#include "media/stl.h"

#include "media/stl_text.h"

#include <string.h>

enum {
    TELETEXT_ROWS = 23,
    SAFE_X = 500, // margins that EBU Tech 3360 asks for, in hundredths of a percent
    SAFE_Y = 1000,
    SAFE_WIDTH = 9000,
    SAFE_HEIGHT = 8000,
    USER_DATA = 0xfe, // extension block numbers
    LAST_BLOCK = 0xff,
    RESERVED_BLOCK = 0xf0,
};

enum { CUMULATIVE_NOT, CUMULATIVE_FIRST, CUMULATIVE_MIDDLE, CUMULATIVE_LAST };

static const struct {
    const char *code;
    struct frame_rate rate;
} rates[] = {
    {"STL23.01", {24000, 1001}}, {"STL24.01", {24, 1}}, {"STL25.01", {25, 1}},
    {"STL30.01", {30000, 1001}}, {"STL50.01", {50, 1}},
};

struct reader {
    struct cue_builder builder;
    struct frame_rate rate;
    int64_t start_frame;
    enum stl_page page;
    bool is_teletext;
    uint32_t rows;            // the screen's
    struct buffer field;      // of the subtitle at hand
    struct buffer cumulative; // lines of the set before this one, as fields
    bool has_start_fault;
};

bool stl_is(struct slice bytes)
{
    return bytes.len >= STL_HEADER_BYTES && slice_starts(slice_part(bytes, 3, 8), "STL") &&
           slice_is(slice_part(bytes, 8, 3), ".01");
}

// A time code of eight digits, "10000000"; blanks are 0.
static outcome header_code(struct slice digits, struct timecode *out, struct why *why)
{
    uint64_t fields[4] = {0};
    for (size_t i = 0; i < 4; i++) {
        const struct slice two = slice_part(digits, 2 * i, 2);
        if (!slice_is(two, "  ")) TRY(slice_u64(two, 99, &fields[i], why));
    }
    *out = (struct timecode){(uint32_t)fields[0], (uint32_t)fields[1], (uint32_t)fields[2],
                             (uint32_t)fields[3]};
    return OK;
}

static outcome read_start(struct reader *reader, struct slice header, const char *start,
                          struct why *why)
{
    struct timecode code;
    enum timecode_count count = COUNT_NON_DROP;
    if (start == NULL) return OK;
    if (strcmp(start, "TCP") == 0) {
        TRY(header_code(slice_part(header, 256, 8), &code, why));
    } else {
        struct slice rest = slice_of(start);
        TRY(timecode_parse(&rest, &code, &count, why));
    }
    return timecode_frame(&code, count, reader->rate, &reader->start_frame, why);
}

static outcome read_header(struct reader *reader, struct slice header,
                           const struct stl_options *options, struct why *why)
{
    const struct slice format = slice_part(header, 3, 8);
    const struct slice page = slice_part(header, 12, 2);
    uint64_t number = 0;
    reader->rate = options->rate;
    for (size_t i = 0; i < sizeof rates / sizeof rates[0] && reader->rate.frames == 0; i++)
        if (slice_is(format, rates[i].code)) reader->rate = rates[i].rate;
    if (reader->rate.frames == 0)
        return fail(why, UNSUPPORTED,
                    "the disk format code \"%.*s\" is none that is known (EBU Tech 3264, DFC): "
                    "give the frame rate",
                    SLICE_ARG(format));
    if (slice_u64(page, STL_PAGE_COUNT - 1, &number, NULL) != OK)
        return fail(why, UNSUPPORTED,
                    "the character code table \"%.*s\" is none of 00 to 04 (EBU Tech 3264, CCT)",
                    SLICE_ARG(page));
    reader->page = (enum stl_page)number;
    reader->is_teletext = header.at[11] == '1' || header.at[11] == '2';
    reader->rows = TELETEXT_ROWS;
    if (!reader->is_teletext && slice_u64(slice_part(header, 253, 2), 99, &number, NULL) == OK &&
        number > 0)
        reader->rows = (uint32_t)number;
    return read_start(reader, header, options->start, why);
}

static outcome block_ms(const struct reader *reader, const uint8_t *at, int64_t *out_ms,
                        int64_t *out_frame, struct why *why)
{
    const struct timecode code = {at[0], at[1], at[2], at[3]};
    TRY(timecode_frame(&code, COUNT_NON_DROP, reader->rate, out_frame, why));
    *out_frame -= reader->start_frame;
    *out_ms = *out_frame < 0 ? 0 : frame_ms(*out_frame, reader->rate);
    return OK;
}

// Rows in the screen's upper half hang from their row, others stand on it (as Tech 3360 has it).
static struct cue_place place_of(const struct reader *reader, const uint8_t *block,
                                 struct slice field)
{
    static const enum cue_align aligns[] = {ALIGN_CENTER, ALIGN_LEFT, ALIGN_CENTER, ALIGN_RIGHT};
    bool is_double;
    const uint32_t lines = stl_text_lines(field, &is_double);
    const uint32_t row = block[13] < 1 ? 1 : block[13] > reader->rows ? reader->rows : block[13];
    const bool is_high = row < reader->rows / 2;
    uint32_t end = row - 1 + lines * (is_double ? 2 : 1);
    if (end > reader->rows) end = reader->rows;
    const uint32_t top = is_high ? (row - 1) * SAFE_HEIGHT / reader->rows : 0;
    const uint32_t bottom = is_high ? SAFE_HEIGHT : end * SAFE_HEIGHT / reader->rows;
    return (struct cue_place){
        .is_given = true,
        .x = SAFE_X,
        .width = SAFE_WIDTH,
        .y = (uint16_t)(SAFE_Y + top),
        .height = (uint16_t)(bottom - top),
        .anchor = is_high ? ANCHOR_TOP : ANCHOR_BOTTOM,
        .align = block[14] < 4 ? aligns[block[14]] : ALIGN_CENTER,
        .font_height = (uint16_t)(SAFE_HEIGHT / reader->rows * (is_double ? 2 : 1)),
    };
}

static outcome add_cue(struct reader *reader, const uint8_t *block, struct slice field,
                       int64_t start_ms, int64_t end_ms, struct why *why)
{
    autobuffer text = buffer_init(4 * CUE_TEXT_BYTES_MAX); // tags outnumber letters at worst
    struct cue_writer writer = cue_writer_init(&text);
    TRY(stl_text_put(field, reader->page, reader->is_teletext, &writer, why));
    TRY(cue_writer_finish(&writer, why));
    if (text.len == 0) return OK;
    const char *kept = arena_copy(reader->builder.arena, buffer_slice(&text));
    if (kept == NULL) return fail(why, NO_MEMORY, "no memory for subtitles");
    return cues_add(&reader->builder,
                    (struct cue){.start_ms = start_ms,
                                 .end_ms = end_ms,
                                 .place = place_of(reader, block, field),
                                 .text = {(const uint8_t *)kept, text.len}},
                    why);
}

// The lines that are shown: the set's so far, and this one.
static outcome gather(struct reader *reader, uint8_t status, struct slice *out, struct why *why)
{
    if (status == CUMULATIVE_NOT || status > CUMULATIVE_LAST) {
        *out = buffer_slice(&reader->field);
        return OK;
    }
    if (status == CUMULATIVE_FIRST) reader->cumulative.len = 0;
    if (reader->cumulative.len > 0) TRY(buffer_put_u8(&reader->cumulative, 0x8a, why));
    TRY(buffer_put(&reader->cumulative, buffer_slice(&reader->field), why));
    *out = buffer_slice(&reader->cumulative);
    return OK;
}

// A subtitle whose last block is `block`, all its text gathered in reader->field.
static outcome end_subtitle(struct reader *reader, const uint8_t *block, uint32_t number,
                            struct why *why)
{
    int64_t start_ms, end_ms, start_frame, end_frame;
    struct slice field;
    struct why fault = {""};
    const uint8_t status = block[4];
    const bool is_comment = block[15] != 0;
    if (is_comment) return OK;
    if (block_ms(reader, block + 5, &start_ms, &start_frame, &fault) != OK ||
        block_ms(reader, block + 9, &end_ms, &end_frame, &fault) != OK)
        return cues_fault(&reader->builder, number, why, "%s", fault.text);
    if (start_frame < 0) {
        if (reader->has_start_fault) return OK;
        reader->has_start_fault = true;
        return cues_fault(&reader->builder, number, why,
                          "this subtitle lies before the programme's start, as others may");
    }
    const outcome gathered = gather(reader, status, &field, &fault);
    if (gathered == TOO_LARGE) return cues_fault(&reader->builder, number, why, "%s", fault.text);
    if (gathered != OK) return fail(why, gathered, "%s", fault.text);
    if (end_frame <= start_frame)
        return cues_fault(&reader->builder, number, why,
                          "the subtitle goes out (TCO) before it has come in (TCI)");
    return add_cue(reader, block, field, start_ms, end_ms, why);
}

static outcome read_blocks(struct reader *reader, struct slice rest, struct why *why)
{
    for (uint32_t number = 1; rest.len > 0; number++) {
        const uint8_t *block = rest.at;
        if (rest.len < STL_BLOCK_BYTES)
            return cues_fault(&reader->builder, number, why, "the file is cut off in this block");
        rest = slice_part(rest, STL_BLOCK_BYTES, rest.len);
        const uint8_t extension = block[3];
        if (extension >= RESERVED_BLOCK && extension != LAST_BLOCK) continue;
        struct slice field = {block + 16, STL_TEXT_BYTES};
        while (field.len > 0 && field.at[field.len - 1] == 0x8f)
            field.len--;
        struct why fault = {""};
        const outcome put = buffer_put(&reader->field, field, &fault);
        if (put != OK && put != TOO_LARGE) return fail(why, put, "%s", fault.text);
        if (put == TOO_LARGE) TRY(cues_fault(&reader->builder, number, why, "%s", fault.text));
        if (extension != LAST_BLOCK) continue;
        TRY(end_subtitle(reader, block, number, why));
        reader->field.len = 0;
    }
    return OK;
}

outcome stl_parse(struct arena *arena, struct slice bytes, const struct stl_options *options,
                  struct cue_list *out, struct why *why)
{
    if (bytes.len > CAPTION_FILE_BYTES_MAX)
        return fail(why, TOO_LARGE, "the subtitles are larger than %d bytes: no film needs that",
                    CAPTION_FILE_BYTES_MAX);
    if (!stl_is(bytes))
        return fail(why, INVALID,
                    "this is no EBU STL file: its first 1024 bytes are no header (Tech 3264, GSI)");
    struct reader reader = {
        .builder = {.arena = arena},
        .field = buffer_init(STL_SUBTITLE_BYTES_MAX),
        .cumulative = buffer_init(STL_SUBTITLE_BYTES_MAX),
    };
    outcome result = read_header(&reader, slice_part(bytes, 0, STL_HEADER_BYTES), options, why);
    if (result == OK)
        result = read_blocks(&reader, slice_part(bytes, STL_HEADER_BYTES, bytes.len), why);
    buffer_release(&reader.field);
    buffer_release(&reader.cumulative);
    TRY(result);
    if (reader.builder.list.count == 0 && reader.builder.list.fault_count == 0)
        return fail(why, INVALID, "there is no subtitle in the file");
    return cues_finish(&reader.builder, out, why);
}
