// SPDX-License-Identifier: Apache-2.0
#include "store/folder_walk.h"

#include "base/buffer.h"
#include "base/file.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

enum {
    ENTRIES_MAX = 1000000,       // of one folder: 100 MB of names, read at once to sort them
    NAMES_BYTES_MAX = 256 << 20, // NAME_MAX is 255
    PATH_BYTES_MAX = 4096,
};

struct walk {
    int root;
    const char *prefix;
    const char *except;
    outcome (*visit)(void *context, const char *path, struct why *why);
    void *context;
    char path[PATH_BYTES_MAX]; // of the folder being visited, with a slash behind it unless it is
                               // the root
};

// One folder's entries: names with NULs, folders with a slash before it; `sorted` points at them.
struct listing {
    struct buffer names;
    const char **sorted;
    size_t count;
};

static void listing_release(struct listing *listing)
{
    buffer_release(&listing->names);
    free((void *)listing->sorted);
}

static void folder_shut(DIR **folder)
{
    if (*folder != NULL) (void)closedir(*folder);
    *folder = NULL;
}

static int compare_names(const void *a, const void *b)
{
    return strcmp(*(const char *const *)a, *(const char *const *)b);
}

static bool is_folder(DIR *folder, const struct dirent *entry)
{
    struct stat info;
    if (entry->d_type != DT_UNKNOWN && entry->d_type != DT_LNK) return entry->d_type == DT_DIR;
    return fstatat(dirfd(folder), entry->d_name, &info, 0) == 0 && S_ISDIR(info.st_mode);
}

static outcome listing_read(struct listing *out, DIR *folder, const char *except, struct why *why)
{
    for (;;) {
        errno = 0;
        const struct dirent *entry = readdir(folder);
        if (entry == NULL) return errno == 0 ? OK : fail_errno(why, errno, "cannot read a folder");
        const char *name = entry->d_name;
        if (strcmp(name, ".") == 0 || strcmp(name, "..") == 0) continue;
        if (except != NULL && strcmp(name, except) == 0) continue;
        if (out->count == ENTRIES_MAX)
            return fail(why, TOO_LARGE, "a folder has more than %d entries", ENTRIES_MAX);
        TRY(buffer_put_text(&out->names, name, why));
        if (is_folder(folder, entry)) TRY(buffer_put_text(&out->names, "/", why));
        TRY(buffer_put_u8(&out->names, 0, why));
        out->count++;
    }
}

static outcome listing_sort(struct listing *listing, struct why *why)
{
    if (listing->count == 0) return OK;
    listing->sorted = calloc(listing->count, sizeof *listing->sorted);
    if (listing->sorted == NULL)
        return fail(why, NO_MEMORY, "no memory to list %zu files", listing->count);
    const char *name = (const char *)listing->names.at;
    for (size_t i = 0; i < listing->count; i++, name += strlen(name) + 1)
        listing->sorted[i] = name;
    qsort((void *)listing->sorted, listing->count, sizeof *listing->sorted, compare_names);
    return OK;
}

// A folder may hold what is looked for when either path is the beginning of the other.
static bool may_match(const char *path, const char *prefix)
{
    const size_t a = strlen(path), b = strlen(prefix);
    return strncmp(path, prefix, a < b ? a : b) == 0;
}

static outcome walk_folder(struct walk *walk, size_t path_len, struct why *why)
{
    autofd fd =
        openat(walk->root, path_len == 0 ? "." : walk->path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR)) return OK;
    if (fd < 0) return fail_errno(why, errno, "cannot open folder %s", walk->path);
    __attribute__((cleanup(folder_shut))) DIR *folder = fdopendir(fd);
    if (folder == NULL) return fail_errno(why, errno, "cannot read folder %s", walk->path);
    (void)fd_take(&fd); // closedir closes it

    __attribute__((cleanup(listing_release))) struct listing listing = {
        .names = buffer_init(NAMES_BYTES_MAX)};
    TRY(listing_read(&listing, folder, path_len == 0 ? walk->except : NULL, why));
    folder_shut(&folder); // before going deeper: no descriptor per level
    TRY(listing_sort(&listing, why));

    for (size_t i = 0; i < listing.count; i++) {
        const size_t len = strlen(listing.sorted[i]);
        if (path_len + len >= sizeof walk->path) continue; // longer than any key
        memcpy(walk->path + path_len, listing.sorted[i], len + 1);
        if (!may_match(walk->path, walk->prefix)) continue;
        if (listing.sorted[i][len - 1] == '/')
            TRY(walk_folder(walk, path_len + len, why));
        else if (path_len + len >= strlen(walk->prefix))
            TRY(walk->visit(walk->context, walk->path, why));
    }
    return OK;
}

outcome folder_walk(int root, const char *prefix, const char *except,
                    outcome (*visit)(void *context, const char *path, struct why *why),
                    void *context, struct why *why)
{
    struct walk walk = {
        .root = root, .prefix = prefix, .except = except, .visit = visit, .context = context};
    const char *slash = strrchr(prefix, '/');
    const size_t start = slash == NULL ? 0 : (size_t)(slash - prefix) + 1;
    if (start >= sizeof walk.path) return OK; // longer than any path
    memcpy(walk.path, prefix, start);
    return walk_folder(&walk, start, why);
}
