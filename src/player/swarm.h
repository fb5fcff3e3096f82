// SPDX-License-Identifier: Apache-2.0
//
// Thousands of viewers out of one process, to load a house and see what its members would: each
// makes the journey of a real player, request by request, over a recorded link of its own.
//
//     viewer i   arrives   [sign in, profile]  play  manifest  head + segment  segment  segment ...
//                   |                          ^intent              |first frame
//                   |                          |----- startup ------|
//     meanwhile                                      licence ...       position every heartbeat
//     at the end                                           a member's stream is given back
//
// Nothing is decoded and no media is kept: bytes are read, counted and dropped. The rest is real:
// HTTP/1.1 requests over each viewer's own connections, the rule of player/abr, the buffer model of
// player/playout. The link is the recording's: its latency before each request, then no more bytes
// are read off the socket than it would have carried by now (what the kernel holds is the server's
// gain: a send buffer). Timers have a grain of 16 ms.
//
// Manifests and indexes are parsed once for all viewers; each viewer fetches them all the same.
#ifndef PLAYER_SWARM_H
#define PLAYER_SWARM_H

#include "player/simulate.h"

#include <stdbool.h>

enum {
    SWARM_VIEWERS_MAX = 100000, // two descriptors and some 20 KB each
    SWARM_TITLES_MAX = 200,     // a page of the catalogue
    SWARM_MEMBERS_MAX = 100000,
    SWARM_LOOPS_MAX = 64,
    SWARM_CAUSES_MAX = 64,
};

// Where in its journey a request belongs.
#define SWARM_STAGES(X)                                                                            \
    X(SIGN_IN, "sign-in")                                                                          \
    X(PROFILE, "profile")                                                                          \
    X(PLAY, "play")                                                                                \
    X(MANIFEST, "manifest")                                                                        \
    X(LICENCE, "licence")                                                                          \
    X(HEAD, "index")                                                                               \
    X(MEDIA, "media")                                                                              \
    X(POSITION, "position")                                                                        \
    X(RELEASE, "stream end")

#define SWARM_STAGE_ENUM(name, word) SWARM_##name,
enum swarm_stage { SWARM_STAGES(SWARM_STAGE_ENUM) SWARM_STAGE_COUNT };
#undef SWARM_STAGE_ENUM

const char *swarm_stage_word(enum swarm_stage stage);

struct swarm_member {
    const char *login, *password;
};

struct swarm_options {
    const char *url; // http: of a house ("http://127.0.0.1:8080"), or of a manifest, which is then
                     // played without a house
    size_t viewers;
    size_t loops;     // threads; 0: one for each processor, four at most
    int64_t over_us;  // arrivals, evenly at random over so long
    int64_t watch_us; // most that a viewer watches; 0: to the end
    int64_t capacity_us;
    double zipf;        // the k-th title of the catalogue is chosen in proportion to 1/k^zipf
    double leave_share; // of viewers who leave at a random moment
    double seeks_per_h;
    const struct trace *traces; // links, given out at random; none: bytes come as they come
    size_t trace_count;
    const struct swarm_member *members; // taken in turn; none: nobody signs in
    size_t member_count;
    bool is_asking_licences, is_sending_positions;
    uint64_t seed; // of arrivals, choices, links, leaving
};

// Quantiles of what was measured so often; -1 when it never was.
struct swarm_times {
    uint64_t count;
    double p50_ms, p95_ms, p99_ms;
};

// Viewers that could not go on, of one cause.
struct swarm_cause {
    enum swarm_stage stage;
    int status; // of the answer; 0: none came
    outcome reason;
    char says[160]; // of the first of them
    uint64_t count;
};

struct swarm_report {
    size_t viewers, titles, loops;
    uint64_t to_the_end, left, failed; // how viewers ended
    uint64_t concurrent_max;
    struct swarm_times startup, seek; // from the press on Play, or the seek, to the picture
    struct swarm_times first_byte[SWARM_STAGE_COUNT]; // of answers, the link's latency taken off
    uint64_t requests[SWARM_STAGE_COUNT];             // sent
    uint64_t retries, abandoned, seeks, switches, segments;
    uint64_t stalls;
    double played_s, stalled_s;
    double rebuffer_pct; // CTA-2066: stalled over stalled and played, start-up and seeks apart
    double kbps;         // of what was fetched to be shown, weighted by time
    double startup_lost; // viewers without a first frame, of all
    uint64_t bytes, connections;
    double wall_s, requests_per_s, mbps, cpu_s;
    uint64_t requests_per_s_max; // in any one second
    uint64_t viewer_bytes;       // resident memory that the viewers added, divided by their number
    struct swarm_cause causes[SWARM_CAUSES_MAX];
    size_t cause_count;
};

// Runs until the last viewer is gone. UNSUPPORTED for https and for titles whose media lies on
// other hosts; outcomes of asking for the catalogue and of the first play of each title. A viewer's
// failure is in the report, not in the outcome.
must_check outcome swarm_run(const struct swarm_options *options, struct swarm_report *out,
                             struct why *why);

#endif
