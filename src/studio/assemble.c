// SPDX-License-Identifier: Apache-2.0
#include "studio/assemble.h"

#include "base/file.h"
#include "media/cmaf.h"
#include "media/dash.h"
#include "media/hls.h"
#include "media/presentation_rules.h"

#include <stdio.h>
#include <string.h>

// Per playlist: a line of some 60 bytes for each of at most SEGMENTS_MAX segments.
enum { MANIFEST_BYTES_MAX = 32 << 20 };

struct assembly {
    struct blob_store *blobs;
    const struct plan *plan;
    const struct protection_order *protection; // NULL: clear
    struct arena *arena;
    const struct assemble_watch *watch;
    struct window_pool *pool;
    struct cuts cuts;
    struct presentation presentation;
    size_t done, total; // files
};

void version_key(const struct plan *plan, const char *file, char *out)
{
    (void)snprintf(out, PLAN_KEY_BYTES, "titles/%s/%s/%s", plan->title_id, plan->id, file);
}

static outcome file_done(struct assembly *assembly, struct why *why)
{
    assembly->done++;
    if (assembly->watch == NULL) return OK;
    return assembly->watch->progressed(assembly->watch->context, assembly->done, assembly->total,
                                       why);
}

// The grid as times: exact, and the same for all renditions.
static outcome make_cuts(struct assembly *assembly, struct why *why)
{
    const struct plan *plan = assembly->plan;
    const struct frame_rate rate = plan->grid.rate;
    const size_t count = (size_t)grid_segment_count(&plan->grid, plan->facts.video.frame_count);
    const int64_t step = (int64_t)plan->grid.segment_frames * rate.seconds;
    int64_t *at = arena_take_array(assembly->arena, count, sizeof *at);
    if (at == NULL) return fail(why, NO_MEMORY, "no memory for %zu segments", count);
    for (size_t i = 0; i < count; i++)
        at[i] = (int64_t)i * step;
    assembly->cuts = (struct cuts){at, count, rate.frames, step};
    return OK;
}

// --- tracks of media -------------------------------------------------------------------------

static outcome open_chunk(const struct source_files *files, size_t file, int *out_fd,
                          struct why *why)
{
    struct blob_store *blobs = files->context;
    return blobs->ops->open(blobs, files->names[file], out_fd, why);
}

static outcome chunk_names(struct assembly *assembly, struct job first, size_t count,
                           const char *const **out, struct why *why)
{
    const char **names = arena_take_array(assembly->arena, count, sizeof *names);
    for (size_t i = 0; i < count && names != NULL; i++) {
        char key[PLAN_KEY_BYTES];
        first.chunk = (uint32_t)i;
        if (first.kind == JOB_VIDEO)
            first.take = plan_last_take(assembly->plan, first.track, first.chunk);
        job_output(assembly->plan, &first, 0, key);
        names[i] = arena_copy(assembly->arena, slice_of(key));
        if (names[i] == NULL) names = NULL;
    }
    if (names == NULL) return fail(why, NO_MEMORY, "no memory for %zu chunks", count);
    *out = names;
    return OK;
}

static outcome write_segments(struct assembly *assembly, struct sample_source *source, int fd,
                              struct track *track, struct why *why)
{
    struct cmaf_writer *writer = NULL;
    TRY(cmaf_open_protected(assembly->arena, source, &assembly->cuts, assembly->pool, fd,
                            assembly->protection, track, &writer, why));
    outcome result = OK;
    const size_t count = cmaf_segment_count(writer);
    for (size_t i = 0; i < count && result == OK; i++)
        result = cmaf_segment(writer, why);
    if (result == OK) result = cmaf_finish(writer, why);
    cmaf_close(&writer);
    return result;
}

static outcome write_track(struct assembly *assembly, struct sample_source *source,
                           struct track *track, struct why *why)
{
    char key[PLAN_KEY_BYTES];
    struct blob_writer *object;
    struct blob_store *blobs = assembly->blobs;
    int fd = -1;
    version_key(assembly->plan, track->file, key);
    TRY(blobs->ops->create(blobs, key, &object, why));
    outcome result = object->ops->file(object, &fd, why);
    if (result == OK) result = write_segments(assembly, source, fd, track, why);
    if (result == OK) return object->ops->commit(object, why);
    object->ops->abandon(object);
    return result;
}

