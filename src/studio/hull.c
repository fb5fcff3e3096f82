// SPDX-License-Identifier: Apache-2.0
#include "studio/hull.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const uint32_t survey_offsets[SURVEY_POINTS] = {0, 40, 80, 130};

// --- curves ----------------------------------------------------------------------------------
//
// Between two probes, quality and the logarithm of the rate are straight lines over the quantiser.

struct curve {
    double crf[SURVEY_POINTS], cdb[HULL_LOOKS][SURVEY_POINTS], log_bps[SURVEY_POINTS];
};

static struct curve curve_of(const struct rung *rung, const struct survey_point *points)
{
    struct curve curve;
    for (size_t i = 0; i < SURVEY_POINTS; i++) {
        curve.crf[i] = (double)rung->crf_tenths + survey_offsets[i];
        for (size_t look = 0; look < HULL_LOOKS; look++)
            curve.cdb[look][i] = points[i].cdb[look];
        curve.log_bps[i] = log2((double)(points[i].bps < 1 ? 1 : points[i].bps));
    }
    return curve;
}

static double between(const double *of, const double *at, double place)
{
    size_t i = 1;
    while (i + 1 < SURVEY_POINTS && at[i] < place)
        i++;
    const double part = (place - at[i - 1]) / (at[i] - at[i - 1]);
    return of[i - 1] + part * (of[i] - of[i - 1]);
}

static double bps_at(const struct curve *curve, double crf)
{
    return exp2(between(curve->log_bps, curve->crf, crf));
}

// The coarsest quantiser at which `values` (they fall as it rises) still reach `wanted`; the last
// one that was probed where all do. False when none does.
static bool coarsest(const struct curve *curve, const double *values, double wanted, double *out)
{
    for (size_t i = SURVEY_POINTS; i-- > 0;) {
        if (values[i] < wanted) continue;
        *out = curve->crf[i];
        if (i + 1 < SURVEY_POINTS)
            *out += (curve->crf[i + 1] - curve->crf[i]) * (values[i] - wanted) /
                    (values[i] - values[i + 1]);
        return true;
    }
    return false;
}

// The finest quantiser whose rate is below the cap: where it bites, that is what comes out.
static double under_cap(const struct curve *curve, double crf, uint32_t maxrate_bps)
{
    double held = crf;
    if (maxrate_bps == 0 || bps_at(curve, crf) <= maxrate_bps) return crf;
    const double cap = log2((double)maxrate_bps);
    for (size_t i = 1; i < SURVEY_POINTS; i++) {
        held = curve->crf[i];
        if (curve->log_bps[i] > cap) continue;
        return curve->crf[i - 1] + (held - curve->crf[i - 1]) * (curve->log_bps[i - 1] - cap) /
                                       (curve->log_bps[i - 1] - curve->log_bps[i]);
    }
    return held;
}

// --- choosing --------------------------------------------------------------------------------

struct mean {
    double bps, cdb[HULL_LOOKS];
};

// What a rung's settings give at a size, over all shots.
static struct mean mean_of(const struct ladder *fixed, const struct survey *survey, size_t size,
                           double crf, uint32_t maxrate_bps)
{
    struct mean mean = {0, {0}};
    for (size_t i = 0; i < survey->shot_count; i++) {
        const struct curve curve = curve_of(&fixed->rungs[size], survey->shots[i].points[size]);
        const double held = under_cap(&curve, crf, maxrate_bps);
        mean.bps += bps_at(&curve, held) / (double)survey->shot_count;
        for (size_t look = 0; look < HULL_LOOKS; look++)
            mean.cdb[look] +=
                between(curve.cdb[look], curve.crf, held) / (double)survey->shot_count;
    }
    return mean;
}

// The coarsest quantiser at which `size` looks as good as the fixed rung in every shot, under its
// cap. False when there is none.
static bool as_good(const struct ladder *fixed, const struct survey *survey, size_t rung,
                    size_t size, double *out)
{
    const struct rung *made = &fixed->rungs[rung];
    double crf = HUGE_VAL;
    for (size_t i = 0; i < survey->shot_count; i++) {
        const struct curve own = curve_of(made, survey->shots[i].points[rung]);
        const struct curve other = curve_of(&fixed->rungs[size], survey->shots[i].points[size]);
        const double held = under_cap(&own, made->crf_tenths, made->maxrate_bps);
        for (size_t look = 0; look < HULL_LOOKS; look++) {
            const double as_fixed = between(own.cdb[look], own.crf, held);
            double wanted = 0;
            if (!coarsest(&other, other.cdb[look], as_fixed, &wanted)) return false;
            if (under_cap(&other, wanted, made->maxrate_bps) > wanted) return false;
            if (wanted < crf) crf = wanted;
        }
    }
    *out = floor(crf);
    return survey->shot_count > 0;
}

