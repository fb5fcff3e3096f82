// SPDX-License-Identifier: Apache-2.0
//
// WebVTT (W3C WebVTT 1): reading what people send, writing it in one normal form.
//
//     WEBVTT - title            signature
//                               NOTE blocks are dropped; STYLE and REGION blocks kept
//     intro                     identifier (optional)
//     00:01.000 --> 00:04.000 line:0 align:start     timing; settings are kept
//     <v Anna>Hello <i>you</i>  text; markup is made well-formed
//
// Cue text is made well-formed as media/cue_text.h says.
#ifndef MEDIA_WEBVTT_H
#define MEDIA_WEBVTT_H

#include "media/cues.h"

#include "base/buffer.h"

// Parses a whole file. All memory from `arena`; texts may be borrowed from `text`. INVALID without
// the signature, or when no cue of a file with cues could be read; UNSUPPORTED when it is not
// UTF-8.
must_check outcome webvtt_parse(struct arena *arena, struct slice text, struct cue_list *out,
                                struct why *why);

// Appends the list as a WebVTT file with LF line ends. TOO_LARGE or NO_MEMORY from the buffer,
// which is unchanged then.
must_check outcome webvtt_format(const struct cue_list *list, struct buffer *out, struct why *why);

#endif
