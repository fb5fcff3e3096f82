// SPDX-License-Identifier: Apache-2.0
//
// Small values of a DASH media presentation description (ISO/IEC 23009-1), and the segment
// information that elements hand down:
//
//     Period          SegmentTemplate timescale=48000
//       AdaptationSet   SegmentTemplate duration=96000     each level adds and overrides
//         Representation  SegmentTemplate media="a.mp4"
#ifndef MEDIA_MPD_H
#define MEDIA_MPD_H

#include "media/manifest_internal.h"
#include "media/xml.h"

// xs:duration, "PT1H2M3.5S" or "P1DT2S", in microseconds; months count 30 days, years 365. INVALID
// for anything else, for negative ones and over 2^53 us.
must_check outcome mpd_duration(struct slice text, int64_t *out_us, struct why *why);

// "24000/1001" or "25".
must_check outcome mpd_frame_rate(struct slice text, struct frame_rate *out, struct why *why);

// "4:3".
must_check outcome mpd_ratio(struct slice text, uint32_t *left, uint32_t *right, struct why *why);

// "800-1107": first and last byte; "800-" has size 0 (to the end).
must_check outcome mpd_byte_range(struct slice text, struct byte_range *out, struct why *why);

enum segment_form { FORM_NONE, FORM_BASE, FORM_LIST, FORM_TEMPLATE };

struct segment_information {
    enum segment_form form;
    uint64_t timescale; // 1 unless told
    uint64_t time_offset;
    uint64_t duration; // 0: not told
    uint64_t start_number, end_number;
    const xmlNode *timeline;
    const xmlNode *list; // the SegmentList whose SegmentURL children count
    struct byte_range index;
    const char *init_url; // as written; NULL: not told
    struct byte_range init_range;
    bool has_init;
    const char *media, *initialization; // templates
};

// What is so before any element has spoken.
struct segment_information segment_information_init(void);

// Adds what SegmentBase, SegmentList or SegmentTemplate of `element` say.
must_check outcome segment_information_read(const xmlNode *element, struct arena *arena,
                                            struct segment_information *information,
                                            struct why *why);

// Where a representation's period lies.
struct period_span {
    int64_t start_us;
    int64_t duration_us; // 0: open
};

// Fills segments, init and need of a rendition whose addressing is set.
must_check outcome mpd_segments(struct arena *arena, const struct segment_information *information,
                                struct period_span period, struct rendition *rendition,
                                struct why *why);

#endif
