// SPDX-License-Identifier: Apache-2.0
//
// The inside of a cue: WebVTT's cue text (W3C WebVTT 1, clause 4.2.2), times and timing lines.
//
//     <v.loud Anna>Hello <i>you</i> &amp; all</v>
//     |_ start tag _|     |_ tags nest _|
//
// Cleaning makes well-formed text of whatever stands in a file. The tags c, i, b, u, v, lang, ruby,
// rt and timestamps stay, are nested and closed; other tags go and their text stays; a stray '<',
// '>' or '&' is escaped; {\...}, which SRT files borrow from another format, goes.
#ifndef MEDIA_CUE_TEXT_H
#define MEDIA_CUE_TEXT_H

#include "media/cues.h"

#include "base/buffer.h"

// Appends cleaned `text` to `out`. TOO_LARGE or NO_MEMORY from the buffer.
must_check outcome cue_text_clean(struct slice text, struct buffer *out, struct why *why);

// Cleaned text with its timestamps moved by `by_ms`; those that fall before 0 go. `*out` is `text`
// itself when it has none. NO_MEMORY.
must_check outcome cue_text_shift(struct arena *arena, struct slice text, int64_t by_ms,
                                  struct slice *out, struct why *why);

// "hh:mm:ss.ttt", "mm:ss.ttt", with ',' in place of '.' as SRT has it, at the front of `*rest`,
// which is moved behind it. Hours may have 1 to 4 digits, the fraction 0 to 3. INVALID, with what
// is wrong with it.
must_check outcome cue_time_parse(struct slice *rest, int64_t *out_ms, struct why *why);

// "start --> end"; what follows the end, trimmed, goes into `*rest`. INVALID when it is no such
// line or does not end after it starts.
must_check outcome cue_timing_parse(struct slice line, int64_t *start_ms, int64_t *end_ms,
                                    struct slice *rest, struct why *why);

// Appends "hh:mm:ss.ttt"; hours have at least two digits. ms >= 0.
must_check outcome cue_time_format(int64_t ms, struct buffer *out, struct why *why);

// True when `line` has the arrow that only timing lines may have.
bool has_arrow(struct slice line);

#endif
