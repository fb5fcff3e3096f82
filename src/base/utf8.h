// SPDX-License-Identifier: Apache-2.0
//
// UTF-8 as RFC 3629 section 4 defines it: no overlong forms, no surrogates, nothing past U+10FFFF.
#ifndef BASE_UTF8_H
#define BASE_UTF8_H

#include "base/slice.h"

// How many bytes at the front are whole UTF-8 characters: text.len when all of it is. NUL counts as
// a character.
size_t utf8_prefix(struct slice text);

#endif
