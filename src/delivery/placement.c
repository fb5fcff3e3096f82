// SPDX-License-Identifier: Apache-2.0
#include "delivery/placement.h"

#include "base/clock.h"
#include "base/file.h"
#include "base/json.h"

#include <stdlib.h>
#include <string.h>

enum { DAY_MIN = 1440, MBPS_MAX = 1000000 };

// --- the document

static bool read_minute(const char *text, uint32_t *out)
{
    uint64_t hour, minute;
    const struct slice all = slice_of(text);
    if (all.len != 5 || text[2] != ':' || slice_u64(slice_part(all, 0, 2), 24, &hour, NULL) != OK ||
        slice_u64(slice_part(all, 3, 2), 59, &minute, NULL) != OK)
        return false;
    *out = (uint32_t)(hour * 60 + minute);
    return *out <= DAY_MIN;
}

static outcome parse_tier(const json_t *root, const char *what, const char *name,
                          struct placement *out, struct why *why)
{
    const json_t *tier = json_object_get(json_object_get(root, "tiers"), name);
    const char *from, *until, *tail = "keep";
    int64_t mbps = 0;
    if (!json_is_object(tier))
        return fail(why, NOT_FOUND,
                    "%s says nothing for the tier \"%s\": name one of its \"tiers\"", what, name);
    TRY(json_text(tier, "a tier", "from", &from, why));
    TRY(json_text(tier, "a tier", "until", &until, why));
    TRY(json_integer_in(tier, "a tier", "mbps", 1, MBPS_MAX, &mbps, why));
    TRY(json_text_optional(tier, "a tier", "tail", &tail, why));
    struct placement_window *window = &out->window;
    if (!read_minute(from, &window->from_min) || !read_minute(until, &window->until_min) ||
        window->from_min == window->until_min || window->from_min == DAY_MIN)
        return fail(why, INVALID,
                    "tier %s: the window \"%s\" to \"%s\" is none: write two times of the day in "
                    "UTC as HH:MM, up to 24:00",
                    name, from, until);
    if (strcmp(tail, "keep") != 0 && strcmp(tail, "pass") != 0)
        return fail(why, INVALID, "tier %s: \"tail\" is keep or pass, not \"%s\"", name, tail);
    out->rate_bytes_s = (uint64_t)mbps * 125000;
    out->passes_tail = strcmp(tail, "pass") == 0;
    return OK;
}

static outcome parse_file(const json_t *json, size_t at, struct placement_file *out,
                          struct why *why)
{
    const char *path;
    int64_t bytes;
    TRY(json_text(json, "a file", "path", &path, why));
    TRY(json_integer_in(json, "a file", "bytes", 0, INT64_C(1) << 50, &bytes, why));
    for (const char *c = path; *c != '\0'; c++) // it becomes part of a request
        if (*c <= ' ' || *c == '?' || *c == '#' || *c == 0x7f) path = "";
    if (path[0] != '/')
        return fail(why, INVALID,
                    "file %zu has no path: write what comes behind the host, without a query", at);
    out->bytes = (uint64_t)bytes;
    out->path = strdup(path);
    return out->path == NULL ? fail(why, NO_MEMORY, "no memory for a placement") : OK;
}

static outcome parse_files(const json_t *root, const char *what, struct placement *out,
                           struct why *why)
{
    json_t *list, *json;
    size_t i;
    TRY(json_array_of(root, what, "files", &list, why));
    const size_t count = json_array_size(list);
    if (count > PLACEMENT_FILES_MAX)
        return fail(why, TOO_LARGE, "%s lists more than %d files", what, PLACEMENT_FILES_MAX);
    out->files = calloc(count + 1, sizeof *out->files);
    out->known = calloc(count + 1, sizeof *out->known);
    out->folders = calloc(count + 1, sizeof *out->folders);
    if (out->files == NULL || out->known == NULL || out->folders == NULL)
        return fail(why, NO_MEMORY, "no memory for %zu files", count);
    json_array_foreach(list, i, json)
    {
        TRY(parse_file(json, i, &out->files[i], why));
        out->count++;
    }
    return OK;
}

// --- looking files up

// Mixed. The document is the operator's own: nobody else chooses what collides.
static uint64_t hash_of(struct slice text)
{
    const uint64_t hash = slice_hash(text);
    return hash ^ hash >> 29;
}

