// SPDX-License-Identifier: Apache-2.0
//
// The renditions that a sound track gets.
//
//     source      aac-stereo   aac-5.1   eac3-5.1   opus-stereo   dialogue-boost
//     stereo          x                                 (x)
//     5.1, 7.1        x           x          x          (x)            x
//
// Nobody's mix is turned up or down: how loud a rendition is stands beside it (media/loudness.h,
// and dialnorm in E-AC-3), and players do the rest. A mix to fewer channels that would exceed full
// scale is lowered by what it exceeds it, which the encoder's result says.
#ifndef STUDIO_SOUND_H
#define STUDIO_SOUND_H

#include "base/outcome.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define SOUND_CODECS(X)                                                                            \
    X(SOUND_AAC, "aac")                                                                            \
    X(SOUND_EAC3, "eac3")                                                                          \
    X(SOUND_OPUS, "opus")
#define SOUND_CODEC_ENUM(name, word) name,
enum sound_codec { SOUND_CODECS(SOUND_CODEC_ENUM) SOUND_CODEC_COUNT };
#undef SOUND_CODEC_ENUM

// MIX_DIALOGUE: stereo in which all but the centre channel is 6 dB lower, and the centre 3 dB
// higher, than in the plain downmix of ITU-R BS.775.
#define SOUND_MIXES(X)                                                                             \
    X(MIX_PLAIN, "plain")                                                                          \
    X(MIX_DIALOGUE, "dialogue")
#define SOUND_MIX_ENUM(name, word) name,
enum sound_mix { SOUND_MIXES(SOUND_MIX_ENUM) SOUND_MIX_COUNT };
#undef SOUND_MIX_ENUM

// name, word (in ladder files), ending of the track's name, codec, mix, channels, bits a second
#define SOUND_FORMS(X)                                                                             \
    X(FORM_AAC_STEREO, "aac-stereo", "", SOUND_AAC, MIX_PLAIN, 2, 128000)                          \
    X(FORM_AAC_SURROUND, "aac-5.1", "-51", SOUND_AAC, MIX_PLAIN, 6, 320000)                        \
    X(FORM_EAC3_SURROUND, "eac3-5.1", "-ec3", SOUND_EAC3, MIX_PLAIN, 6, 384000)                    \
    X(FORM_OPUS_STEREO, "opus-stereo", "-opus", SOUND_OPUS, MIX_PLAIN, 2, 96000)                   \
    X(FORM_DIALOGUE_BOOST, "dialogue-boost", "", SOUND_AAC, MIX_DIALOGUE, 2, 128000)
#define SOUND_FORM_ENUM(name, word, ending, codec, mix, channels, bps) name,
enum sound_form { SOUND_FORMS(SOUND_FORM_ENUM) SOUND_FORM_COUNT };
#undef SOUND_FORM_ENUM

struct sound_recipe {
    const char *word, *ending;
    enum sound_codec codec;
    enum sound_mix mix;
    uint32_t channels, bitrate_bps;
};

typedef uint32_t sound_forms; // bits 1 << form

enum {
    SOUND_FORMS_HOUSE = 1 << FORM_AAC_STEREO | 1 << FORM_AAC_SURROUND | 1 << FORM_EAC3_SURROUND |
                        1 << FORM_DIALOGUE_BOOST,
};

const struct sound_recipe *sound_recipe(enum sound_form form);

// INVALID with the list of words.
must_check outcome sound_form_parse(const char *word, const char *where, enum sound_form *out,
                                    struct why *why);

// Whether a track of so many channels gets the form: never more channels than it has. Channels 0:
// not known, which gets stereo.
bool sound_form_fits(enum sound_form form, uint32_t channels, bool has_centre);

#endif
