// SPDX-License-Identifier: Apache-2.0
#include "studio/sound.h"

#include "base/suggest.h"

#include <assert.h>
#include <string.h>

static const struct sound_recipe recipes[SOUND_FORM_COUNT] = {
#define RECIPE(name, word, ending, codec, mix, channels, bps)                                      \
    {word, ending, codec, mix, channels, bps},
    SOUND_FORMS(RECIPE)
#undef RECIPE
};

const struct sound_recipe *sound_recipe(enum sound_form form)
{
    assert(form < SOUND_FORM_COUNT);
    return &recipes[form];
}

outcome sound_form_parse(const char *word, const char *where, enum sound_form *out, struct why *why)
{
    const char *words[SOUND_FORM_COUNT];
    for (size_t i = 0; i < SOUND_FORM_COUNT; i++) {
        words[i] = recipes[i].word;
        if (strcmp(word, words[i]) != 0) continue;
        *out = (enum sound_form)i;
        return OK;
    }
    const char *near = suggest(word, words, SOUND_FORM_COUNT);
    return fail(why, INVALID,
                "%s is \"%.40s\"%s%s%s: aac-stereo, aac-5.1, eac3-5.1, opus-stereo and "
                "dialogue-boost can be made",
                where, word, near == NULL ? "" : ", is \"", near == NULL ? "" : near,
                near == NULL ? "" : "\" meant?");
}

bool sound_form_fits(enum sound_form form, uint32_t channels, bool has_centre)
{
    const struct sound_recipe *recipe = sound_recipe(form);
    if (recipe->mix == MIX_DIALOGUE) return has_centre && channels > 2;
    return recipe->channels <= 2 || channels >= recipe->channels;
}