static struct slice folder_of(struct slice path)
{
    while (path.len > 0 && path.at[path.len - 1] != '/')
        path.len--;
    return path;
}

static int by_value(const void *a, const void *b)
{
    const uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

static void index_files(struct placement *out, uint64_t room_bytes)
{
    for (size_t i = 0; i < out->count; i++) {
        const struct slice path = slice_of(out->files[i].path);
        const uint64_t folder = hash_of(folder_of(path));
        if (i == 0 || folder != out->folders[out->folder_count - 1]) // one title's come together
            out->folders[out->folder_count++] = folder;
        if (out->placed < i || out->files[i].bytes > room_bytes - out->placed_bytes) continue;
        out->placed_bytes += out->files[i].bytes;
        out->known[out->placed++] = hash_of(path);
    }
    qsort(out->known, out->placed, sizeof *out->known, by_value);
    qsort(out->folders, out->folder_count, sizeof *out->folders, by_value);
}

static bool is_among(uint64_t hash, const uint64_t *hashes, size_t count)
{
    return bsearch(&hash, hashes, count, sizeof *hashes, by_value) != NULL;
}

enum worth placement_worth(const struct placement *placement, struct slice key)
{
    struct slice path = key, rest = key;
    (void)slice_cut(&rest, '?', &path);
    if (is_among(hash_of(path), placement->known, placement->placed)) return WORTH_PLACED;
    if (!placement->passes_tail ||
        is_among(hash_of(folder_of(path)), placement->folders, placement->folder_count))
        return WORTH_COMMON;
    return WORTH_TAIL;
}

bool window_is_open(const struct placement_window *window, int64_t wall_s)
{
    const uint32_t now_min = (uint32_t)(wall_s / 60 % DAY_MIN);
    if (window->from_min < window->until_min)
        return now_min >= window->from_min && now_min < window->until_min;
    return now_min >= window->from_min || now_min < window->until_min;
}

outcome placement_parse(struct slice text, const char *what, const char *tier, uint64_t cache_bytes,
                        struct placement **out, struct why *why)
{
    autojson *root = NULL;
    TRY(json_parse(text, what, &root, why));
    autoplacement *placement = calloc(1, sizeof *placement);
    if (placement == NULL) return fail(why, NO_MEMORY, "no memory for a placement");
    TRY(parse_tier(root, what, tier, placement, why));
    TRY(parse_files(root, what, placement, why));
    index_files(placement, cache_bytes / 100 * PLACED_PERCENT);
    *out = placement;
    placement = NULL;
    return OK;
}

outcome placement_load(const char *path, const char *tier, uint64_t cache_bytes,
                       struct placement **out, struct why *why)
{
    autobuffer text = buffer_init(PLACEMENT_BYTES_MAX);
    TRY(file_read(path, &text, why));
    return placement_parse(buffer_slice(&text), path, tier, cache_bytes, out, why);
}

void placement_close(struct placement **pointer)
{
    struct placement *placement = *pointer;
    if (placement == NULL) return;
    for (size_t i = 0; i < placement->count; i++)
        free(placement->files[i].path);
    free(placement->files);
    free(placement->known);
    free(placement->folders);
    free(placement);
    *pointer = NULL;
}

outcome placement_format(const struct forecast_file *files, size_t count, struct slice tiers,
                         const char *what, int64_t made_ms, struct buffer *out, struct why *why)
{
    char made[CLOCK_TEXT_BYTES];
    json_t *parsed = NULL;
    TRY(json_parse(tiers, what, &parsed, why));
    wall_format(made_ms, made);
    autojson *root = json_pack("{s:s, s:o, s:[]}", "made", made, "tiers", parsed, "files");
    json_t *list = json_object_get(root, "files");
    bool is_whole = list != NULL;
    for (size_t i = 0; i < count && is_whole; i++) {
        const char *reason = files[i].premiere_ms != 0 ? "premiere" : "asked";
        json_t *file = json_pack("{s:s, s:I, s:s}", "path", files[i].path, "bytes",
                                 (json_int_t)files[i].bytes, "reason", reason);
        is_whole = json_array_append_new(list, file) == 0;
    }
    if (!is_whole) return fail(why, NO_MEMORY, "no memory for a placement");
    return json_format(root, out, why);
}
