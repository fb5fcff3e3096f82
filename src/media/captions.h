// SPDX-License-Identifier: Apache-2.0
//
// Caption files of every kind we know, by their content.
//
//     SRT  WebVTT  SCC  EBU STL  TTML/IMSC  --read-->  struct cue_list  --write-->  WebVTT IMSC 1.1
#ifndef MEDIA_CAPTIONS_H
#define MEDIA_CAPTIONS_H

#include "media/cues.h"
#include "media/timecode.h"

#include "base/buffer.h"

enum caption_format {
    CAPTION_SRT,
    CAPTION_WEBVTT,
    CAPTION_SCC,
    CAPTION_STL,
    CAPTION_TTML,
    CAPTION_FORMAT_COUNT,
};

struct caption_options {
    struct frame_rate rate; // of SCC and STL; {0, 0}: as the format or the file says
    const char *start;      // of SCC and STL: the time code that is the programme's 0; NULL: none
    uint8_t channel;        // of SCC: 0 is CC1, 1 is CC2
};

const char *caption_format_name(enum caption_format format); // "webvtt"

// The format by content; what nothing else claims is SRT.
enum caption_format caption_format_of(struct slice bytes);

// Reads a file into cues. `options` may be NULL. Outcomes as the reader's; `*format` is set on OK.
must_check outcome captions_read(struct arena *arena, struct slice bytes,
                                 const struct caption_options *options, enum caption_format *format,
                                 struct cue_list *out, struct why *why);

// Appends the cues in a format that can be written: CAPTION_WEBVTT or CAPTION_TTML (as IMSC 1.1).
// UNSUPPORTED for another.
must_check outcome captions_write(const struct cue_list *list, enum caption_format format,
                                  struct buffer *out, struct why *why);

// "vtt" and "webvtt"; "ttml", "imsc", "xml" and "dfxp". INVALID for what cannot be written.
must_check outcome caption_target_parse(const char *word, enum caption_format *out,
                                        struct why *why);

#endif