static bool may_become(const struct rung *rung, const struct rung *other)
{
    return rung->range == other->range && strcmp(rung->encoder, other->encoder) == 0 &&
           strcmp(rung->preset, other->preset) == 0 && other->width >= rung->width &&
           other->height >= rung->height;
}

static void choose_size(const struct ladder *fixed, const struct survey *survey, size_t rung,
                        struct hull_choice *choice)
{
    const struct rung *made = &fixed->rungs[rung];
    const struct mean own = mean_of(fixed, survey, rung, made->crf_tenths, made->maxrate_bps);
    struct mean best = own;
    choice->size_of = rung;
    choice->crf_tenths = made->crf_tenths;
    for (size_t size = 0; size < fixed->count; size++) {
        double crf = 0;
        if (size == rung || !may_become(made, &fixed->rungs[size])) continue;
        if (!as_good(fixed, survey, rung, size, &crf)) continue;
        const struct mean mean = mean_of(fixed, survey, size, crf, made->maxrate_bps);
        if (mean.bps > own.bps * (100 - HULL_GAIN_PERCENT) / 100 || mean.bps >= best.bps) continue;
        best = mean;
        choice->size_of = size;
        choice->crf_tenths = (uint32_t)crf;
    }
    choice->fixed_bps = (uint64_t)own.bps;
    for (size_t look = 0; look < HULL_LOOKS; look++) {
        choice->fixed_cdb[look] = (uint32_t)own.cdb[look];
        choice->cdb[look] = (uint32_t)best.cdb[look];
    }
    choice->bps = (uint64_t)best.bps;
}

static bool is_alike(const struct hull_choice *cheaper, const struct hull_choice *dearer)
{
    for (size_t look = 0; look < HULL_LOOKS; look++)
        if (cheaper->cdb[look] + HULL_ALIKE_CDB <= dearer->cdb[look]) return false;
    return true;
}

static bool is_family(const struct rung *one, const struct rung *other)
{
    return one->range == other->range && strcmp(one->encoder, other->encoder) == 0;
}

// The largest of a family stays: a scene that no probe saw may need it.
static bool is_first(const struct ladder *fixed, size_t rung)
{
    for (size_t i = 0; i < rung; i++)
        if (is_family(&fixed->rungs[i], &fixed->rungs[rung])) return false;
    return true;
}

// Rungs by what they cost, the cheapest first; of equals the smaller picture.
static void order_by_cost(const struct hull_choice *choices, size_t count, size_t *order)
{
    for (size_t i = 0; i < count; i++) {
        size_t at = i;
        for (; at > 0 && choices[i].bps <= choices[order[at - 1]].bps; at--)
            order[at] = order[at - 1];
        order[at] = i;
    }
}

// From the cheapest up, in each family of a range and an encoder: who does not look better than one
// that is kept already goes.
static void drop_alike(const struct ladder *fixed, struct hull_choice *choices)
{
    size_t order[LADDER_RUNGS_MAX];
    order_by_cost(choices, fixed->count, order);
    for (size_t i = 0; i < fixed->count; i++) {
        struct hull_choice *choice = &choices[order[i]];
        for (size_t k = 0; k < i && !is_first(fixed, order[i]); k++) {
            if (choices[order[k]].is_dropped ||
                !is_family(&fixed->rungs[order[k]], &fixed->rungs[order[i]]))
                continue;
            choice->is_dropped = choice->is_dropped || is_alike(&choices[order[k]], choice);
        }
    }
}

static bool is_taken(const struct ladder *ladder, const char *name)
{
    for (size_t i = 0; i < ladder->count; i++)
        if (strcmp(ladder->rungs[i].name, name) == 0) return true;
    return false;
}

static int larger_first(const void *a, const void *b)
{
    const struct rung *left = a, *right = b;
    const uint64_t left_area = (uint64_t)left->width * left->height;
    const uint64_t right_area = (uint64_t)right->width * right->height;
    if (left_area != right_area) return left_area < right_area ? 1 : -1;
    return (left->crf_tenths > right->crf_tenths) - (left->crf_tenths < right->crf_tenths);
}

