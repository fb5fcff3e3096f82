// SPDX-License-Identifier: Apache-2.0
#include "studio/publish.h"

#include "media/dash.h"
#include "media/hls.h"
#include "studio/assemble.h"
#include "studio/encode.h"
#include "studio/outline.h"

#include <stdio.h>
#include <string.h>

enum { PUBLISH_TRIES = 10 }; // somebody edits at most now and then

static int64_t ticks_ms(uint64_t ticks, uint32_t timescale)
{
    if (timescale == 0) return 0;
    return media_time_rescale((struct media_time){(int64_t)ticks, timescale}, 1000).ticks;
}

static void describe_kind(const struct track *track, struct title_track *out)
{
    static const char *const ranges[] = {
        [RANGE_SDR] = "SDR", [RANGE_PQ] = "PQ", [RANGE_HLG] = "HLG"};
    switch (track->kind) {
    case TRACK_VIDEO:
        out->width = track->video.width;
        out->height = track->video.height;
        out->rate_frames = track->video.frame_rate.frames;
        out->rate_seconds = track->video.frame_rate.seconds;
        out->range = ranges[track->video.range];
        break;
    case TRACK_AUDIO:
        out->sample_rate = track->audio.sample_rate;
        out->channels = track->audio.channels;
        break;
    case TRACK_IMAGE:
        out->width = track->image.tile_width;
        out->height = track->image.tile_height;
        out->columns = track->image.columns;
        out->rows = track->image.rows;
        out->tile_ms = track->image.tile_ms;
        out->sheet_count = track->image.sheet_count;
        break;
    case TRACK_TEXT:
    case TRACK_KIND_COUNT: break;
    }
}

// Texts are borrowed from the track.
static struct title_track describe_track(const struct track *track)
{
    struct title_track out = {
        .name = track->name,
        .file = track->file,
        .kind = track_kind_word(track->kind),
        .role = track_role_word(track->role),
        .language = track->language,
        .label = track->label,
        .codec = track->codec,
        .bandwidth_peak_bps = track->bandwidth_peak_bps,
        .bandwidth_average_bps = track->bandwidth_average_bps,
        .size_bytes = (int64_t)track->file_size,
        .duration_ms = ticks_ms(track->duration, track->timescale),
    };
    describe_kind(track, &out);
    return out;
}

static outcome describe_protection(const struct track *track, struct arena *arena,
                                   struct title_track *out, struct why *why)
{
    char id[KEY_ID_TEXT_BYTES];
    if (track->protection.scheme == SCHEME_NONE) return OK;
    out->scheme = cenc_scheme_word(track->protection.scheme);
    out->key_id = arena_copy(arena, slice_of(key_id_format(&track->protection.key_id, id)));
    return out->key_id == NULL ? fail(why, NO_MEMORY, "no memory for a track's key id") : OK;
}

static void take_words(struct title *title, const struct intake *intake)
{
    const struct title_file *file = &intake->file;
    const struct title from = {
        .title = file->title,
        .synopsis = file->synopsis,
        .original_language = file->original_language,
        .year = file->year,
        .rating = file->rating,
        .genres = file->genres,
        .genre_count = file->genre_count,
        .territories = file->territories,
        .territory_count = file->territory_count,
        .cast = file->cast,
        .cast_count = file->cast_count,
        .scenes = file->scenes,
        .scene_count = file->scene_count,
        .is_downloadable = file->is_downloadable,
        .entry = file->entry,
    };
    title->id = intake->id;
    title_take_entry(title, &from);
}

// What somebody edited in the house stays; else title.json says what the title is. Neither loses an
// edit that is made at the same moment.
static outcome publish_words(struct stores *stores, const struct intake *intake,
                             struct title *title, struct arena *arena, struct why *why)
{
    outcome saved = CONFLICT;
    for (int tries = 0; saved == CONFLICT && tries < PUBLISH_TRIES; tries++) {
        struct title present;
        const outcome loaded = title_load(stores->tables, intake->id, arena, &present, why);
        if (loaded != OK && loaded != NOT_FOUND && loaded != CORRUPT) return loaded;
        take_words(title, intake);
        if (loaded == CORRUPT) return title_publish(stores->tables, title, why);
        title->row_version = loaded == OK ? present.row_version : 0;
        title->edited_ms = loaded == OK ? present.edited_ms : 0;
        if (title->edited_ms != 0) title_take_entry(title, &present);
        saved = title_save(stores->tables, title, why);
    }
    return saved;
}

outcome publish_title(struct stores *stores, const struct intake *intake, const struct plan *plan,
                      const struct presentation *presentation, int64_t wall_ms, struct arena *arena,
                      struct why *why)
{
    struct title title = {
        .version = plan->id,
        .poster = POSTER_FILE,
        .hls = HLS_MULTIVARIANT_FILE,
        .dash = DASH_MANIFEST_FILE,
        .duration_ms = media_time_rescale(plan->facts.duration, 1000).ticks,
        .published_ms = wall_ms,
        .track_count = presentation->track_count,
    };
    title.tracks = arena_take_array(arena, title.track_count, sizeof *title.tracks);
    if (title.tracks == NULL)
        return fail(why, NO_MEMORY, "no memory for %zu tracks", title.track_count);
    for (size_t i = 0; i < title.track_count; i++) {
        title.tracks[i] = describe_track(&presentation->tracks[i]);
        TRY(describe_protection(&presentation->tracks[i], arena, &title.tracks[i], why));
    }
    return publish_words(stores, intake, &title, arena, why);
}

outcome publish_again(struct stores *stores, const struct intake *intake,
                      const struct title *published, struct arena *arena, struct why *why)
{
    struct title title = *published;
    return publish_words(stores, intake, &title, arena, why);
}

// --- tidying ---------------------------------------------------------------------------------

struct tidying {
    struct blob_store *blobs;
    const struct plan *plan;
    const char *before;
    size_t version_at; // where the version begins in a key
};

static bool is_version(const char *key, const char *version)
{
    const size_t len = strlen(version);
    return len > 0 && strncmp(key, version, len) == 0 && key[len] == '/';
}

static outcome drop_old(void *context, const char *key, struct why *why)
{
    const struct tidying *tidying = context;
    const char *version = key + tidying->version_at;
    if (is_version(version, tidying->plan->id) || is_version(version, tidying->before)) return OK;
    return tidying->blobs->ops->drop(tidying->blobs, key, why);
}

outcome publish_tidy(struct stores *stores, const struct plan *plan, const char *before,
                     struct why *why)
{
    char prefix[PLAN_KEY_BYTES];
    (void)snprintf(prefix, sizeof prefix, "%s/", plan->title_id);
    TRY(stores->queue->ops->drop(stores->queue, PLAN_QUEUE, prefix, why));
    (void)snprintf(prefix, sizeof prefix, "work/%s/", plan->title_id);
    TRY(blob_drop_prefix(stores->blobs, prefix, why));
    TRY(outline_drop(stores->tables, plan->title_id, why));
    if (before == NULL) return OK;
    (void)snprintf(prefix, sizeof prefix, "titles/%s/", plan->title_id);
    struct tidying tidying = {stores->blobs, plan, before, strlen(prefix)};
    return stores->blobs->ops->list(stores->blobs, prefix, drop_old, &tidying, why);
}
