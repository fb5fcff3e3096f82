// SPDX-License-Identifier: Apache-2.0
//
// What a master is: the facts that a probe found, as plain values that cross a process wall as
// JSON.
//
//     file            [ftyp|moov|mdat ................................]
//     video stream    |--f0--|--f1--|-f2-|----f3----|--f4--|             timestamps as they came
//     conformed       |  0  |  1  |  2  |  3  |  3  |  4  |              a constant rate: the
//     grid's frames
//                     ^ video.start                                      time zero of the title
//     audio stream  |======================================|             track.start may lie before
//     or after
//
// A master is accepted or refused; a refusal has a code that never changes and a sentence that says
// what to do. Facts of a refused master are filled as far as they were found.
#ifndef MEDIA_MASTER_H
#define MEDIA_MASTER_H

#include "base/json.h"
#include "media/colour.h"
#include "media/presentation.h"

enum {
    MASTER_TRACKS_MAX =
        64, // the widest masters carry about 40 (16 mono stems, languages, captions)
    MASTER_NAME_BYTES = 32,       // container, codec and pixel format names
    MASTER_TITLE_BYTES = 96,      // a track's own title, cut
    MASTER_FRAMES_MAX = 16000000, // 37 hours at 120 fps: what the timestamp scan holds in memory
};

// name, code, outcome
#define MASTER_REFUSALS(X)                                                                         \
    X(MASTER_ACCEPTED, "accepted", OK)                                                             \
    X(MASTER_NOT_MEDIA, "not-media", UNSUPPORTED)                                                  \
    X(MASTER_TRUNCATED, "truncated", INVALID)                                                      \
    X(MASTER_ENCRYPTED, "encrypted", UNSUPPORTED)                                                  \
    X(MASTER_ZERO_DURATION, "zero-duration", INVALID)                                              \
    X(MASTER_NO_VIDEO, "no-video", INVALID)                                                        \
    X(MASTER_CODEC, "unsupported-codec", UNSUPPORTED)                                              \
    X(MASTER_PIXEL_FORMAT, "unsupported-pixel-format", UNSUPPORTED)                                \
    X(MASTER_TIMESTAMPS, "timestamps-go-back", INVALID)                                            \
    X(MASTER_UNDECODABLE, "undecodable", INVALID)                                                  \
    X(MASTER_TOO_LARGE, "too-large", TOO_LARGE)

#define MASTER_REFUSAL_ENUM(name, code, result) name,
enum master_refusal { MASTER_REFUSALS(MASTER_REFUSAL_ENUM) MASTER_REFUSAL_COUNT };
#undef MASTER_REFUSAL_ENUM

const char *master_refusal_code(enum master_refusal refusal);
outcome master_refusal_outcome(enum master_refusal refusal);

enum field_order {
    FIELDS_UNKNOWN,
    FIELDS_PROGRESSIVE,
    FIELDS_TOP_FIRST,
    FIELDS_BOTTOM_FIRST,
    FIELD_ORDER_COUNT
};

struct master_video {
    uint32_t track;           // its number in master_facts.tracks and in the container
    struct frame_rate rate;   // the conformed, constant rate
    uint64_t frame_count;     // conformed frames
    struct media_time start;  // timestamp of conformed frame 0, in the stream's timescale
    uint64_t packets;         // coded pictures found
    uint64_t frames_repeated; // grid frames without a picture of their own
    uint64_t frames_dropped;  // pictures without a grid frame
    bool variable_rate;     // pictures did not fit a constant rate: repeated and dropped to conform
    bool intra_only;        // every picture is a key picture
    uint32_t width, height; // coded pixels, before rotation and aspect
    uint32_t sar_width, sar_height;
    uint32_t rotation_degrees; // clockwise, to be applied: 0, 90, 180, 270
    bool mirrored;             // left and right exchanged before the rotation
    enum field_order fields;
    char pixel_format[MASTER_NAME_BYTES]; // libavutil's name: "yuv422p10le"
    uint32_t bit_depth;
    struct colour colour;
    enum video_range range;
    struct mastering_display mastering;
    uint16_t max_cll, max_fall; // cd/m2; 0: absent
    bool has_captions;          // CEA-608 or 708 hangs on its pictures, first or last
};

struct master_track {
    enum track_kind kind;
    bool data; // none of the kinds: timecode, metadata, attachments; `kind` means nothing
    char codec[MASTER_NAME_BYTES]; // libavcodec's name: "prores", "pcm_s24le", "subrip"
    char profile[MASTER_NAME_BYTES];
    char language[LANGUAGE_BYTES];  // BCP 47 or ISO 639-2 as found; "und" when unknown
    char title[MASTER_TITLE_BYTES]; // as found, may be ""
    enum track_role role;           // from the container's dispositions
    bool is_default;
    struct media_time start; // first timestamp, in the stream's timescale
    struct media_time duration;
    uint64_t packets;
    uint32_t sample_rate, channels; // audio
    bool has_centre;                // audio: one of the channels is the centre
    bool decodable;                 // this program has a decoder for it
};

struct master_facts {
    char container[MASTER_NAME_BYTES]; // "mov", "matroska", "mpegts", "mxf"
    uint64_t size_bytes;
    struct media_time duration; // of the conformed video
    bool faststart;             // ISO BMFF: `moov` before `mdat`
    bool fragmented;            // ISO BMFF: `moof`
    struct master_video video;
    struct master_track tracks[MASTER_TRACKS_MAX]; // all streams of the container, in its order
    size_t track_count;
};

struct master_report {
    enum master_refusal refusal;
    struct why reason; // the sentence, "" when accepted
    struct master_facts facts;
};

// OK when the master is accepted; else the refusal's outcome with its sentence.
must_check outcome master_accept(const struct master_report *report, struct why *why);

// INVALID unless the facts could be those of an accepted master: a rate, frames, timescales, a
// video track. For whoever receives facts from another process.
must_check outcome master_facts_check(const struct master_facts *facts, struct why *why);

// The picture as a viewer sees it: rotated, scaled to square pixels (the smaller side grows), both
// sides even. Ladders are chosen against this size.
void master_display_size(const struct master_video *video, uint32_t *width, uint32_t *height);

// JSON both ways. The caller owns `*out`. Unknown words and numbers out of range are INVALID; zeros
// (of what was not found) are not.
must_check outcome master_report_format(const struct master_report *report, json_t **out,
                                        struct why *why);
must_check outcome master_report_parse(const json_t *json, struct master_report *out,
                                       struct why *why);
must_check outcome master_facts_format(const struct master_facts *facts, json_t **out,
                                       struct why *why);
must_check outcome master_facts_parse(const json_t *json, struct master_facts *out,
                                      struct why *why);

#endif
