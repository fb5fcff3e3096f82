// SPDX-License-Identifier: Apache-2.0
//
// The chunked transfer coding (RFC 9112 section 7.1), decoded as strictly as the head is parsed.
//
//     5 ; ext=1 CR LF  h e l l o CR LF   0 CR LF  X-Trailer: 1 CR LF  CR LF
//     ^size  ^ignored  ^data             ^last    ^ignored            ^end
//
// Sizes are 1 to 16 hex digits and nothing else; extensions must follow at once after ';'; every
// line ends in CR LF; extensions and trailers are skipped, but their bytes are checked and their
// sum capped.
#ifndef NET_HTTP_CHUNKS_H
#define NET_HTTP_CHUNKS_H

#include "net/http_parse.h"

enum { HTTP_CHUNK_EXTRA_BYTES_MAX = 4096 }; // extensions and trailers of a whole body; real ones: 0

struct http_chunks {
    uint64_t left;  // of the current chunk's data
    uint64_t total; // data bytes so far
    uint64_t total_max;
    uint32_t extra_bytes;
    uint8_t digits;
    uint8_t state; // enum chunk_state in http_chunks.c; 0 at the start
};

// A decoder for a body of at most `total_max` bytes.
struct http_chunks http_chunks_init(uint64_t total_max);

// Reads on from the front of `*in`, which shrinks by what was used, and sets `*data` to the body
// bytes found there: one run at most, so call again while HTTP_MORE comes back and `in` is not
// empty. HTTP_READY: the body is complete; `*in` is what follows it. HTTP_REFUSED with `*fault`.
enum http_parsed http_chunks_read(struct http_chunks *chunks, struct slice *in, struct slice *data,
                                  enum http_fault *fault);

#endif
