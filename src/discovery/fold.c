// SPDX-License-Identifier: Apache-2.0
#include "discovery/fold.h"

#include "base/utf8.h"

#include <stdlib.h>
#include <string.h>

#include <unicase.h>
#include <unictype.h>
#include <unistr.h>

enum { WORD_POINTS_MAX = 64, ARTICLE_REST_MIN = 3 };

static const ucs4_t ALEF = 0x627, LAM = 0x644;

// What decomposition leaves apart though people type one for the other.
static const struct {
    ucs4_t from;
    const char *to;
} alike[] = {
    {0xe6, "ae"}, {0xf0, "d"},  {0xf8, "o"},   {0xfe, "th"}, {0x111, "d"}, {0x127, "h"},
    {0x131, "i"}, {0x142, "l"}, {0x153, "oe"}, {0x167, "t"}, {0x640, ""}, // kashida
    {0x649, "ي"}, {0x629, "ه"}, {0x6a9, "ك"},  {0x6cc, "ي"},
};

struct word {
    ucs4_t points[WORD_POINTS_MAX];
    size_t count;
};

static void word_put(struct word *word, ucs4_t point)
{
    if (word->count < WORD_POINTS_MAX) word->points[word->count++] = point;
}

static void word_put_alike(struct word *word, ucs4_t point)
{
    for (size_t i = 0; i < sizeof alike / sizeof alike[0]; i++) {
        if (alike[i].from != point) continue;
        const uint8_t *at = (const uint8_t *)alike[i].to;
        for (size_t left = strlen(alike[i].to); left > 0;) {
            ucs4_t one;
            const int len = u8_mbtouc(&one, at, left);
            word_put(word, one);
            at += len;
            left -= (size_t)len;
        }
        return;
    }
    word_put(word, point);
}

static outcome put_points(const ucs4_t *points, size_t count, struct buffer *out, struct why *why)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t bytes[UTF8_BYTES_MAX];
        const size_t len = utf8_put(points[i], bytes);
        TRY(buffer_put(out, (struct slice){bytes, len}, why));
    }
    return buffer_put_text(out, " ", why);
}

static outcome word_end(struct word *word, enum fold_articles articles, struct buffer *out,
                        struct why *why)
{
    const size_t count = word->count;
    const ucs4_t *points = word->points;
    word->count = 0;
    if (count == 0) return OK;
    TRY(put_points(points, count, out, why));
    const bool has_article = count >= 2 + ARTICLE_REST_MIN && points[0] == ALEF && points[1] == LAM;
    if (articles != FOLD_AND_BARE || !has_article) return OK;
    return put_points(points + 2, count - 2, out, why);
}

static outcome put_folded(const uint8_t *text, size_t len, enum fold_articles articles,
                          struct buffer *out, struct why *why)
{
    struct word word = {.count = 0};
    for (size_t at = 0; at < len;) {
        ucs4_t point;
        at += (size_t)u8_mbtouc(&point, text + at, len - at);
        if (uc_is_general_category_withtable(point, UC_CATEGORY_MASK_M)) continue;
        const int digit = uc_decimal_value(point);
        if (digit >= 0)
            word_put(&word, (ucs4_t)('0' + digit));
        else if (point != 0xfffd &&
                 uc_is_general_category_withtable(point, UC_CATEGORY_MASK_L | UC_CATEGORY_MASK_N))
            word_put_alike(&word, point);
        else
            TRY(word_end(&word, articles, out, why));
    }
    return word_end(&word, articles, out, why);
}

outcome fold_words(struct slice text, enum fold_articles articles, struct buffer *out,
                   struct why *why)
{
    // What is not UTF-8 is cut off whole: the catalogue has none, and a query with some means
    // nothing.
    const size_t sound = utf8_prefix(text);
    size_t len = 0;
    if (sound == 0) return OK;
    uint8_t *folded = u8_casefold(text.at, sound, NULL, UNINORM_NFKD, NULL, &len);
    if (folded == NULL) return fail(why, NO_MEMORY, "no memory to fold a text");
    const outcome put = put_folded(folded, len, articles, out, why);
    free(folded);
    return put;
}
