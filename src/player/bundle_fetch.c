// SPDX-License-Identifier: Apache-2.0
#include "player/bundle_fetch.h"

#include "base/file.h"
#include "base/url.h"
#include "player/bundle_keep.h"
#include "player/stream.h"

#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <unistd.h>

enum { SMALL_BYTES_MAX = 16 * 1024 * 1024 }; // captions, posters, playlists

// A file that is fetched in pieces.
struct source {
    struct bundle_file file;
    char url[URL_BYTES_MAX];
};

struct job {
    const struct bundle_wish *wish;
    const struct bundle_watch *watch;
    struct http_client *client;
    struct stream stream;
    struct bundle *bundle; // what is to be there
    struct bundle before;  // what was there
    struct source *sources;
    size_t source_count;
    struct house_download offer;
    struct bundle_progress progress;
};

// The last part of an address's path, as a name in the folder.
static outcome name_of(const char *url, char out[BUNDLE_NAME_BYTES], struct why *why)
{
    struct url parts;
    TRY(url_parse(slice_of(url), &parts, why));
    struct slice path = parts.path, part = {NULL, 0};
    while (slice_cut(&path, '/', &part)) {
    }
    (void)snprintf(out, BUNDLE_NAME_BYTES, "%.*s", SLICE_ARG(part));
    return bundle_name_check(out, why);
}

static outcome fetch_small(struct job *job, const char *url, struct buffer *out, struct why *why)
{
    const struct resource whole = {url, {0, 0}};
    return stream_fetch(&job->stream, &whole, NULL, out, NULL, why);
}

static outcome put_small(struct job *job, const char *name, struct slice bytes, struct why *why)
{
    struct bundle_file file = {.bytes = 0};
    (void)snprintf(file.name, sizeof file.name, "%s", name);
    TRY(bundle_file_put(job->wish->folder, &file, bytes, why));
    return bundle_add(job->bundle, &file, why);
}

static outcome keep_small(struct job *job, const char *url, struct why *why)
{
    char name[BUNDLE_NAME_BYTES];
    autobuffer body = buffer_init(SMALL_BYTES_MAX);
    TRY(name_of(url, name, why));
    TRY(fetch_small(job, url, &body, why));
    return put_small(job, name, buffer_slice(&body), why);
}

// --- what to fetch ----------------------------------------------------------------------------

static uint64_t end_of(struct byte_range range)
{
    return range.offset + range.size;
}

// The one file of a rendition, and how far its segments reach into it. Its size is 0 when it is to
// be fetched whole.
static outcome measure(const struct rendition *rendition, struct source *out, struct why *why)
{
    autobuffer url = buffer_init(URL_BYTES_MAX - 1);
    uint64_t bytes = 0;
    for (size_t i = 0; i < rendition->segment_count; i++) {
        const struct media_segment *segment = &rendition->segments[i];
        if (segment->uri == NULL || strcmp(segment->uri, rendition->segments[0].uri) != 0)
            return fail(why, UNSUPPORTED,
                        "rendition %.60s lies in several files: only titles with one file a "
                        "rendition can be downloaded",
                        rendition->id);
        if (end_of(segment->range) > bytes) bytes = end_of(segment->range);
    }
    TRY(segment_url(rendition, 0, &url, why));
    (void)snprintf(out->url, sizeof out->url, "%.*s", SLICE_ARG(buffer_slice(&url)));
    out->file.bytes = bytes;
    return name_of(out->url, out->file.name, why);
}

static outcome add_rendition(struct job *job, struct rendition *rendition, struct why *why)
{
    autobuffer playlist = buffer_init(SMALL_BYTES_MAX);
    char name[BUNDLE_NAME_BYTES];
    struct source *source = &job->sources[job->source_count];
    if (rendition->needed.url == NULL)
        return fail(why, UNSUPPORTED, "rendition %.60s has no playlist of its own", rendition->id);
    if (job->source_count == BUNDLE_FILES_MAX)
        return fail(why, TOO_LARGE, "a download has at most %d files", BUNDLE_FILES_MAX);
    TRY(fetch_small(job, rendition->needed.url, &playlist, why));
    TRY(manifest_fill(&job->stream.arena, rendition, buffer_slice(&playlist), rendition->needed.url,
                      why));
    if (rendition->segment_count == 0)
        return fail(why, INVALID, "rendition %.60s has no segments", rendition->id);
    TRY(name_of(rendition->needed.url, name, why));
    TRY(put_small(job, name, buffer_slice(&playlist), why));
    TRY(measure(rendition, source, why));
    if (source->file.bytes == 0) return keep_small(job, source->url, why);
    job->source_count++;
    return bundle_add(job->bundle, &source->file, why);
}

// The tallest that is not taller than wished, else the lowest.
static struct rendition *choose_rung(const struct job *job)
{
    const struct stream *stream = &job->stream;
    struct rendition *best = stream->rungs[0];
    for (size_t i = 1; i < stream->rung_count; i++)
        if (stream->rungs[i]->video.height <= job->bundle->height_max) best = stream->rungs[i];
    return best;
}

