// SPDX-License-Identifier: Apache-2.0
//
// Plays a stream without a screen: fetches over real HTTP in real time, keeps the buffer model of
// player/playout.h, lets the rule of player/abr choose, and decodes when asked.
//
//     intent -> manifest -> [playlist/index] -> init + segment -> first frame -> ... -> end
//     |<--------------- startup -------------------------------->|
#ifndef PLAYER_PLAY_H
#define PLAYER_PLAY_H

#include "net/http_client.h"
#include "player/decoder.h"
#include "player/house.h"
#include "player/telemetry.h"

struct play_options {
    const char *url;                  // of a manifest, or of a title's page in a house
    const struct house_member *house; // whose title it is and who plays; NULL: a stranger's stream
    const char *language;             // audio preferred, or NULL
    int64_t play_us;                  // media to play; 0: to the end
    int64_t start_us;                 // where to begin
    bool resumes;                     // begin where the member stopped, as the house says, instead
    int64_t capacity_us;              // most that is buffered; 0: 60 s
    bool is_decoding;                 // decode what was fetched, in a sandboxed process
    const char *const *keys;          // "KID:KEY" of a stranger's stream; none: ask the house
    size_t key_count;
    const char *device_path; // of the CDM: see player/cdm.h
    const char *folder;      // of a download (player/bundle.h), which is played instead of `url`
    const char *report_url;  // where events go (player/telemetry.h); NULL: to the house whose title
                             // it is, if it is one's; "": nowhere, and no keys on requests
};

enum { PLAY_RUNGS_MAX = 32 };

struct play_rung {
    char name[64]; // "1920x1080" or the rendition's id
    uint64_t rate_bps;
    uint64_t segments; // fetched
};

struct play_report {
    const char *format; // "hls" or "dash"
    int64_t startup_us; // from the call to the first frame: decoded when decoding, else buffered
    int64_t played_us;  // media shown
    int64_t stalled_us;
    uint32_t stall_count;
    uint32_t switch_count;    // segments of another rung than the one before
    uint32_t abandoned_count; // transfers given up for a lower rung
    uint32_t retry_count;     // requests that had to be repeated
    uint64_t media_bytes;
    uint64_t request_count;
    double mean_bps; // average rate of the rungs played, weighted by time
    struct play_rung rungs[PLAY_RUNGS_MAX];
    size_t rung_count;
    bool has_audio;
    bool is_protected;  // decrypted by the CDM when decoding
    int64_t licence_us; // from asking for the licence until the CDM had it; 0: nothing was asked
    struct decoder_counts video, audio; // zero without decoding
    struct telemetry_counts telemetry;
};

// Hears of every segment that arrived. May be NULL.
struct play_watch {
    void (*arrived)(void *context, int64_t position_us, int64_t buffer_us, const char *rung,
                    double estimate_bps);
    void *context;
};

// Plays until the end or `play_us`; takes as long as the media lasts. Call it while the process has
// one thread when decoding. Outcomes of opening and fetching; a decoder that dies is UNAVAILABLE.
// `out` is set on OK alone.
must_check outcome play_run(const struct play_options *options, const struct play_watch *watch,
                            struct play_report *out, struct why *why);

#endif
