// SPDX-License-Identifier: Apache-2.0
//
// UTF-8 as RFC 3629 section 4 defines it: no overlong forms, no surrogates, nothing past U+10FFFF.
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/slice.h"

// How many bytes at the front are whole UTF-8 characters: text.len when all of it is. NUL counts as
// a character.
size_t utf8_prefix(struct slice text);

enum { UTF8_BYTES_MAX = 4 };

// Writes one character to `out` of UTF8_BYTES_MAX; its length. What is no character (a surrogate,
// past U+10FFFF) is written as U+FFFD.
size_t utf8_put(uint32_t character, uint8_t *out);

#endif
