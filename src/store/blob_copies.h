// SPDX-License-Identifier: Apache-2.0
//
// Local copies of large remote objects, as files of one folder that the processes of a machine
// share, under a budget.
//
//     <folder>/3f9c...       a whole copy, named by the hash of key and version; its time: last use
//     <folder>/3f9c....part  being fetched by whoever holds its lock; killed: the next one begins
//                            anew
//
// Two processes that want the same copy fetch it once: the second waits. Copies that were not used
// for longest are removed when a new one does not fit; whoever has one open goes on reading it.
#ifndef STORE_BLOB_COPIES_H
#define STORE_BLOB_COPIES_H

#include "base/outcome.h"

#include <stdint.h>

struct blob_copies;

must_check outcome blob_copies_open(const char *folder, uint64_t bytes_max,
                                    struct blob_copies **out, struct why *why);
void blob_copies_close(struct blob_copies **copies); // tolerates NULL

// Opens the copy of `key` in `version`, which has `size` bytes, having `fetch` fill an empty file
// first where it is missing. EXHAUSTED when it alone is over the budget; what fetch returned.
must_check outcome blob_copies_take(struct blob_copies *copies, const char *key,
                                    const char *version, uint64_t size,
                                    outcome (*fetch)(void *context, int fd, struct why *why),
                                    void *context, int *out_fd, struct why *why);

#endif
