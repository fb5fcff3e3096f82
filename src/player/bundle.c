// SPDX-License-Identifier: Apache-2.0
#include "player/bundle.h"

#include "base/file.h"
#include "base/record.h"
#include "drm/licence_vault.h"
#include "media/m3u8.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>

enum { FORMAT = 1, FACTS_BYTES_MAX = 256 * 1024 };

static const struct record_member bundle_members[] = {
    RECORD_TEXT(struct bundle, house),        RECORD_TEXT(struct bundle, download_id),
    RECORD_TEXT(struct bundle, title_id),     RECORD_TEXT(struct bundle, idempotency_key),
    RECORD_TEXT(struct bundle, title),        RECORD_TEXT(struct bundle, version),
    RECORD_I64(struct bundle, start_by_ms),   RECORD_I64(struct bundle, ends_ms),
    RECORD_I64(struct bundle, started_ms),    RECORD_I64(struct bundle, told_ms),
    RECORD_BOOL(struct bundle, is_protected), RECORD_BOOL(struct bundle, is_complete),
    RECORD_U32(struct bundle, height_max),    RECORD_TEXT(struct bundle, languages),
    RECORD_TEXT(struct bundle, over),
};
static const struct record bundle_record = RECORD("bundle.json", bundle_members);

static const struct record_member file_members[] = {RECORD_TEXT(struct bundle_file, name),
                                                    RECORD_U64(struct bundle_file, bytes)};
static const struct record file_record = RECORD("a file of bundle.json", file_members);

static outcome path_of(const char *folder, const char *name, char out[PATH_MAX], struct why *why)
{
    const int len = snprintf(out, PATH_MAX, "%s/%s", folder, name);
    if (len > 0 && len < PATH_MAX) return OK;
    return fail(why, TOO_LARGE, "the folder of a download has too long a name");
}

bool bundle_is_there(const char *folder)
{
    char path[PATH_MAX];
    return path_of(folder, "bundle.json", path, NULL) == OK && path_exists(path);
}

static outcome take_files(const json_t *json, struct bundle *out, struct why *why)
{
    json_t *files = NULL;
    TRY(json_array_of(json, "bundle.json", "files", &files, why));
    for (size_t i = 0; i < json_array_size(files); i++) {
        struct bundle_file file;
        TRY(record_parse(&file_record, json_array_get(files, i), &file, why));
        TRY(bundle_name_check(file.name, why));
        TRY(bundle_add(out, &file, why));
    }
    return OK;
}

static outcome parse(struct slice text, struct bundle *out, struct why *why)
{
    autojson *json = NULL;
    int64_t format = 0;
    TRY(json_parse(text, "bundle.json", &json, why));
    TRY(json_integer_in(json, "bundle.json", "format", FORMAT, FORMAT, &format, why));
    TRY(record_parse(&bundle_record, json, out, why));
    return take_files(json, out, why);
}

outcome bundle_load(const char *folder, struct bundle *out, struct why *why)
{
    char path[PATH_MAX];
    autobuffer text = buffer_init(FACTS_BYTES_MAX);
    struct bundle found = {.file_count = 0};
    struct why reason = {""};
    TRY(path_of(folder, "bundle.json", path, why));
    TRY(file_read(path, &text, why));
    const outcome parsed = parse(buffer_slice(&text), &found, &reason);
    if (parsed != OK)
        return fail(why, CORRUPT, "%.150s is no download: %.200s", folder, reason.text);
    *out = found;
    return OK;
}

outcome bundle_save(const char *folder, const struct bundle *bundle, struct why *why)
{
    char path[PATH_MAX];
    autobuffer text = buffer_init(FACTS_BYTES_MAX);
    autojson *json = json_pack("{s:i}", "format", FORMAT), *files = json_array();
    if (json == NULL || files == NULL) return fail(why, NO_MEMORY, "no memory for bundle.json");
    TRY(record_format(&bundle_record, bundle, json, why));
    for (size_t i = 0; i < bundle->file_count; i++) {
        json_t *file = json_object();
        if (json_array_append_new(files, file) != 0)
            return fail(why, NO_MEMORY, "no memory for bundle.json");
        TRY(record_format(&file_record, &bundle->files[i], file, why));
    }
    if (json_object_set(json, "files", files) != 0)
        return fail(why, NO_MEMORY, "no memory for bundle.json");
    TRY(json_format(json, &text, why));
    TRY(path_of(folder, "bundle.json", path, why));
    return file_write_atomic(path, buffer_slice(&text), 0644, why);
}

