// SPDX-License-Identifier: Apache-2.0
//
// Writing cues as an IMSC 1.1 text profile document (W3C TTML-IMSC 1.1).
//
//     tt  contentProfiles imsc1.1/text
//      head layout     region r0, r1 ...     one per place that cues have
//      body div        p begin end region    one per cue
//                        span                 per tag of its text: colour, slope, weight, ruby
//
// Kept: times to the millisecond, line breaks, place, alignment, writing direction, the classes of
// media/cue_class.h, ruby, languages. Not kept: voices, timestamps inside a cue, and the STYLE and
// REGION blocks of a WebVTT source, which are CSS.
#ifndef MEDIA_IMSC_H
#define MEDIA_IMSC_H

#include "media/cues.h"

#include "base/buffer.h"

// Appends the list as a document in UTF-8. TOO_LARGE or NO_MEMORY, and `out` is as it was.
must_check outcome imsc_format(const struct cue_list *list, struct buffer *out, struct why *why);

#endif
