// SPDX-License-Identifier: Apache-2.0
//
// BCP 47 tags: whether a text has the form of one (RFC 5646 clause 2.1).
//
//     zh - cmn - Hant - TW - 1994 - u-co-pinyin - x-house
//     |    |     |      |    |      |             private use
//     |    |     |      |    |      extension: a letter and its parts
//     |    |     |      |    variant: 5 to 8 letters and digits, or 4 that begin with a digit
//     |    |     |      region: 2 letters or 3 digits
//     |    |     script: 4 letters
//     |    extended language: 3 letters, up to three
//     language: 2 to 8 letters
#ifndef MEDIA_LANGUAGE_TAG_H
#define MEDIA_LANGUAGE_TAG_H

#include "base/slice.h"

// INVALID with what is wrong with the tag. Tags are not looked up in the registry, but a language
// of three letters that has one of two is told (RFC 5646 clause 2.2.1 asks for the shortest).
must_check outcome language_tag_check(struct slice tag, struct why *why);

#endif
