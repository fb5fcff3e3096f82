// SPDX-License-Identifier: Apache-2.0
//
// Gets the keys of one play into the CDM while the first segment is on its way.
//
//     main thread      manifest | open, tracks, ask | first segment ........ | wait | feed
//     its own thread                                | playback, (register,) licence -> CDM
//
//     later            at each feed: is the licence to be renewed? then at once, the buffer is full
//
// The licence of a house's title is asked of the house; a stranger's stream plays with keys that
// its owner gives (ClearKey).
#ifndef PLAYER_UNLOCK_H
#define PLAYER_UNLOCK_H

#include "player/cdm.h"

#include "base/clock.h"

struct unlock_options {
    const char *manifest_url;
    const char *cdm_program; // see player/cdm.h; so is the next
    const char *device_path;
    const char *const *keys; // "KID:KEY" texts; none: ask the house
    size_t key_count;
    struct slice kept;         // a download's licence as cdm_keep() gave it; `at` NULL: none, ask
    const struct clock *clock; // tells when a licence is to be renewed
    const struct house_playback *playback; // what the house said of this play; NULL: it is asked
};

struct unlock;

// Starts the CDM (while the process has one thread). INVALID for keys that are none; DENIED when a
// kept licence does not open or has expired; NOT_FOUND when no key is given and the stream is no
// house's title.
must_check outcome unlock_open(const struct unlock_options *options, struct unlock **out,
                               struct why *why);
void unlock_close(struct unlock **unlock); // tolerates NULL; waits for what is under way

// To open tracks with. Nobody may talk to the CDM between unlock_ask() and unlock_wait().
struct cdm *unlock_cdm(const struct unlock *unlock);

// Begins to ask, in a thread. UNAVAILABLE when the kernel refuses one.
must_check outcome unlock_ask(struct unlock *unlock, struct why *why);

// Waits until the keys are in the CDM; says what went wrong. Called before each part is fed: once
// the licence's time to be renewed has come, it is, and a renewal that fails is tried again a
// minute later, as long as the licence lasts.
must_check outcome unlock_wait(struct unlock *unlock, struct why *why);

// From unlock_ask() until the licence was in the CDM, microseconds; 0 for keys given by hand.
int64_t unlock_licence_us(const struct unlock *unlock);

// Licences that were taken: 1, and one for each renewal.
uint32_t unlock_licence_count(const struct unlock *unlock);

// 1 when the device registered at the house; 0 when it had done so before
// (player/house_memory.h), and for keys given by hand.
uint32_t unlock_registration_count(const struct unlock *unlock);

#endif
