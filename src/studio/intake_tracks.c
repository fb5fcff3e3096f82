// SPDX-License-Identifier: Apache-2.0
#include "base/file.h"
#include "media/cues.h"
#include "studio/captions.h"
#include "studio/intake.h"
#include "studio/job_run.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

struct chooser {
    struct blob_store *blobs;
    struct transcoder *transcoder;
    const struct intake *intake;
    const struct master_facts *facts;
    const char *master_key;
};

static const char *kind_of(enum track_kind kind)
{
    return kind == TRACK_AUDIO ? "audio" : "text";
}

// The master's n-th stream of a kind, or NULL.
static const struct master_track *find_stream(const struct master_facts *facts,
                                              enum track_kind kind, size_t n, uint32_t *out_number)
{
    for (size_t i = 0; i < facts->track_count; i++) {
        const struct master_track *track = &facts->tracks[i];
        if (track->data || track->kind != kind || n-- > 0) continue;
        *out_number = (uint32_t)i;
        return track;
    }
    return NULL;
}

// Captions that are pictures cannot become WebVTT.
static bool is_usable(const struct master_track *track)
{
    static const char *const pictures[] = {"dvd_subtitle", "hdmv_pgs_subtitle", "dvb_subtitle",
                                           "xsub", "dvb_teletext"};
    for (size_t i = 0; i < sizeof pictures / sizeof pictures[0]; i++)
        if (strcmp(track->codec, pictures[i]) == 0) return false;
    return track->decodable;
}

static void take_channels(const struct master_track *track, struct plan_track *out)
{
    out->source_channels = track->channels;
    out->has_centre = track->has_centre;
}

static outcome take_stream(const struct chooser *chooser, enum track_kind kind,
                           const struct title_file_track *entry, struct plan_track *out,
                           struct why *why)
{
    const struct master_track *track =
        find_stream(chooser->facts, kind, (size_t)entry->stream, &out->stream);
    if (track == NULL)
        return fail(why, INVALID,
                    TITLE_FILE_NAME
                    " asks for %s stream %lld, which the master does not have: they "
                    "are counted from 0 among its %s streams",
                    kind_of(kind), (long long)entry->stream, kind_of(kind));
    if (!is_usable(track))
        return fail(why, UNSUPPORTED, "%s stream %lld of the master is %s, which cannot be used",
                    kind_of(kind), (long long)entry->stream, track->codec);
    (void)snprintf(out->source, sizeof out->source, "%s", chooser->master_key);
    take_channels(track, out);
    return OK;
}

// Reads a caption file once as it will be read later.
static outcome check_captions(const struct chooser *chooser, const char *path, struct why *why)
{
    autobuffer text = buffer_init(CAPTION_FILE_BYTES_MAX);
    autobuffer normal = buffer_init(2 * CAPTION_FILE_BYTES_MAX);
    TRY(file_read(path, &text, why));
    return captions_normalize(buffer_slice(&text), path,
                              media_time_rescale(chooser->facts->duration, 1000).ticks, &normal,
                              why);
}

// What the file's first audio track has, which is the one that is used.
static outcome look_at_sound(const struct chooser *chooser, int fd, const char *name,
                             struct plan_track *out, struct why *why)
{
    struct master_report *report = calloc(1, sizeof *report);
    if (report == NULL) return fail(why, NO_MEMORY, "no memory to look at %s", name);
    outcome result = transcoder_probe(chooser->transcoder, fd, NULL, report, why);
    uint32_t number = 0;
    const struct master_track *track = find_stream(&report->facts, TRACK_AUDIO, 0, &number);
    if (result == OK && track == NULL)
        result = fail(why, INVALID, "%s has no sound: %.300s", name, report->reason.text);
    if (result == OK) take_channels(track, out);
    free(report);
    return result;
}