void hull_choose(const struct ladder *fixed, const struct survey *survey, struct ladder *out,
                 struct hull_choice *choices)
{
    struct ladder ladder = {.count = 0, .sound = fixed->sound};
    memset(choices, 0, fixed->count * sizeof *choices);
    for (size_t i = 0; i < fixed->count; i++)
        choose_size(fixed, survey, i, &choices[i]);
    drop_alike(fixed, choices);
    for (size_t i = 0; i < fixed->count; i++) {
        struct hull_choice *choice = &choices[i];
        if (choice->is_dropped) continue;
        const struct rung *size = &fixed->rungs[choice->size_of];
        struct rung rung = fixed->rungs[i];
        rung.width = size->width;
        rung.height = size->height;
        rung.crf_tenths = choice->crf_tenths;
        (void)snprintf(rung.name, sizeof rung.name, "%s", size->name);
        for (unsigned n = 2; is_taken(&ladder, rung.name); n++)
            (void)snprintf(rung.name, sizeof rung.name, "%.19s-%u", size->name, n % 100);
        memcpy(choice->name, rung.name, sizeof choice->name);
        ladder.rungs[ladder.count++] = rung;
    }
    qsort(ladder.rungs, ladder.count, sizeof ladder.rungs[0], larger_first);
    *out = ladder;
}

// --- as texts --------------------------------------------------------------------------------

static json_t *describe_points(const struct survey_point *points)
{
    json_t *list = json_array();
    for (size_t i = 0; i < SURVEY_POINTS; i++)
        (void)json_array_append_new(list,
                                    json_pack("{s:I, s:I, s:I}", "bps", (json_int_t)points[i].bps,
                                              "xpsnr_cdb", (json_int_t)points[i].cdb[LOOK_XPSNR],
                                              "ssim_cdb", (json_int_t)points[i].cdb[LOOK_SSIM]));
    return list;
}

static outcome survey_json(const struct survey *survey, size_t rungs, json_t **out, struct why *why)
{
    autojson *all = json_object();
    json_t *shots = json_array();
    bool is_whole = json_object_set_new(all, "shots", shots) == 0;
    for (size_t i = 0; i < survey->shot_count; i++) {
        const struct survey_shot *shot = &survey->shots[i];
        json_t *list = json_array();
        for (size_t rung = 0; rung < rungs; rung++)
            is_whole =
                is_whole && json_array_append_new(list, describe_points(shot->points[rung])) == 0;
        json_t *json = json_pack("{s:I, s:I, s:I, s:o}", "first", (json_int_t)shot->frames.first,
                                 "end", (json_int_t)shot->frames.end, "complexity",
                                 (json_int_t)shot->complexity, "rungs", list);
        is_whole = json_array_append_new(shots, json) == 0 && is_whole;
    }
    if (!is_whole) return fail(why, NO_MEMORY, "no memory to write a survey");
    *out = json_incref(all);
    return OK;
}

outcome survey_format(const struct survey *survey, size_t rungs, struct buffer *out,
                      struct why *why)
{
    autojson *json = NULL;
    TRY(survey_json(survey, rungs, &json, why));
    return json_format(json, out, why);
}

static outcome parse_points(const json_t *json, struct survey_point *out, struct why *why)
{
    if (json_array_size(json) != SURVEY_POINTS)
        return fail(why, INVALID, "a survey has %d points a rung", SURVEY_POINTS);
    for (size_t i = 0; i < SURVEY_POINTS; i++) {
        int64_t bps = 0, xpsnr = 0, ssim = 0;
        const json_t *point = json_array_get(json, i);
        TRY(json_integer_in(point, "a survey", "bps", 1, INT64_MAX / 1000, &bps, why));
        TRY(json_integer_in(point, "a survey", "xpsnr_cdb", 0, 10000, &xpsnr, why));
        TRY(json_integer_in(point, "a survey", "ssim_cdb", 0, 10000, &ssim, why));
        out[i] = (struct survey_point){(uint64_t)bps, {(uint32_t)xpsnr, (uint32_t)ssim}};
    }
    return OK;
}

