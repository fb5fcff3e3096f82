// SPDX-License-Identifier: Apache-2.0
#include "media/language_tag.h"

#include "media/language_code.h"

#include <string.h>

enum { TAG_BYTES_MAX = 35, PARTS_MAX = 16 };

enum { LETTERS = 1, DIGITS = 2, OTHERS = 4 };

// What a part is made of.
static unsigned kinds_of(struct slice part)
{
    unsigned kinds = 0;
    for (size_t i = 0; i < part.len; i++) {
        const uint8_t byte = part.at[i];
        const bool is_letter = (byte | 0x20) >= 'a' && (byte | 0x20) <= 'z';
        kinds |= is_letter ? LETTERS : byte >= '0' && byte <= '9' ? DIGITS : OTHERS;
    }
    return kinds;
}

static bool is_variant(struct slice part)
{
    return (part.len >= 5 && part.len <= 8) ||
           (part.len == 4 && part.at[0] >= '0' && part.at[0] <= '9');
}

// What may stand in a place, in the order of the places; each at most as often as it says.
static const struct place {
    size_t len; // 0: a variant
    unsigned kinds;
    int times;
} places[] = {
    {3, LETTERS, 3}, {4, LETTERS, 1}, {2, LETTERS, 1}, {3, DIGITS, 1}, {0, LETTERS | DIGITS, 8},
};

enum { REGION_PLACE = 2, CODE_PLACE = 3, PLACE_COUNT = sizeof places / sizeof places[0] };

static bool fits(const struct place *place, struct slice part, unsigned kinds)
{
    if (place->len == 0) return is_variant(part);
    return part.len == place->len && kinds == place->kinds;
}

// The parts behind the language, up to a part of one character.
static bool read_parts(const struct slice *parts, size_t count, size_t *at)
{
    size_t place = 0;
    int taken = 0;
    while (*at < count && parts[*at].len > 1) {
        const unsigned kinds = kinds_of(parts[*at]);
        while (place < PLACE_COUNT &&
               (!fits(&places[place], parts[*at], kinds) || taken == places[place].times)) {
            place++;
            taken = 0;
        }
        if (place == PLACE_COUNT) return false;
        taken++;
        if (place == REGION_PLACE) { // letters or digits, not both
            place = CODE_PLACE + 1;
            taken = 0;
        }
        ++*at;
    }
    return true;
}

// Extensions and private use: a single character and at least one part.
static bool read_singles(const struct slice *parts, size_t count, size_t at)
{
    while (at < count) {
        if (parts[at].len != 1) return false;
        const bool is_private = (parts[at].at[0] | 0x20) == 'x';
        const size_t first = ++at;
        while (at < count && (is_private || parts[at].len > 1))
            at++;
        if (at == first) return false;
    }
    return true;
}

outcome language_tag_check(struct slice tag, struct why *why)
{
    struct slice parts[PARTS_MAX], rest = tag;
    size_t count = 0;
    if (tag.len == 0 || tag.len > TAG_BYTES_MAX)
        return fail(why, INVALID, "a language tag has 1 to %d characters", TAG_BYTES_MAX);
    while (count < PARTS_MAX && slice_cut(&rest, '-', &parts[count]))
        count++;
    for (size_t i = 0; i < count; i++)
        if (parts[i].len == 0 || parts[i].len > 8 || (kinds_of(parts[i]) & OTHERS) != 0)
            return fail(why, INVALID,
                        "\"%.*s\" is no language tag: parts have 1 to 8 letters or "
                        "digits (BCP 47)",
                        SLICE_ARG(tag));
    size_t at = 1;
    const bool is_private = parts[0].len == 1 && (parts[0].at[0] | 0x20) == 'x';
    if (is_private) at = 0;
    const bool is_language = is_private || (parts[0].len >= 2 && kinds_of(parts[0]) == LETTERS);
    if (!is_language || (!is_private && !read_parts(parts, count, &at)) ||
        !read_singles(parts, count, at))
        return fail(why, INVALID,
                    "\"%.*s\" is no language tag: language-Script-REGION is the form, as in "
                    "zh-Hant-TW (BCP 47)",
                    SLICE_ARG(tag));
    char shortest[LANGUAGE_BYTES] = "";
    language_from_text(parts[0], shortest);
    if (parts[0].len == 3 && strlen(shortest) == 2)
        return fail(why, INVALID, "\"%.*s\": write \"%s\", the shortest code (RFC 5646, 2.2.1)",
                    SLICE_ARG(tag), shortest);
    return OK;
}
