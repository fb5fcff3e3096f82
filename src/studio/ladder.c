// SPDX-License-Identifier: Apache-2.0
#include "studio/ladder.h"

#include "base/file.h"
#include "base/suggest.h"
#include "catalog/shape.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

// Capped constant quality: easy scenes take less than the cap, hard ones are held to it. The bucket
// is one second, so that a segment's peak stays near the cap.
#define CODED(name, width, height, range, encoder, preset, crf_tenths, kbps)                       \
    {                                                                                              \
        name, width, height, range, encoder, preset, crf_tenths, (kbps)*1000, (kbps)*1000          \
    }
#define RUNG(name, width, height, preset, crf_tenths, kbps)                                        \
    CODED(name, width, height, RUNG_SDR, "x264", preset, crf_tenths, kbps)

static const struct {
    const char *name;
    struct ladder ladder;
} houses[] = {
    // Four rungs that two cores encode faster than the film plays.
    {"demo",
     {{RUNG("1080p", 1920, 1080, "veryfast", 240, 6000),
       RUNG("720p", 1280, 720, "veryfast", 240, 3000),
       RUNG("480p", 854, 480, "veryfast", 240, 1400), RUNG("270p", 480, 270, "veryfast", 250, 500)},
      4,
      SOUND_FORMS_HOUSE}},
    // From 400 kb/s to 15 Mb/s: AVC up to 1080p for reach, HEVC for what is larger, and for HDR.
    // HEVC takes some 40 % less than AVC for the same quality at UHD (JVT's own verification tests
    // say 50 %), so its caps are lower at each size; PQ's crf counts other steps than gamma's.
    {"mission",
     {{CODED("2160p-hdr", 3840, 2160, RUNG_HDR, "x265", "medium", 200, 15000),
       CODED("1440p-hdr", 2560, 1440, RUNG_HDR, "x265", "medium", 200, 9000),
       CODED("1080p-hdr", 1920, 1080, RUNG_HDR, "x265", "medium", 200, 5500),
       CODED("720p-hdr", 1280, 720, RUNG_HDR, "x265", "medium", 210, 2500),
       CODED("2160p", 3840, 2160, RUNG_SDR, "x265", "medium", 210, 13000),
       CODED("1440p", 2560, 1440, RUNG_SDR, "x265", "medium", 210, 8000),
       RUNG("1080p", 1920, 1080, "medium", 200, 6800), RUNG("900p", 1600, 900, "medium", 205, 4500),
       RUNG("720p", 1280, 720, "medium", 210, 3000), RUNG("540p", 960, 540, "medium", 215, 2000),
       RUNG("432p", 768, 432, "medium", 220, 1350), RUNG("360p", 640, 360, "medium", 225, 900),
       RUNG("270p", 480, 270, "medium", 230, 600), RUNG("240p", 426, 240, "medium", 235, 400)},
      14,
      SOUND_FORMS_HOUSE}},
    // AV1 for who can decode it, at a bit more than half of AVC's caps; AVC in four sizes for the
    // rest. SVT-AV1's preset 8 takes about as long as x265's medium. HDR needs no second codec:
    // who has an HDR screen has AV1 or takes SDR.
    {"av1",
     {{CODED("2160p-hdr", 3840, 2160, RUNG_HDR, "svtav1", "8", 280, 12000),
       CODED("1080p-hdr", 1920, 1080, RUNG_HDR, "svtav1", "8", 280, 4500),
       CODED("720p-hdr", 1280, 720, RUNG_HDR, "svtav1", "8", 290, 2000),
       CODED("2160p-av1", 3840, 2160, RUNG_SDR, "svtav1", "8", 300, 11000),
       CODED("1440p-av1", 2560, 1440, RUNG_SDR, "svtav1", "8", 300, 6500),
       CODED("1080p-av1", 1920, 1080, RUNG_SDR, "svtav1", "8", 300, 3800),
       CODED("720p-av1", 1280, 720, RUNG_SDR, "svtav1", "8", 310, 1800),
       CODED("540p-av1", 960, 540, RUNG_SDR, "svtav1", "8", 320, 1100),
       CODED("360p-av1", 640, 360, RUNG_SDR, "svtav1", "8", 330, 500),
       CODED("240p-av1", 426, 240, RUNG_SDR, "svtav1", "8", 340, 240),
       RUNG("1080p", 1920, 1080, "medium", 200, 6800), RUNG("720p", 1280, 720, "medium", 210, 3000),
       RUNG("432p", 768, 432, "medium", 220, 1350), RUNG("240p", 426, 240, "medium", 235, 400)},
      14,
      SOUND_FORMS_HOUSE}},
};

