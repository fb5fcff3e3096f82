// SPDX-License-Identifier: Apache-2.0
#include "discovery/lexicon.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static const char *const words[] = {"harbour", "hearth",   "lamp",    "lampe", "lamplighter",
                                    "lamps",   "land",     "lighter", "night", "nightingale",
                                    "orange",  "primrose", "مدرسه"};
enum { WORDS = sizeof words / sizeof words[0] };

static struct lexicon *lexicon_of_words(void)
{
    struct lexicon *lexicon;
    assert_int_equal(lexicon_make(&lexicon, NULL), OK);
    for (size_t i = 0; i < WORDS; i++)
        assert_int_equal(lexicon_add(lexicon, slice_of(words[i]), 1, NULL), OK);
    return lexicon;
}

static bool has(const struct lexicon_near *near, size_t count, const char *text, unsigned distance)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(near[i].text, text) == 0 && near[i].distance == distance) return true;
    return false;
}

static void what_is_mistyped_has_its_word_near(void **state)
{
    (void)state;
    static const struct {
        const char *typed, *meant;
        unsigned distance;
    } cases[] = {
        {"lampligt", "lamplight", 1},       // left out
        {"lampliighter", "lamplighter", 1}, // twice
        {"primrsoe", "primrose", 1},        // swapped
        {"nigth", "night", 1},
        {"harbor", "harbour", 1},
        {"hqrbour", "harbour", 1}, // beside
        {"oramge", "orange", 1},
        {"nihgtingal", "nightingal", 1},   // a beginning
        {"nihtinagle", "nightingale", 2},  // twice mistyped
        {"kamplighter", "lamplighter", 1}, // the first letter
        {"مدرصه", "مدرسه", 1},
        {"lamplighter", "lamplighter", 0},
    };
    struct lexicon *lexicon = lexicon_of_words();
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct lexicon_near near[LEXICON_NEAR_MAX];
        const size_t count = lexicon_near(lexicon, slice_of(cases[i].typed), near);
        if (!has(near, count, cases[i].meant, cases[i].distance))
            fail_msg("%s: %zu, first %s", cases[i].typed, count, count == 0 ? "" : near[0].text);
        for (size_t j = 1; j < count; j++)
            assert_true(near[j - 1].distance <= near[j].distance);
    }
    lexicon_close(&lexicon);
}

static void short_words_are_meant_as_typed(void **state)
{
    (void)state;
    struct lexicon *lexicon = lexicon_of_words();
    struct lexicon_near near[LEXICON_NEAR_MAX];
    assert_int_equal(lexicon_near(lexicon, slice_of("lxm"), near), 0);
    assert_int_equal(lexicon_near(lexicon, slice_of("xylophon"), near), 0);
    assert_int_equal(lexicon_near(lexicon, slice_of(""), near), 0);
    lexicon_close(&lexicon);
}

static void words_come_in_order(void **state)
{
    (void)state;
    struct lexicon *lexicon = lexicon_of_words();
    assert_int_equal(lexicon_add(lexicon, slice_of("aardvark"), 1, NULL), INVALID);
    lexicon_close(&lexicon);
}

// The plain way, without sharing or passing over: the least distance of the typed word to any
// beginning of the other.
static unsigned plain_distance(const char *typed, const char *word)
{
    unsigned d[40][40];
    const size_t n = strlen(typed), m = strlen(word);
    unsigned best = (unsigned)n;
    for (size_t i = 0; i <= m; i++) {
        for (size_t j = 0; j <= n; j++) {
            if (i == 0 || j == 0) {
                d[i][j] = (unsigned)(i + j);
                continue;
            }
            unsigned v = d[i - 1][j - 1] + (word[i - 1] == typed[j - 1] ? 0 : 1);
            if (d[i - 1][j] + 1 < v) v = d[i - 1][j] + 1;
            if (d[i][j - 1] + 1 < v) v = d[i][j - 1] + 1;
            if (i > 1 && j > 1 && word[i - 1] == typed[j - 2] && word[i - 2] == typed[j - 1] &&
                d[i - 2][j - 2] + 1 < v)
                v = d[i - 2][j - 2] + 1;
            d[i][j] = v;
        }
        if (i > 0 && d[i][n] < best) best = d[i][n];
    }
    return best;
}

static int compare(const void *a, const void *b)
{
    return strcmp(a, b);
}

// Words of a few letters, so that many share beginnings: the walk finds the same least distance as
// the plain way, for each seed that is printed when it does not.
static void the_walk_agrees_with_the_plain_distance(void **state)
{
    (void)state;
    enum { COUNT = 60, ROUNDS = 40 };
    unsigned seed = 1;
    for (unsigned round = 0; round < ROUNDS; round++) {
        char made[COUNT][12];
        const unsigned began = seed;
        for (size_t i = 0; i < COUNT; i++) {
            const size_t len = 1 + (size_t)(rand_r(&seed) % 10);
            for (size_t j = 0; j < len; j++)
                made[i][j] = (char)('a' + rand_r(&seed) % 3);
            made[i][len] = '\0';
        }
        qsort(made, COUNT, sizeof made[0], compare);
        struct lexicon *lexicon;
        assert_int_equal(lexicon_make(&lexicon, NULL), OK);
        for (size_t i = 0; i < COUNT; i++)
            assert_int_equal(lexicon_add(lexicon, slice_of(made[i]), 1, NULL), OK);
        const char *typed = made[rand_r(&seed) % COUNT];
        char wrong[12];
        (void)snprintf(wrong, sizeof wrong, "%s", typed);
        wrong[(size_t)rand_r(&seed) % strlen(wrong)] = 'd';
        unsigned least = 99;
        for (size_t i = 0; i < COUNT; i++) {
            const unsigned distance = plain_distance(wrong, made[i]);
            if (distance < least) least = distance;
        }
        struct lexicon_near near[LEXICON_NEAR_MAX];
        const size_t count = lexicon_near(lexicon, slice_of(wrong), near);
        const bool is_near = least <= lexicon_slack(strlen(wrong));
        if ((count > 0) != is_near || (count > 0 && near[0].distance != least))
            fail_msg("seed %u: %s: %zu near, least %u", began, wrong, count, least);
        lexicon_close(&lexicon);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_is_mistyped_has_its_word_near),
        cmocka_unit_test(short_words_are_meant_as_typed),
        cmocka_unit_test(words_come_in_order),
        cmocka_unit_test(the_walk_agrees_with_the_plain_distance),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
