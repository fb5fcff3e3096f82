// SPDX-License-Identifier: Apache-2.0
//
// What a studio hands in as several files is made one here: numbered pictures, a sound of one file
// a channel, a composition of several reels.
#include "studio/intake.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

// A file without a name: it goes with its descriptor. It may be as large as the master.
static outcome temporary_open(int *out_fd, struct why *why)
{
    const char *place = getenv("TMPDIR");
    if (place == NULL || place[0] == '\0') place = "/var/tmp";
    const int fd = open(place, O_TMPFILE | O_RDWR | O_CLOEXEC, 0600);
    if (fd < 0)
        return fail_errno(why, errno, "cannot make a file in %s (set TMPDIR to another place)",
                          place);
    *out_fd = fd;
    return OK;
}

// --- opening files ---------------------------------------------------------------------------

struct inputs {
    int fds[TRANSCODE_INPUTS_MAX];
    size_t count;
};

static void inputs_close(struct inputs *inputs)
{
    for (size_t i = 0; i < inputs->count; i++)
        fd_close(&inputs->fds[i]);
}

#define autoinputs __attribute__((cleanup(inputs_close))) struct inputs

static outcome inputs_add(struct inputs *inputs, const struct intake *intake, const char *file,
                          struct why *why)
{
    char path[PATH_MAX];
    TRY(intake_path(intake, file, path, why));
    if (inputs->count == TRANSCODE_INPUTS_MAX)
        return fail(why, TOO_LARGE, "more than %d files", TRANSCODE_INPUTS_MAX);
    const int fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_errno(why, errno, "cannot open %s", path);
    inputs->fds[inputs->count++] = fd;
    return OK;
}

static outcome join(struct transcoder *transcoder, struct join_job *job,
                    const struct inputs *inputs, int *out_fd, struct why *why)
{
    struct join_result result;
    autofd output = -1;
    TRY(temporary_open(&output, why));
    job->input_fds = inputs->fds;
    job->input_count = inputs->count;
    job->output_fd = output;
    TRY(transcoder_join(transcoder, job, NULL, &result, why));
    *out_fd = fd_take(&output);
    return OK;
}

static outcome open_splice(const struct intake *intake, const struct intake_splice *splice,
                           struct transcoder *transcoder, int *out_fd, struct why *why)
{
    autoinputs inputs = {.count = 0};
    struct why fault = {""};
    for (size_t i = 0; i < splice->file_count; i++)
        TRY(inputs_add(&inputs, intake, splice->files[i], why));
    struct join_job job = {.parts = splice->parts, .part_count = splice->part_count};
    const outcome result = join(transcoder, &job, &inputs, out_fd, &fault);
    return result == OK ? OK : fail(why, result, "the composition: %.380s", fault.text);
}

// --- sound -----------------------------------------------------------------------------------

// The words of "channels" as the map reads them.
static outcome channel_words(const struct title_file_track *track, char *out, struct why *why)
{
    size_t len = 0;
    out[0] = '\0';
    for (size_t i = 0; i < track->channel_count; i++) {
        len += (size_t)snprintf(out + len, CHANNEL_MAP_BYTES - len, "%s%s", i == 0 ? "" : " ",
                                track->channels[i]);
        if (len >= CHANNEL_MAP_BYTES)
            return fail(why, INVALID, "more than %d channels", CHANNEL_MAP_MAX);
    }
    return OK;
}

outcome intake_channels_check(const struct title_file *file, struct why *why)
{
    for (size_t i = 0; i < file->audio_count; i++) {
        const struct title_file_track *track = &file->audio[i];
        struct channel_map map;
        struct why fault = {""};
        char words[CHANNEL_MAP_BYTES];
        if (track->channel_count == 0 && track->file_count == 0) continue;
        outcome result = channel_words(track, words, &fault);
        if (result == OK) result = channel_map_parse(words, &map, &fault);
        if (result == OK && map.named_count < track->file_count)
            result = fail(&fault, INVALID, "%zu channels are named for %zu files", map.named_count,
                          track->file_count);
        if (result != OK)
            return fail(why, INVALID, TITLE_FILE_NAME ": audio[%zu].channels: %.300s", i,
                        fault.text);
    }
    return OK;
}