static struct track *track_add(struct assembly *assembly, const struct job *job,
                               enum track_kind kind)
{
    struct track *track = &assembly->presentation.tracks[assembly->presentation.track_count++];
    track->kind = kind;
    plan_track_name(assembly->plan, job, track->name);
    (void)snprintf(track->file, sizeof track->file, "%.50s.%s", track->name,
                   kind == TRACK_TEXT ? "vtt" : "mp4");
    return track;
}

static void track_describe(struct track *track, const struct plan_track *planned)
{
    track->role = planned->role;
    memcpy(track->language, planned->language, sizeof track->language);
    memcpy(track->label, planned->label, sizeof track->label);
}

static outcome add_media(struct assembly *assembly, struct job job, size_t chunks,
                         enum track_kind kind, const struct plan_track *planned, struct why *why)
{
    struct track *track = track_add(assembly, &job, kind);
    if (planned != NULL) track_describe(track, planned);
    struct source_files files = {
        .count = chunks, .open_file = open_chunk, .context = assembly->blobs};
    struct sample_source *source = NULL;
    TRY(chunk_names(assembly, job, chunks, &files.names, why));
    TRY(sample_source_open_files(&files, 0, &source, why));
    const outcome written = write_track(assembly, source, track, why);
    sample_source_close(&source);
    TRY(written);
    return file_done(assembly, why);
}

// --- files that are taken as they are --------------------------------------------------------

static outcome copy_object(struct assembly *assembly, const char *from, const char *file,
                           uint64_t *out_size, struct why *why)
{
    char key[PLAN_KEY_BYTES];
    struct blob_facts facts;
    autofd fd = -1;
    version_key(assembly->plan, file, key);
    TRY(assembly->blobs->ops->open(assembly->blobs, from, &fd, why));
    TRY(blob_put_file(assembly->blobs, key, fd, why));
    TRY(assembly->blobs->ops->stat(assembly->blobs, key, &facts, why));
    *out_size = facts.size;
    return file_done(assembly, why);
}

static uint32_t rate_bps(uint64_t bytes, uint64_t duration_ms)
{
    const uint64_t bps = bytes * 8000 / (duration_ms == 0 ? 1 : duration_ms);
    return bps < 1 ? 1 : bps > UINT32_MAX ? UINT32_MAX : (uint32_t)bps;
}

static uint64_t duration_ms(const struct plan *plan)
{
    return (uint64_t)media_time_rescale(plan->facts.duration, 1000).ticks;
}

static outcome add_text(struct assembly *assembly, uint32_t index, struct why *why)
{
    const struct job job = {.kind = JOB_TEXT, .track = index};
    struct track *track = track_add(assembly, &job, TRACK_TEXT);
    track_describe(track, &assembly->plan->text[index]);
    char from[PLAN_KEY_BYTES];
    job_output(assembly->plan, &job, 0, from);
    TRY(copy_object(assembly, from, track->file, &track->file_size, why));
    track->timescale = 1000;
    track->duration = duration_ms(assembly->plan);
    track->bandwidth_average_bps = track->bandwidth_peak_bps =
        rate_bps(track->file_size, track->duration);
    return OK;
}

static outcome add_storyboard(struct assembly *assembly, struct why *why)
{
    const struct plan_images *images = &assembly->plan->images;
    const struct job job = {.kind = JOB_STORYBOARD};
    struct track *track = track_add(assembly, &job, TRACK_IMAGE);
    const uint64_t sheet_ms = (uint64_t)images->interval_ms * images->columns * images->rows;
    (void)snprintf(track->file, sizeof track->file, "storyboard-%%d.jpg");
    track->timescale = 1000;
    track->duration = duration_ms(assembly->plan);
    (void)snprintf(track->codec, sizeof track->codec, "jpeg");
    track->image =
        (struct image_facts){images->tile_width, images->tile_height, images->columns,
                             images->rows,       images->interval_ms, images->sheet_count};
    for (uint32_t i = 0; i < images->sheet_count; i++) {
        char from[PLAN_KEY_BYTES], number[16], file[SHEET_FILE_BYTES];
        uint64_t size = 0;
        job_output(assembly->plan, &job, i, from);
        (void)snprintf(number, sizeof number, "%u", i);
        sheet_file(track, number, file);
        TRY(copy_object(assembly, from, file, &size, why));
        const uint64_t left_ms = track->duration - i * sheet_ms;
        const uint32_t peak = rate_bps(size, left_ms < sheet_ms ? left_ms : sheet_ms);
        if (peak > track->bandwidth_peak_bps) track->bandwidth_peak_bps = peak;
        track->file_size += size;
    }
    track->bandwidth_average_bps = rate_bps(track->file_size, track->duration);
    return OK;
}

