// SPDX-License-Identifier: Apache-2.0
//
// Text as search compares it: words of letters and digits, without case, accents or vowel signs.
//
//     "The  Lamplighter's Öl"   ->  "the lamplighter s ol "
//     "Straße", "STRASSE"       ->  "strasse "
//     "مَدْرَسَةٌ"                  ->  "مدرسه "      (and "المدرسة" also as "مدرسه")
//
// Unicode's full case folding and compatibility decomposition (NFKD) by libunistring; then marks
// are dropped and letters that people type for one another are made one: alef with and without
// hamza, yeh and alef maksura, teh marbuta and heh; o for ø, and so on. Digits of any script are
// ASCII's.
#ifndef DISCOVERY_FOLD_H
#define DISCOVERY_FOLD_H

#include "base/buffer.h"

enum fold_articles {
    FOLD_AS_TYPED,
    FOLD_AND_BARE, // a word with the Arabic article is followed by the word without it
};

// Appends the words of `text`, each with a space behind it; it ends where it is no UTF-8.
// TOO_LARGE by the buffer's cap, NO_MEMORY.
must_check outcome fold_words(struct slice text, enum fold_articles articles, struct buffer *out,
                              struct why *why);

#endif
