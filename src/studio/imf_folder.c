// SPDX-License-Identifier: Apache-2.0
#include "studio/imf_folder.h"

#include "base/base64.h"
#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/evp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

enum { DOCUMENT_BYTES_MAX = 8 * 1024 * 1024, READ_BYTES = 1024 * 1024 };

static outcome place(const char *folder, const char *name, char out[PATH_MAX], struct why *why)
{
    if (snprintf(out, PATH_MAX, "%s/%s", folder, name) >= PATH_MAX)
        return fail(why, INVALID, "the path of %.80s is too long", name);
    return OK;
}

bool imf_folder_is(const char *folder)
{
    char path[PATH_MAX];
    return place(folder, IMF_ASSETMAP, path, NULL) == OK && access(path, R_OK) == 0;
}

static outcome read_document(const char *folder, const char *name, struct buffer *out,
                             struct why *why)
{
    char path[PATH_MAX];
    TRY(place(folder, name, path, why));
    return file_read(path, out, why);
}

static outcome read_packing_lists(const char *folder, struct arena *arena,
                                  struct imf_package *package, struct why *why)
{
    size_t count = 0;
    for (size_t i = 0; i < package->asset_count; i++) {
        const struct imf_asset *asset = &package->assets[i];
        autobuffer text = buffer_init(DOCUMENT_BYTES_MAX);
        struct why fault = {""};
        if (!asset->is_packing_list) continue;
        outcome result = read_document(folder, asset->path, &text, &fault);
        if (result == OK) result = imf_packing_list(arena, buffer_slice(&text), package, &fault);
        if (result != OK) return fail(why, result, "%s: %s", asset->path, fault.text);
        count++;
    }
    return count > 0 ? OK
                     : fail(why, INVALID,
                            IMF_ASSETMAP " names no packing list: the package is incomplete");
}

// Compositions are XML among the listed assets.
static bool may_be_composition(const struct imf_asset *asset)
{
    return !asset->is_packing_list && slice_ends(slice_of(asset->path), ".xml");
}

static bool is_wanted(const struct imf_asset *asset, const char *wanted)
{
    return wanted[0] == '\0' || strcmp(asset->path, wanted) == 0 || strcmp(asset->id, wanted) == 0;
}

outcome imf_folder_composition(const char *folder, const struct imf_asset *asset,
                               struct arena *arena, struct imf_composition *out, struct why *why)
{
    autobuffer text = buffer_init(DOCUMENT_BYTES_MAX);
    if (!may_be_composition(asset)) return fail(why, NOT_FOUND, "%s is no XML", asset->path);
    TRY(read_document(folder, asset->path, &text, why));
    return imf_composition(arena, buffer_slice(&text), out, why);
}

static outcome choose_composition(const char *folder, const char *wanted, struct arena *arena,
                                  struct imf_folder *imf, struct why *why)
{
    struct why fault = {"none of its XML files is a composition playlist"};
    for (size_t i = 0; i < imf->package.asset_count; i++) {
        const struct imf_asset *asset = &imf->package.assets[i];
        if (!may_be_composition(asset) || !is_wanted(asset, wanted)) continue;
        const outcome result =
            imf_folder_composition(folder, asset, arena, &imf->composition, &fault);
        if (result == NO_MEMORY) return fail(why, result, "%s", fault.text);
        if (result != OK) continue;
        imf->composition_path = asset->path;
        imf->composition_count++;
    }
    if (imf->composition_count == 0)
        return fail(why, wanted[0] == '\0' ? INVALID : NOT_FOUND,
                    "%s has no composition%s%s to read: %.200s", folder,
                    wanted[0] == '\0' ? "" : " ", wanted, fault.text);
    if (imf->composition_count > 1)
        return fail(why, INVALID,
                    "%s has %zu compositions: name one in title.json (\"master\": \"CPL_....xml\")",
                    folder, imf->composition_count);
    return OK;
}

outcome imf_folder_lists(const char *folder, struct arena *arena, struct imf_package *out,
                         struct why *why)
{
    autobuffer text = buffer_init(DOCUMENT_BYTES_MAX);
    struct why fault = {""};
    struct imf_package package;
    TRY(read_document(folder, IMF_ASSETMAP, &text, why));
    const outcome result = imf_asset_map(arena, buffer_slice(&text), &package, &fault);
    if (result != OK) return fail(why, result, IMF_ASSETMAP ": %s", fault.text);
    TRY(read_packing_lists(folder, arena, &package, why));
    *out = package;
    return OK;
}

outcome imf_folder_open(const char *folder, const char *wanted, struct arena *arena,
                        struct imf_folder *out, struct why *why)
{
    struct imf_folder *imf = ARENA_NEW(arena, struct imf_folder);
    if (imf == NULL) return fail(why, NO_MEMORY, "no memory for a package");
    TRY(imf_folder_lists(folder, arena, &imf->package, why));
    TRY(choose_composition(folder, wanted, arena, imf, why));
    *out = *imf;
    return OK;
}

outcome imf_folder_file(const struct imf_folder *imf, const char *id, const char **out,
                        struct why *why)
{
    const struct imf_asset *asset = imf_find(&imf->package, id);
    if (asset == NULL)
        return fail(why, NOT_FOUND,
                    "the composition plays asset %s, which is not in the package: a supplemental "
                    "package needs the one it builds on",
                    id);
    *out = asset->path;
    return OK;
}

static outcome hash_file(int fd, uint64_t size, uint8_t out[IMF_HASH_BYTES], struct why *why)
{
    uint8_t *bytes = malloc(READ_BYTES);
    EVP_MD_CTX *hash = EVP_MD_CTX_new();
    outcome result = bytes == NULL || hash == NULL || EVP_DigestInit_ex(hash, EVP_sha1(), NULL) != 1
                         ? fail(why, NO_MEMORY, "no memory to hash a file")
                         : OK;
    for (uint64_t at = 0; result == OK && at < size;) {
        const size_t part = size - at < READ_BYTES ? (size_t)(size - at) : READ_BYTES;
        result = fd_read_at(fd, bytes, part, at, why);
        if (result == OK && EVP_DigestUpdate(hash, bytes, part) != 1)
            result = fail(why, NO_MEMORY, "no memory to hash a file");
        at += part;
    }
    if (result == OK && EVP_DigestFinal_ex(hash, out, NULL) != 1)
        result = fail(why, NO_MEMORY, "no memory to hash a file");
    EVP_MD_CTX_free(hash);
    free(bytes);
    return result;
}

outcome imf_folder_verify(const char *folder, const struct imf_asset *asset, struct why *why)
{
    char path[PATH_MAX];
    uint8_t hash[IMF_HASH_BYTES];
    struct stat info;
    TRY(place(folder, asset->path, path, why));
    autofd fd = open(path, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || fstat(fd, &info) != 0) return fail_errno(why, errno, "cannot open %s", path);
    if ((uint64_t)info.st_size != asset->size)
        return fail(why, CORRUPT, "it has %lld bytes, the packing list says %llu",
                    (long long)info.st_size, (unsigned long long)asset->size);
    TRY(hash_file(fd, asset->size, hash, why));
    if (memcmp(hash, asset->hash, sizeof hash) != 0)
        return fail(why, CORRUPT,
                    "its SHA-1 is not the one of the packing list: the copy is damaged");
    return OK;
}
