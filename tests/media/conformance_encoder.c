// SPDX-License-Identifier: Apache-2.0
#include "conformance_encoder.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

enum {
    WIDTH = CONFORMANCE_WIDTH,
    HEIGHT = CONFORMANCE_HEIGHT,
};

struct encoder_settings conformance_settings(const struct encoder_case *the)
{
    return (struct encoder_settings){
        .width = WIDTH,
        .height = HEIGHT,
        .depth = 8,
        .rate = {25, 1},
        .segment_frames = 50,
        .preset = the->preset,
        .crf_tenths = the->crf_tenths,
        .start_permille = 900,
        .threads = 1,
        .colour = {1, 1, 1, false},
    };
}

struct encoder_settings conformance_hdr_settings(const struct encoder_case *the)
{
    struct encoder_settings hdr = conformance_settings(the);
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
    return hdr;
}

static uint64_t hash(struct slice bytes)
{
    uint64_t value = 14695981039346656037u;
    for (size_t i = 0; i < bytes.len; i++)
        value = (value ^ bytes.at[i]) * 1099511628211u;
    return value;
}

// A drifting pattern with some noise, the same for every run.
static void draw(uint8_t *out, uint64_t frame, size_t width, size_t height)
{
    struct prng prng = prng_init(frame);
    for (size_t y = 0; y < height; y++)
        for (size_t x = 0; x < width; x++)
            out[y * width + x] =
                (uint8_t)(((x + 2 * frame) / 8 % 2 * 100) + 60 + prng_below(&prng, 12));
    memset(out + width * height, 128, width * height / 2);
}

static void keep(const struct encoder_case *the, struct encoder_run *run,
                 const struct encoded_sample *sample)
{
    assert_true(run->count < CONFORMANCE_SAMPLES_MAX);
    run->frames[run->count] = sample->frame;
    run->is_sync[run->count] = sample->is_sync;
    run->hashes[run->count++] = hash(sample->bytes);
    run->bytes += sample->bytes.len;
    assert_true(sample->bytes.len > 0);
    the->judge(sample);
    if (!the->counts_quality) return;
    assert_in_range(sample->quality.psnr_cdb, 1000, PICTURE_PSNR_MAX);
    assert_in_range(sample->quality.ssim_ppm, 500000, PICTURE_SSIM_MAX);
}

struct encoder_run *conformance_encode(const struct encoder_case *the,
                                       const struct encoder_settings *with, uint64_t first,
                                       uint64_t end)
{
    struct encoder_run *run = calloc(1, sizeof *run);
    struct encoder *encoder = NULL;
    const size_t width = with->width, height = with->height;
    uint8_t *picture = malloc(width * height * 3 / 2);
    struct why why = {""};
    assert_non_null(run);
    assert_non_null(picture);
    if (the->ops->open(with, &encoder, &why) != OK) fail_msg("%s", why.text);
    struct encoded_sample sample;
    bool has_sample = false;
    for (uint64_t frame = first; frame < end; frame++) {
        draw(picture, frame, width, height);
        const struct encoder_picture in = {
            .planes = {picture, picture + width * height, picture + width * height * 5 / 4},
            .strides = {(int)width, (int)width / 2, (int)width / 2},
            .frame = frame,
            .kind = frame % with->segment_frames == 0 ? PICTURE_SEGMENT_START : PICTURE_ANY,
        };
        assert_int_equal(the->ops->encode(encoder, &in, &sample, &has_sample, &why), OK);
        if (has_sample) keep(the, run, &sample);
        // Never more held back than the encoder says.
        assert_true(frame + 1 - first - run->count <= encoder->lookahead_frames);
    }
    do {
        assert_int_equal(the->ops->encode(encoder, NULL, &sample, &has_sample, &why), OK);
        if (has_sample) keep(the, run, &sample);
    } while (has_sample);
    assert_int_equal(run->count, end - first);
    encoder_close(&encoder);
    free(picture);
    return run;
}

