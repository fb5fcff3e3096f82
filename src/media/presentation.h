// SPDX-License-Identifier: Apache-2.0
//
// A packaged title as plain values: its tracks, where their segments lie in their files, and what a
// player must be told about each. The CMAF writer fills it, HLS and DASH are two functions that
// read it, `inspect` checks it against the bytes, the catalogue keeps it as JSON.
//
//     presentation
//       track "v-1080p"  video  v-1080p.mp4   [init | sidx | seg 0 | seg 1 | ... ]
//       track "v-480p"   video  v-480p.mp4    one file each, same segment grid (a CMAF switching
//       set) track "a-en"     audio  a-en.mp4 track "t-en"     text   t-en.vtt      one WebVTT
//       file, no segments track "storyboard" image  storyboard-%d.jpg  JPEG sheets of thumbnails,
//       one per tile_duration * columns * rows
//
// All memory belongs to the arena that the presentation was made in.
#ifndef MEDIA_PRESENTATION_H
#define MEDIA_PRESENTATION_H

#include "drm/pssh.h"
#include "media/grid.h"
#include "media/time.h"

#include <stddef.h>

enum {
    TRACKS_MAX = 128, // renditions + languages of one title; Prime's widest titles carry about 60
    SEGMENTS_MAX = 100000, // 55 hours of 2 s
    TRACK_NAME_BYTES = 48, // "v-1080p-hevc"; see id_is_valid()
    LANGUAGE_BYTES = 36,   // BCP 47, RFC 5646 section 4.4.1 suggests 35
    CODEC_BYTES = 48,      // RFC 6381, "hvc1.2.4.L153.B0"
    LABEL_BYTES = 96,      // shown to members: "English [Audio Description]"
    FILE_NAME_BYTES = 64,
};

// What a track is for, in the words of ISO/IEC 23009-1's role scheme (urn:mpeg:dash:role:2011); HLS
// CHARACTERISTICS follow from them. name, word, words for people
#define TRACK_ROLES(X)                                                                             \
    X(ROLE_MAIN, "main")                                                                           \
    X(ROLE_ALTERNATE, "alternate")                                                                 \
    X(ROLE_DUB, "dub")                                                                             \
    X(ROLE_DESCRIPTION, "description") /* audio description for blind viewers */                   \
    X(ROLE_COMMENTARY, "commentary")                                                               \
    X(ROLE_SUBTITLE, "subtitle")                                                                   \
    X(ROLE_CAPTION, "caption") /* for deaf viewers: SDH */                                         \
    X(ROLE_FORCED, "forced-subtitle")                                                              \
    X(ROLE_ENHANCED_DIALOGUE, "enhanced-audio-intelligibility")

#define TRACK_ROLE_ENUM(name, word) name,
enum track_role { TRACK_ROLES(TRACK_ROLE_ENUM) TRACK_ROLE_COUNT };
#undef TRACK_ROLE_ENUM

const char *track_role_word(enum track_role role);
// INVALID with the list of words when `word` is none of them ("captions" and "sdh", "subtitles",
// "ad" are accepted too).
must_check outcome track_role_parse(const char *word, enum track_role *out, struct why *why);

enum track_kind { TRACK_VIDEO, TRACK_AUDIO, TRACK_TEXT, TRACK_IMAGE, TRACK_KIND_COUNT };
const char *track_kind_word(enum track_kind kind); // "video", "audio", "text", "image"

enum video_range { RANGE_SDR, RANGE_PQ, RANGE_HLG }; // HLS VIDEO-RANGE

struct byte_range {
    uint64_t offset;
    uint64_t size; // 0: absent
};

// One CMAF segment (moof + mdat) of a track file.
struct segment_entry {
    uint64_t offset;      // of the moof, from the start of the file
    uint32_t size;        // moof + mdat
    uint32_t duration;    // ticks of the track's timescale
    uint64_t decode_time; // tfdt of the first fragment, ticks
    uint32_t key_size; // bytes from `offset` to the end of the first sync sample: what an I-frame
                       // playlist needs
};

struct video_facts {
    uint32_t width, height;         // coded picture after cropping, pixels
    uint32_t sar_width, sar_height; // sample aspect ratio, 1:1 when unknown
    struct frame_rate frame_rate;
    enum video_range range;
};

struct audio_facts {
    uint32_t sample_rate;   // Hz
    uint32_t channels;      // as a listener counts them: 2, 6
    uint32_t priming_ticks; // media samples that the edit list skips, in the track's timescale
};

struct image_facts {                  // a storyboard: sheets of columns x rows thumbnails
    uint32_t tile_width, tile_height; // pixels of one thumbnail
    uint32_t columns, rows;
    uint32_t tile_ms;     // media time that one thumbnail stands for
    uint32_t sheet_count; // files, numbered from 0 through "%d" in track.file
};

// How a track's samples are encrypted, as far as players must know. All zero: clear.
struct track_protection {
    enum cenc_scheme scheme;
    struct key_id key_id;
    size_t clear_segments; // that many at the start are clear
};

struct track {
    char name[TRACK_NAME_BYTES]; // unique in the presentation; the stem of the file
    char file[FILE_NAME_BYTES];  // relative to the manifests
    enum track_kind kind;
    enum track_role role;
    char language[LANGUAGE_BYTES]; // BCP 47; "und" when unknown; "" for video and image
    char label[LABEL_BYTES];       // "" : made from language and role
    char codec[CODEC_BYTES];       // RFC 6381; "wvtt" is not used: text is a WebVTT file of its own
    uint32_t timescale;            // ticks per second of this track
    uint64_t duration;             // ticks presented: priming excluded
    uint32_t bandwidth_peak_bps;   // see media/bitrate.h; whole segments, boxes and all
    uint32_t bandwidth_average_bps;
    uint64_t file_size;
    struct byte_range init;  // ftyp + moov
    struct byte_range index; // sidx
    struct track_protection protection;
    struct segment_entry *segments;
    size_t segment_count;
    union {
        struct video_facts video;
        struct audio_facts audio;
        struct image_facts image;
    };
};

struct presentation {
    struct track *tracks;
    size_t track_count;
    struct media_time duration; // of the longest video track, or audio where there is none
    drm_systems systems;        // that manifests name for encrypted tracks
    const char *license_url;    // ClearKey's laurl, PlayReady's LA_URL; NULL: players know
};

#endif
