// SPDX-License-Identifier: Apache-2.0
#include "media/stream.h"

#include "movie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

struct known {
    const char *config; // hex, from files that encoders wrote
    enum codec codec;
    bool in_band;
    const char *text;
    uint32_t channels, sample_rate; // audio
};

static const struct known streams[] = {
    {"01640034ffe1001367640034acb402202df2f2901010106d0a135001000568ee06f2c0", CODEC_AVC, false,
     "avc1.640034", 0, 0},
    {"01640028ffe1002567640028acb200f0044fcbffffffffffb501010130100004ac4a000095895149803c60c92001"
     "000568ebccb22cfdf8f800",
     CODEC_AVC, true, "avc3.640028", 0, 0},
    {"0122200000009000000000007bf000fcfdfafa00000f00", CODEC_HEVC, false, "hvc1.2.4.H123.90", 0, 0},
    {"010160000000b0000000000078f000fcfdf8f800000f00", CODEC_HEVC, true, "hev1.1.6.L120.B0", 0, 0},
    {"81094c000a0e0000004aabbfc3776fe342440241", CODEC_AV1, false, "av01.0.09M.10", 0, 0},
    {"1190", CODEC_AAC, false, "mp4a.40.2", 2, 48000},
    {"2b118800", CODEC_AAC, false, "mp4a.40.5", 2, 48000}, // SBR signalled first: 24 kHz core
    {"1010c0", CODEC_AC3, false, "ac-3", 2, 48000},
    {"1f40200f00", CODEC_EAC3, false, "ec-3", 6, 48000},
    {"00020138000bb80000000000", CODEC_OPUS, false, "opus", 2, 48000},
};

static struct stream make(const struct known *known, uint8_t *config)
{
    const size_t len = strlen(known->config) / 2;
    assert_int_equal(slice_hex(slice_of(known->config), config, len, NULL), OK);
    const bool is_video = known->codec <= CODEC_AV1;
    struct stream stream = is_video ? movie_avc : movie_aac;
    stream.codec = known->codec;
    stream.in_band = known->in_band;
    stream.config = (struct slice){config, len};
    if (is_video) stream.video.colour = COLOUR_UNSPECIFIED;
    return stream;
}

static void codec_strings_follow_the_configuration(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
        uint8_t config[256];
        char text[CODEC_BYTES];
        struct stream stream = make(&streams[i], config);
        assert_int_equal(stream_complete(&stream, NULL), OK);
        assert_int_equal(stream_codec_text(&stream, text, NULL), OK);
        assert_string_equal(text, streams[i].text);
        if (stream.kind != TRACK_AUDIO) continue;
        assert_int_equal(stream.audio.channels, streams[i].channels);
        assert_int_equal(stream.audio.sample_rate, streams[i].sample_rate);
    }
}

static void av1_says_its_colour_where_it_is_not_the_usual(void **state)
{
    (void)state;
    uint8_t config[256];
    char text[CODEC_BYTES];
    struct stream stream = make(&streams[4], config);
    stream.video.colour = (struct colour){9, 16, 9, false};
    assert_int_equal(stream_codec_text(&stream, text, NULL), OK);
    assert_string_equal(text, "av01.0.09M.10.0.110.09.16.09.0");
}

static void a_configuration_that_is_too_short_is_refused(void **state)
{
    (void)state;
    for (size_t i = 0; i < sizeof streams / sizeof streams[0]; i++) {
        uint8_t config[256];
        char text[CODEC_BYTES];
        struct why why = {""};
        struct stream stream = make(&streams[i], config);
        stream.config.len = 1;
        assert_int_equal(stream_complete(&stream, &why), INVALID);
        assert_non_null(strstr(why.text, "has 1 bytes"));
        assert_int_equal(stream_codec_text(&stream, text, NULL), INVALID);
    }
}

static void streams_differ_by_what_a_decoder_is_set_up_with(void **state)
{
    (void)state;
    struct stream other = movie_avc;
    assert_true(stream_is_same(&movie_avc, &other));
    memcpy(other.language, "fr", 3); // a label, not a setup
    assert_true(stream_is_same(&movie_avc, &other));
    other.video.facts.width = 320;
    assert_false(stream_is_same(&movie_avc, &other));
    other = movie_avc;
    other.config.len--;
    assert_false(stream_is_same(&movie_avc, &other));
    other = movie_avc;
    other.timescale = 90000;
    assert_false(stream_is_same(&movie_avc, &other));
    assert_false(stream_is_same(&movie_avc, &movie_aac));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(codec_strings_follow_the_configuration),
        cmocka_unit_test(av1_says_its_colour_where_it_is_not_the_usual),
        cmocka_unit_test(a_configuration_that_is_too_short_is_refused),
        cmocka_unit_test(streams_differ_by_what_a_decoder_is_set_up_with),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
