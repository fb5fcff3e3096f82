// SPDX-License-Identifier: Apache-2.0
//
// Signed access for a running server: the key file, taken up again when it changes, and the memory
// of tokens for one use.
//
//     request -> access_gate_check() -> verdict          any thread, never waits for the disk
//     once a second -> access_gate_renew()               a new file in place, or the old keys stay
#ifndef DELIVERY_ACCESS_GATE_H
#define DELIVERY_ACCESS_GATE_H

#include "delivery/access.h"
#include "delivery/access_token.h"

struct access_gate;

// Loads the keys (access_keys.h). The outcomes of access_keys_load(), NO_MEMORY.
must_check outcome access_gate_open(const char *path, struct access_gate **out, struct why *why);
void access_gate_close(struct access_gate **gate); // tolerates NULL

// Takes up the file when it has changed. False when it is no good now: the keys stay as they are,
// `why` says what is wrong, once per change.
bool access_gate_renew(struct access_gate *gate, struct why *why);

struct access_verdict access_gate_check(struct access_gate *gate,
                                        const struct access_request *request);

// As access_token_make(), with the keys of now.
must_check outcome access_gate_make_token(struct access_gate *gate, const char *folder,
                                          int64_t expires_s, const struct address *client,
                                          char *out, struct why *why);

#endif
