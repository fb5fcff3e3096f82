// SPDX-License-Identifier: Apache-2.0
//
// Which jobs take suspiciously long, so that they are worth doing a second time elsewhere: a
// machine may be slow, swapping or half dead while its heartbeats still come.
//
//     finished jobs of one kind  |-----| |------| |----|       their mean is what is usual
//     running                    |---------------------------> now: past twice of it -> late
//
//     a worker's pace            what its jobs took by what is usual; 3 here
//     running there              |----:-----------------|      expected to end so far from now
//                                     now      the title's end otherwise: it would be late then
//                                     |-----|                  a new try here ends before that
//
// Doing a job twice is harmless (both write the same bytes to the same object) but costs a worker.
// So it is done where a try elsewhere ends sooner and the title waits for it; a job that is past
// twice the usual is late in any case (something is wrong there), and past one and a half when
// workers have nothing else to do. Values in, values out: the simulation of bench/fleet runs this
// very code.
#ifndef STUDIO_STRAGGLER_H
#define STUDIO_STRAGGLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    STRAGGLER_KINDS_MAX = 160, // rungs and tracks of a plan: those of one kind cost about the same
    STRAGGLER_WORKERS = 1 << 14, // paces that are kept, by a hash of the names: two may share one
    STRAGGLER_SAMPLES_MIN = 3,
    STRAGGLER_AGE_US_MIN = 4000000, // shorter jobs are done before another worker has begun
};

struct straggler_kind {
    int64_t total_us;
    uint32_t count;
};

struct stragglers {
    struct straggler_kind kinds[STRAGGLER_KINDS_MAX];
    uint16_t pace_tenths[STRAGGLER_WORKERS]; // 0: not known
};

// A job and where it runs, or ran.
struct straggler_job {
    size_t kind;     // any number
    uint16_t worker; // straggler_worker()
    int64_t age_us;
};

uint16_t straggler_worker(const char *name);

// A job is done.
void stragglers_learn(struct stragglers *stragglers, const struct straggler_job *job);
// Another worker was faster, or has to try: what is known of this one is how long it took without
// an end.
void stragglers_learn_late(struct stragglers *stragglers, const struct straggler_job *job);

// Whether a running job is worth another try. `rest_us`: what the title needs apart from it, about;
// 0 when nothing is left to begin, INT64_MAX when that is not known. False while there is nothing
// to go by.
bool stragglers_is_late(const struct stragglers *stragglers, const struct straggler_job *job,
                        int64_t rest_us);

#endif
