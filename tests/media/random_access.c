// SPDX-License-Identifier: Apache-2.0
#include "media/random_access.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>

#include <cmocka.h>

static enum access_kind judge(enum codec codec, size_t config_len, const uint8_t *bytes, size_t len)
{
    static uint8_t config[32]; // lengths of four bytes in both avcC and hvcC
    config[4] = 0xff;
    config[21] = 0x03;
    const struct stream stream = {
        .kind = TRACK_VIDEO, .codec = codec, .config = {config, config_len}};
    return sample_access(&stream, (struct slice){bytes, len});
}

#define JUDGE(codec, ...)                                                                          \
    judge(codec, 32, (const uint8_t[]){__VA_ARGS__}, sizeof((const uint8_t[]){__VA_ARGS__}))

static void avc_needs_an_idr_slice(void **state)
{
    (void)state;
    assert_int_equal(JUDGE(CODEC_AVC, 0, 0, 0, 2, 0x65, 0x88), ACCESS_CLEAN);
    assert_int_equal(JUDGE(CODEC_AVC, 0, 0, 0, 2, 0x41, 0x9a), ACCESS_NONE);
    // access unit delimiter, parameter set and SEI come first
    assert_int_equal(JUDGE(CODEC_AVC, 0, 0, 0, 2, 0x09, 0xf0, 0, 0, 0, 1, 0x67, 0, 0, 0, 1, 0x06, 0,
                           0, 0, 2, 0x65, 0),
                     ACCESS_CLEAN);
    // a recovery point is no IDR
    assert_int_equal(JUDGE(CODEC_AVC, 0, 0, 0, 1, 0x06, 0, 0, 0, 2, 0x01, 0), ACCESS_NONE);
    assert_int_equal(JUDGE(CODEC_AVC, 0, 0, 0, 9, 0x06), ACCESS_UNKNOWN);
    assert_int_equal(judge(CODEC_AVC, 3, (const uint8_t[]){0, 0, 0, 1, 0x65}, 5), ACCESS_UNKNOWN);
}

static void hevc_tells_open_from_closed(void **state)
{
    (void)state;
    assert_int_equal(JUDGE(CODEC_HEVC, 0, 0, 0, 2, 19 << 1, 1), ACCESS_CLEAN);
    assert_int_equal(JUDGE(CODEC_HEVC, 0, 0, 0, 2, 20 << 1, 1), ACCESS_CLEAN);
    assert_int_equal(JUDGE(CODEC_HEVC, 0, 0, 0, 2, 21 << 1, 1), ACCESS_OPEN);
    assert_int_equal(JUDGE(CODEC_HEVC, 0, 0, 0, 2, 16 << 1, 1), ACCESS_OPEN);
    assert_int_equal(JUDGE(CODEC_HEVC, 0, 0, 0, 2, 1 << 1, 1), ACCESS_NONE);
    assert_int_equal(JUDGE(CODEC_HEVC, 0, 0, 0, 2, 32 << 1, 1, 0, 0, 0, 2, 19 << 1, 1),
                     ACCESS_CLEAN);
}

static void av1_needs_a_sequence_header_and_a_key_frame(void **state)
{
    (void)state;
    assert_int_equal(JUDGE(CODEC_AV1, 0x12, 0, 0x0a, 1, 0, 0x32, 1, 0x10), ACCESS_CLEAN);
    assert_int_equal(JUDGE(CODEC_AV1, 0x12, 0, 0x32, 1, 0x10), ACCESS_NONE); // no sequence header
    assert_int_equal(JUDGE(CODEC_AV1, 0x12, 0, 0x0a, 1, 0, 0x32, 1, 0x30),
                     ACCESS_NONE); // inter frame
    assert_int_equal(JUDGE(CODEC_AV1, 0x12, 0, 0x0a, 1, 0, 0x1a, 1, 0x90),
                     ACCESS_NONE); // shows an old one
    assert_int_equal(JUDGE(CODEC_AV1, 0x12, 0), ACCESS_UNKNOWN);
}

static void every_audio_frame_is_one(void **state)
{
    (void)state;
    const struct stream stream = {.kind = TRACK_AUDIO, .codec = CODEC_AAC};
    assert_int_equal(sample_access(&stream, (struct slice){NULL, 0}), ACCESS_CLEAN);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(avc_needs_an_idr_slice),
        cmocka_unit_test(hevc_tells_open_from_closed),
        cmocka_unit_test(av1_needs_a_sequence_header_and_a_key_frame),
        cmocka_unit_test(every_audio_frame_is_one),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
