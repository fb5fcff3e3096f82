// SPDX-License-Identifier: Apache-2.0
#include "studio/intake.h"

#include "base/file.h"
#include "base/random.h"
#include "studio/imf_folder.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

// --- finding the master ----------------------------------------------------------------------

static bool is_master_name(const char *name)
{
    static const char *const endings[] = {".mov", ".mp4", ".m4v", ".mxf", ".mkv",  ".webm",
                                          ".ts",  ".avi", ".mpg", ".y4m", ".m2ts", ".dv"};
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof endings / sizeof endings[0]; i++)
        if (strcasecmp(dot, endings[i]) == 0) return true;
    return false;
}

// The one file in the folder that looks like a master.
static outcome only_master(const char *folder, char *out, struct why *why)
{
    DIR *entries = opendir(folder);
    if (entries == NULL) return fail_errno(why, errno, "cannot read folder %s", folder);
    size_t count = 0;
    char name[NAME_MAX + 1] = "";
    for (const struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        if (entry->d_name[0] == '.' || !is_master_name(entry->d_name)) continue;
        if (count++ == 0) (void)snprintf(name, sizeof name, "%s", entry->d_name);
    }
    (void)closedir(entries);
    if (count != 1)
        return fail(why, count == 0 ? NOT_FOUND : INVALID,
                    "%s holds %s media file: name the master in " TITLE_FILE_NAME
                    " (\"master\": \"film.mov\")",
                    folder, count == 0 ? "no" : "more than one");
    if (snprintf(out, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
        return fail(why, INVALID, "the path %.80s... is too long", folder);
    return OK;
}

static const char *base_name(const char *path)
{
    const char *slash = strrchr(path, '/');
    return slash == NULL ? path : slash + 1;
}

// "Mein Film (2026).mov" becomes "mein-film-2026".
static void make_id(const char *name, char *out, size_t out_bytes)
{
    const char *dot = strrchr(name, '.');
    const size_t end = dot == NULL || dot == name ? strlen(name) : (size_t)(dot - name);
    size_t len = 0;
    for (size_t i = 0; i < end && len + 1 < out_bytes; i++) {
        const char c = name[i];
        const bool is_upper = c >= 'A' && c <= 'Z';
        const bool is_plain = is_upper || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9');
        if (is_plain)
            out[len++] = is_upper ? (char)(c + 32) : c;
        else if (len > 0 && out[len - 1] != '-')
            out[len++] = '-';
    }
    while (len > 0 && out[len - 1] == '-')
        len--;
    out[len] = '\0';
}

outcome intake_path(const struct intake *intake, const char *file, char *out, struct why *why)
{
    if (snprintf(out, PATH_MAX, "%s/%s", intake->folder, file) >= PATH_MAX)
        return fail(why, INVALID, "the path of %.80s is too long", file);
    return OK;
}

static outcome read_title_file(struct intake *intake, struct arena *arena, struct why *why)
{
    char path[PATH_MAX];
    TRY(intake_path(intake, TITLE_FILE_NAME, path, why));
    if (!path_exists(path)) return OK;
    autobuffer text = buffer_init(TITLE_FILE_BYTES_MAX);
    TRY(file_read(path, &text, why));
    TRY(title_file_parse(buffer_slice(&text), path, arena, &intake->file, why));
    intake->has_file = true;
    return intake_channels_check(&intake->file, why);
}

// What a master without a title.json is called.
static void put_defaults(struct intake *intake, struct arena *arena)
{
    const char *title = arena_copy(arena, slice_of(intake->id));
    struct title_file_track *const audio = intake->file.audio; // an IMF package's
    const size_t audio_count = intake->file.audio_count;
    intake->file = (struct title_file){.id = "",
                                       .title = title == NULL ? "" : title,
                                       .synopsis = "",
                                       .original_language = "",
                                       .master = "",
                                       .poster = "",
                                       .frame_rate = "",
                                       .colour = {"", "", ""},
                                       .rating = {"", ""},
                                       .audio = audio,
                                       .audio_count = audio_count};
    intake->has_file = false;
}

// What a virtual track plays, as parts of files.
static outcome splice_of(const struct imf_folder *imf, const struct imf_track *track,
                         struct arena *arena, const struct intake_splice **out, struct why *why)
{
    struct intake_splice *splice = ARENA_NEW(arena, struct intake_splice);
    if (splice == NULL) return fail(why, NO_MEMORY, "no memory for a package");
    *splice = (struct intake_splice){.part_count = track->resource_count};
    if (track->resource_count > TRANSCODE_PARTS_MAX)
        return fail(why, UNSUPPORTED, "the %s of %s has %zu resources: at most %d are put together",
                    imf_kind_word(track->kind), imf->composition_path, track->resource_count,
                    TRANSCODE_PARTS_MAX);
    splice->parts = arena_take_array(arena, splice->part_count, sizeof *splice->parts);
    if (splice->parts == NULL) return fail(why, NO_MEMORY, "no memory for a package");
    for (size_t i = 0; i < track->resource_count; i++) {
        const struct imf_resource *resource = &track->resources[i];
        const char *file = NULL;
        size_t input = 0;
        TRY(imf_folder_file(imf, resource->asset, &file, why));
        if (track->kind == IMF_IMAGE &&
            (uint64_t)resource->edit_rate.frames * imf->composition.edit_rate.seconds !=
                (uint64_t)imf->composition.edit_rate.frames * resource->edit_rate.seconds)
            return fail(why, UNSUPPORTED,
                        "%s plays pictures of %u/%u a second in a composition "
                        "of %u/%u",
                        imf->composition_path, resource->edit_rate.frames,
                        resource->edit_rate.seconds, imf->composition.edit_rate.frames,
                        imf->composition.edit_rate.seconds);
        while (input < splice->file_count && strcmp(splice->files[input], file) != 0)
            input++;
        if (input == TRANSCODE_INPUTS_MAX)
            return fail(why, UNSUPPORTED, "the %s of %s plays more than %d files: flatten it",
                        imf_kind_word(track->kind), imf->composition_path, TRANSCODE_INPUTS_MAX);
        if (input == splice->file_count) splice->files[splice->file_count++] = file;
        splice->parts[i] = (struct join_part){.input = (uint32_t)input,
                                              .entry = resource->entry,
                                              .duration = resource->duration,
                                              .rate = resource->edit_rate,
                                              .repeat = resource->repeat};
    }
    *out = splice;
    return OK;
}

// What is gathered of a composition.
struct imf_choice {
    const char *picture;
    const struct intake_splice *picture_splice;
    struct title_file_track *audio;
    const struct intake_splice **sound;
    size_t audio_count;
};

static outcome take_imf_track(const struct imf_folder *imf, const struct imf_track *track,
                              struct arena *arena, struct imf_choice *choice, struct why *why)
{
    const char *file = NULL;
    const struct intake_splice *splice = NULL;
    TRY(imf_folder_file(imf, track->resources[0].asset, &file, why));
    if (!imf_is_whole(track)) TRY(splice_of(imf, track, arena, &splice, why));
    if (track->kind == IMF_IMAGE && choice->picture == NULL) {
        choice->picture = file;
        choice->picture_splice = splice;
    }
    if (track->kind != IMF_AUDIO || choice->audio_count == TITLE_FILE_TRACKS_MAX) return OK;
    choice->sound[choice->audio_count] = splice;
    choice->audio[choice->audio_count++] = (struct title_file_track){
        .stream = -1, .file = file, .language = "und", .role = "", .title = ""};
    return OK;
}

// The picture of an IMF composition is the master, its sound one sidecar per virtual track. Tracks
// of several resources, or of parts of files, are put together when they are opened.
static outcome open_imf(struct intake *intake, struct arena *arena, struct why *why)
{
    struct imf_folder *imf = ARENA_NEW(arena, struct imf_folder);
    const char *wanted = intake->file.master == NULL ? "" : intake->file.master;
    struct imf_choice choice = {
        .audio = arena_take_array(arena, TITLE_FILE_TRACKS_MAX, sizeof *choice.audio),
        .sound = arena_take_array(arena, TITLE_FILE_TRACKS_MAX, sizeof *choice.sound)};
    if (imf == NULL || choice.audio == NULL || choice.sound == NULL)
        return fail(why, NO_MEMORY, "no memory for a package");
    TRY(imf_folder_open(intake->folder, wanted, arena, imf, why));
    for (size_t i = 0; i < imf->composition.track_count; i++) {
        const struct imf_track *track = &imf->composition.tracks[i];
        const bool is_used = track->kind == IMF_IMAGE || track->kind == IMF_AUDIO;
        if (is_used && track->resource_count > 0)
            TRY(take_imf_track(imf, track, arena, &choice, why));
    }
    if (choice.picture == NULL)
        return fail(why, INVALID, "%s plays no picture", imf->composition_path);
    intake->is_imf = true;
    intake->picture = choice.picture_splice;
    if (intake->file.audio_count == 0) {
        intake->file.audio = choice.audio;
        intake->file.audio_count = choice.audio_count;
        intake->sound = choice.sound;
    }
    return intake_path(intake, choice.picture, intake->master, why);
}

// "24", "24000/1001".
static outcome parse_rate(const char *text, struct frame_rate *out, struct why *why)
{
    enum { FRAMES_MAX = 1000000, SECONDS_MAX = 1001 };
    struct slice rest = slice_of(text), frames;
    uint64_t over = 0, under = 1;
    const bool is_ratio = slice_cut(&rest, '/', &frames) && rest.len > 0;
    if (slice_u64(frames, FRAMES_MAX, &over, NULL) == OK && over > 0 &&
        (!is_ratio || (slice_u64(rest, SECONDS_MAX, &under, NULL) == OK && under > 0))) {
        *out = (struct frame_rate){(uint32_t)over, (uint32_t)under};
        return OK;
    }
    return fail(why, INVALID,
                TITLE_FILE_NAME ": frame_rate is \"%.40s\": write \"24\" or \"24000/1001\"", text);
}

// Numbered pictures: where they lie is the master.
static outcome open_sequence(struct intake *intake, struct arena *arena, struct why *why)
{
    struct picture_sequence *sequence = ARENA_NEW(arena, struct picture_sequence);
    if (sequence == NULL) return fail(why, NO_MEMORY, "no memory for pictures");
    TRY(sequence_find(intake->master, arena, sequence, why));
    if (intake->file.frame_rate == NULL || intake->file.frame_rate[0] == '\0')
        return fail(why, INVALID,
                    "%s holds %zu numbered pictures, which do not say how fast they play: write "
                    "\"frame_rate\": \"24\" into " TITLE_FILE_NAME,
                    intake->master, sequence->count);
    TRY(parse_rate(intake->file.frame_rate, &sequence->stream.rate, why));
    intake->sequence = sequence;
    return OK;
}

static outcome open_folder(struct intake *intake, const char *path, struct arena *arena,
                           struct why *why)
{
    (void)snprintf(intake->folder, sizeof intake->folder, "%s", path);
    TRY(read_title_file(intake, arena, why));
    if (imf_folder_is(path)) return open_imf(intake, arena, why);
    if (intake->file.master != NULL && intake->file.master[0] != '\0') {
        TRY(intake_path(intake, intake->file.master, intake->master, why));
        return sequence_is(intake->master) ? open_sequence(intake, arena, why) : OK;
    }
    const outcome found = only_master(path, intake->master, why);
    if (found != NOT_FOUND || !sequence_is(path)) return found;
    (void)snprintf(intake->master, sizeof intake->master, "%s", path);
    return open_sequence(intake, arena, why);
}

// A title.json beside a file is its own only when it names it.
static outcome open_file(struct intake *intake, const char *path, struct arena *arena,
                         struct why *why)
{
    const char *name = base_name(path);
    (void)snprintf(intake->master, sizeof intake->master, "%s", path);
    (void)snprintf(intake->folder, sizeof intake->folder, "%.*s",
                   name == path ? 1 : (int)(name - path), name == path ? "." : path);
    TRY(read_title_file(intake, arena, why));
    if (intake->has_file && strcmp(intake->file.master, name) != 0) intake->has_file = false;
    return OK;
}

static outcome choose_id(struct intake *intake, const char *path, const char *id, struct why *why)
{
    char real[PATH_MAX];
    if (id != NULL)
        (void)snprintf(intake->id, sizeof intake->id, "%s", id);
    else if (intake->has_file && intake->file.id[0] != '\0')
        (void)snprintf(intake->id, sizeof intake->id, "%s", intake->file.id);
    else
        make_id(base_name(realpath(path, real) == NULL ? path : real), intake->id,
                sizeof intake->id);
    if ((id == NULL || strlen(id) < sizeof intake->id) && id_is_valid(intake->id)) return OK;
    return fail(
        why, INVALID,
        "\"%.80s\" cannot be a title's id: give one with --id (1 to 64 letters, digits, '-' "
        "and '_')",
        id != NULL ? id : base_name(path));
}

outcome intake_open(const char *path, const char *id, struct arena *arena, struct intake *out,
                    struct why *why)
{
    struct intake *intake = ARENA_NEW(arena, struct intake);
    if (intake == NULL) return fail(why, NO_MEMORY, "no memory to look at %s", path);
    struct stat info;
    if (stat(path, &info) != 0) return fail_errno(why, errno, "cannot find %s", path);
    if (strlen(path) >= PATH_MAX) return fail(why, INVALID, "the path %.80s... is too long", path);
    TRY(S_ISDIR(info.st_mode) ? open_folder(intake, path, arena, why)
                              : open_file(intake, path, arena, why));
    TRY(choose_id(intake, path, id, why));
    if (!intake->has_file) put_defaults(intake, arena);
    *out = *intake;
    return OK;
}

// --- keeping ---------------------------------------------------------------------------------

outcome intake_keep(struct blob_store *blobs, const char *path, const struct digest_watch *watch,
                    char *out_key, struct why *why)
{
    autofd fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0) return fail_errno(why, errno, "cannot open %s", path);
    return intake_keep_open(blobs, fd, path, watch, out_key, why);
}

outcome intake_keep_open(struct blob_store *blobs, int fd, const char *what,
                         const struct digest_watch *watch, char *out_key, struct why *why)
{
    struct stat info;
    if (fstat(fd, &info) != 0) return fail_errno(why, errno, "cannot look at %s", what);
    if (!S_ISREG(info.st_mode)) return fail(why, INVALID, "%s is not a file", what);
    char digest[DIGEST_TEXT_BYTES], key[INTAKE_KEY_BYTES];
    TRY(digest_file(fd, watch, digest, why));
    (void)snprintf(key, sizeof key, "masters/%s", digest);
    struct blob_facts facts;
    const outcome found = blobs->ops->stat(blobs, key, &facts, why);
    if (found != OK && found != NOT_FOUND) return found;
    if (found == NOT_FOUND) TRY(blob_put_file(blobs, key, fd, why));
    memcpy(out_key, key, sizeof key);
    return OK;
}
