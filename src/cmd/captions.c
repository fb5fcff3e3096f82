// SPDX-License-Identifier: Apache-2.0
//
// primrose captions: one kind of caption file to another.
#include "media/captions.h"
#include "base/arena.h"
#include "base/file.h"
#include "base/json.h"
#include "cmd/verb.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

// A film's captions take 2 MB; what stands for one byte of a hostile file stays within this.
enum { CAPTIONS_ARENA_BYTES = 1024 * 1024 * 1024, OUTPUT_BYTES_MAX = 256 * 1024 * 1024 };

struct captions_options {
    const char *to;
    const char *rate;
    const char *start;
    const char *language;
    int64_t channel;
    bool is_json;
};

static const struct option options[] = {
    {.name = "to",
     .kind = OPTION_CHOICE,
     .value = "vtt|imsc",
     .doc = "Format of the output; without it OUT's extension says.",
     .offset = offsetof(struct captions_options, to)},
    {.name = "rate",
     .kind = OPTION_TEXT,
     .value = "RATE",
     .doc = "Frame rate of SCC and EBU STL time codes, when it is not the usual one: 25, 29.97, "
            "24000/1001.",
     .offset = offsetof(struct captions_options, rate)},
    {.name = "start",
     .kind = OPTION_TEXT,
     .value = "TIMECODE",
     .doc = "Time code of the picture's first frame in SCC and EBU STL; TCP: the one that the EBU "
            "STL header gives.",
     .offset = offsetof(struct captions_options, start)},
    {.name = "channel",
     .kind = OPTION_INTEGER,
     .value = "N",
     .initial = "1",
     .min = 1,
     .max = 2,
     .doc = "Channel of SCC to read: 1 is CC1 (or CC3), 2 is CC2 (or CC4).",
     .offset = offsetof(struct captions_options, channel)},
    {.name = "lang",
     .kind = OPTION_TEXT,
     .value = "TAG",
     .doc = "Language of the captions, where the input does not say it: a BCP 47 tag.",
     .offset = offsetof(struct captions_options, language)},
    {.name = "json",
     .kind = OPTION_FLAG,
     .doc = "Print what was read and what could not be, as JSON; OUT is then needed.",
     .offset = offsetof(struct captions_options, is_json)},
};

static outcome choose_target(const struct invocation *call, enum caption_format *out,
                             struct why *why)
{
    const struct captions_options *chosen = call->options;
    if (chosen->to != NULL) return caption_target_parse(chosen->to, out, why);
    if (call->operands->count < 2)
        return fail(why, INVALID, "say what to write: name OUT, or give --to vtt or --to imsc");
    const char *extension = strrchr(call->operands->items[1], '.');
    if (extension == NULL)
        return fail(why, INVALID, "\"%s\" has no extension: give --to vtt or --to imsc",
                    call->operands->items[1]);
    return caption_target_parse(extension + 1, out, why);
}

static outcome print_report(const char *path, enum caption_format format,
                            const struct cue_list *list, struct why *why)
{
    autojson *faults = json_array();
    const size_t told = list->fault_count < CUE_FAULTS_MAX ? list->fault_count : CUE_FAULTS_MAX;
    for (size_t i = 0; i < told; i++)
        (void)json_array_append_new(faults, json_pack("{s:I, s:s}", "line",
                                                      (json_int_t)list->faults[i].line, "sentence",
                                                      list->faults[i].sentence));
    int64_t end_ms = 0;
    for (size_t i = 0; i < list->count; i++)
        if (list->cues[i].end_ms > end_ms) end_ms = list->cues[i].end_ms;
    autojson *report = json_pack("{s:s, s:s, s:s%, s:I, s:I, s:I, s:I, s:O}", "input", path,
                                 "format", caption_format_name(format), "language",
                                 list->language.len == 0 ? "" : (const char *)list->language.at,
                                 list->language.len, "cues", (json_int_t)list->count, "start_ms",
                                 (json_int_t)(list->count == 0 ? 0 : list->cues[0].start_ms),
                                 "end_ms", (json_int_t)end_ms, "fault_count",
                                 (json_int_t)list->fault_count, "faults", faults);
    if (report == NULL || json_dumpf(report, stdout, JSON_INDENT(2)) != 0 || putchar('\n') == EOF)
        return fail(why, UNAVAILABLE, "the report could not be printed");
    return OK;
}

