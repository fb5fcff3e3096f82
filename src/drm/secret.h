// SPDX-License-Identifier: Apache-2.0
//
// Memory and processes that hold secrets.
//
//     secret_take    pages of their own: kept from the swap, from core dumps and from children
//     secret_drop    wiped, then unmapped
//     secret_guard   the whole process: no core file, and no other process of the same user may
//                    read its memory (prctl(2), PR_SET_DUMPABLE)
//
// A key that lives for one call may stand on the stack and is wiped there (explicit_bzero).
#ifndef DRM_SECRET_H
#define DRM_SECRET_H

#include "base/outcome.h"

#include <stddef.h>

// Zeroed pages for at least `bytes` (> 0). Locking them is tried, not demanded: a user may have
// used up RLIMIT_MEMLOCK. NO_MEMORY.
must_check outcome secret_take(size_t bytes, void **out, struct why *why);

// `bytes` as it was taken. Tolerates NULL.
void secret_drop(void *at, size_t bytes);

// For every process that opens a key ring, before it does; lasts until the process runs another
// program. Costs nothing later.
void secret_guard(void);

#endif
