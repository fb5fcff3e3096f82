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
    .preset = "ultrafast",
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
    // Whole NAL units behind lengths of four bytes, and no parameter sets among them.
    struct slice rest = sample->bytes;
    while (rest.len > 0) {
        assert_true(rest.len > 4);
        const uint32_t len = read_u32be(rest.at);
        assert_true(len > 0 && len <= rest.len - 4);
        const uint8_t type = rest.at[4] >> 1 & 0x3f;
        assert_true(type <= 21 || type == 39 || type == 40); // slices, SEI
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
    if (encoder_x265.open(with, &encoder, &why) != OK) fail_msg("%s", why.text);
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
        assert_int_equal(encoder_x265.encode(encoder, &in, &sample, &has_sample, &why), OK);
        if (has_sample) keep(run, &sample);
        // Never more held back than the encoder says.
        assert_true(frame + 1 - first - run->count <= encoder->lookahead_frames);
    }
    do {
        assert_int_equal(encoder_x265.encode(encoder, NULL, &sample, &has_sample, &why), OK);
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
    free(first);
    free(second);
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

static bool config_has(const struct encoder *encoder, uint8_t kind)
{
    const uint8_t *at = encoder->config.at + 23;
    for (uint8_t arrays = encoder->config.at[22]; arrays > 0; arrays--) {
        if ((at[0] & 0x3f) == kind) return true;
        uint16_t units = read_u16be(at + 1);
        for (at += 3; units > 0; units--)
            at += 2 + read_u16be(at);
    }
    return false;
}

static void the_config_says_main_10_and_has_every_parameter_set(void **state)
{
    (void)state;
    struct encoder *encoder = NULL;
    assert_int_equal(encoder_x265.open(&settings, &encoder, NULL), OK);
    const uint8_t *config = encoder->config.at;
    assert_int_equal(config[0], 1);
    assert_int_equal(config[1], 2); // Main 10, Main tier, no profile space
    assert_int_equal(config[16] & 3, 1);
    assert_int_equal(config[17] & 7, 2); // ten bits
    assert_int_equal(config[18] & 7, 2);
    assert_int_equal(config[21] & 3, 3);
    assert_true(config_has(encoder, 32) && config_has(encoder, 33) && config_has(encoder, 34));
    assert_false(config_has(encoder, 39));
    encoder_close(&encoder);
}

static void hdr_metadata_goes_into_the_config(void **state)
{
    (void)state;
    struct encoder_settings hdr = settings;
    hdr.depth = 10;
    hdr.colour = (struct colour){9, 16, 9, false};
    hdr.mastering = (struct mastering_display){.red = {34000, 16000},
                                               .green = {13250, 34500},
                                               .blue = {7500, 3000},
                                               .white = {15635, 16450},
                                               .luminance_max = 10000000,
                                               .luminance_min = 1};
    hdr.max_cll = 1000;
    hdr.max_fall = 400;
    struct encoder *encoder = NULL;
    assert_int_equal(encoder_x265.open(&hdr, &encoder, NULL), OK);
    assert_true(config_has(encoder, 39));
    // SEI 137 (mastering display), 24 bytes: green first.
    static const uint8_t display[] = {137, 24, 0x33, 0xc2, 0x86, 0xc4, 0x1d, 0x4c, 0x0b, 0xb8};
    assert_non_null(memmem(encoder->config.at, encoder->config.len, display, sizeof display));
    static const uint8_t light[] = {144, 4, 0x03, 0xe8, 0x01, 0x90};
    assert_non_null(memmem(encoder->config.at, encoder->config.len, light, sizeof light));
    encoder_close(&encoder);
}

static void settings_that_cannot_be_are_refused(void **state)
{
    (void)state;
    static const struct {
        uint32_t width, height, depth;
        const char *preset, *words;
    } cases[] = {
        {127, 96, 8, "ultrafast", "even"},
        {128, 0, 8, "ultrafast", "even"},
        {128, 96, 12, "ultrafast", "bits"},
        {128, 96, 8, "sluggish", "preset"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct encoder_settings bad = settings;
        bad.width = cases[i].width;
        bad.height = cases[i].height;
        bad.depth = cases[i].depth;
        bad.preset = cases[i].preset;
        struct encoder *encoder = NULL;
        struct why why = {""};
        assert_int_equal(encoder_x265.open(&bad, &encoder, &why), INVALID);
        assert_null(encoder);
        assert_non_null(strstr(why.text, cases[i].words));
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(segments_start_with_idr_and_nothing_crosses_them),
        cmocka_unit_test(the_same_pictures_give_the_same_bytes),
        cmocka_unit_test(a_cap_is_kept),
        cmocka_unit_test(the_config_says_main_10_and_has_every_parameter_set),
        cmocka_unit_test(hdr_metadata_goes_into_the_config),
        cmocka_unit_test(settings_that_cannot_be_are_refused),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