// --- files -----------------------------------------------------------------------------------

struct rung_text {
    const char *name, *encoder, *preset, *range;
    int64_t width, height, crf_tenths, maxrate_bps, bufsize_bits;
};

struct ladder_text {
    struct rung_text *rungs;
    size_t rung_count;
    const char **audio;
    size_t audio_count;
};

static outcome check_name(const char *text, const char *where, struct why *why)
{
    static const char allowed[] = "abcdefghijklmnopqrstuvwxyz0123456789-";
    if (strspn(text, allowed) == strlen(text) && text[0] != '-') return OK;
    return fail(why, INVALID, "%s is \"%.40s\": use lower-case letters, digits and '-'", where,
                text);
}

static outcome check_range(const char *text, const char *where, struct why *why)
{
    if (strcmp(text, "sdr") == 0 || strcmp(text, "hdr") == 0) return OK;
    return fail(why, INVALID, "%s is \"%.40s\": write sdr or hdr", where, text);
}

static outcome check_sound(const char *text, const char *where, struct why *why)
{
    enum sound_form form;
    return sound_form_parse(text, where, &form, why);
}

// Stereo in AAC is what every player has.
static outcome take_sound(const struct ladder_text *text, const char *what, sound_forms *out,
                          struct why *why)
{
    sound_forms forms = text->audio_count == 0 ? SOUND_FORMS_HOUSE : 0;
    for (size_t i = 0; i < text->audio_count; i++) {
        enum sound_form form = FORM_AAC_STEREO;
        TRY(sound_form_parse(text->audio[i], what, &form, why));
        forms |= 1u << form;
    }
    if ((forms & 1u << FORM_AAC_STEREO) == 0)
        return fail(why, INVALID,
                    "%s: audio must have \"aac-stereo\": some players can play nothing else", what);
    *out = forms;
    return OK;
}

#define ROW_TEXT(member)                                                                           \
    SHAPE_FIELD_TEXT(struct rung_text, member, #member, SHAPE_REQUIRED, 1, LADDER_NAME_BYTES - 1,  \
                     check_name)