outcome intake_sound_open(const struct intake *intake, size_t index, struct transcoder *transcoder,
                          int *out_fd, struct why *why)
{
    const struct title_file_track *track = &intake->file.audio[index];
    autoinputs inputs = {.count = 0};
    struct why fault = {""};
    struct join_job job = {.part_count = 0};
    if (intake->sound != NULL && intake->sound[index] != NULL)
        return open_splice(intake, intake->sound[index], transcoder, out_fd, why);
    for (size_t i = 0; i < track->file_count; i++)
        TRY(inputs_add(&inputs, intake, track->files[i], why));
    if (track->file_count == 0) TRY(inputs_add(&inputs, intake, track->file, why));
    if (track->channel_count == 0) {
        *out_fd = fd_take(&inputs.fds[0]);
        return OK;
    }
    TRY(channel_words(track, job.channels, why));
    const outcome result = join(transcoder, &job, &inputs, out_fd, &fault);
    return result == OK ? OK
                        : fail(why, result, TITLE_FILE_NAME ": audio[%zu].channels: %.300s", index,
                               fault.text);
}

const char *intake_sound_name(const struct intake *intake, size_t index)
{
    const struct title_file_track *track = &intake->file.audio[index];
    return track->file_count > 0 ? track->files[0] : track->file;
}

// --- the master ------------------------------------------------------------------------------

struct told {
    const struct digest_watch *watch;
};

static outcome tell(void *context, uint64_t done, struct why *why)
{
    const struct told *told = context;
    return told->watch == NULL ? OK : told->watch->heard(told->watch->context, done, why);
}

outcome intake_master_open(const struct intake *intake, struct transcoder *transcoder,
                           const struct digest_watch *watch, int *out_fd, struct why *why)
{
    if (intake->picture != NULL)
        return open_splice(intake, intake->picture, transcoder, out_fd, why);
    if (intake->sequence != NULL) {
        struct told told = {watch};
        const struct sequence_watch sequence_watch = {tell, &told};
        autofd output = -1;
        TRY(temporary_open(&output, why));
        TRY(sequence_write(intake->sequence, output, &sequence_watch, why));
        *out_fd = fd_take(&output);
        return OK;
    }
    const int fd = open(intake->master, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_errno(why, errno, "cannot open the master %s", intake->master);
    *out_fd = fd;
    return OK;
}

// --- colour ----------------------------------------------------------------------------------

// Words of title.json, and the code points of ISO/IEC 23091-2.
struct colour_word {
    const char *word;
    uint8_t code;
};
static const struct colour_word primaries[] = {
    {"bt709", 1}, {"bt601-625", 5}, {"bt601-525", 6}, {"bt2020", 9}, {"p3-dci", 11}, {"p3-d65", 12},
};
static const struct colour_word transfers[] = {
    {"bt709", 1}, {"gamma22", 4}, {"gamma28", 5}, {"linear", 8},
    {"srgb", 13}, {"pq", 16},     {"hlg", 18},
};
static const struct colour_word matrices[] = {
    {"rgb", 0},
    {"bt709", 1},
    {"bt601", 6},
    {"bt2020", 9},
};

static outcome colour_code(const struct colour_word *words, size_t count, const char *word,
                           const char *key, uint8_t *out, struct why *why)
{
    char list[128] = "";
    size_t len = 0;
    if (word == NULL || word[0] == '\0') return OK;
    for (size_t i = 0; i < count; i++) {
        if (strcmp(words[i].word, word) == 0) {
            *out = words[i].code;
            return OK;
        }
        len += (size_t)snprintf(list + len, sizeof list - len, "%s%s", i == 0 ? "" : ", ",
                                words[i].word);
    }
    return fail(why, INVALID, TITLE_FILE_NAME ": colour.%s is \"%.40s\": write one of %s", key,
                word, list);
}

#define CODE(table, key)                                                                           \
    colour_code(table, sizeof(table) / sizeof(table)[0], said->key, #key, &colour.key, why)

outcome intake_colour(const struct intake *intake, struct master_facts *facts, struct why *why)
{
    const struct title_file_colour *said = &intake->file.colour;
    struct colour colour = facts->video.colour;
    TRY(CODE(primaries, primaries));
    TRY(CODE(transfers, transfer));
    TRY(CODE(matrices, matrix));
    facts->video.colour = colour;
    facts->video.range = colour_range(&colour);
    return OK;
}
