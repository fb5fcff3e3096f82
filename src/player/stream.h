// SPDX-License-Identifier: Apache-2.0
//
// A stream that is open for playing: its manifest read, the renditions chosen that one play uses.
//
//     manifest  ->  rungs: one codec family of video, lowest rate first     (or one muxed track)
//               ->  audio: one rendition of the language asked for, or none
//
// HLS playlists and DASH indexes of single renditions are fetched when first needed.
#ifndef PLAYER_STREAM_H
#define PLAYER_STREAM_H

#include "base/arena.h"
#include "media/manifest_reader.h"
#include "net/http_client.h"

enum {
    STREAM_RUNGS_MAX = 32,                        // ladders have 5 to 12
    STREAM_SEGMENT_BYTES_MAX = 256 * 1024 * 1024, // 10 s at 200 Mb/s
    STREAM_ARENA_BYTES = 256 * 1024 * 1024,       // playlists of a ten-hour title in 32 rungs
    STREAM_TRIES_MAX = 4,                         // of one request: 0.2, 0.4 and 0.8 s apart
};

struct bundle;

// Where a stream's resources come from, when that is not plain HTTP. Zero bytes: it is.
struct stream_source {
    const char *origin, *token; // bearer of a house; sent to addresses under its origin alone
    const char *folder;         // of a download: nothing is fetched, and nothing read but its files
    const struct bundle *bundle; // with it
};

#define STREAM_BUNDLE_URL "file:///" // what the files of a download are called by

struct stream {
    struct stream_source source;
    const char *const *fields; // sent with requests, NULL at the end; NULL: none. Borrowed
    struct arena arena;
    struct http_client *client; // borrowed
    struct manifest *manifest;
    struct rendition *rungs[STREAM_RUNGS_MAX];
    double rates_bps[STREAM_RUNGS_MAX];
    size_t rung_count;
    struct rendition *audio; // NULL: none, or in the rungs' own segments
};

// Fetches and reads the manifest at `url` (http or https; HLS or DASH) and chooses. `language` is a
// BCP 47 tag whose audio is preferred, or NULL. UNSUPPORTED for live and multi-period streams and
// for segments that are encrypted whole, each with its sentence; NOT_FOUND when it has no video and
// no audio; what the fetch and the parser say. The client must outlive the stream.
// `source` NULL: plain HTTP; what it points to must outlive the stream.
must_check outcome stream_open(struct stream *out, struct http_client *client, const char *url,
                               const char *language, const struct stream_source *source,
                               struct why *why);
void stream_release(struct stream *stream); // tolerates a zeroed one

// Makes the rendition's segments known, fetching its playlist or index if need be.
must_check outcome stream_fill(struct stream *stream, struct rendition *rendition, struct why *why);

// The same for one rung that is not filled yet, so that the rule soon knows real sizes. One that
// cannot be had now is asked for again when it is chosen.
void stream_fill_one(struct stream *stream);

// "1920x1080", or the rendition's id.
void stream_rung_name(const struct rendition *rung, char *out, size_t room);

// Are its samples encrypted, as far as manifest and filled playlists say?
bool stream_is_protected(const struct stream *stream);

// Presentation time at which a filled rendition ends, and of its segment `index`, microseconds.
int64_t stream_end_us(const struct rendition *rendition);
int64_t stream_segment_start_us(const struct rendition *rendition, size_t index);
int64_t stream_segment_end_us(const struct rendition *rendition, size_t index);

// The segment of a filled rendition that is on the screen at `time_us`; segment_count past the end.
size_t stream_segment_at(const struct rendition *rendition, int64_t time_us);

// The one range that holds init and segment, when they lie in one file with little between them.
bool stream_join(const struct resource *init, const struct resource *media, struct resource *out);

// How a fetch went, for the rate estimate. Times are clock_system()'s.
struct stream_timing {
    int64_t start_us, first_byte_us, end_us;
    uint32_t tries; // 1 when the first went well
};

// Hears the body grow; anything but OK ends the fetch and is returned.
struct stream_watch {
    outcome (*grew)(void *context, size_t body_bytes, int64_t now_us, struct why *why);
    void *context;
};

// Appends the resource's bytes to `body`. Failures of the network and answers 408, 429 and 5xx are
// tried again; other answers are an outcome with the status in the sentence: 401 and 403 DENIED,
// 404 and 410 NOT_FOUND. `watch` and `out_timing` may be NULL.
must_check outcome stream_fetch(struct stream *stream, const struct resource *resource,
                                const struct stream_watch *watch, struct buffer *body,
                                struct stream_timing *out_timing, struct why *why);

#endif
