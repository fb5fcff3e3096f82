// SPDX-License-Identifier: Apache-2.0
#include "bench/fleet/film.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void must(outcome result, const struct why *why)
{
    if (result == OK) return;
    (void)fprintf(stderr, "fleet: %s\n", why->text);
    exit(1);
}

struct plan *film_plan(uint32_t segments)
{
    static struct ladder ladder;
    struct plan *plan = calloc(1, sizeof *plan);
    assert(plan != NULL);
    struct master_facts facts = {.container = "mov",
                                 .size_bytes = (uint64_t)700 << 30,
                                 .duration = {FILM_S, 1},
                                 .track_count = 1};
    facts.video = (struct master_video){.rate = {24, 1},
                                        .frame_count = FILM_S * 24,
                                        .packets = FILM_S * 24,
                                        .width = 3840,
                                        .height = 2160,
                                        .sar_width = 1,
                                        .sar_height = 1,
                                        .bit_depth = 10,
                                        .range = RANGE_PQ,
                                        .colour = {9, 16, 9, false}};
    facts.tracks[0] = (struct master_track){
        .kind = TRACK_VIDEO, .start = {0, 24}, .duration = {FILM_S * 24, 24}, .decodable = true};
    MUST(ladder_find("mission", &ladder, &why));
    struct plan_track sound[4];
    memset(sound, 0, sizeof sound);
    for (size_t i = 0; i < 4; i++) {
        (void)snprintf(sound[i].source, sizeof sound[i].source, "masters/m");
        (void)snprintf(sound[i].language, sizeof sound[i].language, "%c%c", 'a' + (int)i, 'a');
        sound[i].channels = 6;
    }
    const struct plan_inputs inputs = {.title_id = "film",
                                       .master = "masters/m",
                                       .facts = &facts,
                                       .ladder = &ladder,
                                       .audio = sound,
                                       .audio_count = 4,
                                       .poster = "masters/p",
                                       .encoder = "simulated"};
    MUST(plan_make(&inputs, plan, &why));
    if (segments != 0) plan->grid.chunk_segments = segments;
    return plan;
}

// --- what leases cost ------------------------------------------------------------------------

// A rung of the plan's as the house's ladder has it.
static size_t rung_of(const struct costs *costs, const struct plan *plan, size_t rung)
{
    for (size_t i = 0; i < costs->ladder.count; i++)
        if (strcmp(costs->ladder.rungs[i].name, plan->ladder.rungs[rung].name) == 0 &&
            costs->rung_s[i] > 0)
            return i;
    (void)fprintf(stderr, "fleet: no cost of rung %s was measured\n",
                  plan->ladder.rungs[rung].name);
    exit(2);
}

// Of one picture with some of its range's renditions; `all`: with every one.
static double picture_s(const struct costs *costs, const struct plan *plan, const struct job *jobs,
                        size_t count, double *all)
{
    const enum rung_range range = plan->ladder.rungs[jobs[0].track].range;
    double wanted_s = costs->range_s[range == RUNG_HDR];
    *all = wanted_s;
    for (size_t i = 0; i < count; i++)
        wanted_s += costs->rung_s[rung_of(costs, plan, jobs[i].track)];
    for (size_t i = 0; i < plan->ladder.count; i++)
        if (plan->ladder.rungs[i].range == range) *all += costs->rung_s[rung_of(costs, plan, i)];
    return wanted_s;
}

double film_lookahead_s(const struct costs *costs, const struct plan *plan, const struct job *jobs,
                        size_t count)
{
    double all_s = 0;
    if (jobs[0].kind != JOB_VIDEO) return 0;
    const double wanted_s = picture_s(costs, plan, jobs, count, &all_s);
    return costs->extra_s[plan->ladder.rungs[jobs[0].track].range == RUNG_HDR] * wanted_s / all_s;
}

double film_lease_s(const struct costs *costs, const struct plan *plan, const struct job *jobs,
                    size_t count)
{
    double all_s = 0;
    if (jobs[0].kind == JOB_AUDIO) return costs->audio_s * FILM_S;
    if (jobs[0].kind == JOB_STORYBOARD)
        return costs->tile_s * FILM_S * 1000 / plan->images.interval_ms;
    if (jobs[0].kind != JOB_VIDEO) return 1;
    const struct frame_span span =
        grid_chunk(&plan->grid, plan->facts.video.frame_count, jobs[0].chunk);
    return (double)(span.end - span.first) * picture_s(costs, plan, jobs, count, &all_s) +
           film_lookahead_s(costs, plan, jobs, count);
}

double film_lease_width(const struct costs *costs, const struct plan *plan, const struct job *job)
{
    if (job->kind != JOB_VIDEO) return 1;
    return costs->width[plan->ladder.rungs[job->track].range == RUNG_HDR];
}

// --- figures ---------------------------------------------------------------------------------

static void read_costs(const char *path, struct costs *out)
{
    const struct ladder *ladder = &out->ladder;
    char word[16], name[64], line[200];
    FILE *file = fopen(path, "r");
    MUST(ladder_find("mission", &out->ladder, &why));
    out->width[0] = out->width[1] = 1;
    while (file != NULL && fgets(line, sizeof line, file) != NULL) {
        double value = 0, extra = 0;
        const int got = sscanf(line, "%15s %63s %lf %lf", word, name, &value, &extra);
        if (got >= 4 && strcmp(word, "range") == 0) {
            out->range_s[strcmp(name, "hdr") == 0] = value;
            out->extra_s[strcmp(name, "hdr") == 0] = extra;
        }
        if (got >= 3 && strcmp(word, "width") == 0) out->width[strcmp(name, "hdr") == 0] = value;
        for (size_t i = 0; got >= 3 && i < ladder->count; i++)
            if (strcmp(word, "rung") == 0 && strcmp(name, ladder->rungs[i].name) == 0)
                out->rung_s[i] = value;
        if (strcmp(word, "tile") == 0) out->tile_s = strtod(name, NULL);
        if (strcmp(word, "audio") == 0) out->audio_s = strtod(name, NULL);
    }
    if (file != NULL) (void)fclose(file);
}

static void read_shape(const char *path, struct costs *out)
{
    FILE *file = fopen(path, "r");
    double sum = 0;
    while (file != NULL && out->shape_count < SHAPE_MAX &&
           fscanf(file, "%lf", &out->shape[out->shape_count]) == 1)
        sum += out->shape[out->shape_count++];
    if (file != NULL) (void)fclose(file);
    for (size_t i = 0; i < out->shape_count; i++)
        out->shape[i] *= (double)out->shape_count / sum;
}

void film_costs(const char *costs_path, const char *shape_path, struct costs *out)
{
    read_costs(costs_path, out);
    read_shape(shape_path, out);
    assert(out->shape_count > 0);
}
