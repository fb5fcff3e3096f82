// SPDX-License-Identifier: Apache-2.0
//
// Takes parameter sets out of the samples: streams of type avc3 and hev1 carry them in band,
// Apple's players want avc1 and hvc1, which must not (ISO/IEC 14496-15 clauses 5.3.3.1
// and 8.3.3.1).
//
//     hev1   hvcC: none or all       sample  | VPS | SPS | PPS | SEI | IDR slices |
//     hvc1   hvcC: VPS SPS PPS       sample                    | SEI | IDR slices |
//                                            |<---- hole ----->|
//
// Only what never changes can be hoisted: a stream whose key pictures bring other sets stays as it
// is.
#ifndef MEDIA_PARAMETER_HOIST_H
#define MEDIA_PARAMETER_HOIST_H

#include "media/sample_source.h"

#include "base/arena.h"

enum {
    HOIST_SETS_MAX = 32,  // encoders use 2 to 4; AVC allows 32 SPS and 256 PPS
    HOIST_HOLES_MAX = 16, // of one sample
};

struct parameter_hoist {
    bool is_needed; // false: samples are written as they are
    enum codec codec;
    uint8_t length_bytes; // of a NAL unit's length: 1, 2 or 4
    struct slice sets[HOIST_SETS_MAX];
    size_t count;
};

// Looks at the start of every sync sample. Where all carry no sets but those of the configuration
// (or, for HEVC, of the first sample when it has none), `stream` becomes one without sets in band
// and `out` is needed; else both stay as they are. Sets and configuration are the arena's. The
// source is rewound.
must_check outcome parameter_hoist_plan(struct arena *arena, struct sample_source *source,
                                        struct stream *stream, struct parameter_hoist *out,
                                        struct why *why);

// A stretch of a sample that is left out.
struct sample_hole {
    uint32_t offset, size; // in the sample
};

// Finds the sets of one sample: `holes` has room for HOIST_HOLES_MAX, in rising order, never
// touching. INVALID when NAL units do not fit the sample, when it carries a set that is not known,
// or nothing but sets.
must_check outcome parameter_hoist_sample(const struct parameter_hoist *hoist,
                                          struct gather *gather, const struct window_file *file,
                                          const struct sample *sample, struct sample_hole *holes,
                                          size_t *count, struct why *why);

#endif
