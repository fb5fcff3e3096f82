// SPDX-License-Identifier: Apache-2.0
//
// All words of an index, and which of them somebody may have meant.
//
//     sorted words      lamp  lampe  lamplighter  lamps  land        a trie, laid flat: each word
//     shared beginning    0     4        4          4     2          shares this much with the last
//
//     "lampligt"  ->  lamplight* (of lamplighter), one letter away
//
// One row of the edit distance (with swaps of neighbours, as Damerau has it) is computed for each
// letter that a word does not share with the word before; where a whole row exceeds the limit, all
// words with that beginning are passed over.
#ifndef DISCOVERY_LEXICON_H
#define DISCOVERY_LEXICON_H

#include "base/arena.h"

enum {
    LEXICON_WORD_MAX = 32,       // letters that are looked at
    LEXICON_WORDS_MAX = 4000000, // some 200 MiB
    LEXICON_NEAR_MAX = 12,       // of one word
    LEXICON_NEAR_BYTES = 4 * LEXICON_WORD_MAX + 1,
};

struct lexicon;

// An empty one. NO_MEMORY.
must_check outcome lexicon_make(struct lexicon **out, struct why *why);
void lexicon_close(struct lexicon **lexicon); // tolerates NULL

// Adds a word, in byte order of UTF-8: INVALID for one that is not behind the last. `uses` is in
// how many entries it is. TOO_LARGE past LEXICON_WORDS_MAX.
must_check outcome lexicon_add(struct lexicon *lexicon, struct slice word, uint32_t uses,
                               struct why *why);

struct lexicon_near {
    char text[LEXICON_NEAR_BYTES]; // the beginning of one word or more
    unsigned distance;             // letters inserted, removed, replaced or swapped
    uint64_t uses;                 // of all the words that begin so
};

// How far somebody may have mistyped a word of so many letters: 0 up to 3, 1 up to 7, else 2.
unsigned lexicon_slack(size_t letters);

// Beginnings of words within lexicon_slack() of what was typed, nearest first, then most used, at
// most LEXICON_NEAR_MAX into `out`.
size_t lexicon_near(const struct lexicon *lexicon, struct slice typed, struct lexicon_near *out);

#endif
