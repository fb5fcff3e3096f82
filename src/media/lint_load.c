// SPDX-License-Identifier: Apache-2.0
#include "media/lint_internal.h"

#include "base/file.h"
#include "base/url.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// Manifests are read as if from here, so that what they name resolves to a path in the folder.
#define FOLDER_URL "folder:///"

// The path inside the folder that an address names, or false when it is elsewhere.
static bool local_path(const char *url, char *out, size_t room)
{
    if (strncmp(url, FOLDER_URL, strlen(FOLDER_URL)) != 0) return false;
    struct slice path = slice_of(url + strlen(FOLDER_URL));
    size_t path_len = 0;
    while (path_len < path.len && path.at[path_len] != '?' && path.at[path_len] != '#')
        path_len++;
    size_t len = 0;
    if (percent_decode(slice_part(path, 0, path_len), out, room - 1, &len, NULL) != OK)
        return false;
    out[len] = '\0';
    struct slice rest = {(const uint8_t *)out, len};
    struct slice part;
    while (slice_cut(&rest, '/', &part))
        if (part.len == 0 || slice_is(part, "..")) return false;
    return true;
}

bool lint_open(struct lint *lint, const char *where, const char *url, int *fd, uint64_t *bytes,
               const char **name)
{
    char path[PATH_MAX];
    struct stat facts;
    if (!local_path(url, path, sizeof path)) {
        lint_find(lint, RULE_OUTSIDE, where, "%.200s lies outside the folder and was not checked",
                  url);
        return false;
    }
    autofd opened = openat(lint->folder, path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    if (opened < 0 || fstat(opened, &facts) != 0 || !S_ISREG(facts.st_mode)) {
        lint_find(lint, RULE_FILE_MISSING, where, "%.200s is named and cannot be opened: %s", path,
                  opened < 0 ? strerrordesc_np(errno) : "it is no file");
        return false;
    }
    *name = arena_copy(lint->arena, slice_of(path));
    if (*name == NULL) {
        lint->is_out_of_memory = true;
        return false;
    }
    *bytes = (uint64_t)facts.st_size;
    *fd = fd_take(&opened);
    return true;
}

bool lint_read(struct lint *lint, const char *where, const struct resource *resource,
               struct buffer *out)
{
    autofd fd = -1;
    uint64_t bytes;
    const char *name;
    struct why why = {""};
    if (!lint_open(lint, where, resource->url, &fd, &bytes, &name)) return false;
    const struct byte_range range = resource->range;
    if (range.offset > bytes || range.size > bytes - range.offset) {
        lint_find(lint, RULE_RANGE, where,
                  "bytes %llu to %llu reach past the end of %s (%llu bytes)",
                  (unsigned long long)range.offset, (unsigned long long)(range.offset + range.size),
                  name, (unsigned long long)bytes);
        return false;
    }
    const uint64_t size = range.size == 0 ? bytes - range.offset : range.size;
    outcome result = size > out->cap ? fail(&why, TOO_LARGE, "%s has %llu bytes: more than is read",
                                            name, (unsigned long long)size)
                                     : buffer_reserve(out, (size_t)size, &why);
    if (result == OK) result = fd_read_at(fd, out->at + out->len, (size_t)size, range.offset, &why);
    if (result != OK) {
        lint_find(lint, RULE_MEDIA, where, "%s", why.text);
        return false;
    }
    out->len += (size_t)size;
    return true;
}

// Gets a rendition what it needs to list its segments.
static bool fill(struct lint *lint, struct rendition *rendition)
{
    autobuffer bytes = buffer_init(MANIFEST_BYTES_MAX);
    struct why why = {""};
    const enum rendition_need need = rendition->need;
    if (need == NEED_NOTHING) return true;
    if (!lint_read(lint, rendition->id, &rendition->needed, &bytes)) return false;
    if (manifest_fill(lint->arena, rendition, buffer_slice(&bytes), rendition->needed.url, &why) ==
        OK)
        return true;
    lint_find(lint, need == NEED_INDEX ? RULE_INDEX : RULE_MANIFEST, rendition->id, "%s", why.text);
    return false;
}

// Reads one segment's bytes into `out`; segments of one file keep it open in *fd.
struct opened {
    int fd;
    uint64_t bytes;
    char url[2 * URL_BYTES_MAX];
    const char *name;
};

static bool open_segment(struct lint *lint, const struct rendition *rendition, size_t index,
                         struct opened *opened)
{
    autobuffer url = buffer_init(sizeof opened->url - 1);
    struct why why = {""};
    if (segment_url(rendition, index, &url, &why) != OK) {
        lint_find(lint, RULE_MANIFEST, rendition->id, "segment %zu: %s", index, why.text);
        return false;
    }
    const char *text = buffer_text(&url);
    if (text == NULL) return false;
    if (opened->fd >= 0 && strcmp(text, opened->url) == 0) return true;
    fd_close(&opened->fd);
    memcpy(opened->url, text, url.len + 1);
    return lint_open(lint, rendition->id, text, &opened->fd, &opened->bytes, &opened->name);
}

static bool scan_segments(struct lint *lint, const struct rendition *rendition,
                          struct lint_media *media, struct opened *opened)
{
    for (size_t i = 0; i < rendition->segment_count; i++) {
        struct why why = {""};
        const struct byte_range range = rendition->segments[i].range;
        if (!open_segment(lint, rendition, i, opened)) return false;
        if (range.offset > opened->bytes || range.size > opened->bytes - range.offset) {
            lint_find(lint, RULE_RANGE, opened->name, "segment %zu of %s ends at byte %llu of %llu",
                      i, rendition->id, (unsigned long long)(range.offset + range.size),
                      (unsigned long long)opened->bytes);
            return false;
        }
        if (segment_scan(opened->fd, opened->bytes, range, &media->init, &media->segments[i],
                         &why) != OK) {
            lint_find(lint, RULE_MEDIA, opened->name, "segment %zu: %s", i, why.text);
            return false;
        }
        if (i == 0) media->name = opened->name;
        media->count = i + 1;
    }
    return true;
}

static bool scan_init(struct lint *lint, const struct rendition *rendition,
                      struct lint_media *media)
{
    autofd fd = -1;
    uint64_t bytes;
    struct why why = {""};
    const struct resource *init = &rendition->inits[0];
    if (!lint_open(lint, rendition->id, init->url, &fd, &bytes, &media->name)) return false;
    if (init->range.offset > bytes || init->range.size > bytes - init->range.offset) {
        lint_find(lint, RULE_RANGE, media->name, "the init segment of %s ends past the file's end",
                  rendition->id);
        return false;
    }
    const outcome read = media_init_read(lint->arena, fd, bytes, init->range, &media->init, &why);
    if (read == OK) return true;
    lint_find(lint, RULE_MEDIA, media->name, "%s", why.text);
    return false;
}

// Media that another rendition named already: same init, same first segment.
static struct lint_media *find_media(struct lint *lint, const struct rendition *rendition)
{
    autobuffer url = buffer_init(2 * URL_BYTES_MAX);
    if (segment_url(rendition, 0, &url, NULL) != OK) return NULL;
    for (size_t i = 0; i < lint->media_count; i++) {
        autobuffer other = buffer_init(2 * URL_BYTES_MAX);
        const struct rendition *known = lint->media[i]->rendition;
        if (known->is_trick_play == rendition->is_trick_play &&
            known->segments[0].range.offset == rendition->segments[0].range.offset &&
            segment_url(known, 0, &other, NULL) == OK &&
            slice_equal(buffer_slice(&url), buffer_slice(&other)))
            return lint->media[i];
    }
    return NULL;
}

static struct lint_media *scan_media(struct lint *lint, const struct rendition *rendition)
{
    if (rendition->segment_count == 0 || rendition->init_count == 0) return NULL;
    if (rendition->kind == TRACK_IMAGE || rendition->kind == TRACK_TEXT || rendition->is_trick_play)
        return NULL;
    struct lint_media *known = find_media(lint, rendition);
    if (known != NULL) return known;
    struct lint_media *media = ARENA_NEW(lint->arena, struct lint_media);
    if (media == NULL || lint->media_count == LINT_MEDIA_MAX) return NULL;
    media->rendition = rendition;
    media->segments =
        arena_take_array(lint->arena, rendition->segment_count, sizeof *media->segments);
    if (media->segments == NULL) {
        lint->is_out_of_memory = true;
        return NULL;
    }
    lint->media[lint->media_count++] = media;
    struct opened opened = {.fd = -1};
    media->is_whole =
        scan_init(lint, rendition, media) && scan_segments(lint, rendition, media, &opened);
    fd_close(&opened.fd);
    return media;
}

static outcome load_manifest(struct lint *lint, const char *name, struct slice text,
                             struct why *why)
{
    struct why fault = {""};
    struct manifest *manifest = NULL;
    autobuffer url = buffer_init(URL_BYTES_MAX);
    TRY(buffer_put_text(&url, FOLDER_URL, why));
    TRY(percent_encode(slice_of(name), &url, why));
    const char *base = buffer_text(&url);
    if (base == NULL) return fail(why, NO_MEMORY, "no memory to check the folder");
    const outcome parsed = manifest_parse(lint->arena, text, base, &manifest, &fault);
    if (parsed == NO_MEMORY) return fail(why, NO_MEMORY, "%s", fault.text);
    if (parsed != OK) {
        lint_find(lint, RULE_MANIFEST, name, "%s", fault.text);
        return OK;
    }
    struct lint_manifest *out = &lint->manifests[lint->manifest_count++];
    *out = (struct lint_manifest){
        arena_copy(lint->arena, slice_of(name)), manifest,
        arena_take_array(lint->arena, manifest->rendition_count, sizeof(struct lint_media *))};
    if (out->name == NULL || out->media == NULL)
        return fail(why, NO_MEMORY, "no memory to check the folder");
    for (size_t i = 0; i < manifest->rendition_count; i++)
        if (fill(lint, &manifest->renditions[i]))
            out->media[i] = scan_media(lint, &manifest->renditions[i]);
    return OK;
}

// Is this a manifest that stands for the whole: an MPD, or a playlist of variants?
static bool is_top(const char *name, struct slice text)
{
    const struct slice file = slice_of(name);
    if (slice_ends(file, ".mpd")) return true;
    return slice_ends(file, ".m3u8") && text.len > 0 &&
           memmem(text.at, text.len, "#EXT-X-STREAM-INF", 17) != NULL;
}

static outcome load_entry(struct lint *lint, const char *name, bool takes_any, struct why *why)
{
    autobuffer text = buffer_init(MANIFEST_BYTES_MAX);
    const struct slice file = slice_of(name);
    if (!slice_ends(file, ".mpd") && !slice_ends(file, ".m3u8")) return OK;
    autofd fd = openat(lint->folder, name, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
    struct stat facts;
    if (fd < 0 || fstat(fd, &facts) != 0 || !S_ISREG(facts.st_mode)) return OK;
    if (facts.st_size > MANIFEST_BYTES_MAX) {
        lint_find(lint, RULE_MANIFEST, name, "it has over %d bytes", MANIFEST_BYTES_MAX);
        return OK;
    }
    TRY(buffer_reserve(&text, (size_t)facts.st_size + 1, why));
    TRY(fd_read_at(fd, text.at, (size_t)facts.st_size, 0, why));
    text.len = (size_t)facts.st_size;
    if (!takes_any && !is_top(name, buffer_slice(&text))) return OK;
    if (lint->manifest_count == LINT_MANIFESTS_MAX)
        return fail(why, TOO_LARGE, "the folder has more than %d manifests", LINT_MANIFESTS_MAX);
    return load_manifest(lint, name, buffer_slice(&text), why);
}

outcome lint_load(struct lint *lint, struct why *why)
{
    struct dirent **entries;
    const int count = scandirat(lint->folder, ".", &entries, NULL, alphasort);
    if (count < 0) return fail_errno(why, errno, "cannot list the folder");
    outcome result = OK;
    // First what stands for the whole; without any, media playlists alone.
    for (int pass = 0; pass < 2; pass++) {
        if (pass == 1 && (lint->manifest_count > 0 || lint->report.finding_count > 0)) break;
        for (int i = 0; i < count && result == OK; i++)
            result = load_entry(lint, entries[i]->d_name, pass == 1, why);
    }
    for (int i = 0; i < count; i++)
        free(entries[i]);
    free(entries);
    if (result == OK && lint->manifest_count == 0 && lint->report.finding_count == 0)
        return fail(why, NOT_FOUND, "there is no .m3u8 and no .mpd in the folder");
    return result;
}