static outcome parse_shot(const json_t *json, size_t rungs, struct survey_shot *out,
                          struct why *why)
{
    int64_t first = 0, end = 0, complexity = 0;
    json_t *list = NULL;
    TRY(json_integer_in(json, "a survey", "first", 0, INT64_MAX, &first, why));
    TRY(json_integer_in(json, "a survey", "end", first + 1, INT64_MAX, &end, why));
    TRY(json_integer_in(json, "a survey", "complexity", 0, INT64_MAX, &complexity, why));
    TRY(json_array_of(json, "a survey", "rungs", &list, why));
    if (json_array_size(list) != rungs)
        return fail(why, INVALID, "a survey of %zu rungs, not %zu", json_array_size(list), rungs);
    out->frames = (struct frame_span){(uint64_t)first, (uint64_t)end};
    out->complexity = (uint64_t)complexity;
    for (size_t i = 0; i < rungs; i++)
        TRY(parse_points(json_array_get(list, i), out->points[i], why));
    return OK;
}

outcome survey_parse(struct slice text, size_t rungs, struct survey *out, struct why *why)
{
    autojson *json = NULL;
    json_t *shots = NULL;
    struct survey survey = {.shot_count = 0};
    TRY(json_parse(text, "a survey", &json, why));
    TRY(json_array_of(json, "a survey", "shots", &shots, why));
    survey.shot_count = json_array_size(shots);
    if (survey.shot_count < 1 || survey.shot_count > SURVEY_SHOTS_MAX)
        return fail(why, INVALID, "a survey has 1 to %d shots", SURVEY_SHOTS_MAX);
    for (size_t i = 0; i < survey.shot_count; i++)
        TRY(parse_shot(json_array_get(shots, i), rungs, &survey.shots[i], why));
    *out = survey;
    return OK;
}

outcome hull_text(const struct ladder *fixed, const struct hull_choice *choices, struct buffer *out,
                  struct why *why)
{
    uint64_t before = 0, after = 0;
    for (size_t i = 0; i < fixed->count; i++) {
        const struct hull_choice *choice = &choices[i];
        before += choice->fixed_bps;
        TRY(buffer_format(out, why, "%-12s crf %4.1f %7.0f kb/s %5.2f %5.2f dB   ",
                          fixed->rungs[i].name, fixed->rungs[i].crf_tenths / 10.0,
                          (double)choice->fixed_bps / 1e3, choice->fixed_cdb[LOOK_XPSNR] / 100.0,
                          choice->fixed_cdb[LOOK_SSIM] / 100.0));
        if (choice->is_dropped) {
            TRY(buffer_format(out, why, "dropped: a cheaper one looks the same\n"));
            continue;
        }
        after += choice->bps;
        TRY(buffer_format(out, why, "%-12s crf %4.1f %7.0f kb/s %5.2f %5.2f dB\n", choice->name,
                          choice->crf_tenths / 10.0, (double)choice->bps / 1e3,
                          choice->cdb[LOOK_XPSNR] / 100.0, choice->cdb[LOOK_SSIM] / 100.0));
    }
    return buffer_format(out, why, "together %.0f kb/s, fixed %.0f kb/s: %.1f %% fewer\n",
                         (double)after / 1e3, (double)before / 1e3,
                         before == 0 ? 0
                                     : 100.0 * ((double)before - (double)after) / (double)before);
}

outcome hull_json(const struct ladder *fixed, const struct survey *survey,
                  const struct hull_choice *choices, json_t **out, struct why *why)
{
    autojson *json = NULL;
    json_t *rungs = json_array();
    TRY(survey_json(survey, fixed->count, &json, why));
    bool is_whole = json_object_set_new(json, "rungs", rungs) == 0;
    for (size_t i = 0; i < fixed->count; i++) {
        const struct hull_choice *choice = &choices[i];
        json_t *rung = json_pack(
            "{s:s, s:I, s:I, s:I, s:I, s:b, s:s, s:I, s:I, s:I, s:I}", "fixed",
            fixed->rungs[i].name, "fixed_crf_tenths", (json_int_t)fixed->rungs[i].crf_tenths,
            "fixed_bps", (json_int_t)choice->fixed_bps, "fixed_xpsnr_cdb",
            (json_int_t)choice->fixed_cdb[LOOK_XPSNR], "fixed_ssim_cdb",
            (json_int_t)choice->fixed_cdb[LOOK_SSIM], "is_dropped", (int)choice->is_dropped, "name",
            choice->name, "crf_tenths", (json_int_t)choice->crf_tenths, "bps",
            (json_int_t)choice->bps, "xpsnr_cdb", (json_int_t)choice->cdb[LOOK_XPSNR], "ssim_cdb",
            (json_int_t)choice->cdb[LOOK_SSIM]);
        is_whole = json_array_append_new(rungs, rung) == 0 && is_whole;
    }
    if (!is_whole) return fail(why, NO_MEMORY, "no memory to write a hull");
    *out = json_incref(json);
    return OK;
}
