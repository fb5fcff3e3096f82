// SPDX-License-Identifier: Apache-2.0
//
// Sessions made of chance, to drive the rule through states that no trace would reach.
// abr_alike.mjs draws the same numbers in the same order: change both or none.
#ifndef TESTS_PLAYER_ABR_DRIVE_H
#define TESTS_PLAYER_ABR_DRIVE_H

#include "player/abr/abr.h"

#include <stdbool.h>
#include <string.h>

enum { DRIVE_AHEAD = 6, DRIVE_DECISIONS_PER_SESSION = 100 };

struct drive {
    uint32_t random; // xorshift32, never 0
    double state[PRIMROSE_ABR_STATE_BYTES / sizeof(double)];
    double rates[PRIMROSE_ABR_RUNGS_MAX];
    double sizes[DRIVE_AHEAD * PRIMROSE_ABR_RUNGS_MAX];
    double saved[PRIMROSE_ABR_SAVED_NUMBERS];
    uint32_t rungs;
    uint32_t decisions; // of this session
    double segment_s, capacity_s, buffer_s, now_s, link_bps;
    int32_t previous;
    // of the last decision
    double estimate_before, buffer_before;
    int32_t previous_before, rung;
    bool has_sizes, is_live;
    double left_s;  // 0: the rule is not told how much is left to play
    uint32_t ahead; // sizes that it is given: fewer than DRIVE_AHEAD towards the session's end
};

static inline double drive_unit(struct drive *d) // 0 <= x < 1
{
    d->random ^= d->random << 13;
    d->random ^= d->random >> 17;
    d->random ^= d->random << 5;
    return (double)d->random / 4294967296.0;
}

static inline void drive_session(struct drive *d)
{
    d->rungs = 1 + (uint32_t)(drive_unit(d) * 12.0);
    double rate = 100000.0 + drive_unit(d) * 900000.0;
    for (uint32_t r = 0; r < d->rungs; r++) {
        d->rates[r] = rate;
        rate = rate * (1.2 + drive_unit(d));
    }
    d->segment_s = 1.0 + drive_unit(d) * 5.0;
    d->capacity_s = 12.0 + drive_unit(d) * 60.0;
    d->buffer_s = 0.0;
    d->now_s = drive_unit(d) * 1000.0;
    d->link_bps = 200000.0 + drive_unit(d) * 20000000.0;
    d->previous = -1;
    d->decisions = 0;
    const uint32_t kept =
        drive_unit(d) < 0.5 ? primrose_abr_save(d->state, d->saved, PRIMROSE_ABR_SAVED_NUMBERS) : 0;
    d->is_live = drive_unit(d) < 0.2;
    const int32_t mode = d->is_live ? PRIMROSE_ABR_LIVE : PRIMROSE_ABR_VOD;
    (void)primrose_abr_init(d->state, sizeof d->state, mode, d->capacity_s, d->saved, kept);
}

static inline struct drive drive_begin(uint32_t seed)
{
    struct drive d;
    memset(&d, 0, sizeof d);
    d.random = seed;
    (void)primrose_abr_init(d.state, sizeof d.state, PRIMROSE_ABR_VOD, 30.0, d.saved, 0);
    drive_session(&d);
    return d;
}

// One segment: a decision, its transfer with looks at it, its arrival. What abandon() said last
// goes into *lower.
static inline void drive_decide(struct drive *d, int32_t *lower)
{
    if (d->decisions++ == DRIVE_DECISIONS_PER_SESSION) drive_session(d);
    if (drive_unit(d) < 0.1) d->link_bps = 10000.0 + drive_unit(d) * drive_unit(d) * 30000000.0;
    d->has_sizes = drive_unit(d) < 0.8;
    for (uint32_t i = 0; i < DRIVE_AHEAD; i++) {
        const double weight = 0.4 + drive_unit(d) * 1.4;
        for (uint32_t r = 0; r < d->rungs; r++)
            d->sizes[i * d->rungs + r] = d->rates[r] * d->segment_s * weight / 8.0;
    }
    d->estimate_before = primrose_abr_estimate(d->state);
    d->buffer_before = d->buffer_s;
    d->previous_before = d->previous;
    d->left_s = drive_unit(d) < 0.5 ? d->buffer_s + drive_unit(d) * 200.0 : 0.0;
    primrose_abr_left(d->state, d->left_s);
    const uint32_t rest = DRIVE_DECISIONS_PER_SESSION + 1 - d->decisions;
    d->ahead = rest < DRIVE_AHEAD ? rest : DRIVE_AHEAD;
    double wait_s = 0.0;
    d->rung = primrose_abr_choose(d->state, d->rates, d->rungs, d->has_sizes ? d->sizes : NULL,
                                  d->ahead, d->segment_s, d->buffer_s, d->capacity_s, d->now_s,
                                  d->previous, &wait_s);
    const double bytes = d->sizes[d->rung];
    const double first_s = 0.01 + drive_unit(d) * 0.2;
    const double flow_s = 8.0 * bytes / (d->link_bps * (0.5 + drive_unit(d)));
    const double look_s = first_s + flow_s * drive_unit(d);
    double left_s = d->buffer_s - look_s;
    if (left_s < 0.0) left_s = 0.0;
    *lower = primrose_abr_abandon(d->state, d->rates, d->rungs, d->has_sizes ? d->sizes : NULL,
                                  d->segment_s, left_s, d->rung,
                                  bytes * (look_s - first_s) / flow_s, look_s, first_s);
    const double end_s = first_s + flow_s;
    (void)primrose_abr_observe(d->state, bytes, d->now_s, d->now_s + first_s, d->now_s + end_s);
    d->now_s = d->now_s + end_s;
    d->buffer_s = (d->buffer_s > end_s ? d->buffer_s - end_s : 0.0) + d->segment_s;
    if (d->buffer_s > d->capacity_s) {
        d->now_s = d->now_s + (d->buffer_s - d->capacity_s);
        d->buffer_s = d->capacity_s;
    }
    d->previous = d->rung;
}

// FNV-1a over what was decided, and over every bit of the estimate.
static inline uint32_t drive_hash(uint32_t hash, const struct drive *d, int32_t lower)
{
    const double estimate = primrose_abr_estimate(d->state);
    unsigned char bytes[16];
    memcpy(bytes, &d->rung, 4);
    memcpy(bytes + 4, &lower, 4);
    memcpy(bytes + 8, &estimate, 8);
    for (unsigned i = 0; i < sizeof bytes; i++)
        hash = (hash ^ bytes[i]) * 16777619U;
    return hash;
}

#endif
