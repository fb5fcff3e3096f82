// SPDX-License-Identifier: Apache-2.0
//
// What one decoding pass over a whole master measures, as plain values that cross the process wall
// as JSON.
//
//     video   |##black##|-------|==freeze==|---x-----|      x: pictures that could not be decoded
//     audio 1 |----silence----|~~~~~~!~~~~~~~~~~~~~~~|      !: clipping
//     audio 2 |~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~~|      loudness of each, whole
//
// Times are milliseconds of the title: 0 is its frame 0. Levels are hundredths of LUFS, LU or dBTP
// (ITU-R BS.1770-4, EBU Tech 3342).
#ifndef STUDIO_MEASURE_H
#define STUDIO_MEASURE_H

#include "base/json.h"
#include "media/master.h"

enum {
    MEASURE_SPANS_MAX = 2000, // told one by one; a film's black leader and fades are some fifty
    MEASURE_AUDIO_MAX = 32,   // tracks that are listened to
    MEASURE_PHASES = 5,       // 3:2 pulldown and its kin repeat every five frames
    MEASURE_BYTES_MAX = 1024 * 1024, // of the JSON form
};

#define MEASURE_SILENT INT64_C(-7000) // hundredths of LUFS: BS.1770's absolute gate, nothing above

enum span_kind {
    SPAN_BLACK,
    SPAN_FREEZE,
    SPAN_SILENCE,
    SPAN_CLIPPING,
    SPAN_DAMAGE, // packets that a decoder refused, pictures that it concealed
    SPAN_GAP,    // timestamps that jump over more than they hold
    SPAN_KIND_COUNT
};

const char *span_word(enum span_kind kind);

struct measure_span {
    enum span_kind kind;
    uint32_t track; // of the container
    int64_t start_ms, end_ms;
    uint64_t count; // of what is damaged or clipped
};

struct measure_audio {
    uint32_t track;
    uint64_t samples;
    int64_t integrated, range, true_peak; // hundredths; MEASURE_SILENT when nothing is heard
    int64_t dialogue;                     // integrated, of the whole mix while somebody speaks
    uint64_t spoken_ms;                   // so long somebody does
};

struct measurement {
    uint64_t frames;         // decoded
    uint64_t moving, combed; // frames with motion, and those whose moving lines interleave
    uint64_t moving_by_phase[MEASURE_PHASES], combed_by_phase[MEASURE_PHASES];
    uint64_t repeated, repeated_by_phase[MEASURE_PHASES]; // the same picture as the one before
    bool is_seen;                                         // pictures could be looked at
    bool is_transport;                                    // MPEG-TS: the next three say something
    uint64_t continuity_errors;
    uint64_t scrambled;
    bool is_cut; // the file ends inside a packet
    struct measure_span spans[MEASURE_SPANS_MAX];
    uint64_t span_count;                   // in `spans`
    uint64_t span_counts[SPAN_KIND_COUNT]; // all of them
    struct measure_audio audio[MEASURE_AUDIO_MAX];
    uint64_t audio_count;
};

// What makes a span. Levels are parts of a thousand of the way from black to white.
struct measure_limits {
    uint32_t black_ms_min;
    uint32_t black_level; // pictures are black when so bright at most
    uint32_t black_area;  // in so many thousandths of their area at least
    uint32_t freeze_ms_min;
    uint32_t freeze_level; // difference to the picture before, mean, in millionths
    uint32_t silence_ms_min;
    uint32_t silence_db;   // below full scale
    uint32_t clip_samples; // at full scale in a row
};

// Adds a span; past MEASURE_SPANS_MAX it is only counted.
void measure_add(struct measurement *measurement, struct measure_span span);

// JSON both ways. The caller owns `*out`. INVALID for what cannot be a measurement.
must_check outcome measurement_format(const struct measurement *measurement, json_t **out,
                                      struct why *why);
must_check outcome measurement_parse(const json_t *json, struct measurement *out, struct why *why);

#endif
