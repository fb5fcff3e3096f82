// SPDX-License-Identifier: Apache-2.0
#include "media/presentation.h"

#include <assert.h>
#include <string.h>

const char *track_role_word(enum track_role role)
{
    static const char *const words[TRACK_ROLE_COUNT] = {
#define TRACK_ROLE_WORD(name, word) [name] = word,
        TRACK_ROLES(TRACK_ROLE_WORD)
#undef TRACK_ROLE_WORD
    };
    assert(role < TRACK_ROLE_COUNT);
    return words[role];
}

outcome track_role_parse(const char *word, enum track_role *out, struct why *why)
{
    // What people write, beside the scheme's own words.
    static const struct {
        const char *word;
        enum track_role role;
    } others[] = {
        {"captions", ROLE_CAPTION}, {"sdh", ROLE_CAPTION},   {"subtitles", ROLE_SUBTITLE},
        {"ad", ROLE_DESCRIPTION},   {"forced", ROLE_FORCED},
    };
    for (int role = 0; role < TRACK_ROLE_COUNT; role++) {
        if (strcmp(word, track_role_word((enum track_role)role)) != 0) continue;
        *out = (enum track_role)role;
        return OK;
    }
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++) {
        if (strcmp(word, others[i].word) != 0) continue;
        *out = others[i].role;
        return OK;
    }
    return fail(
        why, INVALID,
        "\"%.40s\" is no track role: use main, alternate, dub, description, commentary, subtitle, "
        "caption, forced-subtitle or enhanced-audio-intelligibility",
        word);
}

const char *track_kind_word(enum track_kind kind)
{
    static const char *const words[TRACK_KIND_COUNT] = {"video", "audio", "text", "image"};
    assert(kind < TRACK_KIND_COUNT);
    return words[kind];
}