static bool is_wanted_language(const char *languages, const char *tag)
{
    struct slice rest = slice_of(languages), part;
    while (slice_cut(&rest, ',', &part)) {
        const struct slice wanted = slice_trim(part);
        if (wanted.len == 0 || strlen(tag) < wanted.len) continue;
        const bool is_head = strncasecmp((const char *)wanted.at, tag, wanted.len) == 0;
        if (is_head && (tag[wanted.len] == '\0' || tag[wanted.len] == '-')) return true;
    }
    return false;
}

static bool is_wanted(const struct job *job, const struct rendition *rendition)
{
    const struct rendition *main = job->stream.audio;
    if (rendition->needed.url == NULL || rendition->is_trick_play) return false;
    if (rendition->kind == TRACK_TEXT) return true; // captions are small: all of them
    if (rendition->kind != TRACK_AUDIO || main == NULL) return false;
    if (rendition == main) return true;
    return strcmp(rendition->group, main->group) == 0 &&
           is_wanted_language(job->bundle->languages, rendition->language);
}

static outcome keep_manifest(struct job *job, struct why *why)
{
    autobuffer all = buffer_init(SMALL_BYTES_MAX), cut = buffer_init(SMALL_BYTES_MAX);
    TRY(fetch_small(job, job->offer.manifest_url, &all, why));
    TRY(bundle_manifest(job->bundle, buffer_slice(&all), &cut, why));
    return put_small(job, BUNDLE_MANIFEST, buffer_slice(&cut), why);
}

static outcome keep_poster(struct job *job, struct why *why)
{
    char poster[BUNDLE_TEXT_BYTES];
    autobuffer url = buffer_init(URL_BYTES_MAX - 1);
    TRY(house_title(job->client, &job->wish->member, job->wish->title, job->bundle->title, poster,
                    BUNDLE_TEXT_BYTES, why));
    if (poster[0] == '\0') return OK;
    TRY(url_resolve(slice_of(job->offer.manifest_url), slice_of(poster), &url, why));
    const char *text = buffer_text(&url);
    return text == NULL ? fail(why, NO_MEMORY, "no memory for an address")
                        : keep_small(job, text, why);
}

static outcome choose(struct job *job, struct why *why)
{
    const struct stream_source source = {.origin = job->wish->member.origin,
                                         .token = job->wish->member.token};
    char first[64];
    (void)snprintf(first, sizeof first, "%.*s", (int)strcspn(job->bundle->languages, ","),
                   job->bundle->languages);
    TRY(stream_open(&job->stream, job->client, job->offer.manifest_url,
                    first[0] == '\0' ? NULL : first, &source, why));
    TRY(add_rendition(job, choose_rung(job), why));
    for (size_t i = 0; i < job->stream.manifest->rendition_count; i++) {
        struct rendition *rendition = &job->stream.manifest->renditions[i];
        if (is_wanted(job, rendition)) TRY(add_rendition(job, rendition, why));
    }
    TRY(keep_manifest(job, why));
    return keep_poster(job, why);
}

// --- fetching -----------------------------------------------------------------------------------

static void drop_file(const char *folder, const char *name)
{
    char path[PATH_MAX];
    (void)snprintf(path, sizeof path, "%s/%s", folder, name);
    (void)unlink(path);
    (void)snprintf(path, sizeof path, "%s/%s" BUNDLE_DIGEST_SUFFIX, folder, name);
    (void)unlink(path);
}

// Files of another choice, or of another version under the same names.
static void drop_others(const struct job *job, bool (*is_kept)(const struct bundle *, const char *))
{
    for (size_t i = 0; i < job->before.file_count; i++)
        if (!is_kept(job->bundle, job->before.files[i].name))
            drop_file(job->wish->folder, job->before.files[i].name);
}

static bool is_in(const struct bundle *bundle, const char *name)
{
    return bundle_find(bundle, name) != NULL;
}

static bool is_never(const struct bundle *bundle, const char *name)
{
    (void)bundle, (void)name;
    return false;
}

static void tell(struct job *job)
{
    if (job->watch != NULL) job->watch->moved(job->watch->context, &job->progress);
}

static outcome fetch_piece(struct job *job, const struct source *source, uint64_t index,
                           struct why *why)
{
    const char *folder = job->wish->folder;
    const size_t len = bundle_piece_bytes(&source->file, index);
    const struct resource range = {source->url, {index * BUNDLE_PIECE_BYTES, len}};
    autobuffer body = buffer_init(BUNDLE_PIECE_BYTES);
    bool is_there = false;
    TRY(bundle_piece_check(folder, &source->file, index, &is_there, why));
    if (!is_there) {
        TRY(stream_fetch(&job->stream, &range, NULL, &body, NULL, why));
        TRY(bundle_piece_put(folder, &source->file, index, buffer_slice(&body), why));
        job->progress.fetched_bytes += len;
        job->progress.mended += job->before.is_complete && is_in(&job->before, source->file.name);
    }
    job->progress.done_bytes += len;
    job->progress.file = source->file.name;
    tell(job);
    return OK;
}

