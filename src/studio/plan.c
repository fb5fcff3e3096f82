// SPDX-License-Identifier: Apache-2.0
#include "studio/plan.h"

#include "studio/digest.h"
#include "studio/transcoder.h"

#include <stdio.h>
#include <string.h>

enum {
    SEGMENT_MS = 2000,
    // 8 s unless told otherwise: each chunk feeds some 11 frames (x264) or 27 (x265) of lookahead
    // past its end for nothing; bench/fleet says what other lengths do
    CHUNK_SEGMENTS = 4,
    TILE_SIDE = 240, // of a thumbnail's longer side
    TILE_MS = 2000,
    TILE_MS_MAX = 60000,
    POSTER_SIDE = 1280,
};

// Counts up when this program makes other bytes of the same inputs for a reason that neither the
// plan nor the encoder's build shows.
#define RECIPE "3"

// --- names -----------------------------------------------------------------------------------

static const char *role_suffix(enum track_role role)
{
    static const char *const suffixes[TRACK_ROLE_COUNT] = {
        [ROLE_MAIN] = "",
        [ROLE_DUB] = "",
        [ROLE_SUBTITLE] = "",
        [ROLE_ALTERNATE] = "-alt",
        [ROLE_DESCRIPTION] = "-ad",
        [ROLE_COMMENTARY] = "-commentary",
        [ROLE_CAPTION] = "-sdh",
        [ROLE_FORCED] = "-forced",
        [ROLE_ENHANCED_DIALOGUE] = "-dialogue",
    };
    return suffixes[role];
}

static bool is_name_taken(const struct plan_track *tracks, size_t count, const char *name)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(tracks[i].name, name) == 0) return true;
    return false;
}

// Names the track behind `count` others: "a-en", "a-en-ad", "a-en-51", and "a-en-2" where that is
// taken.
static void name_track(struct plan_track *tracks, size_t count, char kind, const char *ending)
{
    struct plan_track *track = &tracks[count];
    char stem[TRACK_NAME_BYTES];
    (void)snprintf(stem, sizeof stem, "%c-%.24s%.11s%.5s", kind, track->language,
                   role_suffix(track->role), ending);
    (void)snprintf(track->name, sizeof track->name, "%s", stem);
    for (unsigned n = 2; is_name_taken(tracks, count, track->name); n++)
        (void)snprintf(track->name, sizeof track->name, "%.43s-%u", stem, n % 1000);
}

// --- sound -----------------------------------------------------------------------------------

// A studio that brings a mix for dialogue of its own gets none of ours.
static bool has_dialogue_mix(const struct plan_inputs *inputs, const char *language)
{
    for (size_t i = 0; i < inputs->audio_count; i++)
        if (inputs->audio[i].role == ROLE_ENHANCED_DIALOGUE &&
            strcmp(inputs->audio[i].language, language) == 0)
            return true;
    return false;
}

static bool is_form_wanted(const struct plan_inputs *inputs, const struct plan_track *source,
                           enum sound_form form)
{
    if ((inputs->ladder->sound & 1u << form) == 0 ||
        !sound_form_fits(form, source->source_channels, source->has_centre))
        return false;
    if (sound_recipe(form)->mix != MIX_DIALOGUE) return true;
    return (source->role == ROLE_MAIN || source->role == ROLE_DUB) &&
           !has_dialogue_mix(inputs, source->language);
}

static outcome take_sound(struct plan *plan, const struct plan_inputs *inputs, struct why *why)
{
    for (size_t i = 0; i < inputs->audio_count; i++) {
        const struct plan_track *source = &inputs->audio[i];
        for (int form = 0; form < SOUND_FORM_COUNT; form++) {
            if (!is_form_wanted(inputs, source, (enum sound_form)form)) continue;
            if (plan->audio_count == PLAN_TRACKS_MAX)
                return fail(why, TOO_LARGE,
                            "the %zu audio tracks have more than %d renditions: leave some out of "
                            "title.json, or forms out of the ladder's \"audio\"",
                            inputs->audio_count, PLAN_TRACKS_MAX);
            const struct sound_recipe *recipe = sound_recipe((enum sound_form)form);
            struct plan_track *track = &plan->audio[plan->audio_count];
            *track = *source;
            track->codec = recipe->codec;
            track->mix = recipe->mix;
            track->channels = recipe->channels;
            track->bitrate_bps = recipe->bitrate_bps;
            if (recipe->mix == MIX_DIALOGUE) {
                track->role = ROLE_ENHANCED_DIALOGUE;
                if (source->label[0] != '\0')
                    (void)snprintf(track->label, sizeof track->label, "%.70s [Dialogue Boost]",
                                   source->label);
            }
            name_track(plan->audio, plan->audio_count++, 'a', recipe->ending);
        }
    }
    return OK;
}

// --- pictures --------------------------------------------------------------------------------

// The size within a square of `side`, even, in the shape of width x height.
static void fit_square(uint32_t width, uint32_t height, uint32_t side, uint32_t *out_width,
                       uint32_t *out_height)
{
    const uint32_t longer = width > height ? width : height;
    const uint32_t limit = longer < side ? longer : side;
    const uint32_t fitted_width = (uint32_t)((uint64_t)width * limit / longer);
    const uint32_t fitted_height = (uint32_t)((uint64_t)height * limit / longer);
    *out_width = fitted_width < 2 ? 2 : fitted_width & ~1u;
    *out_height = fitted_height < 2 ? 2 : fitted_height & ~1u;
}

