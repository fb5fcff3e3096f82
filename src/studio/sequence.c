// SPDX-License-Identifier: Apache-2.0
#include "studio/sequence.h"

#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>

enum { DIGITS_MAX = 9, TRANSFER_LINEAR = 8, PRIMARIES_BT709 = 1, MATRIX_RGB = 0 };

// Endings, as QuickTime calls them. EXR holds linear light (SMPTE ST 2065-4 and its kin).
static const struct kind {
    const char *ending, *type;
    bool is_linear;
} kinds[] = {
    {".dpx", "dpx ", false}, {".tif", "tiff", false}, {".tiff", "tiff", false},
    {".exr", "exr ", true},  {".png", "png ", false}, {".dng", NULL, false},
};

static const struct kind *kind_of(const char *name)
{
    const char *dot = strrchr(name, '.');
    for (size_t i = 0; dot != NULL && i < sizeof kinds / sizeof kinds[0]; i++)
        if (strcasecmp(dot, kinds[i].ending) == 0) return &kinds[i];
    return NULL;
}

// "shot_" "1001" ".dpx": the last digits before the ending. False when there are none.
struct parts {
    struct slice prefix, digits, ending;
};

static bool cut_name(const char *name, struct parts *out)
{
    const struct slice all = slice_of(name);
    const char *dot = strrchr(name, '.');
    const size_t end = dot == NULL ? all.len : (size_t)(dot - name);
    size_t start = end;
    while (start > 0 && name[start - 1] >= '0' && name[start - 1] <= '9' &&
           end - start < DIGITS_MAX)
        start--;
    *out = (struct parts){slice_part(all, 0, start), slice_part(all, start, end - start),
                          slice_part(all, end, SIZE_MAX)};
    return out->digits.len > 0;
}

// The folder of a pattern, and its name: "frames", "shot_%04d.dpx". A folder has no name.
static outcome cut_path(const char *path, char *folder, char *name, struct why *why)
{
    const char *slash = strrchr(path, '/');
    const char *percent = strchr(slash == NULL ? path : slash, '%');
    if (strlen(path) >= PATH_MAX) return fail(why, INVALID, "the path %.80s... is too long", path);
    name[0] = '\0';
    if (percent == NULL) {
        (void)snprintf(folder, PATH_MAX, "%s", path);
        return OK;
    }
    (void)snprintf(folder, PATH_MAX, "%.*s", slash == NULL ? 1 : (int)(slash - path),
                   slash == NULL ? "." : path);
    (void)snprintf(name, NAME_MAX + 1, "%.*s", NAME_MAX, slash == NULL ? path : slash + 1);
    return OK;
}

// "%04d", "%d": how many digits (0: any), and what follows it. False for anything else.
static bool cut_pattern(const char *name, struct parts *out, int *out_digits)
{
    const char *percent = strchr(name, '%');
    const char *at = percent + 1;
    *out_digits = 0;
    if (*at == '0') at++;
    for (; *at >= '0' && *at <= '9' && *out_digits < DIGITS_MAX; at++)
        *out_digits = *out_digits * 10 + (*at - '0');
    if (*at != 'd' || strchr(at, '%') != NULL || *out_digits > DIGITS_MAX) return false;
    out->prefix = (struct slice){(const uint8_t *)name, (size_t)(percent - name)};
    out->ending = slice_of(at + 1);
    return true;
}

bool sequence_is(const char *path)
{
    char folder[PATH_MAX], name[NAME_MAX + 1];
    struct stat info;
    if (cut_path(path, folder, name, NULL) != OK) return false;
    if (name[0] != '\0') return true;
    if (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode)) return false;
    DIR *entries = opendir(folder);
    bool is_found = false;
    struct parts parts;
    for (const struct dirent *entry; entries != NULL && (entry = readdir(entries)) != NULL;)
        is_found = is_found || (entry->d_name[0] != '.' && kind_of(entry->d_name) != NULL &&
                                cut_name(entry->d_name, &parts));
    if (entries != NULL) (void)closedir(entries);
    return is_found;
}

