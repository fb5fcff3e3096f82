// SPDX-License-Identifier: Apache-2.0
//
// A caption file as studios send it (any kind of media/captions.h) in the one form that is
// published: WebVTT, cut to the title.
#ifndef STUDIO_CAPTIONS_H
#define STUDIO_CAPTIONS_H

#include "base/buffer.h"

// Appends the normal form of `text` to `out`. `name` stands in sentences. Cues behind `duration_ms`
// are dropped. UNSUPPORTED for a kind without text,
// INVALID for a file without a readable cue.
must_check outcome captions_normalize(struct slice text, const char *name, int64_t duration_ms,
                                      struct buffer *out, struct why *why);

#endif
