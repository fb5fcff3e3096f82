// SPDX-License-Identifier: Apache-2.0
#include "player/simulate.h"

#include "base/buffer.h"
#include "base/file.h"

#include <assert.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    STEP_MS_MAX = 86400000,     // a day: longer is a unit taken for another
    STEP_KBPS_MAX = 1000000000, // 1 Tb/s: the same
    LATENCY_MS_MAX = 60000,
    FOLDER_DEPTH_MAX = 8, // of subfolders: recordings lie one or two deep
    PATH_ROOM = 4096,
    INDEX_BYTES_MAX = 33554432, // a line for each of TRACES_MAX
};

// A decimal number with an optional fraction, into thousandths. No sign, no exponent, no space
// inside.
static outcome number_parse(struct slice text, uint64_t max, double *out, struct why *why)
{
    struct slice rest = slice_trim(text), whole = {0}, fraction = {0};
    if (!slice_cut(&rest, '.', &whole)) return fail(why, INVALID, "a number is missing");
    fraction = rest;
    uint64_t units = 0, parts = 0;
    TRY(slice_u64(whole, max, &units, why));
    double value = (double)units;
    if (fraction.len > 0) {
        const struct slice digits = slice_part(fraction, 0, 9);
        double scale = 1.0;
        for (size_t i = 0; i < digits.len; i++)
            scale *= 10.0;
        TRY(slice_u64(digits, 999999999, &parts, why));
        value += (double)parts / scale;
    }
    *out = value;
    return OK;
}

static outcome step_parse(struct slice line, struct trace_step *out, struct why *why)
{
    struct slice rest = line, duration = {0}, rate = {0};
    if (!slice_cut(&rest, ',', &duration) || !slice_cut(&rest, ',', &rate) || rest.at != NULL)
        return fail(why, INVALID, "want `duration_ms,kbps`");
    double ms = 0.0, kbps = 0.0;
    TRY(number_parse(duration, STEP_MS_MAX, &ms, why));
    TRY(number_parse(rate, STEP_KBPS_MAX, &kbps, why));
    if (ms <= 0.0) return fail(why, INVALID, "a step must last longer than 0 ms");
    *out = (struct trace_step){.seconds = ms / 1000.0, .bps = kbps * 1000.0};
    return OK;
}

static size_t lines_in(struct slice text)
{
    size_t lines = 1;
    for (size_t i = 0; i < text.len; i++)
        lines += text.at[i] == '\n';
    return lines;
}

outcome trace_parse(struct slice text, const char *name, struct arena *arena, struct trace *out,
                    struct why *why)
{
    const size_t lines = lines_in(text);
    if (lines > (size_t)TRACE_STEPS_MAX + 2)
        return fail(why, TOO_LARGE, "%s has %zu lines, at most %d steps are taken", name, lines,
                    TRACE_STEPS_MAX);
    struct trace_step *steps = arena_take_array(arena, lines, sizeof *steps);
    if (steps == NULL) return fail(why, NO_MEMORY, "no memory for %zu steps of %s", lines, name);
    struct trace trace = {.name = name, .steps = steps, .latency_s = TRACE_LATENCY_S};
    struct slice rest = text, line = {0};
    for (size_t number = 1; slice_cut(&rest, '\n', &line); number++) {
        line = slice_trim(line);
        if (line.len == 0 || (number == 1 && slice_is(line, "duration_ms,kbps"))) continue;
        struct trace_step *step = &steps[trace.step_count];
        struct why fault = {""};
        if (step_parse(line, step, &fault) != OK)
            return fail(why, INVALID, "%s line %zu, \"%.*s\": %s", name, number,
                        (int)(line.len < 40 ? line.len : 40), (const char *)line.at, fault.text);
        trace.step_count++;
        trace.seconds += step->seconds;
        trace.bits += step->seconds * step->bps;
    }
    if (trace.step_count == 0) return fail(why, INVALID, "%s has no line `duration_ms,kbps`", name);
    if (trace.bits < 1000.0)
        return fail(why, INVALID, "%s carries no data at all: no session can play over it", name);
    *out = trace;
    return OK;
}

// Names of the *.csv files below a folder, as they are found.
struct listing {
    struct arena *arena;
    const char **names;
    size_t count;
    size_t room;
};

static outcome listing_add(struct listing *listing, const char *name, struct why *why)
{
    if (listing->count == TRACES_MAX)
        return fail(why, TOO_LARGE, "more than %d traces: give a smaller folder", TRACES_MAX);
    if (listing->count == listing->room) {
        const size_t room = listing->room == 0 ? 256 : listing->room * 2;
        const char **names = arena_take_array(listing->arena, room, sizeof *names);
        if (names == NULL) return fail(why, NO_MEMORY, "no memory for %zu names", room);
        if (listing->count > 0) memcpy(names, listing->names, listing->count * sizeof *names);
        listing->names = names;
        listing->room = room;
    }
    char *copy = arena_copy(listing->arena, slice_of(name));
    if (copy == NULL) return fail(why, NO_MEMORY, "no memory for the name %s", name);
    listing->names[listing->count++] = copy;
    return OK;
}

static void dir_close(DIR **dir)
{
    if (*dir != NULL) (void)closedir(*dir);
}