static void print_faults(const char *path, const struct cue_list *list)
{
    for (size_t i = 0; i < list->fault_count && i < CUE_FAULTS_MAX; i++)
        fprintf(stderr, "%s:%u: %s\n", path, list->faults[i].line, list->faults[i].sentence);
    if (list->fault_count > CUE_FAULTS_MAX)
        fprintf(stderr, "... and %zu more\n", list->fault_count - CUE_FAULTS_MAX);
}

static outcome convert(const struct invocation *call, enum caption_format target,
                       const struct caption_options *reading, struct why *why)
{
    const struct captions_options *chosen = call->options;
    const char *in = call->operands->items[0];
    const char *out = call->operands->count > 1 ? call->operands->items[1] : "-";
    autoarena arena = arena_init(CAPTIONS_ARENA_BYTES);
    autobuffer bytes = buffer_init(CAPTION_FILE_BYTES_MAX);
    autobuffer text = buffer_init(OUTPUT_BYTES_MAX);
    struct cue_list list;
    enum caption_format format;
    struct why fault = {""};
    TRY(file_read(in, &bytes, why));
    const outcome result =
        captions_read(&arena, buffer_slice(&bytes), reading, &format, &list, &fault);
    if (result != OK) return fail(why, result, "%s: %s", in, fault.text);
    if (chosen->language != NULL) list.language = slice_of(chosen->language);
    TRY(captions_write(&list, target, &text, why));
    if (!chosen->is_json) print_faults(in, &list);
    if (strcmp(out, "-") == 0) return fd_write(STDOUT_FILENO, buffer_slice(&text), why);
    TRY(file_write_atomic(out, buffer_slice(&text), 0644, why));
    return chosen->is_json ? print_report(in, format, &list, why) : OK;
}

static int run(const struct invocation *call)
{
    const struct captions_options *chosen = call->options;
    struct caption_options reading = {.start = chosen->start,
                                      .channel = (uint8_t)(chosen->channel - 1)};
    enum caption_format target;
    struct why why = {""};
    if (choose_target(call, &target, &why) != OK) return verb_misuse(call, &why);
    if (chosen->rate != NULL && frame_rate_parse(slice_of(chosen->rate), &reading.rate, &why) != OK)
        return verb_misuse(call, &why);
    if (chosen->is_json && call->operands->count < 2) {
        (void)snprintf(why.text, sizeof why.text,
                       "--json prints a report: name OUT for the captions");
        return verb_misuse(call, &why);
    }
    return verb_end(call, convert(call, target, &reading, &why), &why);
}

static const struct example examples[] = {
    {"captions film.scc film.vtt", "Scenarist closed captions to WebVTT"},
    {"captions film.stl film.ttml --start TCP", "EBU STL to IMSC 1.1, from the programme's start"},
    {"captions film.ttml --to vtt", "print as WebVTT"},
};

const struct verb verb_captions = {
    .name = "captions",
    .stage = STAGE_STUDIO,
    .operands = "IN [OUT]",
    .operands_min = 1,
    .operands_max = 2,
    .summary = "convert caption files",
    .story = "Reads SubRip, WebVTT, SCC (CEA-608), EBU STL and TTML (IMSC 1.0.1 and 1.1 text, "
             "EBU-TT-D), told apart by content, and writes WebVTT or IMSC 1.1 with times, places, "
             "colours, slope, weight and ruby kept as far as the target has them. What cannot be "
             "read is told by line; a document that breaks a rule is refused with the clause.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct captions_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};
