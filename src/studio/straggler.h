// SPDX-License-Identifier: Apache-2.0
//
// Which jobs take suspiciously long, so that they are worth doing a second time elsewhere: a
// machine may be slow, swapping or half dead while its heartbeats still come.
//
//     finished jobs of one kind  |-----| |------| |----|       their mean
//     running                    |---------------------------> now: past twice the mean -> late
//
// Doing a job twice is harmless (both write the same bytes to the same object) but costs a worker:
// while other jobs wait, twice the mean is late; when workers have nothing else to do, half of it
// is (a slow machine's job is then done elsewhere before it would be found late). Values in, values
// out: the simulation of bench/fleet runs this very code.
#ifndef STUDIO_STRAGGLER_H
#define STUDIO_STRAGGLER_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum {
    STRAGGLER_KINDS_MAX = 160, // rungs and tracks of a plan: those of one kind cost about the same
    STRAGGLER_SAMPLES_MIN = 3,
    STRAGGLER_AGE_US_MIN = 4000000, // shorter jobs are done before another worker has begun
};

struct straggler_kind {
    int64_t total_us;
    uint32_t count;
};

struct stragglers {
    struct straggler_kind kinds[STRAGGLER_KINDS_MAX];
};

// A job of `kind` (any number) took so long.
void stragglers_learn(struct stragglers *stragglers, size_t kind, int64_t took_us);

enum straggler_rule { STRAGGLER_BUSY, STRAGGLER_IDLE }; // what else workers have to do

// Whether one that has been running for `age_us` is late. False while there is nothing to go by.
bool stragglers_is_late(const struct stragglers *stragglers, size_t kind, int64_t age_us,
                        enum straggler_rule rule);

#endif