static outcome take_sound_file(const struct chooser *chooser, size_t index, struct plan_track *out,
                               struct why *why)
{
    char key[INTAKE_KEY_BYTES];
    const char *name = intake_sound_name(chooser->intake, index);
    autofd fd = -1;
    TRY(intake_sound_open(chooser->intake, index, chooser->transcoder, &fd, why));
    TRY(look_at_sound(chooser, fd, name, out, why));
    TRY(intake_keep_open(chooser->blobs, fd, name, NULL, key, why));
    (void)snprintf(out->source, sizeof out->source, "%s", key);
    out->is_sidecar = true;
    return OK;
}

static outcome take_text_file(const struct chooser *chooser, const char *file,
                              struct plan_track *out, struct why *why)
{
    char path[PATH_MAX], key[INTAKE_KEY_BYTES];
    TRY(intake_path(chooser->intake, file, path, why));
    TRY(check_captions(chooser, path, why));
    TRY(intake_keep(chooser->blobs, path, NULL, key, why));
    (void)snprintf(out->source, sizeof out->source, "%s", key);
    out->is_sidecar = true;
    return OK;
}

// Captions that hang on the pictures become a file of their own. Empty ones are none: `*out_cues`
// says.
static outcome take_line21(const struct chooser *chooser, uint32_t channel, struct plan_track *out,
                           uint64_t *out_cues, struct why *why)
{
    char key[INTAKE_KEY_BYTES];
    struct text_result result;
    struct why fault = {""};
    autofd master = -1, output = memfd_create("captions", MFD_CLOEXEC);
    if (output < 0) return fail_errno(why, errno, "cannot make a file in memory");
    TRY(job_source(chooser->blobs, chooser->transcoder, chooser->master_key, &master, why));
    const struct text_job job = {master, chooser->facts, chooser->facts->video.track, output,
                                 channel};
    const outcome read = transcoder_text(chooser->transcoder, &job, NULL, &result, &fault);
    if (read != OK) return fail(why, read, "captions CC%u: %.300s", channel, fault.text);
    *out_cues = result.cues;
    if (result.cues == 0) return OK;
    TRY(intake_keep_open(chooser->blobs, output, "captions", NULL, key, why));
    (void)snprintf(out->source, sizeof out->source, "%s", key);
    out->is_sidecar = true;
    return OK;
}

static outcome take_listed_line21(const struct chooser *chooser, const char *word,
                                  struct plan_track *out, struct why *why)
{
    uint64_t cues = 0;
    TRY(take_line21(chooser, (uint32_t)(word[2] - '0'), out, &cues, why));
    if (cues > 0) return OK;
    return fail(why, INVALID,
                TITLE_FILE_NAME " asks for captions %s, which the master's pictures do not carry",
                word);
}

// Without a list, and without tracks of text, CC1 is for those who cannot hear the main sound.
static outcome take_found_line21(const struct chooser *chooser, struct plan_track *out,
                                 size_t *out_count, struct why *why)
{
    uint32_t number = 0;
    uint64_t cues = 0;
    const struct master_track *main = find_stream(chooser->facts, TRACK_AUDIO, 0, &number);
    if (*out_count > 0 || !chooser->facts->video.has_captions) return OK;
    TRY(take_line21(chooser, 1, out, &cues, why));
    if (cues == 0) return OK;
    out->role = ROLE_CAPTION;
    (void)snprintf(out->language, sizeof out->language, "%s",
                   main == NULL ? "und" : main->language);
    *out_count = 1;
    return OK;
}

static outcome take_entry(const struct chooser *chooser, enum track_kind kind,
                          const struct title_file_track *entry, struct plan_track *out,
                          struct why *why)
{
    out->role = kind == TRACK_AUDIO ? ROLE_MAIN : ROLE_SUBTITLE;
    if (entry->role[0] != '\0') TRY(track_role_parse(entry->role, &out->role, why));
    (void)snprintf(out->language, sizeof out->language, "%s", entry->language);
    (void)snprintf(out->label, sizeof out->label, "%s", entry->title);
    if (entry->stream >= 0) return take_stream(chooser, kind, entry, out, why);
    if (kind == TRACK_TEXT && entry->captions[0] != '\0')
        return take_listed_line21(chooser, entry->captions, out, why);
    return kind == TRACK_AUDIO
               ? take_sound_file(chooser, (size_t)(entry - chooser->intake->file.audio), out, why)
               : take_text_file(chooser, entry->file, out, why);
}

