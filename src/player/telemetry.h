// SPDX-License-Identifier: Apache-2.0
//
// What a headless play reports of itself: Common Media Client Data, version 2 (CTA-5004-B), as the
// web player does. Request keys as header fields of media requests, and events, a line each, to the
// house whose title it is (POST /v1/telemetry/cmcd):
//
//     s ---> p -----> r -> p --------------> e        starting, playing, rebuffering, ended
//     |-msd--|   t    t      br    t                  signs of life, changes of rendition
//
// Events wait until the buffer holds 10 s, so that telling of a play never harms it; those that the
// house does not take are counted and forgotten. Every function tolerates NULL: no telemetry.
#ifndef PLAYER_TELEMETRY_H
#define PLAYER_TELEMETRY_H

#include "player/playout.h"

#include "base/clock.h"
#include "base/outcome.h"
#include "base/random.h"

enum {
    TELEMETRY_WAITING_BYTES = 64 * 1024, // of events: an hour of stalls; more are forgotten
    TELEMETRY_LINE_BYTES = 1024,
};

struct telemetry;

struct telemetry_options {
    const char *url;   // where events go
    const char *token; // bearer for it; NULL or "": none. Outlives the telemetry
    const char *title; // id, for `cid`
    const char *host;  // who serves, for `h`
    const struct clock *clock;
};

must_check outcome telemetry_open(const struct telemetry_options *options, struct telemetry **out,
                                  struct why *why);

// The same with the system's clock for a manifest: events go to `url`, or with NULL to the house
// whose title the manifest is, which is shown `token`. `*out` stays NULL when that is nobody's, and
// with "".
must_check outcome telemetry_open_for(const char *manifest_url, const char *url, const char *token,
                                      struct telemetry **out, struct why *why);

struct telemetry_counts {
    uint32_t sent, lost;    // events
    char session[ID_BYTES]; // `sid`
};

// Sends what waits. `out` may be NULL.
void telemetry_close(struct telemetry **telemetry, struct telemetry_counts *out);

// To be called when time has passed on the screen: tells changes of state.
void telemetry_look(struct telemetry *telemetry, const struct playout *playout);

// The first frame: how long after the intent, and when the manifest was there; microseconds.
void telemetry_started(struct telemetry *telemetry, int64_t startup_us, int64_t manifest_us);

// The rendition that comes next.
void telemetry_bitrate(struct telemetry *telemetry, double bps);

void telemetry_failed(struct telemetry *telemetry, outcome result);

// What the next media request is for.
struct telemetry_request {
    char track;       // CMCD's `ot`: 'v', 'a', or 'i' for an init
    double bps;       // of the rendition
    double top_bps;   // of the highest one
    double segment_s; // its duration
    double buffer_s;  // ahead of the screen
    double estimate_bps;
    bool is_hls;
};

// Fields for it, NULL at the end; NULL without telemetry. Valid until the next call.
const char *const *telemetry_fields(struct telemetry *telemetry,
                                    const struct telemetry_request *request);

const char *telemetry_session(const struct telemetry *telemetry); // `sid`, "" without telemetry

#endif
