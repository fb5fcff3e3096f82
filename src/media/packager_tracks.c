// SPDX-License-Identifier: Apache-2.0
#include "media/packager_internal.h"

#include "media/box.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>

void package_warn(struct package *package, const char *format, ...)
{
    struct package_report *report = package->report;
    if (report->warning_count == PACKAGE_WARNINGS_MAX) return;
    struct why sentence;
    va_list arguments;
    va_start(arguments, format);
    (void)vsnprintf(sentence.text, sizeof sentence.text, format, arguments);
    va_end(arguments);
    const char *kept = arena_copy(package->arena, slice_of(sentence.text));
    if (kept != NULL) report->warnings[report->warning_count++] = kept;
}

static outcome add_lane(struct package *package, const struct package_input *input,
                        struct sample_source *source, struct why *why)
{
    if (package->lane_count == TRACKS_MAX) {
        sample_source_close(&source);
        return fail(why, TOO_LARGE, "a package has at most %d tracks", TRACKS_MAX);
    }
    package->lanes[package->lane_count++] =
        (struct package_lane){.input = input, .source = source, .fd = -1};
    return OK;
}

static outcome add_track(struct package *package, const struct package_input *input, size_t index,
                         struct why *why)
{
    struct sample_source *source;
    TRY(sample_source_open(&input->path, 1, index, &source, why));
    const enum track_kind kind = sample_source_stream(source)->kind;
    if (kind != input->kind) {
        sample_source_close(&source);
        return fail(why, INVALID, "track %zu of %s is %s: give it with --%s", index + 1,
                    input->path, track_kind_word(kind), track_kind_word(kind));
    }
    return add_lane(package, input, source, why);
}

// Is the track of the kind that is looked for, as far as its file says?
static bool is_kind(const struct mp4_track *track, enum track_kind kind)
{
    if (track->is_usable) return track->stream.kind == kind;
    const uint32_t handler =
        kind == TRACK_VIDEO ? BOX_TYPE('v', 'i', 'd', 'e') : BOX_TYPE('s', 'o', 'u', 'n');
    return track->handler == handler;
}

static outcome add_media(struct package *package, const struct package_input *input,
                         struct why *why)
{
    struct mp4 *mp4;
    struct arena headers = arena_init(PACKAGE_ARENA_BYTES);
    outcome result = mp4_open(&headers, input->path, &mp4, why);
    if (result != OK) {
        arena_release(&headers);
        return result;
    }
    const size_t count = mp4_track_count(mp4);
    size_t found = 0;
    if (input->number > count)
        result = fail(why, INVALID, "%s has %zu tracks, there is no number %u", input->path, count,
                      input->number);
    for (size_t i = 0; i < count && result == OK; i++) {
        const bool is_asked = input->number == 0 ? is_kind(mp4_track_at(mp4, i), input->kind)
                                                 : i + 1 == input->number;
        if (!is_asked || (input->kind == TRACK_VIDEO && found == 1)) continue;
        found++;
        result = add_track(package, input, i, why);
    }
    if (result == OK && found == 0)
        result =
            fail(why, INVALID, "%s has no %s track", input->path, track_kind_word(input->kind));
    mp4_close(&mp4);
    arena_release(&headers);
    return result;
}

static const char *role_suffix(enum track_role role)
{
    static const char *const suffixes[TRACK_ROLE_COUNT] = {
        [ROLE_ALTERNATE] = "-alt",
        [ROLE_DUB] = "-dub",
        [ROLE_DESCRIPTION] = "-ad",
        [ROLE_COMMENTARY] = "-commentary",
        [ROLE_CAPTION] = "-sdh",
        [ROLE_FORCED] = "-forced",
        [ROLE_ENHANCED_DIALOGUE] = "-dialogue",
    };
    return suffixes[role] == NULL ? "" : suffixes[role];
}

// "v-1080p", "a-en-ad", "t-de-sdh": the stem that says what it is; see number_name() for twins.
static void make_stem(const struct package_lane *lane, char *out)
{
    const struct track *track = lane->track;
    if (lane->input->kind == TRACK_VIDEO) {
        (void)snprintf(out, TRACK_NAME_BYTES, "v-%up",
                       sample_source_stream(lane->source)->video.facts.height);
        return;
    }
    const bool is_audio = lane->input->kind == TRACK_AUDIO;
    const bool is_wide = is_audio && sample_source_stream(lane->source)->audio.channels > 2;
    (void)snprintf(out, TRACK_NAME_BYTES, "%s-%.24s%s%s", is_audio ? "a" : "t", track->language,
                   role_suffix(track->role), is_wide ? "-surround" : "");
}

static bool is_taken(const struct package *package, size_t before, const char *name)
{
    for (size_t i = 0; i < before; i++)
        if (strcmp(package->lanes[i].track->name, name) == 0) return true;
    return false;
}

static void name_track(struct package *package, size_t index)
{
    struct package_lane *lane = &package->lanes[index];
    struct track *track = lane->track;
    char stem[TRACK_NAME_BYTES];
    make_stem(lane, stem);
    (void)snprintf(track->name, sizeof track->name, "%s", stem);
    for (unsigned number = 2; is_taken(package, index, track->name); number++)
        (void)snprintf(track->name, sizeof track->name, "%.40s-%u", stem, number);
    (void)snprintf(track->file, sizeof track->file, "%s.%s", track->name,
                   lane->input->kind == TRACK_TEXT ? "vtt" : "mp4");
}

static void describe_track(struct package *package, size_t index)
{
    struct package_lane *lane = &package->lanes[index];
    const struct package_input *input = lane->input;
    lane->track = &package->report->presentation.tracks[index];
    lane->track->kind = input->kind;
    lane->track->role = input->role;
    const char *language = "";
    if (input->kind == TRACK_AUDIO) language = sample_source_stream(lane->source)->language;
    if (input->kind != TRACK_VIDEO && input->language != NULL) language = input->language;
    if (input->kind == TRACK_TEXT && input->language == NULL) language = "und";
    (void)snprintf(lane->track->language, LANGUAGE_BYTES, "%s", language);
    name_track(package, index);
}

outcome package_choose(struct package *package, struct why *why)
{
    static const enum track_kind order[] = {TRACK_VIDEO, TRACK_AUDIO, TRACK_TEXT};
    const struct package_job *job = package->job;
    for (size_t kind = 0; kind < sizeof order / sizeof order[0]; kind++) {
        for (size_t i = 0; i < job->input_count; i++) {
            const struct package_input *input = &job->inputs[i];
            if (input->kind != order[kind]) continue;
            TRY(input->kind == TRACK_TEXT ? add_lane(package, input, NULL, why)
                                          : add_media(package, input, why));
        }
    }
    if (package->lane_count == 0 || package->lanes[0].input->kind == TRACK_TEXT)
        return fail(why, INVALID, "nothing to play: give at least one --video or --audio");
    struct presentation *presentation = &package->report->presentation;
    presentation->tracks =
        arena_take_array(package->arena, package->lane_count, sizeof *presentation->tracks);
    if (presentation->tracks == NULL) return fail(why, NO_MEMORY, "no memory for the tracks");
    presentation->track_count = package->lane_count;
    for (size_t i = 0; i < package->lane_count; i++)
        describe_track(package, i);
    return OK;
}
