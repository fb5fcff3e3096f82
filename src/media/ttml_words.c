// SPDX-License-Identifier: Apache-2.0
#include "media/ttml_internal.h"

#include <string.h>

// Properties whose looks neither target has, but whose values a document must get right all the
// same: what it says there is checked and then passed over.

static bool is_one_of(struct slice word, const char *words)
{
    struct slice rest = slice_of(words), one;
    while (slice_cut(&rest, '|', &one))
        if (slice_equal(word, one)) return true;
    return false;
}

static bool is_ruby_align(struct slice value)
{
    return is_one_of(value, "center|spaceAround");
}

// "none", or a side and perhaps a length.
static bool is_ruby_reserve(struct slice value)
{
    struct slice word;
    struct ttml_length length;
    if (!ttml_word(&value, &word)) return false;
    if (slice_is(word, "none")) return slice_trim(value).len == 0;
    if (!is_one_of(word, "both|before|after|outside|around|between")) return false;
    if (!ttml_word(&value, &word)) return true;
    return ttml_length(word, &length) && length.thousandths >= 0 && slice_trim(value).len == 0;
}

static bool is_shear(struct slice value)
{
    struct ttml_length length;
    return ttml_length(value, &length) && length.unit == UNIT_PERCENT;
}

static bool is_text_combine(struct slice value)
{
    return is_one_of(value, "none|all");
}

// At most a style, a shape and a side, each once; no colour (#textEmphasis-minimal).
static bool is_text_emphasis(struct slice value)
{
    static const char *const groups[] = {"none|auto|filled|open", "circle|dot|sesame",
                                         "before|after|outside"};
    bool is_used[3] = {false, false, false};
    struct slice word;
    while (ttml_word(&value, &word)) {
        int group = 0;
        while (group < 3 && !is_one_of(word, groups[group]))
            group++;
        if (group == 3 || is_used[group]) return false;
        is_used[group] = true;
    }
    return is_used[0] || is_used[1];
}

static bool is_text_shadow(struct slice value)
{
    enum { SHADOWS_MAX = 4 };
    int depth = 0, count = 1;
    for (size_t i = 0; i < value.len; i++) {
        depth += value.at[i] == '(';
        depth -= value.at[i] == ')';
        count += depth == 0 && value.at[i] == ',';
    }
    return value.len > 0 && count <= SHADOWS_MAX;
}

static const struct {
    const char *name;
    bool (*is_value)(struct slice value);
    const char *clause;
} words[] = {
    {"rubyAlign", is_ruby_align, "IMSC 1.1 clause 8.4.9"},
    {"rubyReserve", is_ruby_reserve, "TTML2 clause 10.2"},
    {"shear", is_shear, "TTML2 clause 10.2"},
    {"textCombine", is_text_combine, "TTML2 clause 10.2"},
    {"textEmphasis", is_text_emphasis, "IMSC 1.1 clause 6, #textEmphasis-minimal"},
    {"textShadow", is_text_shadow, "IMSC 1.1 clause 8.4.11"},
};

outcome ttml_words_check(const xmlNode *node, const char *name, struct slice value, struct why *why)
{
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (strcmp(words[i].name, name) == 0 && !words[i].is_value(slice_trim(value)))
            return fail(why, INVALID, "line %d: \"%.*s\" is no value of tts:%s (%s)",
                        (int)xmlGetLineNo(node), SLICE_ARG(slice_part(value, 0, 60)), name,
                        words[i].clause);
    return OK;
}
