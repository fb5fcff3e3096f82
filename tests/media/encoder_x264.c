// SPDX-License-Identifier: Apache-2.0
#include "media/encoder.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum { WIDTH = 128, HEIGHT = 96, FRAME_BYTES = WIDTH * HEIGHT * 3 / 2, SAMPLES_MAX = 400 };

static const struct encoder_settings settings = {
    .width = WIDTH,
    .height = HEIGHT,
    .depth = 8,
    .rate = {25, 1},
    .segment_frames = 50,
    .preset = "veryfast",
    .crf_tenths = 230,
    .start_permille = 900,
    .threads = 1,
    .colour = {1, 1, 1, false},
};

struct run {
    uint64_t frames[SAMPLES_MAX];
    bool is_sync[SAMPLES_MAX];
    uint64_t hashes[SAMPLES_MAX];
    size_t count;
    uint64_t bytes;
};

static uint64_t hash(struct slice bytes)
{
    uint64_t value = 14695981039346656037u;
    for (size_t i = 0; i < bytes.len; i++)
        value = (value ^ bytes.at[i]) * 1099511628211u;
    return value;
}

// A drifting pattern with some noise, the same for every run.
static void draw(uint8_t *out, uint64_t frame)
{
    struct prng prng = prng_init(frame);
    for (size_t y = 0; y < HEIGHT; y++)
        for (size_t x = 0; x < WIDTH; x++)
            out[y * WIDTH + x] =
                (uint8_t)(((x + 2 * frame) / 8 % 2 * 100) + 60 + prng_below(&prng, 12));
    memset(out + WIDTH * HEIGHT, 128, FRAME_BYTES - WIDTH * HEIGHT);
}

static void keep(struct run *run, const struct encoded_sample *sample)
{
    assert_true(run->count < SAMPLES_MAX);
    run->frames[run->count] = sample->frame;
    run->is_sync[run->count] = sample->is_sync;
    run->hashes[run->count++] = hash(sample->bytes);
    run->bytes += sample->bytes.len;
    assert_in_range(sample->quality.psnr_cdb, 1000, PICTURE_PSNR_MAX);
    assert_in_range(sample->quality.ssim_ppm, 500000, PICTURE_SSIM_MAX);
    // Whole NAL units behind lengths of four bytes, and no parameter sets among them.
    struct slice rest = sample->bytes;
    while (rest.len > 0) {
        assert_true(rest.len > 4);
        const uint32_t len = read_u32be(rest.at);
        assert_true(len > 0 && len <= rest.len - 4);
        const uint8_t type = rest.at[4] & 31;
        assert_true(type == 1 || type == 5 || type == 6);
        rest = slice_part(rest, 4 + (size_t)len, rest.len);
    }
}

static struct run *encode(const struct encoder_settings *with, uint64_t first, uint64_t end)
{
    struct run *run = calloc(1, sizeof *run);
    struct encoder *encoder = NULL;
    uint8_t *picture = malloc(FRAME_BYTES);
    struct why why = {""};
    assert_non_null(run);
    assert_non_null(picture);
    if (encoder_x264.open(with, &encoder, &why) != OK) fail_msg("%s", why.text);
    struct encoded_sample sample;
    bool has_sample = false;
    for (uint64_t frame = first; frame < end; frame++) {
        draw(picture, frame);
        const struct encoder_picture in = {
            .planes = {picture, picture + WIDTH * HEIGHT, picture + WIDTH * HEIGHT * 5 / 4},
            .strides = {WIDTH, WIDTH / 2, WIDTH / 2},
            .frame = frame,
            .kind = frame % with->segment_frames == 0 ? PICTURE_SEGMENT_START : PICTURE_ANY,
        };
        assert_int_equal(encoder_x264.encode(encoder, &in, &sample, &has_sample, &why), OK);
        if (has_sample) keep(run, &sample);
        // Never more held back than the encoder says.
        assert_true(frame + 1 - first - run->count <= encoder->lookahead_frames);
    }
    do {
        assert_int_equal(encoder_x264.encode(encoder, NULL, &sample, &has_sample, &why), OK);
        if (has_sample) keep(run, &sample);
    } while (has_sample);
    assert_int_equal(run->count, end - first);
    encoder_close(&encoder);
    free(picture);
    return run;
}