// What is collected from the folder.
struct gathering {
    struct picture_sequence *sequence;
    struct arena *arena;
    struct buffer numbers; // uint32_t
    bool has_pattern;
    bool is_padded, is_plain; // numbers of the first one's length, or without zeros in front
};

static outcome begin(struct gathering *gathering, const struct parts *parts, struct why *why)
{
    struct picture_sequence *sequence = gathering->sequence;
    sequence->prefix = arena_copy(gathering->arena, parts->prefix);
    sequence->ending = arena_copy(gathering->arena, parts->ending);
    if (sequence->prefix == NULL || sequence->ending == NULL)
        return fail(why, NO_MEMORY, "no memory for pictures");
    const struct kind *kind = kind_of(sequence->ending);
    if (kind == NULL)
        return fail(why, UNSUPPORTED,
                    "pictures that end in \"%.20s\" are not read: DPX, TIFF, EXR "
                    "and PNG are",
                    sequence->ending);
    if (kind->type == NULL)
        return fail(why, UNSUPPORTED,
                    "%s holds CinemaDNG, which is camera raw: libavcodec unpacks it but does not "
                    "develop it (white balance, camera colours): develop it to DPX, TIFF or EXR",
                    sequence->folder);
    memcpy(sequence->stream.type, kind->type, sizeof sequence->stream.type);
    if (kind->is_linear)
        sequence->stream.colour = (struct colour){PRIMARIES_BT709, TRANSFER_LINEAR, MATRIX_RGB, 0};
    return OK;
}

static outcome take_name(struct gathering *gathering, const char *name, struct why *why)
{
    struct picture_sequence *sequence = gathering->sequence;
    struct parts parts;
    uint64_t number = 0;
    if (!cut_name(name, &parts)) return OK;
    if (sequence->prefix == NULL) TRY(begin(gathering, &parts, why));
    const bool is_ours =
        slice_is(parts.prefix, sequence->prefix) && slice_is(parts.ending, sequence->ending);
    if (!is_ours && gathering->has_pattern) return OK;
    if (!is_ours)
        return fail(why, INVALID,
                    "%s holds pictures of two sequences, %s...%s and %.*s...%.*s: name one by its "
                    "pattern (%s%%0%zud%s)",
                    sequence->folder, sequence->prefix, sequence->ending, SLICE_ARG(parts.prefix),
                    SLICE_ARG(parts.ending), sequence->prefix, parts.digits.len, sequence->ending);
    if (gathering->numbers.len == 0) sequence->digits = (int)parts.digits.len;
    gathering->is_padded = gathering->is_padded && (int)parts.digits.len == sequence->digits;
    gathering->is_plain =
        gathering->is_plain && (parts.digits.at[0] != '0' || parts.digits.len == 1);
    TRY(slice_u64(parts.digits, UINT32_MAX, &number, why));
    const uint32_t kept = (uint32_t)number;
    if (gathering->numbers.len / sizeof kept == PICTURE_FILE_COUNT_MAX)
        return fail(why, TOO_LARGE, "%s holds more than %d pictures", sequence->folder,
                    PICTURE_FILE_COUNT_MAX);
    return buffer_put(&gathering->numbers, (struct slice){(const uint8_t *)&kept, sizeof kept},
                      why);
}

static int in_order(const void *a, const void *b)
{
    const uint32_t left = *(const uint32_t *)a, right = *(const uint32_t *)b;
    return (left > right) - (left < right);
}