static outcome fetch_all(struct job *job, struct why *why)
{
    for (size_t i = 0; i < job->source_count; i++)
        job->progress.bytes += job->sources[i].file.bytes;
    tell(job);
    for (size_t i = 0; i < job->source_count; i++)
        for (uint64_t k = 0; k < bundle_piece_count(&job->sources[i].file); k++)
            TRY(fetch_piece(job, &job->sources[i], k, why));
    return OK;
}

// --- the whole
// ------------------------------------------------------------------------------------

static outcome load_or_begin(struct job *job, struct why *why)
{
    const struct bundle_wish *wish = job->wish;
    struct bundle *bundle = job->bundle;
    *bundle = (struct bundle){.height_max = BUNDLE_HEIGHT_DEFAULT};
    if (bundle_is_there(wish->folder)) {
        TRY(bundle_load(wish->folder, bundle, why));
        const bool is_same = strcmp(bundle->title_id, wish->title) == 0 &&
                             strcmp(bundle->house, wish->member.origin) == 0;
        const bool holds_something = bundle->download_id[0] != '\0' || bundle->file_count > 0;
        if (!is_same && holds_something)
            return fail(why, CONFLICT, "%.120s holds %.60s of %.100s: choose another --folder",
                        wish->folder, bundle->title_id, bundle->house);
        if (!is_same) *bundle = (struct bundle){.height_max = BUNDLE_HEIGHT_DEFAULT};
    }
    (void)snprintf(bundle->title_id, sizeof bundle->title_id, "%s", wish->title);
    (void)snprintf(bundle->house, sizeof bundle->house, "%s", wish->member.origin);
    if (wish->height_max > 0) bundle->height_max = wish->height_max;
    if (wish->languages != NULL)
        (void)snprintf(bundle->languages, sizeof bundle->languages, "%s", wish->languages);
    return OK;
}

// A place that goes on, or a new one.
static outcome settle(struct job *job, struct why *why)
{
    const struct bundle_wish *wish = job->wish;
    struct bundle *bundle = job->bundle;
    const struct bundle_device device = {wish->device_path, wish->cdm_program};
    char licence[PATH_MAX];
    (void)snprintf(licence, sizeof licence, "%s/" BUNDLE_LICENCE, wish->folder);
    const bool has_licence = !bundle->is_protected || path_exists(licence);
    const bool goes_on = bundle->download_id[0] != '\0' && bundle->over[0] == '\0' && has_licence;
    if (goes_on)
        return bundle_sync(job->client, &wish->member, wish->folder, bundle, &job->offer, why);
    return bundle_prepare(job->client, &wish->member, &device, wish->folder, bundle, &job->offer,
                          why);
}

// "/media/<title>/<version>/main.m3u8": the folder that the playlist lies in.
static outcome take_version(struct job *job, struct why *why)
{
    struct url url;
    struct slice rest, part, before = {NULL, 0};
    TRY(url_parse(slice_of(job->offer.manifest_url), &url, why));
    rest = url.path;
    while (slice_cut(&rest, '/', &part) && rest.len > 0)
        before = part;
    struct bundle *bundle = job->bundle;
    (void)snprintf(bundle->version, sizeof bundle->version, "%.*s", SLICE_ARG(before));
    const bool is_other = strcmp(bundle->version, job->before.version) != 0;
    if (is_other) drop_others(job, is_never);
    if (is_other) job->before.file_count = 0;
    return OK;
}

static outcome work(struct job *job, struct why *why)
{
    const char *folder = job->wish->folder;
    TRY(load_or_begin(job, why));
    job->before = *job->bundle;
    TRY(http_client_open(&job->client, why));
    TRY(settle(job, why));
    TRY(take_version(job, why));
    job->bundle->file_count = 0;
    TRY(choose(job, why));
    drop_others(job, is_in);
    job->bundle->is_complete = false;
    TRY(bundle_save(folder, job->bundle, why));
    TRY(fetch_all(job, why));
    job->bundle->is_complete = true;
    return bundle_save(folder, job->bundle, why);
}

outcome bundle_fetch(const struct bundle_wish *wish, const struct bundle_watch *watch,
                     struct bundle *out, struct bundle_progress *out_progress, struct why *why)
{
    autofd lock = -1;
    struct job job = {.wish = wish, .watch = watch, .bundle = calloc(1, sizeof *job.bundle)};
    job.sources = calloc(BUNDLE_FILES_MAX + 1, sizeof *job.sources);
    outcome result = job.bundle == NULL || job.sources == NULL
                         ? fail(why, NO_MEMORY, "no memory for a download")
                         : folder_make(wish->folder, why);
    if (result == OK) result = bundle_lock(wish->folder, &lock, why);
    if (result == OK) result = work(&job, why);
    if (result == OK) *out = *job.bundle;
    if (result == OK) *out_progress = job.progress;
    stream_release(&job.stream);
    http_client_close(&job.client);
    free(job.sources);
    free(job.bundle);
    return result;
}
