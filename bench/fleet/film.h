// SPDX-License-Identifier: Apache-2.0
//
// The film of the simulation, two hours of 4K HDR with the ladder `mission`, and what its leases
// cost.
//
//     seconds of a lease = (pictures x (decoding and converting + each rendition wanted)
//                          + lookahead) x complexity of the chunk
#ifndef BENCH_FLEET_FILM_H
#define BENCH_FLEET_FILM_H

#include "studio/plan.h"

enum { FILM_S = 7200, SHAPE_MAX = 4096 };

// Of one core, by rung of the ladder as the house has it and by range, SDR first.
struct costs {
    struct ladder ladder;
    double range_s[2];               // a picture: decoding it and converting it to the largest size
    double extra_s[2];               // all lookahead past a chunk's end, with all renditions
    double width[2];                 // cores that a lease can use
    double rung_s[LADDER_RUNGS_MAX]; // a picture: scaling and encoding it
    double tile_s;                   // a picture of the storyboard
    double audio_s;                  // a second of sound
    double shape[SHAPE_MAX];         // of measured chunks, by their mean
    size_t shape_count;
};

void film_costs(const char *costs_path, const char *shape_path, struct costs *out);
struct plan *film_plan(uint32_t segments); // of 2 s in a chunk; 0: as the studio has it

// Of one core of usual pace, for a chunk that is neither hard nor easy.
double film_lease_s(const struct costs *costs, const struct plan *plan, const struct job *jobs,
                    size_t count);
double film_lookahead_s(const struct costs *costs, const struct plan *plan, const struct job *jobs,
                        size_t count); // the part of it that is lookahead
double film_lease_width(const struct costs *costs, const struct plan *plan, const struct job *job);

void must(outcome result, const struct why *why);

#define MUST(call)                                                                                 \
    do {                                                                                           \
        struct why why = {""};                                                                     \
        must((call), &why);                                                                        \
    } while (0)

#endif