static outcome settle(struct gathering *gathering, struct why *why)
{
    struct picture_sequence *sequence = gathering->sequence;
    sequence->count = gathering->numbers.len / sizeof(uint32_t);
    if (sequence->count == 0)
        return fail(why, NOT_FOUND, "there are no numbered pictures in %s", sequence->folder);
    if (!gathering->is_padded && !gathering->is_plain)
        return fail(why, INVALID,
                    "the pictures %s...%s have numbers of different lengths, some with zeros in "
                    "front: rename them",
                    sequence->prefix, sequence->ending);
    if (!gathering->is_padded) sequence->digits = 0;
    sequence->numbers = arena_take_array(gathering->arena, sequence->count, sizeof(uint32_t));
    if (sequence->numbers == NULL) return fail(why, NO_MEMORY, "no memory for pictures");
    memcpy(sequence->numbers, gathering->numbers.at, gathering->numbers.len);
    qsort(sequence->numbers, sequence->count, sizeof(uint32_t), in_order);
    for (size_t i = 1; i < sequence->count; i++) {
        const uint32_t between = sequence->numbers[i] - sequence->numbers[i - 1] - 1;
        if (between > 0 && sequence->missing == 0) sequence->gap_after = sequence->numbers[i - 1];
        sequence->missing += between;
    }
    return OK;
}

static outcome gather(struct gathering *gathering, const char *pattern, struct why *why)
{
    struct parts parts;
    int digits = 0;
    if (pattern[0] != '\0') {
        if (!cut_pattern(pattern, &parts, &digits))
            return fail(why, INVALID,
                        "\"%.80s\" is no pattern: write the number as %%d or %%06d, once", pattern);
        TRY(begin(gathering, &parts, why));
    }
    DIR *entries = opendir(gathering->sequence->folder);
    if (entries == NULL)
        return fail_errno(why, errno, "cannot read folder %s", gathering->sequence->folder);
    outcome result = OK;
    for (const struct dirent *entry; result == OK && (entry = readdir(entries)) != NULL;)
        if (entry->d_name[0] != '.' && kind_of(entry->d_name) != NULL)
            result = take_name(gathering, entry->d_name, why);
    (void)closedir(entries);
    if (result == OK) result = settle(gathering, why);
    if (result == OK && digits > 0 && gathering->sequence->digits != digits)
        result = fail(why, NOT_FOUND, "no picture in %s has a number of %d digits",
                      gathering->sequence->folder, digits);
    return result;
}

outcome sequence_find(const char *path, struct arena *arena, struct picture_sequence *out,
                      struct why *why)
{
    char folder[PATH_MAX], name[NAME_MAX + 1];
    struct picture_sequence sequence = {.folder = NULL};
    TRY(cut_path(path, folder, name, why));
    sequence.folder = arena_copy(arena, slice_of(folder));
    if (sequence.folder == NULL) return fail(why, NO_MEMORY, "no memory for pictures");
    struct gathering gathering = {.sequence = &sequence,
                                  .arena = arena,
                                  .numbers = buffer_init(4 * (size_t)PICTURE_FILE_COUNT_MAX),
                                  .has_pattern = name[0] != '\0',
                                  .is_padded = true,
                                  .is_plain = true};
    const outcome result = gather(&gathering, name, why);
    buffer_release(&gathering.numbers);
    if (result == OK) *out = sequence;
    return result;
}

void sequence_path(const struct picture_sequence *sequence, size_t index, char *out)
{
    (void)snprintf(out, PATH_MAX, "%s/%s%0*u%s", sequence->folder, sequence->prefix,
                   sequence->digits, sequence->numbers[index], sequence->ending);
}

outcome sequence_write(const struct picture_sequence *sequence, int fd,
                       const struct sequence_watch *watch, struct why *why)
{
    if (sequence->missing > 0)
        return fail(why, INVALID, "%zu pictures are missing in %s, the first behind number %u",
                    sequence->missing, sequence->folder, sequence->gap_after);
    autopictures *file = NULL;
    uint64_t bytes = 0;
    TRY(picture_file_open(fd, &sequence->stream, &file, why));
    for (size_t i = 0; i < sequence->count; i++) {
        char path[PATH_MAX];
        struct stat info;
        sequence_path(sequence, i, path);
        autofd picture = open(path, O_RDONLY | O_CLOEXEC);
        if (picture < 0 || fstat(picture, &info) != 0)
            return fail_errno(why, errno, "cannot open %s", path);
        TRY(picture_file_put_fd(file, picture, why));
        bytes += (uint64_t)info.st_size;
        if (watch != NULL) TRY(watch->progressed(watch->context, bytes, why));
    }
    return picture_file_finish(file, why);
}
