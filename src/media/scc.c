// SPDX-License-Identifier: Apache-2.0
#include "media/scc.h"

#include "media/cea608.h"

static const struct frame_rate video_rate = {30000, 1001};

struct reader {
    struct cue_builder builder;
    struct cea608 decoder;
    struct frame_rate rate;
    const char *start;   // not read yet; NULL: there is none, or it is in start_frame
    int64_t start_frame; // of the programme
    int64_t next_frame;  // behind the last pair: time does not go back
    bool has_start_fault;
};

// One line of pairs. A word that is none ends the line with a fault.
static outcome read_pairs(struct reader *reader, struct slice rest, uint32_t line, struct why *why)
{
    while ((rest = slice_trim(rest)).len > 0) {
        uint8_t pair[2];
        const bool is_word = rest.len == 4 || (rest.len > 4 && rest.at[4] <= ' ');
        if (!is_word || slice_hex(slice_part(rest, 0, 4), pair, 2, NULL) != OK)
            return cues_fault(&reader->builder, line, why,
                              "\"%.*s\" is no pair of bytes: four hex digits are one",
                              SLICE_ARG(slice_part(rest, 0, 8)));
        TRY(cea608_pair(&reader->decoder, pair[0], pair[1],
                        frame_ms(reader->next_frame++, reader->rate), why));
        rest = slice_part(rest, 4, rest.len);
    }
    return OK;
}

// The programme's start, counted as the file counts: the same number is two moments otherwise.
static outcome read_start(struct reader *reader, enum timecode_count count, struct why *why)
{
    if (reader->start == NULL) return OK;
    struct slice rest = slice_of(reader->start);
    struct timecode code;
    enum timecode_count ignored;
    reader->start = NULL;
    TRY(timecode_parse(&rest, &code, &ignored, why));
    return timecode_frame(&code, count, reader->rate, &reader->start_frame, why);
}

static outcome read_line(struct reader *reader, struct slice rest, uint32_t line, struct why *why)
{
    struct timecode code;
    enum timecode_count count;
    struct why fault = {""};
    int64_t frame = 0;
    if (timecode_parse(&rest, &code, &count, &fault) != OK ||
        timecode_frame(&code, count, reader->rate, &frame, &fault) != OK)
        return cues_fault(&reader->builder, line, why, "%s", fault.text);
    TRY(read_start(reader, count, why));
    frame -= reader->start_frame;
    if (frame < 0) {
        if (reader->has_start_fault) return OK;
        reader->has_start_fault = true;
        return cues_fault(&reader->builder, line, why,
                          "this caption lies before the programme's start, as others may");
    }
    // Some encoders let a line's pairs run past the next line's time: they are sent late.
    if (frame > reader->next_frame) reader->next_frame = frame;
    return read_pairs(reader, rest, line, why);
}

outcome scc_parse(struct arena *arena, struct slice text, const struct scc_options *options,
                  struct cue_list *out, struct why *why)
{
    TRY(caption_text_check(&text, why));
    struct slice line;
    if (!caption_line(&text, &line) || !slice_starts(line, "Scenarist_SCC V1.0"))
        return fail(why, INVALID, "the captions do not begin with \"Scenarist_SCC V1.0\"");
    struct reader reader = {
        .builder = {.arena = arena},
        .rate = options->rate.frames == 0 ? video_rate : options->rate,
        .start = options->start,
    };
    reader.decoder = cea608_init(&reader.builder, options->channel);
    for (uint32_t number = 2; caption_line(&text, &line); number++) {
        line = slice_trim(line);
        if (line.len > 0) TRY(read_line(&reader, line, number, why));
    }
    TRY(cea608_finish(&reader.decoder, CUE_MS_MAX, why));
    if (reader.builder.list.count == 0 && reader.builder.list.fault_count == 0)
        return fail(why, INVALID, "there is no caption in the file for this channel");
    return cues_finish(&reader.builder, out, why);
}
