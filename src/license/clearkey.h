// SPDX-License-Identifier: Apache-2.0
//
// ClearKey, the licence messages that every browser speaks (W3C Encrypted Media Extensions,
// section 9.1.3 and 9.1.4):
//
//     browser -> us    {"kids":["<base64url of 16 bytes>", ...],"type":"temporary"}
//     us -> browser    {"keys":[{"kty":"oct","kid":"...","k":"..."}, ...],"type":"temporary"}
//
// The keys travel in the clear inside TLS, and a page can read them: it keeps honest people honest.
#ifndef LICENSE_CLEARKEY_H
#define LICENSE_CLEARKEY_H

#include "base/buffer.h"
#include "drm/content_key.h"

enum {
    CLEARKEY_KIDS_MAX = 64, // five classes, and a dozen periods of rotation
    CLEARKEY_REQUEST_BYTES_MAX = 4096,
    CLEARKEY_ANSWER_BYTES_MAX = 128 * CLEARKEY_KIDS_MAX,
};

enum clearkey_type { CLEARKEY_TEMPORARY, CLEARKEY_PERSISTENT };

struct clearkey_request {
    struct key_id kids[CLEARKEY_KIDS_MAX]; // no two alike
    size_t count;                          // at least 1
    enum clearkey_type type;
};

// INVALID or TOO_LARGE with a sentence; members that it does not know are passed over.
must_check outcome clearkey_parse(struct slice body, struct clearkey_request *out, struct why *why);

// Appends the answer. `out` holds secrets from then on: it is the caller's to wipe, and has room
// for CLEARKEY_ANSWER_BYTES_MAX already, so that growing leaves no copies behind.
must_check outcome clearkey_format(const struct content_key *keys, size_t count,
                                   enum clearkey_type type, struct buffer *out, struct why *why);

#endif