static outcome add_poster(struct assembly *assembly, struct why *why)
{
    const struct job job = {.kind = JOB_POSTER};
    char from[PLAN_KEY_BYTES];
    uint64_t size = 0;
    job_output(assembly->plan, &job, 0, from);
    const char *given = assembly->plan->images.poster;
    return copy_object(assembly, given[0] == '\0' ? from : given, POSTER_FILE, &size, why);
}

// --- manifests -------------------------------------------------------------------------------

static outcome put_text(struct assembly *assembly, const char *file, struct buffer *text,
                        struct why *why)
{
    char key[PLAN_KEY_BYTES];
    version_key(assembly->plan, file, key);
    TRY(blob_put(assembly->blobs, key, buffer_slice(text), why));
    text->len = 0;
    return OK;
}

static outcome put_manifests(struct assembly *assembly, struct why *why)
{
    const struct presentation *presentation = &assembly->presentation;
    autobuffer text = buffer_init(MANIFEST_BYTES_MAX);
    for (size_t i = 0; i < presentation->track_count; i++) {
        const struct track *track = &presentation->tracks[i];
        char name[HLS_NAME_BYTES];
        hls_media_name(track, name);
        TRY(hls_media(presentation, track, &text, why));
        TRY(put_text(assembly, name, &text, why));
        if (track->kind != TRACK_VIDEO) continue;
        hls_iframe_name(track, name);
        TRY(hls_iframes(presentation, track, &text, why));
        TRY(put_text(assembly, name, &text, why));
    }
    TRY(hls_multivariant(presentation, &text, why));
    TRY(put_text(assembly, HLS_MULTIVARIANT_FILE, &text, why));
    TRY(dash_manifest(presentation, &text, why));
    TRY(put_text(assembly, DASH_MANIFEST_FILE, &text, why));
    return file_done(assembly, why);
}

// --- the whole -------------------------------------------------------------------------------

static outcome assemble(struct assembly *assembly, struct why *why)
{
    const struct plan *plan = assembly->plan;
    const size_t tracks = plan->ladder.count + plan->audio_count + plan->text_count + 1;
    assembly->total = tracks - 1 + plan->images.sheet_count + 2; // poster, manifests
    struct presentation *presentation = &assembly->presentation;
    presentation->tracks = arena_take_array(assembly->arena, tracks, sizeof(struct track));
    if (presentation->tracks == NULL)
        return fail(why, NO_MEMORY, "no memory for %zu tracks", tracks);
    presentation->duration = plan->facts.duration;
    if (assembly->protection != NULL) {
        presentation->systems = assembly->protection->systems;
        presentation->license_url = assembly->protection->license_url;
    }
    TRY(make_cuts(assembly, why));
    for (uint32_t i = 0; i < plan->ladder.count; i++)
        TRY(add_media(assembly, (struct job){.kind = JOB_VIDEO, .track = i}, plan_chunk_count(plan),
                      TRACK_VIDEO, NULL, why));
    for (uint32_t i = 0; i < plan->audio_count; i++)
        TRY(add_media(assembly, (struct job){.kind = JOB_AUDIO, .track = i}, 1, TRACK_AUDIO,
                      &plan->audio[i], why));
    for (uint32_t i = 0; i < plan->text_count; i++)
        TRY(add_text(assembly, i, why));
    TRY(add_storyboard(assembly, why));
    TRY(add_poster(assembly, why));
    return put_manifests(assembly, why);
}

outcome assemble_title(struct blob_store *blobs, const struct plan *plan,
                       const struct protection_order *protection, struct arena *arena,
                       const struct assemble_watch *watch, struct presentation *out,
                       struct why *why)
{
    struct assembly assembly = {
        .blobs = blobs, .plan = plan, .protection = protection, .arena = arena, .watch = watch};
    TRY(window_pool_open(&assembly.pool, why));
    const outcome result = assemble(&assembly, why);
    window_pool_close(&assembly.pool);
    if (result == OK) *out = assembly.presentation;
    return result;
}
