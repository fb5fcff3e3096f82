// SPDX-License-Identifier: Apache-2.0
//
// TTML: reading IMSC 1.0.1 and 1.1 text profile documents, EBU-TT-D, and plain TTML1 and TTML2.
//
//     tt      ttp:frameRate, ttp:tickRate, ttp:cellResolution ...       clock and rulers
//      head   styling: initial, style     layout: region               looks and places
//      body   timeContainer seq | par
//        div    p [10 s, 14 s)            "Hello"  span [2 s, 4 s) "you"
//                 |---------- cue -----|---------- cue ----------|
//                 10  Hello           12  Hello you             14
//
// Times nest: begin, end and dur count from the parent in a par container, from the brother before
// in a seq one (TTML2 clause 12). Every paragraph becomes a cue per region and per stretch of time
// in which its text and looks stay the same, as the intermediate synchronic documents of TTML2
// clause 11.3.1.3 would show it: a timed span or an animation (set) splits it. Each time is rounded
// to the millisecond once, from an exact number of ticks.
//
// What the text profile cannot mean is refused with the clause it breaks; foreign elements and
// attributes are passed over, as IMSC 1.1 clause 7.2 asks.
#ifndef MEDIA_TTML_H
#define MEDIA_TTML_H

#include "media/cues.h"

bool ttml_is(struct slice text); // XML whose first element is tt

// Parses a whole document; all memory from `arena`. INVALID with line and clause for a document
// that breaks a rule, UNSUPPORTED for the image profile, TOO_LARGE over a cap. A document without
// text is OK and an empty list.
must_check outcome ttml_parse(struct arena *arena, struct slice text, struct cue_list *out,
                              struct why *why);

#endif
