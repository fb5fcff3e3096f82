// SPDX-License-Identifier: Apache-2.0
//
// What the files of player/swarm.h share.
//
//     swarm_cast    titles: what is played, read once
//     swarm_viewer  one viewer's playing        swarm_journey   its API requests
//     swarm_ask     one request of a viewer, paced by its link
#ifndef PLAYER_SWARM_INSIDE_H
#define PLAYER_SWARM_INSIDE_H

#include "player/swarm.h"

#include "base/random.h"
#include "net/http_call.h"
#include "player/abr/abr.h"
#include "player/house.h"
#include "player/playout.h"
#include "player/simulate_link.h"
#include "player/stream.h"

#include <stdalign.h>

enum {
    SWARM_SCRATCH_BYTES = 64 * 1024, // media is read into it and forgotten
    SWARM_ANSWER_BYTES_MAX = 256 * 1024,
    SWARM_HEAD_BYTES_MAX = 16 * 1024, // of a request: a long token, a long address
    SWARM_PATH_BYTES = 4096,
    SWARM_HISTOGRAM = 640,
    SWARM_SECONDS_MAX = 86400, // counted one by one; the rest of a longer run in the last
    SWARM_PARTS_MAX = 3,       // playlist or index, init, segment
};

enum { SWARM_VIDEO, SWARM_AUDIO, SWARM_TRACKS };

// --- what is played (swarm_cast.c)

struct swarm_title {
    char id[DEVICE_TITLE_BYTES];
    char manifest[SWARM_PATH_BYTES]; // its address, and ...
    size_t folder_len;               // ... how much of it names the folder that all lies in
    struct stream stream;            // every rendition filled
    struct resource heads[STREAM_RUNGS_MAX + 1]; // playlist or index of each rung; last: of audio
    int64_t end_us;
};

struct swarm_cast {
    bool is_house;
    char origin[HOUSE_ADDRESS_BYTES];
    char host[HOUSE_ADDRESS_BYTES]; // of the Host field
    struct http_peer peer;
    struct http_client *client;
    char token[HOUSE_TOKEN_BYTES]; // of the first member, who reads the catalogue
    struct swarm_title *titles;
    size_t title_count;
    double weights[SWARM_TITLES_MAX]; // summed up
};

must_check outcome swarm_cast_open(const struct swarm_options *options, struct swarm_cast *out,
                                   struct why *why);
void swarm_cast_close(struct swarm_cast *cast);

// --- counting (swarm_count.c): logarithmic buckets, 5 % wide

struct swarm_histogram {
    uint32_t counts[SWARM_HISTOGRAM];
    uint64_t total;
};

void swarm_histogram_add(struct swarm_histogram *histogram, int64_t us);
void swarm_histogram_merge(struct swarm_histogram *into, const struct swarm_histogram *from);
struct swarm_times swarm_histogram_times(const struct swarm_histogram *histogram);

struct swarm_totals { // of a loop, then of all
    struct swarm_histogram startup, seek, first_byte[SWARM_STAGE_COUNT];
    struct swarm_report sums; // its counters alone
    double weighted_bits, fetched_s;
    int64_t concurrent;
    uint32_t *second_requests; // SWARM_SECONDS_MAX of them
    int32_t *second_viewers;   // came less went
};

must_check outcome swarm_totals_open(struct swarm_totals *out, struct why *why);
void swarm_totals_close(struct swarm_totals *totals);
void swarm_totals_merge(struct swarm_totals *into, const struct swarm_totals *from);
void swarm_totals_fail(struct swarm_totals *totals, enum swarm_stage stage, int status,
                       outcome reason, const char *says);
void swarm_totals_finish(const struct swarm_totals *totals, double wall_s,
                         struct swarm_report *out);

// --- a viewer

struct swarm_viewer;

// One request: it waits for the link's latency, is sent, its answer is read as the link allows.
struct swarm_ask {
    struct http_call call;
    struct swarm_viewer *viewer;
    enum swarm_stage stage;
    struct buffer head, body, answer; // the answer only where `is_kept`
    bool is_kept, is_paced;
    int status;
    int64_t start_us, sent_us, first_us; // asked for, sent, answered; 0: not yet
    uint64_t length, received;           // of the body; length 0: not told
    double credit;                       // bytes that the link has carried and nobody read
    void (*done)(struct swarm_ask *ask, outcome result, const struct why *why);
};