static outcome take_listed(const struct chooser *chooser, enum track_kind kind,
                           const struct title_file_track *entries, size_t count,
                           struct plan_track *out, struct why *why)
{
    for (size_t i = 0; i < count; i++)
        TRY(take_entry(chooser, kind, &entries[i], &out[i], why));
    return OK;
}

// Two tracks that a menu could not tell apart.
static bool is_choice_taken(const struct plan_track *tracks, size_t count,
                            const struct plan_track *track)
{
    for (size_t i = 0; i < count; i++)
        if (tracks[i].role == track->role && strcmp(tracks[i].language, track->language) == 0 &&
            strcmp(tracks[i].label, track->label) == 0)
            return true;
    return false;
}

// All that the master has, with what its container says of them.
static size_t take_all(const struct chooser *chooser, enum track_kind kind, struct plan_track *out)
{
    size_t count = 0;
    for (size_t i = 0; i < chooser->facts->track_count && count < PLAN_TRACKS_MAX; i++) {
        const struct master_track *track = &chooser->facts->tracks[i];
        if (track->data || track->kind != kind || !is_usable(track)) continue;
        struct plan_track *taken = &out[count++];
        taken->stream = (uint32_t)i;
        taken->role = track->role;
        take_channels(track, taken);
        (void)snprintf(taken->source, sizeof taken->source, "%s", chooser->master_key);
        (void)snprintf(taken->language, sizeof taken->language, "%s", track->language);
        (void)snprintf(taken->label, sizeof taken->label, "%.*s", LABEL_BYTES - 1, track->title);
        if (kind == TRACK_TEXT && track->role == ROLE_MAIN) taken->role = ROLE_SUBTITLE;
        if (kind == TRACK_AUDIO && is_choice_taken(out, count - 1, taken))
            taken->role = ROLE_ALTERNATE;
    }
    return count;
}

static outcome take_poster(const struct chooser *chooser, char *out_key, struct why *why)
{
    char path[PATH_MAX];
    const char *file = chooser->intake->file.poster;
    out_key[0] = '\0';
    if (file[0] == '\0') return OK;
    autobuffer bytes = buffer_init(INTAKE_POSTER_BYTES_MAX);
    TRY(intake_path(chooser->intake, file, path, why));
    TRY(file_read(path, &bytes, why));
    if (!slice_starts(buffer_slice(&bytes), "\xff\xd8\xff"))
        return fail(why, UNSUPPORTED, "the poster %s is not a JPEG file", path);
    return intake_keep(chooser->blobs, path, NULL, out_key, why);
}

outcome intake_tracks(struct blob_store *blobs, struct transcoder *transcoder,
                      const struct intake *intake, const struct master_facts *facts,
                      const char *master_key, struct plan_inputs *out, struct plan_track *audio,
                      struct plan_track *text, char *poster, struct why *why)
{
    const struct title_file *file = &intake->file;
    const struct chooser chooser = {blobs, transcoder, intake, facts, master_key};
    memset(audio, 0, PLAN_TRACKS_MAX * sizeof *audio);
    memset(text, 0, PLAN_TRACKS_MAX * sizeof *text);
    TRY(take_listed(&chooser, TRACK_AUDIO, file->audio, file->audio_count, audio, why));
    TRY(take_listed(&chooser, TRACK_TEXT, file->text, file->text_count, text, why));
    TRY(take_poster(&chooser, poster, why));
    out->title_id = intake->id;
    out->master = master_key;
    out->facts = facts;
    out->audio = audio;
    out->text = text;
    out->audio_count =
        file->audio_count > 0 ? file->audio_count : take_all(&chooser, TRACK_AUDIO, audio);
    out->text_count =
        file->text_count > 0 ? file->text_count : take_all(&chooser, TRACK_TEXT, text);
    if (file->text_count == 0) TRY(take_found_line21(&chooser, text, &out->text_count, why));
    out->poster = poster;
    return OK;
}
