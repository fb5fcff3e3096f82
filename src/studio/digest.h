// SPDX-License-Identifier: Apache-2.0
//
// SHA-256 (FIPS 180-4), the name of everything that the studio keeps by its content.
#ifndef STUDIO_DIGEST_H
#define STUDIO_DIGEST_H

#include "base/slice.h"

enum { DIGEST_TEXT_BYTES = 65 }; // 64 hex digits and a NUL

// `out` has room for DIGEST_TEXT_BYTES.
must_check outcome digest_bytes(struct slice bytes, char *out, struct why *why);

// Of a whole regular file, whatever the descriptor's position. `heard`, unless NULL, is told how
// far it is every few MiB; anything but OK stops it.
struct digest_watch {
    outcome (*heard)(void *context, uint64_t done, struct why *why);
    void *context;
};
must_check outcome digest_file(int fd, const struct digest_watch *watch, char *out,
                               struct why *why);

#endif
