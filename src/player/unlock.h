// SPDX-License-Identifier: Apache-2.0
//
// Gets the keys of one play into the CDM while the first segment is on its way.
//
//     main thread      manifest | open, tracks, ask | first segment ........ | wait | feed
//     its own thread                                | playback, register, licence -> CDM
//
// The licence of a house's title is asked of the house; a stranger's stream plays with keys that
// its owner gives (ClearKey).
#ifndef PLAYER_UNLOCK_H
#define PLAYER_UNLOCK_H

#include "player/cdm.h"

struct unlock_options {
    const char *manifest_url;
    const char *device_path; // see player/cdm.h
    const char *const *keys; // "KID:KEY" texts; none: ask the house
    size_t key_count;
};

struct unlock;

// Starts the CDM (while the process has one thread). INVALID for keys that are none; NOT_FOUND when
// no key is given and the stream is no house's title.
must_check outcome unlock_open(const struct unlock_options *options, struct unlock **out,
                               struct why *why);
void unlock_close(struct unlock **unlock); // tolerates NULL; waits for what is under way

// To open tracks with. Nobody may talk to the CDM between unlock_ask() and unlock_wait().
struct cdm *unlock_cdm(const struct unlock *unlock);

// Begins to ask, in a thread. UNAVAILABLE when the kernel refuses one.
must_check outcome unlock_ask(struct unlock *unlock, struct why *why);

// Waits until the keys are in the CDM; says what went wrong. Asked again, it answers the same at
// once.
must_check outcome unlock_wait(struct unlock *unlock, struct why *why);

// From unlock_ask() until the licence was in the CDM, microseconds; 0 for keys given by hand.
int64_t unlock_licence_us(const struct unlock *unlock);

#endif
