// SPDX-License-Identifier: Apache-2.0
#include "studio/sound.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>

#include <cmocka.h>

static void no_form_has_more_channels_than_its_source(void **state)
{
    (void)state;
    static const struct {
        uint32_t channels;
        bool has_centre;
        sound_forms forms;
    } cases[] = {
        {0, false, 1 << FORM_AAC_STEREO | 1 << FORM_OPUS_STEREO}, // not known
        {1, false, 1 << FORM_AAC_STEREO | 1 << FORM_OPUS_STEREO},
        {2, false, 1 << FORM_AAC_STEREO | 1 << FORM_OPUS_STEREO},
        {3, true, 1 << FORM_AAC_STEREO | 1 << FORM_OPUS_STEREO | 1 << FORM_DIALOGUE_BOOST},
        {4, false, 1 << FORM_AAC_STEREO | 1 << FORM_OPUS_STEREO},
        {6, true, (1 << SOUND_FORM_COUNT) - 1},
        {8, true, (1 << SOUND_FORM_COUNT) - 1},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
        for (int form = 0; form < SOUND_FORM_COUNT; form++)
            assert_int_equal(
                sound_form_fits((enum sound_form)form, cases[i].channels, cases[i].has_centre),
                (cases[i].forms >> form & 1u) != 0);
}

static void words_are_read_and_mistakes_told(void **state)
{
    (void)state;
    enum sound_form form = FORM_AAC_STEREO;
    struct why why = {""};
    for (int i = 0; i < SOUND_FORM_COUNT; i++) {
        assert_int_equal(sound_form_parse(sound_recipe((enum sound_form)i)->word, "x", &form, &why),
                         OK);
        assert_int_equal(form, i);
    }
    assert_int_equal(sound_form_parse("eac3-51", "audio[1]", &form, &why), INVALID);
    assert_non_null(strstr(why.text, "audio[1] is \"eac3-51\", is \"eac3-5.1\" meant?"));
    assert_int_equal(sound_form_parse("mp3", "audio[0]", &form, &why), INVALID);
    assert_non_null(strstr(why.text, "opus-stereo"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(no_form_has_more_channels_than_its_source),
        cmocka_unit_test(words_are_read_and_mistakes_told),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
