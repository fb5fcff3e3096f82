// SPDX-License-Identifier: Apache-2.0
#include "media/sample_entry.h"

#include "movie.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>

#include <cmocka.h>

static void put(struct buffer *bytes, const struct stream *stream)
{
    struct box_writer writer = box_writer_init(bytes, NULL);
    sample_entry_put(&writer, stream);
    assert_int_equal(box_writer_end(&writer), OK);
}

static outcome parse(const struct buffer *bytes, struct stream *out, struct why *why)
{
    struct box_walk walk = box_walk_init(buffer_slice(bytes), 0);
    struct box entry;
    assert_int_equal(box_next(&walk, &entry, NULL), OK);
    return sample_entry_parse(&entry, out, why);
}

static void every_codec_is_read_back_as_it_was_written(void **state)
{
    (void)state;
    static const struct {
        const char *config;
        enum codec codec;
        bool in_band;
        const char *type;
    } cases[] = {
        {"01640034ffe1001367640034acb402202df2f2901010106d0a135001000568ee06f2c0", CODEC_AVC, false,
         "avc1"},
        {"01640034ffe1001367640034acb402202df2f2901010106d0a135001000568ee06f2c0", CODEC_AVC, true,
         "avc3"},
        {"0122200000009000000000007bf000fcfdfafa00000f00", CODEC_HEVC, false, "hvc1"},
        {"0122200000009000000000007bf000fcfdfafa00000f00", CODEC_HEVC, true, "hev1"},
        {"81094c000a0e0000004aabbfc3776fe342440241", CODEC_AV1, false, "av01"},
        {"1190", CODEC_AAC, false, "mp4a"},
        {"1010c0", CODEC_AC3, false, "ac-3"},
        {"1f40200f00", CODEC_EAC3, false, "ec-3"},
        {"00020138000bb80000000000", CODEC_OPUS, false, "Opus"},
        {"800000221000100000000000000000bb80170000000000000000000000000000000000000000"
         "0000",
         CODEC_FLAC, false, "fLaC"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t config[256];
        const size_t len = strlen(cases[i].config) / 2;
        assert_int_equal(slice_hex(slice_of(cases[i].config), config, len, NULL), OK);
        struct stream stream = cases[i].codec <= CODEC_AV1 ? movie_avc : movie_aac;
        stream.codec = cases[i].codec;
        stream.in_band = cases[i].in_band;
        stream.config = (struct slice){config, len};
        assert_int_equal(stream_complete(&stream, NULL), OK);
        autobuffer bytes = buffer_init(4096);
        put(&bytes, &stream);
        assert_memory_equal(bytes.at + 4, cases[i].type, 4);
        struct stream found = {.timescale = stream.timescale};
        struct why why = {""};
        if (parse(&bytes, &found, &why) != OK) fail_msg("%s: %s", cases[i].type, why.text);
        assert_true(stream_is_same(&stream, &found));
    }
}

static void light_and_shape_of_the_picture_survive(void **state)
{
    (void)state;
    struct stream stream = movie_avc, found = {.timescale = 12800};
    stream.codec = CODEC_AV1; // whose configuration adds nothing of its own
    uint8_t config[] = {0x81, 0x09, 0x4c, 0x00};
    stream.config = (struct slice){config, sizeof config};
    stream.video.facts.sar_width = 64;
    stream.video.facts.sar_height = 45;
    stream.video.colour = (struct colour){9, 16, 9, true};
    stream.video.mastering = (struct mastering_display){
        {34000, 16000}, {13250, 34500}, {7500, 3000}, {15635, 16450}, 10000000, 50};
    stream.video.max_cll = 1000;
    stream.video.max_fall = 400;
    autobuffer bytes = buffer_init(4096);
    put(&bytes, &stream);
    assert_int_equal(parse(&bytes, &found, NULL), OK);
    assert_int_equal(found.video.facts.sar_width, 64);
    assert_int_equal(found.video.facts.range, RANGE_PQ);
    assert_true(found.video.colour.full_range);
    assert_int_equal(found.video.mastering.red[0], 34000);
    assert_int_equal(found.video.mastering.white[1], 16450);
    assert_int_equal(found.video.mastering.luminance_min, 50);
    assert_int_equal(found.video.max_cll, 1000);
    assert_int_equal(found.video.max_fall, 400);
}

static void quicktime_sound_is_found_behind_its_longer_fields(void **state)
{
    (void)state;
    autobuffer plain = buffer_init(4096), bytes = buffer_init(4096);
    put(&plain, &movie_aac);
    enum { FIELDS_END = 8 + 28 };
    struct box_writer writer = box_writer_init(&bytes, NULL);
    box_begin(&writer, BOX_TYPE('m', 'p', '4', 'a'));
    put_bytes(&writer, (struct slice){plain.at + 8, 8});
    put_u16(&writer, 1); // version
    put_bytes(&writer, (struct slice){plain.at + 18, FIELDS_END - 18});
    put_zeros(&writer, 16);
    box_begin(&writer, BOX_TYPE('w', 'a', 'v', 'e'));
    put_bytes(&writer, (struct slice){plain.at + FIELDS_END, plain.len - FIELDS_END});
    box_end(&writer);
    box_end(&writer);
    assert_int_equal(box_writer_end(&writer), OK);
    struct stream found = {.timescale = 48000};
    assert_int_equal(parse(&bytes, &found, NULL), OK);
    assert_true(stream_is_same(&found, &movie_aac));
}

static void mpeg_audio_that_is_not_aac_is_refused(void **state)
{
    (void)state;
    autobuffer bytes = buffer_init(4096);
    put(&bytes, &movie_aac);
    uint8_t *object = memmem(bytes.at, bytes.len, "\x40\x15", 2);
    assert_non_null(object);
    *object = 0x6b; // MP3
    struct stream found = {.timescale = 48000};
    struct why why = {""};
    assert_int_equal(parse(&bytes, &found, &why), UNSUPPORTED);
    assert_non_null(strstr(why.text, "0x6b"));
    assert_int_equal(found.config.len, 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_codec_is_read_back_as_it_was_written),
        cmocka_unit_test(light_and_shape_of_the_picture_survive),
        cmocka_unit_test(quicktime_sound_is_found_behind_its_longer_fields),
        cmocka_unit_test(mpeg_audio_that_is_not_aac_is_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
