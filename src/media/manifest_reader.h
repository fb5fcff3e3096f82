// SPDX-License-Identifier: Apache-2.0
//
// HLS playlists and DASH descriptions, ours and other people's, read into one form: what can be
// played, and where its segments are. For the player and for the lint; it fetches nothing itself.
//
//     main.m3u8 / manifest.mpd
//         | manifest_parse()
//         v
//     struct manifest ---- renditions: kind, language, role, codecs, rates ...
//                            | need: NEED_PLAYLIST  fetch need_url                HLS
//                            |       NEED_INDEX     fetch need_range of need_url  DASH SegmentBase
//                            |       NEED_NOTHING   segments are known            DASH templates
//                            | manifest_fill() with the bytes that were fetched
//                            v
//                          init + segments: time, bytes; segment_url() makes the address
//
// Every byte is untrusted: caps below, no DTD, no entities, nothing is loaded from elsewhere. All
// memory is the arena's, whose cap bounds it.
#ifndef MEDIA_MANIFEST_READER_H
#define MEDIA_MANIFEST_READER_H

#include "media/presentation.h"

#include "base/arena.h"
#include "base/buffer.h"

enum {
    MANIFEST_BYTES_MAX = 16 * 1024 * 1024, // a ten-hour playlist of 2 s segments has 2 MiB
    RENDITIONS_MAX = 1024,                 // over all periods
    VARIANTS_MAX = 1024,
};

enum manifest_format { MANIFEST_HLS, MANIFEST_DASH };

// Some bytes on the web.
struct resource {
    const char *url;         // absolute; NULL: none
    struct byte_range range; // size 0: all of it
};

struct media_segment {
    int64_t start_ticks; // on the presentation timeline, of the rendition's timescale
    uint64_t duration_ticks;
    uint64_t number; // HLS media sequence number, DASH $Number$
    uint64_t time;   // DASH $Time$
    const char *uri; // as written; NULL: made from the rendition's template
    struct byte_range range;
    uint32_t init;         // number of its init segment in rendition.inits
    bool is_discontinuous; // HLS: EXT-X-DISCONTINUITY before it
    bool is_gap;           // HLS: EXT-X-GAP
};

enum rendition_need { NEED_NOTHING, NEED_PLAYLIST, NEED_INDEX };

// What DASH builds addresses of: parts of media/initialization templates.
struct segment_template {
    const char *base; // absolute, resolved BaseURL chain
    const char *media;
    const char *id; // $RepresentationID$
    uint64_t bandwidth;
};

struct rendition {
    enum track_kind kind;
    enum track_role role;
    bool is_default, is_autoselect, is_trick_play; // trick play: I-frame playlists
    bool is_muxed;          // HLS: a variant without audio group whose CODECS name audio too
    const char *id;         // Representation@id; HLS: NAME, or the URI
    const char *group;      // HLS GROUP-ID; DASH: number of the period and AdaptationSet, "0.2"
    const char *language;   // BCP 47, "" when not told
    const char *label;      // "" when not told
    const char *codecs;     // "" when not told
    const char *mime;       // "" when not told
    uint64_t bandwidth_bps; // DASH @bandwidth; HLS: lowest BANDWIDTH of the variants it is in; or 0
    uint64_t average_bps;   // or 0
    struct video_facts video;       // zeros where not told (SAR 0:0, frame rate 0/0)
    struct image_facts image;       // tiles of a thumbnail track; tile_width is the sheet's in DASH
    uint32_t channels, sample_rate; // or 0
    const char *protection;         // NULL: clear; else what it says: "SAMPLE-AES", "cbcs"
    enum rendition_need need;
    struct resource needed;
    uint32_t period;        // number of its period; 0 in HLS
    int64_t start_us;       // of its period
    uint32_t timescale;     // of its segments; 0 while they are not known
    struct resource *inits; // most often one
    size_t init_count;
    struct media_segment *segments;
    size_t segment_count;
    struct segment_template addressing;
    bool is_live;       // more segments may follow: fetch again
    uint64_t target_us; // HLS EXT-X-TARGETDURATION
};

// A combination that HLS offers: video (or muxed) with the groups that go with it.
struct variant {
    uint64_t bandwidth_bps, average_bps; // average 0: not told
    const char *codecs;
    struct video_facts video;
    size_t rendition;        // of its URI, in manifest.renditions
    const char *audio_group; // "" : none
    const char *text_group;
};

struct manifest {
    enum manifest_format format;
    const char *url;
    bool is_live;
    int64_t duration_us;   // 0: not told (HLS before its playlists are here)
    int64_t min_buffer_us; // DASH
    uint32_t period_count;
    struct rendition *renditions;
    size_t rendition_count;
    struct variant *variants; // HLS; none in DASH
    size_t variant_count;
};

// Parses a manifest that was fetched from the absolute `url` (after redirects): an MPD, a
// multivariant playlist, or a media playlist, which becomes a manifest of one rendition. INVALID
// with a line number; UNSUPPORTED for what cannot be played from here (remote periods, live MPDs
// without timeline); TOO_LARGE, NO_MEMORY.
must_check outcome manifest_parse(struct arena *arena, struct slice text, const char *url,
                                  struct manifest **out, struct why *why);

// Gives a rendition the bytes it needs: the playlist fetched from `url`, or the index. Also for a
// live playlist that was fetched again: its segments replace the old ones. On failure the rendition
// is as it was.
must_check outcome manifest_fill(struct arena *arena, struct rendition *rendition,
                                 struct slice bytes, const char *url, struct why *why);

// Appends the absolute address of segment `index`; its byte range is the segment's `range`.
must_check outcome segment_url(const struct rendition *rendition, size_t index, struct buffer *out,
                               struct why *why);

struct media_time segment_start(const struct rendition *rendition, size_t index);
struct media_time segment_end(const struct rendition *rendition, size_t index);

#endif