outcome bundle_lock(const char *folder, int *out, struct why *why)
{
    autofd fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0) return fail_errno(why, errno, "cannot open %s", folder);
    if (flock(fd, LOCK_EX | LOCK_NB) != 0)
        return fail(why, CONFLICT, "another process works on %s", folder);
    *out = fd_take(&fd);
    return OK;
}

const struct bundle_file *bundle_find(const struct bundle *bundle, const char *name)
{
    for (size_t i = 0; i < bundle->file_count; i++)
        if (strcmp(bundle->files[i].name, name) == 0) return &bundle->files[i];
    return NULL;
}

outcome bundle_add(struct bundle *bundle, const struct bundle_file *file, struct why *why)
{
    for (size_t i = 0; i < bundle->file_count; i++) {
        if (strcmp(bundle->files[i].name, file->name) != 0) continue;
        bundle->files[i] = *file;
        return OK;
    }
    if (bundle->file_count == BUNDLE_FILES_MAX)
        return fail(why, TOO_LARGE, "a download has at most %d files", BUNDLE_FILES_MAX);
    bundle->files[bundle->file_count++] = *file;
    return OK;
}

outcome bundle_read(const char *folder, const struct bundle *bundle, const char *name,
                    uint64_t offset, uint64_t len, struct buffer *out, struct why *why)
{
    const struct bundle_file *file = bundle_find(bundle, name);
    const size_t before = out->len;
    if (file == NULL) return fail(why, NOT_FOUND, "the download in %s has no %s", folder, name);
    const outcome result =
        bundle_file_read(folder, file, offset, len == 0 ? file->bytes - offset : len, out, why);
    if (result != OK) out->len = before;
    return result;
}

outcome bundle_licence(const char *folder, struct buffer *out, struct why *why)
{
    char path[PATH_MAX];
    TRY(path_of(folder, BUNDLE_LICENCE, path, why));
    return file_read(path, out, why);
}

// --- the playlist -----------------------------------------------------------------------------

static outcome put_line(const struct m3u8_line *line, struct buffer *out, struct why *why)
{
    if (line->is_tag) TRY(buffer_put_text(out, "#", why));
    if (line->is_tag) TRY(buffer_put(out, line->name, why));
    if (line->is_tag && line->value.len > 0) TRY(buffer_put_text(out, ":", why));
    TRY(buffer_put(out, line->value, why));
    return buffer_put_text(out, "\n", why);
}

static bool has(const struct bundle *bundle, struct slice name)
{
    char text[BUNDLE_NAME_BYTES];
    if (name.at == NULL || name.len >= sizeof text) return false;
    (void)snprintf(text, sizeof text, "%.*s", SLICE_ARG(name));
    return bundle_find(bundle, text) != NULL;
}

static bool is_general(struct slice name)
{
    return slice_is(name, "EXT-X-VERSION") || slice_is(name, "EXT-X-INDEPENDENT-SEGMENTS");
}

outcome bundle_manifest(const struct bundle *bundle, struct slice multivariant, struct buffer *out,
                        struct why *why)
{
    struct m3u8_reader reader;
    struct m3u8_line line, variant = {.is_tag = false};
    bool has_variant = false;
    TRY(m3u8_open(multivariant, &reader, why));
    TRY(buffer_put_text(out, "#EXTM3U\n", why));
    while (m3u8_next(&reader, &line)) {
        const bool is_rendition = line.is_tag && slice_is(line.name, "EXT-X-MEDIA") &&
                                  has(bundle, m3u8_find(line.value, "URI"));
        if (is_rendition || (line.is_tag && is_general(line.name))) TRY(put_line(&line, out, why));
        if (line.is_tag && slice_is(line.name, "EXT-X-STREAM-INF")) variant = line;
        if (line.is_tag || has_variant || !variant.is_tag || !has(bundle, line.value)) continue;
        TRY(put_line(&variant, out, why));
        TRY(put_line(&line, out, why));
        has_variant = true;
    }
    return has_variant ? OK : fail(why, INVALID, "no variant of the playlist was downloaded");
}
