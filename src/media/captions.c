// SPDX-License-Identifier: Apache-2.0
#include "media/captions.h"

#include "media/imsc.h"
#include "media/scc.h"
#include "media/srt.h"
#include "media/stl.h"
#include "media/ttml.h"
#include "media/webvtt.h"

#include <strings.h>

static bool is_webvtt(struct slice bytes)
{
    return slice_starts(bytes, "WEBVTT") || slice_starts(bytes, "\xef\xbb\xbfWEBVTT");
}

static bool is_scc(struct slice bytes)
{
    return slice_starts(bytes, "Scenarist_SCC") || slice_starts(bytes, "\xef\xbb\xbfScenarist_SCC");
}

static outcome read_srt(struct arena *arena, struct slice bytes,
                        const struct caption_options *options, struct cue_list *out,
                        struct why *why)
{
    return srt_parse(arena, bytes, out, why);
}

static outcome read_webvtt(struct arena *arena, struct slice bytes,
                           const struct caption_options *options, struct cue_list *out,
                           struct why *why)
{
    return webvtt_parse(arena, bytes, out, why);
}

static outcome read_scc(struct arena *arena, struct slice bytes,
                        const struct caption_options *options, struct cue_list *out,
                        struct why *why)
{
    const struct scc_options scc = {options->rate, options->channel, options->start};
    return scc_parse(arena, bytes, &scc, out, why);
}

static outcome read_stl(struct arena *arena, struct slice bytes,
                        const struct caption_options *options, struct cue_list *out,
                        struct why *why)
{
    const struct stl_options stl = {options->rate, options->start};
    return stl_parse(arena, bytes, &stl, out, why);
}

static outcome read_ttml(struct arena *arena, struct slice bytes,
                         const struct caption_options *options, struct cue_list *out,
                         struct why *why)
{
    return ttml_parse(arena, bytes, out, why);
}

static const struct reader {
    const char *name;
    bool (*is_it)(struct slice bytes); // NULL: what no other claims
    outcome (*read)(struct arena *arena, struct slice bytes, const struct caption_options *options,
                    struct cue_list *out, struct why *why);
    outcome (*write)(const struct cue_list *list, struct buffer *out, struct why *why);
} formats[CAPTION_FORMAT_COUNT] = {
    [CAPTION_SRT] = {"srt", NULL, read_srt, NULL},
    [CAPTION_WEBVTT] = {"webvtt", is_webvtt, read_webvtt, webvtt_format},
    [CAPTION_SCC] = {"scc", is_scc, read_scc, NULL},
    [CAPTION_STL] = {"ebu-stl", stl_is, read_stl, NULL},
    [CAPTION_TTML] = {"ttml", ttml_is, read_ttml, imsc_format},
};

const char *caption_format_name(enum caption_format format)
{
    return formats[format].name;
}

enum caption_format caption_format_of(struct slice bytes)
{
    for (int i = 0; i < CAPTION_FORMAT_COUNT; i++)
        if (formats[i].is_it != NULL && formats[i].is_it(bytes)) return (enum caption_format)i;
    return CAPTION_SRT;
}

outcome captions_read(struct arena *arena, struct slice bytes,
                      const struct caption_options *options, enum caption_format *format,
                      struct cue_list *out, struct why *why)
{
    static const struct caption_options none = {.start = NULL};
    const enum caption_format found = caption_format_of(bytes);
    TRY(formats[found].read(arena, bytes, options == NULL ? &none : options, out, why));
    *format = found;
    return OK;
}

outcome captions_write(const struct cue_list *list, enum caption_format format, struct buffer *out,
                       struct why *why)
{
    if (formats[format].write == NULL)
        return fail(why, UNSUPPORTED, "%s can be read but not written", formats[format].name);
    return formats[format].write(list, out, why);
}

outcome caption_target_parse(const char *word, enum caption_format *out, struct why *why)
{
    static const struct {
        const char *word;
        enum caption_format format;
    } targets[] = {
        {"vtt", CAPTION_WEBVTT}, {"webvtt", CAPTION_WEBVTT}, {"ttml", CAPTION_TTML},
        {"imsc", CAPTION_TTML},  {"xml", CAPTION_TTML},      {"dfxp", CAPTION_TTML},
    };
    for (size_t i = 0; i < sizeof targets / sizeof targets[0]; i++) {
        if (strcasecmp(word, targets[i].word) != 0) continue;
        *out = targets[i].format;
        return OK;
    }
    return fail(why, INVALID, "captions cannot be written as \"%s\": vtt and imsc can", word);
}