// As few and as small sheets as the length allows: a member who hovers waits for one of them.
static outcome choose_images(struct plan *plan, uint32_t width, uint32_t height, const char *poster,
                             struct why *why)
{
    static const uint32_t sides[] = {5, 10};
    struct plan_images *images = &plan->images;
    fit_square(width, height, TILE_SIDE, &images->tile_width, &images->tile_height);
    fit_square(width, height, POSTER_SIDE, &images->poster_width, &images->poster_height);
    (void)snprintf(images->poster, sizeof images->poster, "%s", poster);
    for (uint32_t ms = TILE_MS; ms <= TILE_MS_MAX; ms += TILE_MS) {
        for (size_t i = 0; i < sizeof sides / sizeof sides[0]; i++) {
            const struct storyboard_job job = {.facts = &plan->facts,
                                               .interval_ms = ms,
                                               .columns = sides[i],
                                               .rows = sides[i],
                                               .tile_width = images->tile_width,
                                               .tile_height = images->tile_height};
            const size_t sheets = storyboard_sheet_count(&job);
            if (sheets < 1 || sheets > PLAN_SHEETS_MAX) continue;
            images->columns = images->rows = sides[i];
            images->interval_ms = ms;
            images->sheet_count = (uint32_t)sheets;
            return OK;
        }
    }
    return fail(why, TOO_LARGE, "the master is too long for a storyboard of %d sheets",
                PLAN_SHEETS_MAX);
}

// --- the whole -------------------------------------------------------------------------------

static outcome make_id(struct plan *plan, const struct plan_inputs *inputs, struct why *why)
{
    autobuffer text = buffer_init(PLAN_JSON_BYTES_MAX);
    char digest[DIGEST_TEXT_BYTES];
    TRY(plan_format(plan, &text, why));
    TRY(buffer_format(&text, why, "\n%s\n%s", RECIPE, inputs->encoder));
    if (inputs->protection != NULL) TRY(buffer_format(&text, why, "\n%s", inputs->protection));
    TRY(digest_bytes(buffer_slice(&text), digest, why));
    memcpy(plan->id, digest, PLAN_ID_BYTES - 1);
    plan->id[PLAN_ID_BYTES - 1] = '\0';
    return OK;
}

static void take_text(struct plan *plan, const struct plan_inputs *inputs)
{
    for (size_t i = 0; i < inputs->text_count; i++) {
        plan->text[i] = inputs->text[i];
        name_track(plan->text, i, 't', "");
    }
    plan->text_count = inputs->text_count;
}

outcome plan_fit(const struct master_facts *facts, const struct ladder *ladder, struct grid *grid,
                 struct ladder *fitted, struct why *why)
{
    const struct master_video *video = &facts->video;
    uint32_t width, height;
    TRY(grid_init(grid, video->rate, SEGMENT_MS, CHUNK_SEGMENTS, why));
    master_display_size(video, &width, &height);
    if (width == 0 || height == 0) return fail(why, INVALID, "the master's pictures have no size");
    const bool is_hdr = video->range != RANGE_SDR;
    const struct ladder_picture picture = {width, height, is_hdr ? RUNG_HDR : RUNG_SDR};
    ladder_fit(ladder, &picture, fitted);
    return OK;
}

outcome plan_make(const struct plan_inputs *inputs, struct plan *out, struct why *why)
{
    const struct master_video *video = &inputs->facts->video;
    if (video->frame_count == 0) return fail(why, INVALID, "the master has no pictures");
    if (inputs->audio_count > PLAN_TRACKS_MAX || inputs->text_count > PLAN_TRACKS_MAX)
        return fail(why, TOO_LARGE, "%zu audio and %zu text tracks: at most %d of each fit",
                    inputs->audio_count, inputs->text_count, PLAN_TRACKS_MAX);
    memset(out, 0, sizeof *out);
    (void)snprintf(out->title_id, sizeof out->title_id, "%s", inputs->title_id);
    (void)snprintf(out->master, sizeof out->master, "%s", inputs->master);
    out->facts = *inputs->facts;
    struct ladder fitted;
    TRY(plan_fit(inputs->facts, inputs->ladder, &out->grid, &fitted, why));
    out->ladder = inputs->is_fitted ? *inputs->ladder : fitted;
    if (inputs->chunk_segments > GRID_CHUNK_SEGMENTS_MAX)
        return fail(why, INVALID, "%u segments are too many for a chunk: 1 to %d",
                    inputs->chunk_segments, GRID_CHUNK_SEGMENTS_MAX);
    if (inputs->chunk_segments > 0) out->grid.chunk_segments = inputs->chunk_segments;
    uint32_t width, height;
    master_display_size(video, &width, &height);
    TRY(take_sound(out, inputs, why));
    take_text(out, inputs);
    TRY(choose_images(out, width, height, inputs->poster, why));
    return make_id(out, inputs, why);
}
