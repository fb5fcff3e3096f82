// SPDX-License-Identifier: Apache-2.0
#include "discovery/lexicon.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

#include <unistr.h>

struct entry {
    uint32_t at;         // of its first letter in `letters`
    uint8_t len, shared; // letters; of them, those it shares with the word before
    uint32_t uses;
};

struct lexicon {
    uint32_t *letters;
    struct entry *entries;
    size_t letter_count, letter_room, count, room;
};

outcome lexicon_make(struct lexicon **out, struct why *why)
{
    struct lexicon *lexicon = calloc(1, sizeof *lexicon);
    if (lexicon == NULL) return fail(why, NO_MEMORY, "no memory for a lexicon");
    *out = lexicon;
    return OK;
}

void lexicon_close(struct lexicon **lexicon)
{
    if (*lexicon == NULL) return;
    free((*lexicon)->letters);
    free((*lexicon)->entries);
    free(*lexicon);
    *lexicon = NULL;
}

static size_t decode(struct slice word, uint32_t *out)
{
    size_t count = 0;
    for (size_t at = 0; at < word.len && count < LEXICON_WORD_MAX;) {
        ucs4_t point;
        at += (size_t)u8_mbtouc(&point, word.at + at, word.len - at);
        out[count++] = point;
    }
    return count;
}

static void *grow(void *items, size_t *room, size_t count, size_t size)
{
    if (count <= *room) return items;
    const size_t wanted = count * 2 + 1024;
    void *grown = realloc(items, wanted * size);
    if (grown != NULL) *room = wanted;
    return grown;
}

static int compare(const uint32_t *a, size_t a_len, const uint32_t *b, size_t b_len, size_t *shared)
{
    size_t i = 0;
    while (i < a_len && i < b_len && a[i] == b[i])
        i++;
    *shared = i;
    if (i == a_len || i == b_len) return a_len < b_len ? -1 : a_len > b_len;
    return a[i] < b[i] ? -1 : 1;
}

outcome lexicon_add(struct lexicon *lexicon, struct slice word, uint32_t uses, struct why *why)
{
    uint32_t letters[LEXICON_WORD_MAX];
    size_t shared = 0;
    const size_t len = decode(word, letters);
    if (lexicon->count == LEXICON_WORDS_MAX)
        return fail(why, TOO_LARGE, "a lexicon has at most %d words", LEXICON_WORDS_MAX);
    if (lexicon->count > 0) {
        struct entry *last = &lexicon->entries[lexicon->count - 1];
        const int order = compare(lexicon->letters + last->at, last->len, letters, len, &shared);
        if (order == 0) { // differ only behind what is looked at
            last->uses += uses;
            return OK;
        }
        if (order > 0) return fail(why, INVALID, "the words of a lexicon are not in order");
    }
    struct entry *entries =
        grow(lexicon->entries, &lexicon->room, lexicon->count + 1, sizeof *entries);
    if (entries == NULL) return fail(why, NO_MEMORY, "no memory for a lexicon");
    lexicon->entries = entries;
    uint32_t *all =
        grow(lexicon->letters, &lexicon->letter_room, lexicon->letter_count + len, sizeof *all);
    if (all == NULL) return fail(why, NO_MEMORY, "no memory for a lexicon");
    lexicon->letters = all;
    memcpy(all + lexicon->letter_count, letters, len * sizeof *letters);
    lexicon->entries[lexicon->count++] = (struct entry){.at = (uint32_t)lexicon->letter_count,
                                                        .len = (uint8_t)len,
                                                        .shared = (uint8_t)shared,
                                                        .uses = uses};
    lexicon->letter_count += len;
    return OK;
}

unsigned lexicon_slack(size_t letters)
{
    if (letters <= 3) return 0;
    return letters <= 7 ? 1 : 2;
}

// --- walking ----------------------------------------------------------------------------------

// rows[d] is the distance of each beginning of what was typed to the first d letters of the word.
struct walk {
    uint32_t typed[LEXICON_WORD_MAX];
    size_t len;
    unsigned slack;
    uint8_t rows[LEXICON_WORD_MAX + 1][LEXICON_WORD_MAX + 1];
    size_t dead; // the word's first `dead` letters are too far already
    struct {
        uint32_t letters[LEXICON_WORD_MAX];
        size_t len;
        unsigned distance;
        uint64_t uses;
    } near[LEXICON_NEAR_MAX];
    size_t near_count;
};

static uint8_t least(uint8_t a, uint8_t b)
{
    return a < b ? a : b;
}