struct swarm_lane {
    const struct rendition *rendition; // of the last segment
    uint32_t init;
    int64_t next_us;
};

enum swarm_part_kind { PART_HEAD, PART_INIT, PART_MEDIA };

// A request for a segment and what must come before it. Neighbours in one file are one part, named
// after the last of them.
struct swarm_part {
    enum swarm_part_kind kind;
    struct byte_range range;
};

struct swarm_loop {
    struct event_loop *loop;
    const struct swarm_options *options;
    const struct swarm_cast *cast;
    struct swarm_totals totals;
    int64_t begin_us;
    size_t left; // viewers that are not gone
    uint8_t scratch[SWARM_SCRATCH_BYTES];
};

enum swarm_end { SWARM_ENDED, SWARM_LEFT, SWARM_FAILED };

struct swarm_viewer {
    struct swarm_loop *home;
    struct http_calls *calls; // NULL before arrival and after the end
    struct swarm_ask main, side;
    struct timer timer, life;
    void (*due)(struct swarm_viewer *viewer); // what `timer` is for
    struct prng prng;
    const struct swarm_member *member;
    const struct swarm_title *title;
    struct link link;
    int64_t link_us;                              // up to which time has passed over the link
    char *token;                                  // of the member's session, owned; NULL: none
    char *session, *licence_path, *licence_token; // of the play, owned
    char *folder;                                 // path in which this play's files lie, owned
    int64_t heartbeat_us;
    int64_t intent_us;
    struct playout playout; // since the start, or the last seek ...
    int64_t from_us;        // ... which began there
    struct swarm_lane lanes[SWARM_TRACKS];
    alignas(double) uint8_t abr[PRIMROSE_ABR_STATE_BYTES];
    struct swarm_part parts[SWARM_PARTS_MAX]; // what is fetched for the segment under way
    int part_count, part;
    int track;
    size_t index; // of the segment under way
    int32_t rung, last_rung;
    uint64_t heads_known; // bit per rung, the last for audio
    uint32_t tries;
    int64_t leave_us, seek_us, beat_us; // when the next one is due; INT64_MAX: never
    bool is_over, has_started, has_keys, is_seeking;
};

// --- requests (swarm_ask.c)

// Sends; `done` is called once. A request of the viewer's that is under way must have ended.
void swarm_ask_send(struct swarm_ask *ask, enum http_method method, const char *path,
                    const char *bearer, const struct byte_range *range);
void swarm_ask_cancel(struct swarm_ask *ask); // no callback comes; OK when nothing is under way

// --- the journey up to the film (swarm_journey.c)

void swarm_journey_begin(struct swarm_viewer *viewer); // at arrival
void swarm_journey_position(struct swarm_viewer *viewer);
void swarm_journey_release(struct swarm_viewer *viewer); // a member's stream; then it is buried

// --- before (swarm_arrival.c)

void swarm_viewer_init(struct swarm_viewer *viewer, struct swarm_loop *home, size_t number,
                       int64_t arrives_us);

// --- playing (swarm_viewer.c)

void swarm_viewer_timer_due(struct timer *timer);    // of `timer`
void swarm_viewer_life_due(struct timer *timer);     // of `life`
void swarm_viewer_play(struct swarm_viewer *viewer); // the manifest is here
// Asked during a segment's transfer: true when it was given up for another.
bool swarm_viewer_gives_up(struct swarm_viewer *viewer);
void swarm_viewer_unlocked(struct swarm_viewer *viewer); // the licence is here
void swarm_viewer_end(struct swarm_viewer *viewer, enum swarm_end how);
void swarm_viewer_fail(struct swarm_viewer *viewer, const struct swarm_ask *ask, outcome result,
                       const char *says);
void swarm_viewer_bury(struct swarm_viewer *viewer); // from a timer alone
// Calls `due` at that time, in place of what was set before.
void swarm_viewer_at(struct swarm_viewer *viewer, int64_t at_us,
                     void (*due)(struct swarm_viewer *viewer));

int64_t swarm_now(const struct swarm_viewer *viewer);

#endif
