// SPDX-License-Identifier: Apache-2.0
#include "media/encoder.h"

#include "conformance_encoder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static bool is_slice_or_sei(uint8_t head)
{
    const uint8_t type = head & 31;
    return type == 1 || type == 5 || type == 6;
}

static void judge(const struct encoded_sample *sample)
{
    conformance_nal_units(sample, is_slice_or_sei);
}

static const struct encoder_case the_case = {
    .ops = &encoder_x264,
    .preset = "veryfast",
    .crf_tenths = 230,
    .fine_tenths = 100,
    .counts_quality = true,
    .holds_cap_in_bucket = true,
    .judge = judge,
};

static void it_owes_what_every_encoder_owes(void **state)
{
    (void)state;
    conformance_encoder(&the_case);
}

static void the_config_says_high_profile_and_the_level_of_the_settings(void **state)
{
    (void)state;
    struct encoder *encoder = NULL;
    struct encoder_settings large = conformance_settings(&the_case);
    large.width = 1280;
    large.height = 720;
    assert_int_equal(encoder_x264.open(&large, &encoder, NULL), OK);
    const uint8_t *config = encoder->config.at;
    assert_int_equal(config[0], 1);
    assert_int_equal(config[1], 100);
    assert_int_equal(config[3], 31);
    assert_int_equal(config[4] & 3, 3);
    encoder_close(&encoder);
}

// The bit depth bytes behind the parameter sets stand there from High profile on, and only then.
static void every_preset_says_the_profile_that_it_uses(void **state)
{
    (void)state;
    static const char *const presets[] = {"ultrafast", "superfast", "medium"};
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++) {
        struct encoder_settings chosen = conformance_settings(&the_case);
        chosen.preset = presets[i];
        struct encoder *encoder = NULL;
        assert_int_equal(encoder_x264.open(&chosen, &encoder, NULL), OK);
        const struct slice config = encoder->config;
        const size_t sps_len = read_u16be(config.at + 6);
        const size_t pps_len = read_u16be(config.at + 9 + sps_len);
        const uint8_t profile = config.at[9];
        assert_int_equal(config.at[1], profile);
        assert_int_equal(profile == 66 || profile == 77, i == 0);
        assert_int_equal(config.len, 11 + sps_len + pps_len + (profile >= 100 ? 4 : 0));
        encoder_close(&encoder);
    }
}

static void what_only_it_cannot_do_is_refused_too(void **state)
{
    (void)state;
    struct encoder_settings bad = conformance_settings(&the_case);
    struct encoder *encoder = NULL;
    struct why why = {""};
    bad.threads = 0;
    assert_int_equal(encoder_x264.open(&bad, &encoder, &why), INVALID);
    assert_non_null(strstr(why.text, "threads"));
    bad.threads = 1;
    bad.width = bad.height = 32768;
    assert_int_equal(encoder_x264.open(&bad, &encoder, &why), INVALID);
    assert_non_null(strstr(why.text, "level"));
    bad = conformance_settings(&the_case);
    bad.depth = 10;
    assert_int_equal(encoder_x264.open(&bad, &encoder, &why), INVALID);
    assert_null(encoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(what_only_it_cannot_do_is_refused_too),
        cmocka_unit_test(it_owes_what_every_encoder_owes),
        cmocka_unit_test(the_config_says_high_profile_and_the_level_of_the_settings),
        cmocka_unit_test(every_preset_says_the_profile_that_it_uses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