// Fills the row of the word's first `depth` letters; the least value in it.
static uint8_t fill_row(struct walk *walk, const uint32_t *word, size_t depth)
{
    const uint8_t *above = walk->rows[depth - 1];
    uint8_t *row = walk->rows[depth];
    row[0] = (uint8_t)depth;
    uint8_t min = row[0];
    for (size_t j = 1; j <= walk->len; j++) {
        const bool is_same = walk->typed[j - 1] == word[depth - 1];
        uint8_t value = (uint8_t)(above[j - 1] + (is_same ? 0 : 1));
        value = least(value, (uint8_t)(least(above[j], row[j - 1]) + 1));
        const bool is_swap = depth > 1 && j > 1 && walk->typed[j - 1] == word[depth - 2] &&
                             walk->typed[j - 2] == word[depth - 1];
        if (is_swap) value = least(value, (uint8_t)(walk->rows[depth - 2][j - 2] + 1));
        row[j] = value;
        min = least(min, value);
    }
    return min;
}

static bool is_better(const struct walk *walk, size_t a, size_t b)
{
    if (walk->near[a].distance != walk->near[b].distance)
        return walk->near[a].distance < walk->near[b].distance;
    return walk->near[a].uses > walk->near[b].uses;
}

static size_t find_worst(const struct walk *walk)
{
    size_t worst = 0;
    for (size_t i = 1; i < walk->near_count; i++)
        if (is_better(walk, worst, i)) worst = i;
    return worst;
}

static void remember(struct walk *walk, const uint32_t *word, size_t len, unsigned distance,
                     uint32_t uses)
{
    for (size_t i = 0; i < walk->near_count; i++) {
        if (walk->near[i].len != len ||
            memcmp(walk->near[i].letters, word, len * sizeof *word) != 0)
            continue;
        walk->near[i].uses += uses;
        return;
    }
    size_t at = walk->near_count;
    if (at == LEXICON_NEAR_MAX) {
        at = find_worst(walk);
        const bool is_worse = distance > walk->near[at].distance ||
                              (distance == walk->near[at].distance && uses <= walk->near[at].uses);
        if (is_worse) return;
    } else {
        walk->near_count++;
    }
    memcpy(walk->near[at].letters, word, len * sizeof *word);
    walk->near[at].len = len;
    walk->near[at].distance = distance;
    walk->near[at].uses = uses;
}

static void walk_word(struct walk *walk, const struct lexicon *lexicon, const struct entry *entry)
{
    const uint32_t *word = lexicon->letters + entry->at;
    if (entry->shared >= walk->dead) return;
    walk->dead = LEXICON_WORD_MAX + 1;
    for (size_t depth = (size_t)entry->shared + 1; depth <= entry->len; depth++) {
        if (fill_row(walk, word, depth) <= walk->slack) continue;
        walk->dead = depth;
        break;
    }
    // The longest of the nearest beginnings says most about the word.
    const size_t depth_max = walk->dead <= entry->len ? walk->dead - 1 : entry->len;
    unsigned distance = walk->slack + 1;
    size_t len = 0;
    for (size_t depth = 1; depth <= depth_max; depth++) {
        if (walk->rows[depth][walk->len] > distance) continue;
        if (walk->rows[depth][walk->len] > walk->slack) continue;
        distance = walk->rows[depth][walk->len];
        len = depth;
    }
    if (len > 0) remember(walk, word, len, distance, entry->uses);
}

static void near_format(const struct walk *walk, size_t index, struct lexicon_near *out)
{
    size_t len = 0;
    for (size_t i = 0; i < walk->near[index].len; i++)
        len += utf8_put(walk->near[index].letters[i], (uint8_t *)out->text + len);
    out->text[len] = '\0';
    out->distance = walk->near[index].distance;
    out->uses = walk->near[index].uses;
}

static int nearer(const void *a, const void *b)
{
    const struct lexicon_near *left = a, *right = b;
    if (left->distance != right->distance) return left->distance < right->distance ? -1 : 1;
    if (left->uses != right->uses) return left->uses > right->uses ? -1 : 1;
    return strcmp(left->text, right->text);
}

size_t lexicon_near(const struct lexicon *lexicon, struct slice typed, struct lexicon_near *out)
{
    struct walk walk;
    walk.len = decode(typed, walk.typed);
    walk.slack = lexicon_slack(walk.len);
    walk.dead = LEXICON_WORD_MAX + 1;
    walk.near_count = 0;
    for (size_t j = 0; j <= walk.len; j++)
        walk.rows[0][j] = (uint8_t)j;
    for (size_t i = 0; i < lexicon->count; i++)
        walk_word(&walk, lexicon, &lexicon->entries[i]);
    for (size_t i = 0; i < walk.near_count; i++)
        near_format(&walk, i, &out[i]);
    qsort(out, walk.near_count, sizeof *out, nearer);
    return walk.near_count;
}