static outcome folder_walk(const char *root, const char *below, int depth, struct listing *listing,
                           struct why *why)
{
    if (depth > FOLDER_DEPTH_MAX)
        return fail(why, TOO_LARGE, "%s/%s lies more than %d folders deep", root, below,
                    FOLDER_DEPTH_MAX);
    char path[PATH_ROOM];
    if (snprintf(path, sizeof path, "%s/%s", root, below) >= (int)sizeof path)
        return fail(why, TOO_LARGE, "the path %s/%s is too long", root, below);
    __attribute__((cleanup(dir_close))) DIR *dir = opendir(path);
    if (dir == NULL) return fail_errno(why, errno, "cannot list %s", path);
    for (const struct dirent *entry; (entry = readdir(dir)) != NULL;) {
        if (entry->d_name[0] == '.') continue;
        char name[PATH_ROOM];
        const int written =
            snprintf(name, sizeof name, "%s%s%s", below, *below != '\0' ? "/" : "", entry->d_name);
        if (written >= (int)sizeof name)
            return fail(why, TOO_LARGE, "the path %s/%s is too long", path, entry->d_name);
        struct stat info;
        if (fstatat(dirfd(dir), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) != 0)
            return fail_errno(why, errno, "cannot look at %s/%s", root, name);
        if (S_ISDIR(info.st_mode))
            TRY(folder_walk(root, name, depth + 1, listing, why));
        else if (S_ISREG(info.st_mode) && slice_ends(slice_of(name), ".csv") &&
                 strcmp(name, "index.csv") != 0)
            TRY(listing_add(listing, name, why));
    }
    return OK;
}

static int name_order(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static outcome trace_load(const char *root, const char *name, struct arena *arena,
                          struct trace *out, struct why *why)
{
    char path[PATH_ROOM];
    if (snprintf(path, sizeof path, "%s/%s", root, name) >= (int)sizeof path)
        return fail(why, TOO_LARGE, "the path %s/%s is too long", root, name);
    autobuffer text = buffer_init(TRACE_FILE_BYTES_MAX);
    TRY(file_read(path, &text, why));
    return trace_parse(buffer_slice(&text), name, arena, out, why);
}

// Number of the column called `name` in a heading, or -1.
static int column_of(struct slice heading, const char *name)
{
    struct slice part;
    for (int column = 0; slice_cut(&heading, ',', &part); column++)
        if (slice_is(slice_trim(part), name)) return column;
    return -1;
}

static struct slice column_get(struct slice line, int column)
{
    struct slice part = {0};
    for (int i = 0; i <= column; i++)
        if (!slice_cut(&line, ',', &part)) return (struct slice){0};
    return slice_trim(part);
}

static int trace_order(const void *key, const void *item)
{
    return strcmp(key, ((const struct trace *)item)->name);
}

// Latencies from index.csv. Lines about files that are not there are skipped: an index may serve
// several folders.
static outcome index_apply(const char *root, struct trace *traces, size_t count, struct why *why)
{
    char path[PATH_ROOM];
    if (snprintf(path, sizeof path, "%s/index.csv", root) >= (int)sizeof path || !path_exists(path))
        return OK;
    autobuffer text = buffer_init(INDEX_BYTES_MAX);
    TRY(file_read(path, &text, why));
    struct slice rest = buffer_slice(&text), line = {0};
    if (!slice_cut(&rest, '\n', &line)) return fail(why, INVALID, "%s is empty", path);
    const int file = column_of(line, "file"), latency = column_of(line, "latency_ms");
    if (file < 0 || latency < 0)
        return fail(why, INVALID, "%s needs columns `file` and `latency_ms` in its first line",
                    path);
    for (size_t number = 2; slice_cut(&rest, '\n', &line); number++) {
        if (slice_trim(line).len == 0) continue;
        char name[PATH_ROOM];
        const struct slice text_name = column_get(line, file);
        if (text_name.len >= sizeof name)
            return fail(why, INVALID, "%s line %zu: the name is too long", path, number);
        if (text_name.len > 0) memcpy(name, text_name.at, text_name.len);
        name[text_name.len] = '\0';
        struct trace *trace = bsearch(name, traces, count, sizeof *traces, trace_order);
        if (trace == NULL) continue;
        double ms = 0.0;
        struct why fault = {""};
        if (number_parse(column_get(line, latency), LATENCY_MS_MAX, &ms, &fault) != OK)
            return fail(why, INVALID, "%s line %zu: latency_ms must be 0..%d: %s", path, number,
                        LATENCY_MS_MAX, fault.text);
        trace->latency_s = ms / 1000.0;
    }
    return OK;
}

outcome traces_load(const char *folder, struct arena *arena, const struct trace **out,
                    size_t *count, struct why *why)
{
    struct listing listing = {.arena = arena};
    TRY(folder_walk(folder, "", 0, &listing, why));
    if (listing.count == 0)
        return fail(why, NOT_FOUND,
                    "%s holds no .csv file: want traces of lines `duration_ms,kbps`", folder);
    qsort(listing.names, listing.count, sizeof *listing.names, name_order);
    struct trace *traces = arena_take_array(arena, listing.count, sizeof *traces);
    if (traces == NULL) return fail(why, NO_MEMORY, "no memory for %zu traces", listing.count);
    for (size_t i = 0; i < listing.count; i++)
        TRY(trace_load(folder, listing.names[i], arena, &traces[i], why));
    TRY(index_apply(folder, traces, listing.count, why));
    *out = traces;
    *count = listing.count;
    return OK;
}