void conformance_nal_units(const struct encoded_sample *sample, bool (*is_allowed)(uint8_t head))
{
    struct slice rest = sample->bytes;
    while (rest.len > 0) {
        assert_true(rest.len > 4);
        const uint32_t len = read_u32be(rest.at);
        assert_true(len > 0 && len <= rest.len - 4);
        assert_true(is_allowed(rest.at[4]));
        rest = slice_part(rest, 4 + (size_t)len, rest.len);
    }
}

static void segments_start_with_sync_and_nothing_crosses_them(const struct encoder_case *the)
{
    const struct encoder_settings settings = conformance_settings(the);
    struct encoder_run *run = conformance_encode(the, &settings, 0, 130);
    for (size_t i = 0; i < run->count; i++) {
        if (run->frames[i] % 50 == 0) assert_true(run->is_sync[i]);
        // In decode order no picture of a later segment comes before one of an earlier.
        for (size_t later = i + 1; later < run->count; later++)
            assert_true(run->frames[later] / 50 >= run->frames[i] / 50);
    }
    free(run);
}

static void the_same_pictures_give_the_same_bytes(const struct encoder_case *the, uint32_t threads)
{
    struct encoder_settings settings = conformance_settings(the);
    settings.threads = threads;
    struct encoder_run *first = conformance_encode(the, &settings, 50, 120);
    struct encoder_run *second = conformance_encode(the, &settings, 50, 120);
    assert_int_equal(first->count, second->count);
    assert_memory_equal(first->hashes, second->hashes, first->count * sizeof first->hashes[0]);
    free(first);
    free(second);
}

static void a_cap_is_kept(const struct encoder_case *the)
{
    struct encoder_settings capped = conformance_settings(the);
    capped.crf_tenths = the->fine_tenths;
    struct encoder_run *open_rate = conformance_encode(the, &capped, 0, 200);
    capped.maxrate_bps = 200000;
    capped.bufsize_bits = 200000;
    struct encoder_run *run = conformance_encode(the, &capped, 0, 200);
    // 8 s of the rate, and a bucket; who knows a cap on average only may be a quarter above
    const uint64_t bits = 8 * 200000 + 200000;
    assert_true(open_rate->bytes * 8 > bits * 5 / 4);
    assert_true(run->bytes * 8 <= (the->holds_cap_in_bucket ? bits : bits * 5 / 4));
    free(open_rate);
    free(run);
}

// Chunks of one rung go under one sample entry: whatever a retake changes, not this.
static void the_config_does_not_depend_on_quality_or_start(const struct encoder_case *the)
{
    struct encoder_settings settings = conformance_settings(the);
    settings.maxrate_bps = settings.bufsize_bits = 1000000;
    struct encoder *one = NULL, *other = NULL;
    assert_int_equal(the->ops->open(&settings, &one, NULL), OK);
    settings.crf_tenths += 45;
    settings.start_permille = 100;
    assert_int_equal(the->ops->open(&settings, &other, NULL), OK);
    assert_true(slice_equal(one->config, other->config));
    encoder_close(&one);
    encoder_close(&other);
}

static void settings_that_cannot_be_are_refused(const struct encoder_case *the)
{
    static const struct {
        uint32_t width, height, depth;
        const char *preset, *words;
    } cases[] = {
        {127, 96, 8, NULL, "even"},
        {128, 0, 8, NULL, "even"},
        {128, 96, 12, NULL, "bits"},
        {128, 96, 8, "sluggish", "preset"},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct encoder_settings bad = conformance_settings(the);
        bad.width = cases[i].width;
        bad.height = cases[i].height;
        bad.depth = cases[i].depth;
        if (cases[i].preset != NULL) bad.preset = cases[i].preset;
        struct encoder *encoder = NULL;
        struct why why = {""};
        assert_int_equal(the->ops->open(&bad, &encoder, &why), INVALID);
        assert_null(encoder);
        assert_non_null(strstr(why.text, cases[i].words));
    }
}

void conformance_encoder(const struct encoder_case *the)
{
    segments_start_with_sync_and_nothing_crosses_them(the);
    the_same_pictures_give_the_same_bytes(the, 1);
    the_same_pictures_give_the_same_bytes(the, 2);
    a_cap_is_kept(the);
    the_config_does_not_depend_on_quality_or_start(the);
    settings_that_cannot_be_are_refused(the);
}
