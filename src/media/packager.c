// SPDX-License-Identifier: Apache-2.0
#include "media/packager.h"

#include "base/file.h"
#include "base/random.h"
#include "media/captions.h"
#include "media/manifest_set.h"
#include "media/packager_internal.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { MANIFEST_BYTES_MAX = 64 * 1024 * 1024 }; // a playlist line or two for 100,000 segments

static outcome track_path(const struct package *package, const char *file, char *out,
                          struct why *why)
{
    if (snprintf(out, PATH_MAX, "%s/%s", package->folder, file) < PATH_MAX) return OK;
    return fail(why, INVALID, "the path of %s is too long", file);
}

static outcome create_file(const struct package *package, const char *file, int *out,
                           struct why *why)
{
    char path[PATH_MAX];
    TRY(track_path(package, file, path, why));
    const int fd = open(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (fd < 0) return fail_errno(why, errno, "cannot create %s", path);
    *out = fd;
    return OK;
}

static outcome write_file(const struct package *package, const char *file, struct slice bytes,
                          struct why *why)
{
    autofd fd = -1;
    TRY(create_file(package, file, &fd, why));
    return fd_write(fd, bytes, why);
}

static outcome plan_cuts(struct package *package, struct cuts *cuts, struct why *why)
{
    struct sample_source *videos[TRACKS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < package->lane_count; i++)
        if (package->lanes[i].input->kind == TRACK_VIDEO)
            videos[count++] = package->lanes[i].source;
    return cuts_plan(package->arena, videos, count, package->job->segment_ms, cuts, why);
}

// The lane of the same file that is the least far, so that the file is read from front to back
// once.
static struct package_lane *next_of_file(struct package *package, const char *path)
{
    struct package_lane *next = NULL;
    for (size_t i = 0; i < package->lane_count; i++) {
        struct package_lane *lane = &package->lanes[i];
        if (lane->writer == NULL || strcmp(lane->input->path, path) != 0 ||
            lane->segments_done == cmaf_segment_count(lane->writer))
            continue;
        if (next == NULL || lane->segments_done < next->segments_done) next = lane;
    }
    return next;
}

static outcome write_media(struct package *package, const struct cuts *cuts,
                           struct window_pool *pool, struct why *why)
{
    for (size_t i = 0; i < package->lane_count; i++) {
        struct package_lane *lane = &package->lanes[i];
        if (lane->source == NULL) continue;
        TRY(create_file(package, lane->track->file, &lane->fd, why));
        TRY(cmaf_open_protected(package->arena, lane->source, cuts, pool, lane->fd,
                                package->job->protection, lane->track, &lane->writer, why));
    }
    for (size_t i = 0; i < package->lane_count; i++) {
        struct package_lane *lane;
        while ((lane = next_of_file(package, package->lanes[i].input->path)) != NULL) {
            TRY(cmaf_segment(lane->writer, why));
            lane->segments_done++;
        }
    }
    for (size_t i = 0; i < package->lane_count; i++) {
        struct package_lane *lane = &package->lanes[i];
        if (lane->writer == NULL) continue;
        TRY(cmaf_finish(lane->writer, why));
        package->report->media_bytes += lane->track->file_size;
    }
    return OK;
}

static struct media_time track_duration(const struct track *track)
{
    return (struct media_time){(int64_t)track->duration, track->timescale};
}

// The longest video's duration, or the longest audio's where there is no video.
static void set_duration(struct package *package)
{
    struct presentation *presentation = &package->report->presentation;
    for (int kind = TRACK_VIDEO; kind <= TRACK_AUDIO && presentation->duration.ticks == 0; kind++) {
        for (size_t i = 0; i < presentation->track_count; i++) {
            const struct track *track = &presentation->tracks[i];
            if (track->kind != (enum track_kind)kind) continue;
            const struct media_time duration = track_duration(track);
            if (presentation->duration.ticks == 0 ||
                media_time_compare(duration, presentation->duration) > 0)
                presentation->duration = duration;
        }
    }
}

// Half a second of difference is heard and seen at the end; more is mostly a wrong file.
static void compare_durations(struct package *package)
{
    const struct presentation *presentation = &package->report->presentation;
    const double whole = media_time_seconds(presentation->duration);
    for (size_t i = 0; i < presentation->track_count; i++) {
        const struct track *track = &presentation->tracks[i];
        if (track->kind != TRACK_VIDEO && track->kind != TRACK_AUDIO) continue;
        const double seconds = media_time_seconds(track_duration(track));
        if (seconds < whole - 0.5 || seconds > whole + 0.5)
            package_warn(package, "%s lasts %.3f s, the title %.3f s", track->file, seconds, whole);
    }
}

static outcome write_text(struct package *package, struct package_lane *lane, struct why *why)
{
    autobuffer text = buffer_init(CAPTION_FILE_BYTES_MAX);
    autobuffer made = buffer_init(CAPTION_FILE_BYTES_MAX * 2);
    struct arena arena = arena_init(PACKAGE_ARENA_BYTES);
    struct cue_list cues;
    TRY(file_read(lane->input->path, &text, why));
    struct slice bytes = buffer_slice(&text);
    struct why inner = {""};
    enum caption_format format;
    outcome result = captions_read(&arena, bytes, NULL, &format, &cues, &inner);
    if (result == OK) result = captions_write(&cues, CAPTION_WEBVTT, &made, &inner);
    if (result == OK && cues.fault_count > 0)
        package_warn(package, "%s: %zu cues could not be read, the first at line %u: %s",
                     lane->input->path, cues.fault_count, cues.faults[0].line,
                     cues.faults[0].sentence);
    arena_release(&arena);
    if (result != OK) return fail(why, result, "%s: %s", lane->input->path, inner.text);
    const struct presentation *presentation = &package->report->presentation;
    lane->track->timescale = presentation->duration.timescale;
    lane->track->duration = (uint64_t)presentation->duration.ticks;
    lane->track->file_size = made.len;
    package->report->media_bytes += made.len;
    return write_file(package, lane->track->file, buffer_slice(&made), why);
}

static outcome write_manifests(struct package *package, struct why *why)
{
    const struct presentation *presentation = &package->report->presentation;
    autobuffer text = buffer_init(MANIFEST_BYTES_MAX);
    for (size_t i = 0; i < manifest_count(presentation); i++) {
        char name[HLS_NAME_BYTES];
        text.len = 0;
        TRY(manifest_make(presentation, i, name, &text, why));
        TRY(write_file(package, name, buffer_slice(&text), why));
    }
    return OK;
}

static void describe_protection(struct package *package)
{
    const struct protection_order *order = package->job->protection;
    if (order == NULL) return;
    package->report->presentation.systems = order->systems;
    package->report->presentation.license_url = order->license_url;
}

static outcome write_all(struct package *package, struct why *why)
{
    autopool *pool = NULL;
    struct cuts cuts;
    TRY(package_choose(package, why));
    TRY(plan_cuts(package, &cuts, why));
    TRY(window_pool_open(&pool, why));
    TRY(write_media(package, &cuts, pool, why));
    describe_protection(package);
    set_duration(package);
    compare_durations(package);
    for (size_t i = 0; i < package->lane_count; i++)
        if (package->lanes[i].input->kind == TRACK_TEXT)
            TRY(write_text(package, &package->lanes[i], why));
    return write_manifests(package, why);
}

static void close_lanes(struct package *package)
{
    for (size_t i = 0; i < package->lane_count; i++) {
        struct package_lane *lane = &package->lanes[i];
        cmaf_close(&lane->writer);
        sample_source_close(&lane->source);
        fd_close(&lane->fd);
    }
}

// Beside the folder, so that the rename stays on one file system.
static outcome make_folder(const char *folder, char *out, struct why *why)
{
    enum { RANDOM_BYTES = 6 };
    uint8_t random[RANDOM_BYTES];
    char suffix[2 * RANDOM_BYTES + 1];
    size_t len = strlen(folder);
    while (len > 1 && folder[len - 1] == '/')
        len--;
    random_bytes(random, sizeof random);
    hex_format(random, sizeof random, suffix);
    if (snprintf(out, PATH_MAX, "%.*s.part-%s", (int)len, folder, suffix) >= PATH_MAX)
        return fail(why, INVALID, "the path %.80s... is too long", folder);
    if (mkdir(out, 0777) == 0) return OK;
    return fail_errno(why, errno, "cannot make a folder beside %s", folder);
}

static outcome refuse_folder(const char *folder, struct why *why)
{
    return fail(why, CONFLICT, "%s is there already: remove it, or give another folder", folder);
}

// rename() puts a folder in the place of an empty one, and of no other.
static outcome reveal(const char *from, const char *folder, struct why *why)
{
    if (rename(from, folder) == 0) return OK;
    if (errno == ENOTEMPTY || errno == EEXIST || errno == ENOTDIR)
        return refuse_folder(folder, why);
    return fail_errno(why, errno, "cannot rename %s to %s", from, folder);
}

// Told before the work, not after it.
static outcome check_folder(const char *folder, struct why *why)
{
    if (!path_exists(folder)) return OK;
    DIR *entries = opendir(folder);
    if (entries == NULL) return refuse_folder(folder, why);
    size_t count = 0;
    while (readdir(entries) != NULL && count <= 2)
        count++; // "." and ".." are always there
    (void)closedir(entries);
    return count > 2 ? refuse_folder(folder, why) : OK;
}

outcome package_run(struct arena *arena, const struct package_job *job, struct package_report *out,
                    struct why *why)
{
    char part[PATH_MAX];
    struct package_report report = {0};
    struct package *package = ARENA_NEW(arena, struct package);
    if (package == NULL) return fail(why, NO_MEMORY, "no memory to package");
    TRY(check_folder(job->folder, why));
    TRY(make_folder(job->folder, part, why));
    *package = (struct package){.arena = arena, .job = job, .report = &report, .folder = part};
    outcome result = write_all(package, why);
    close_lanes(package);
    if (result == OK) result = reveal(part, job->folder, why);
    if (result == OK) {
        *out = report;
        return OK;
    }
    struct why remains;
    if (folder_remove(part, &remains) == OK || why == NULL) return result;
    const struct why first = *why;
    return fail(why, result, "%.250s (and %s is left: %.80s)", first.text, part, remains.text);
}