#define ROW_NUMBER(member, need, least, most)                                                      \
    SHAPE_FIELD_INTEGER(struct rung_text, member, #member, need, least, most)

static const struct shape_field rung_fields[] = {
    ROW_TEXT(name),
    ROW_TEXT(encoder),
    ROW_TEXT(preset),
    ROW_NUMBER(width, SHAPE_REQUIRED, 16, LADDER_SIDE_MAX),
    ROW_NUMBER(height, SHAPE_REQUIRED, 16, LADDER_SIDE_MAX),
    ROW_NUMBER(crf_tenths, SHAPE_REQUIRED, 0, 630),
    ROW_NUMBER(maxrate_bps, SHAPE_OPTIONAL, 0, 800000000),
    ROW_NUMBER(bufsize_bits, SHAPE_OPTIONAL, 0, 1600000000),
    SHAPE_FIELD_TEXT(struct rung_text, range, "range", SHAPE_OPTIONAL, 1, 8, check_range),
};

static outcome judge_rung(const void *object, const char *where, struct why *why)
{
    const struct rung_text *rung = object;
    if (rung->width % 2 != 0 || rung->height % 2 != 0)
        return fail(why, INVALID, "%s is %lldx%lld: both sides must be even", where,
                    (long long)rung->width, (long long)rung->height);
    if ((rung->maxrate_bps == 0) != (rung->bufsize_bits == 0))
        return fail(why, INVALID, "%s: maxrate_bps and bufsize_bits go together", where);
    if (rung->range != NULL && strcmp(rung->range, "hdr") == 0 &&
        strcmp(rung->encoder, "x264") == 0)
        return fail(why, INVALID, "%s: HDR needs 10 bits, which x264 does not code here: use x265",
                    where);
    return OK;
}

static const struct shape rung_shape = {rung_fields, COUNT(rung_fields), sizeof(struct rung_text),
                                        judge_rung};
static const struct shape_field ladder_fields[] = {
    SHAPE_FIELD_OBJECTS(struct ladder_text, rungs, rung_count, "rungs", LADDER_RUNGS_MAX,
                        &rung_shape),
    SHAPE_FIELD_TEXTS(struct ladder_text, audio, audio_count, "audio", SOUND_FORM_COUNT,
                      check_sound),
};
static const struct shape ladder_shape = {ladder_fields, COUNT(ladder_fields),
                                          sizeof(struct ladder_text), NULL};

static int larger_first(const void *a, const void *b)
{
    const struct rung *left = a, *right = b;
    const uint64_t left_area = (uint64_t)left->width * left->height;
    const uint64_t right_area = (uint64_t)right->width * right->height;
    if (left_area != right_area) return left_area < right_area ? 1 : -1;
    return left->maxrate_bps < right->maxrate_bps ? 1 : -1;
}

static void rung_take(struct rung *rung, const struct rung_text *text)
{
    (void)snprintf(rung->name, sizeof rung->name, "%s", text->name);
    (void)snprintf(rung->encoder, sizeof rung->encoder, "%s", text->encoder);
    (void)snprintf(rung->preset, sizeof rung->preset, "%s", text->preset);
    const bool is_hdr = text->range != NULL && strcmp(text->range, "hdr") == 0;
    rung->range = is_hdr ? RUNG_HDR : RUNG_SDR;
    rung->width = (uint32_t)text->width;
    rung->height = (uint32_t)text->height;
    rung->crf_tenths = (uint32_t)text->crf_tenths;
    rung->maxrate_bps = (uint32_t)text->maxrate_bps;
    rung->bufsize_bits = (uint32_t)text->bufsize_bits;
}

outcome rungs_parse(struct slice text, const char *what, struct ladder *out, struct why *why)
{
    autoarena arena = arena_init(LADDER_FILE_BYTES_MAX * 4);
    autojson *json = NULL;
    struct ladder_text read;
    TRY(json_parse(text, what, &json, why));
    TRY(shape_read(&ladder_shape, json, what, SHAPE_REFUSE_STRANGERS, &arena, &read, why));
    if (read.rung_count == 0) return fail(why, INVALID, "%s: rungs must have an entry", what);
    struct ladder ladder = {.count = read.rung_count};
    for (size_t i = 0; i < read.rung_count; i++) {
        for (size_t j = 0; j < i; j++)
            if (strcmp(read.rungs[i].name, read.rungs[j].name) == 0)
                return fail(why, INVALID, "%s: rungs[%zu].name is \"%s\", as rungs[%zu] has it",
                            what, i, read.rungs[i].name, j);
        rung_take(&ladder.rungs[i], &read.rungs[i]);
    }
    TRY(take_sound(&read, what, &ladder.sound, why));
    qsort(ladder.rungs, ladder.count, sizeof ladder.rungs[0], larger_first);
    *out = ladder;
    return OK;
}

outcome ladder_find(const char *name_or_path, struct ladder *out, struct why *why)
{
    const char *names[COUNT(houses)];
    for (size_t i = 0; i < COUNT(houses); i++) {
        names[i] = houses[i].name;
        if (strcmp(name_or_path, houses[i].name) != 0) continue;
        *out = houses[i].ladder;
        return OK;
    }
    const struct slice path = slice_of(name_or_path);
    if (strchr(name_or_path, '/') == NULL && !slice_ends(path, ".json")) {
        const char *near = suggest(name_or_path, names, COUNT(names));
        return fail(why, NOT_FOUND,
                    "there is no ladder \"%.60s\": use %s, or a file of your own (with .json)",
                    name_or_path, near == NULL ? "demo, mission or av1" : near);
    }
    autobuffer text = buffer_init(LADDER_FILE_BYTES_MAX);
    TRY(file_read(name_or_path, &text, why));
    return rungs_parse(buffer_slice(&text), name_or_path, out, why);
}

// --- fitting ---------------------------------------------------------------------------------

// side * to / from, to the nearest even number, at least 2.
static uint32_t scale_even(uint32_t side, uint32_t to, uint32_t from)
{
    const uint64_t twice = 2 * (uint64_t)from;
    const uint64_t half = ((uint64_t)side * to + from) / twice; // pairs of pixels, rounded
    return half < 1 ? 2 : (uint32_t)half * 2;
}

static uint32_t even(uint32_t side)
{
    return side < 2 ? 2 : side & ~1u;
}

static struct rung rung_fit(const struct rung *rung, uint32_t width, uint32_t height)
{
    struct rung fitted = *rung;
    const bool is_upright = height > width;
    const uint32_t box_width = is_upright ? rung->height : rung->width;
    const uint32_t box_height = is_upright ? rung->width : rung->height;
    if ((uint64_t)width * box_height >= (uint64_t)height * box_width) { // touches left and right
        fitted.width = box_width;
        fitted.height = scale_even(height, box_width, width);
    } else {
        fitted.width = scale_even(width, box_height, height);
        fitted.height = box_height;
    }
    return fitted;
}

static bool is_wanted(const struct ladder *ladder, const struct rung *rung, enum rung_range master)
{
    if (rung->range == RUNG_HDR || master == RUNG_SDR) return rung->range <= master;
    for (size_t i = 0; i < ladder->count; i++) {
        const struct rung *other = &ladder->rungs[i];
        if (other->range == RUNG_HDR && other->width == rung->width &&
            other->height == rung->height && strcmp(other->encoder, rung->encoder) == 0)
            return false;
    }
    return true;
}

// Adds the rungs of `range`; the smallest of them in the picture's own size where all are larger.
static void fit_range(const struct ladder *ladder, const struct ladder_picture *picture,
                      enum rung_range range, struct ladder *fitted)
{
    const size_t before = fitted->count;
    const struct rung *smallest = NULL;
    for (size_t i = 0; i < ladder->count; i++) {
        if (ladder->rungs[i].range != range) continue;
        smallest = &ladder->rungs[i]; // rungs go from the largest down
        if (!is_wanted(ladder, smallest, picture->range)) continue;
        const struct rung rung = rung_fit(smallest, picture->width, picture->height);
        // one pixel of rounding up an odd side is no enlargement
        if (rung.width > picture->width + 1 || rung.height > picture->height + 1) continue;
        fitted->rungs[fitted->count++] = rung;
    }
    if (fitted->count > before || smallest == NULL) return;
    struct rung *own = &fitted->rungs[fitted->count++];
    *own = *smallest;
    own->width = even(picture->width);
    own->height = even(picture->height);
}

void ladder_fit(const struct ladder *ladder, const struct ladder_picture *picture,
                struct ladder *out)
{
    struct ladder fitted = {.sound = ladder->sound};
    if (picture->range == RUNG_HDR) fit_range(ladder, picture, RUNG_HDR, &fitted);
    fit_range(ladder, picture, RUNG_SDR, &fitted);
    *out = fitted;
}