static void segments_start_with_idr_and_nothing_crosses_them(void **state)
{
    (void)state;
    struct run *run = encode(&settings, 0, 130);
    for (size_t i = 0; i < run->count; i++) {
        if (run->frames[i] % 50 == 0) assert_true(run->is_sync[i]);
        // In decode order no picture of a later segment comes before one of an earlier.
        for (size_t later = i + 1; later < run->count; later++)
            assert_true(run->frames[later] / 50 >= run->frames[i] / 50);
    }
    free(run);
}

static void the_same_pictures_give_the_same_bytes(void **state)
{
    (void)state;
    struct run *first = encode(&settings, 50, 120), *second = encode(&settings, 50, 120);
    assert_int_equal(first->count, second->count);
    assert_memory_equal(first->hashes, second->hashes, first->count * sizeof first->hashes[0]);
    struct encoder_settings two = settings;
    two.threads = 2;
    struct run *third = encode(&two, 50, 120), *fourth = encode(&two, 50, 120);
    assert_memory_equal(third->hashes, fourth->hashes, third->count * sizeof third->hashes[0]);
    free(first);
    free(second);
    free(third);
    free(fourth);
}

static void a_cap_is_kept(void **state)
{
    (void)state;
    struct run *open_rate = encode(&settings, 0, 200);
    struct encoder_settings capped = settings;
    capped.crf_tenths = 100;
    capped.maxrate_bps = 200000;
    capped.bufsize_bits = 200000;
    struct run *run = encode(&capped, 0, 200);
    // 8 s of the rate, and a bucket.
    assert_true(run->bytes * 8 <= 8 * 200000 + 200000);
    assert_true(run->bytes > 0 && open_rate->bytes > 0);
    free(open_rate);
    free(run);
}

static void the_config_says_high_profile_and_the_level_of_the_settings(void **state)
{
    (void)state;
    struct encoder *encoder = NULL;
    struct encoder_settings large = settings;
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

static void settings_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t width, height, threads;
        const char *preset, *words;
    } cases[] = {
        {127, 96, 1, "veryfast", "even"},       {128, 0, 1, "veryfast", "even"},
        {128, 96, 0, "veryfast", "threads"},    {128, 96, 1, "sluggish", "preset"},
        {32768, 32768, 1, "veryfast", "level"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct encoder_settings bad = settings;
        bad.width = cases[i].width;
        bad.height = cases[i].height;
        bad.threads = cases[i].threads;
        bad.preset = cases[i].preset;
        struct encoder *encoder = NULL;
        struct why why = {""};
        assert_int_equal(encoder_x264.open(&bad, &encoder, &why), INVALID);
        assert_null(encoder);
        assert_non_null(strstr(why.text, cases[i].words));
    }
}

// The bit depth bytes behind the parameter sets stand there from High profile on, and only then.
static void every_preset_says_the_profile_that_it_uses(void **state)
{
    (void)state;
    static const char *const presets[] = {"ultrafast", "superfast", "medium"};
    for (size_t i = 0; i < sizeof presets / sizeof presets[0]; i++) {
        struct encoder_settings chosen = settings;
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

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_start_with_idr_and_nothing_crosses_them),
        cmocka_unit_test(the_same_pictures_give_the_same_bytes),
        cmocka_unit_test(a_cap_is_kept),
        cmocka_unit_test(the_config_says_high_profile_and_the_level_of_the_settings),
        cmocka_unit_test(every_preset_says_the_profile_that_it_uses),
        cmocka_unit_test(settings_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
