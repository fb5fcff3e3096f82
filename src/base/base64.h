// SPDX-License-Identifier: Apache-2.0
//
// Bytes as letters (RFC 4648): base64url without padding, as JOSE and EME write it, and base64 with
// padding, as older APIs do.
//
//     3 bytes    |aaaaaaaa|bbbbbbbb|cccccccc|
//     4 letters  |aaaaaa|aabbbb|bbbbcc|cccccc|      a last letter's unused bits are zero
//
// Reading is strict, so that one run of bytes has one text: no spaces, no other alphabet, padding
// where the form has it and only there, no stray bits. The letters are computed, not looked up:
// the time taken says nothing of the bytes.
#ifndef BASE_BASE64_H
#define BASE_BASE64_H

#include "base/buffer.h"

enum base64_form {
    BASE64_URL,    // "-_", no padding
    BASE64_PADDED, // "+/", "="
};

// Appends the text of `bytes`. TOO_LARGE by out's cap, or NO_MEMORY.
must_check outcome base64_format(enum base64_form form, struct slice bytes, struct buffer *out,
                                 struct why *why);

// Reads `text` into `out` of `room` bytes and sets `*out_len`. INVALID, or TOO_LARGE over the room;
// `out` may be overwritten then, `*out_len` not. The sentence quotes nothing.
must_check outcome base64_parse(enum base64_form form, struct slice text, uint8_t *out, size_t room,
                                size_t *out_len, struct why *why);

// Letters that `len` bytes make in base64url.
#define BASE64_URL_LETTERS(len) (((len)*4 + 2) / 3)

// The base64url text of `bytes` and a NUL, into `out` of BASE64_URL_LETTERS() + 1.
void base64_text(struct slice bytes, char *out);

#endif
