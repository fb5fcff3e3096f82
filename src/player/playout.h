// SPDX-License-Identifier: Apache-2.0
//
// What a screen would show, worked out from when media arrived: the buffer model. Pure: it knows
// neither network nor clock; both tell it.
//
//     media time   0 ......... position ................ level(audio) .... level(video)
//                              |------- buffer_us ------|  the shorter of the two counts
//
//     WAITING --(start_us buffered)--> PLAYING --(buffer empty)--> STALLED
//                                        ^  |                         |
//                                        |  +--(end reached)--> ENDED |
//                                        +--(resume_us buffered)------+
//
// A stall is counted when the picture stops, its time while it stands still; the wait before the
// first frame is startup and no stall (CTA-2066).
#ifndef PLAYER_PLAYOUT_H
#define PLAYER_PLAYOUT_H

#include <stdbool.h>
#include <stdint.h>

enum playout_state { PLAYOUT_WAITING, PLAYOUT_PLAYING, PLAYOUT_STALLED, PLAYOUT_ENDED };

enum { PLAYOUT_TRACKS_MAX = 2 }; // what must be there at once: video and audio

struct playout_rules {
    int64_t start_us;  // media that must be buffered before the first frame is shown
    int64_t resume_us; // and before a stalled picture moves on
    int64_t end_us;    // media time at which the play ends
    int track_count;   // 1 .. PLAYOUT_TRACKS_MAX
};

struct playout {
    struct playout_rules rules;
    enum playout_state state;
    int64_t now_us;                       // of the last event, caller's clock
    int64_t begin_us;                     // play intent
    int64_t position_us;                  // media time on the screen
    int64_t level_us[PLAYOUT_TRACKS_MAX]; // media time up to which each track is here
    int64_t startup_us;                   // from intent to first frame; -1 before it
    int64_t stalled_us;                   // over all stalls
    uint32_t stall_count;
};

// A play that begins at media time `position_us` with the intent at `now_us`.
struct playout playout_init(struct playout_rules rules, int64_t position_us, int64_t now_us);

// Lets time pass until `now_us` (not before the last event): the position moves, a stall may begin,
// the end may come.
void playout_advance(struct playout *playout, int64_t now_us);

// Track number `track` is here up to media time `until_us`. Call playout_advance() first.
void playout_arrived(struct playout *playout, int track, int64_t until_us);

// Media that is here and not shown yet, of the track that has least.
int64_t playout_buffer_us(const struct playout *playout);

// When the state changes next if nothing arrives: the buffer runs dry or the end is reached.
// INT64_MAX while waiting or stalled.
int64_t playout_next_us(const struct playout *playout);

#endif
