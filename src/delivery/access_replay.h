// SPDX-License-Identifier: Apache-2.0
//
// Tokens for one use that have been used, until they expire.
//
//     hash of id -> one of 4096 sets of 16:  [hash, expires] [hash, expires] ...  free when expired
//
// A set that is full of live tokens takes no more: the next one is refused rather than let in
// twice. The memory is this process's own; a token could be used once with each of several.
#ifndef DELIVERY_ACCESS_REPLAY_H
#define DELIVERY_ACCESS_REPLAY_H

#include "base/slice.h"

struct access_replay;

// Takes 1 MiB. NO_MEMORY.
must_check outcome access_replay_open(struct access_replay **out, struct why *why);
void access_replay_close(struct access_replay **replay); // tolerates NULL

enum replay_answer { REPLAY_FIRST, REPLAY_AGAIN, REPLAY_FULL };

// Remembers the use of a token `id` of a key until `expires_s`. Thread safe.
enum replay_answer access_replay_use(struct access_replay *replay, const char *key_id,
                                     struct slice id, int64_t expires_s, int64_t now_s);

#endif
