// SPDX-License-Identifier: Apache-2.0
#include "media/encoder.h"

#include "conformance_encoder.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { OBU_SEQUENCE = 1, OBU_DELIMITER = 2 };

// Whole OBUs, each with its size; no delimiters; the sequence header first in sync samples, and
// nowhere else (AV1 codec ISO media file format binding, clause 2.4).
static void judge(const struct encoded_sample *sample)
{
    struct slice rest = sample->bytes;
    for (size_t i = 0; rest.len > 0; i++) {
        const uint8_t type = rest.at[0] >> 3 & 15;
        size_t size = 0, at = 1;
        assert_int_equal(rest.at[0] & 0x86, 0x02); // no extension, with a size
        for (unsigned shift = 0; shift < 35; shift += 7) {
            assert_true(at < rest.len);
            size |= (size_t)(rest.at[at] & 0x7f) << shift;
            if ((rest.at[at++] & 0x80) == 0) break;
        }
        assert_true(size <= rest.len - at);
        assert_int_not_equal(type, OBU_DELIMITER);
        assert_int_equal(type == OBU_SEQUENCE, sample->is_sync && i == 0);
        rest = slice_part(rest, at + size, rest.len);
    }
}

static const struct encoder_case the_case = {
    .ops = &encoder_svtav1,
    .preset = "12",
    .crf_tenths = 350,
    .fine_tenths = 50,
    .counts_quality = true,
    .holds_cap_in_bucket = false,
    .judge = judge,
};

static void it_owes_what_every_encoder_owes(void **state)
{
    (void)state;
    conformance_encoder(&the_case);
}

static void the_config_says_main_profile_and_has_the_sequence_header(void **state)
{
    (void)state;
    struct encoder_settings settings = conformance_settings(&the_case);
    struct encoder *encoder = NULL;
    char codec[CODEC_BYTES];
    settings.width = 1920;
    settings.height = 1080;
    assert_int_equal(encoder_svtav1.open(&settings, &encoder, NULL), OK);
    const uint8_t *config = encoder->config.at;
    assert_int_equal(config[0], 0x81);
    assert_int_equal(config[1] >> 5, 0);   // Main
    assert_int_equal(config[1] & 0x1f, 8); // level 4.0: 1080p25
    assert_int_equal(config[2], 0x0d);     // Main tier, 8 bits, 4:2:0, samples on the left
    assert_int_equal(config[4] >> 3 & 15, OBU_SEQUENCE);
    const struct stream stream = {
        .kind = TRACK_VIDEO, .codec = CODEC_AV1, .config = encoder->config};
    assert_int_equal(stream_codec_text(&stream, codec, NULL), OK);
    assert_string_equal(codec, "av01.0.08M.08");
    encoder_close(&encoder);
}

static void ten_bits_and_hdr_are_said_in_the_config(void **state)
{
    (void)state;
    const struct encoder_settings hdr = conformance_hdr_settings(&the_case);
    struct encoder *encoder = NULL;
    assert_int_equal(encoder_svtav1.open(&hdr, &encoder, NULL), OK);
    assert_int_equal(encoder->config.at[2], 0x4e); // 10 bits, 4:2:0, samples on the upper left
    encoder_close(&encoder);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(it_owes_what_every_encoder_owes),
        cmocka_unit_test(the_config_says_main_profile_and_has_the_sequence_header),
        cmocka_unit_test(ten_bits_and_hdr_are_said_in_the_config),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
