// SPDX-License-Identifier: Apache-2.0
#include "drm/key_ring_file.h"

#include "base/file.h"
#include "base/random.h"
#include "drm/aead.h"
#include "drm/secret.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
    SECRET_BYTES = 32,
    LINE_BYTES = WRAPPING_ID_BYTES + 2 * SECRET_BYTES + 2,
    COMMENT_BYTES_MAX = 4096, // that a person may have added
    FILE_BYTES_MAX = WRAPPING_KEYS_MAX * LINE_BYTES + COMMENT_BYTES_MAX,
};

static const char heading[] =
    "# Primrose key ring. Secret: keep it mode 0600, and keep a copy in a safe place.\n";

// All of it lies in memory of secret_take().
struct entries {
    struct {
        char id[WRAPPING_ID_BYTES];
        uint8_t secret[SECRET_BYTES];
    } keys[WRAPPING_KEYS_MAX];
    size_t count;
    char text[FILE_BYTES_MAX]; // of the file, while it is read or written
};

enum { PAGES_BYTES = 2 * sizeof(struct entries) };

struct file_ring {
    struct key_ring ring;
    char path[PATH_MAX];
    pthread_mutex_t lock;
    void *pages;
    struct entries *entries, *spare; // a file that cannot be read costs nothing that is known
};

// --- the file --------------------------------------------------------------------------------

static outcome check_owner(int fd, const char *path, off_t *out_size, struct why *why)
{
    struct stat info;
    if (fstat(fd, &info) != 0) return fail_errno(why, errno, "cannot look at key ring %s", path);
    if (!S_ISREG(info.st_mode)) return fail(why, INVALID, "key ring %s is no file", path);
    if (info.st_uid != geteuid() && info.st_uid != 0)
        return fail(why, DENIED, "key ring %s belongs to another user: chown it", path);
    if ((info.st_mode & 077) != 0)
        return fail(why, DENIED,
                    "key ring %s is open to others (mode %04o): chmod 600 it, and rotate if they "
                    "may have read it",
                    path, info.st_mode & 07777);
    if (info.st_size > FILE_BYTES_MAX)
        return fail(why, TOO_LARGE, "key ring %s has more than %d bytes", path, FILE_BYTES_MAX);
    *out_size = info.st_size;
    return OK;
}

static outcome parse_line(struct entries *entries, struct slice line, struct why *why)
{
    struct slice rest = slice_trim(line), id;
    if (rest.len == 0 || rest.at[0] == '#') return OK;
    if (entries->count == WRAPPING_KEYS_MAX)
        return fail(why, TOO_LARGE, "it has more than %d keys", WRAPPING_KEYS_MAX);
    char name[WRAPPING_ID_BYTES] = "";
    const bool is_pair = slice_cut(&rest, ' ', &id) && id.len < sizeof name && rest.at != NULL;
    if (is_pair) memcpy(name, id.at, id.len);
    if (!is_pair || !wrapping_id_is_valid(name) ||
        slice_hex(slice_trim(rest), entries->keys[entries->count].secret, SECRET_BYTES, NULL) != OK)
        return fail(why, CORRUPT, "a line is no \"kek_...\" with 64 hex digits");
    for (size_t i = 0; i < entries->count; i++)
        if (strcmp(entries->keys[i].id, name) == 0)
            return fail(why, CORRUPT, "%s is there twice", name);
    memcpy(entries->keys[entries->count++].id, name, sizeof name);
    return OK;
}

static outcome read_entries(const char *path, struct entries *out, struct why *why)
{
    off_t size = 0;
    autofd fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
    if (fd < 0 && errno == ENOENT)
        return fail(why, NOT_FOUND, "there is no key ring %s: make it with `primrose keys make`",
                    path);
    if (fd < 0) return fail_errno(why, errno, "cannot open key ring %s", path);
    TRY(check_owner(fd, path, &size, why));
    out->count = 0;
    struct why line_why = {""};
    outcome result = fd_read_at(fd, (uint8_t *)out->text, (size_t)size, 0, &line_why);
    struct slice rest = {(const uint8_t *)out->text, (size_t)size}, line;
    while (result == OK && slice_cut(&rest, '\n', &line))
        result = parse_line(out, line, &line_why);
    explicit_bzero(out->text, sizeof out->text);
    if (result == OK && out->count == 0) result = fail(&line_why, CORRUPT, "it has no key");
    if (result != OK)
        return fail(why, result, "key ring %.200s cannot be read: %s", path, line_why.text);
    return OK;
}

static outcome write_entries(const char *path, struct entries *entries, struct why *why)
{
    size_t len = sizeof heading - 1;
    memcpy(entries->text, heading, len);
    for (size_t i = 0; i < entries->count; i++) {
        const size_t id_bytes = strlen(entries->keys[i].id);
        memcpy(entries->text + len, entries->keys[i].id, id_bytes);
        len += id_bytes;
        entries->text[len++] = ' ';
        hex_format(entries->keys[i].secret, SECRET_BYTES, entries->text + len);
        len += (size_t)2 * SECRET_BYTES;
        entries->text[len++] = '\n';
    }
    const outcome result =
        file_write_atomic(path, (struct slice){(const uint8_t *)entries->text, len}, 0600, why);
    explicit_bzero(entries->text, sizeof entries->text);
    return result;
}

// The folder stays the same when the file is replaced: it is what writers lock.
static outcome lock_folder(const char *path, int *out_fd, struct why *why)
{
    char folder[PATH_MAX];
    const char *slash = strrchr(path, '/');
    if (strlen(path) >= sizeof folder) return fail(why, INVALID, "the key ring's path is too long");
    if (slash == NULL)
        memcpy(folder, ".", 2);
    else
        (void)snprintf(folder, sizeof folder, "%.*s", (int)(slash == path ? 1 : slash - path),
                       path);
    if (!path_exists(folder)) {
        TRY(folder_make(folder, why));
        if (chmod(folder, 0700) != 0) return fail_errno(why, errno, "cannot close %s", folder);
    }
    autofd fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
    if (fd < 0 || flock(fd, LOCK_EX) != 0)
        return fail_errno(why, errno, "cannot lock folder %s", folder);
    *out_fd = fd_take(&fd);
    return OK;
}

outcome key_ring_file_make(const char *path, const char *first_id, struct why *why)
{
    autofd lock = -1;
    void *pages;
    TRY(lock_folder(path, &lock, why));
    if (path_exists(path))
        return fail(why, CONFLICT, "key ring %s is there already, and is never overwritten", path);
    TRY(secret_take(sizeof(struct entries), &pages, why));
    struct entries *entries = pages;
    memcpy(entries->keys[0].id, first_id, strlen(first_id) + 1);
    random_bytes(entries->keys[0].secret, SECRET_BYTES);
    entries->count = 1;
    const outcome result = write_entries(path, entries, why);
    secret_drop(pages, sizeof(struct entries));
    return result;
}

// --- the ring --------------------------------------------------------------------------------

static outcome refresh(struct file_ring *file, struct why *why)
{
    TRY(read_entries(file->path, file->spare, why));
    struct entries *now = file->spare;
    file->spare = file->entries;
    file->entries = now;
    return OK;
}

static outcome file_list(struct key_ring *ring, char (*out)[WRAPPING_ID_BYTES], size_t *count,
                         struct why *why)
{
    struct file_ring *file = (struct file_ring *)ring;
    (void)pthread_mutex_lock(&file->lock);
    const outcome result = refresh(file, why);
    if (result == OK) {
        for (size_t i = 0; i < file->entries->count; i++)
            memcpy(out[i], file->entries->keys[i].id, WRAPPING_ID_BYTES);
        *count = file->entries->count;
    }
    (void)pthread_mutex_unlock(&file->lock);
    return result;
}

static void add_entry(struct entries *entries, const char *id)
{
    memcpy(entries->keys[entries->count].id, id, strlen(id) + 1);
    random_bytes(entries->keys[entries->count++].secret, SECRET_BYTES);
}

static void drop_entry(struct entries *entries, const char *id)
{
    for (size_t i = 0; i < entries->count; i++) {
        if (strcmp(entries->keys[i].id, id) != 0) continue;
        entries->keys[i] = entries->keys[--entries->count];
        explicit_bzero(&entries->keys[entries->count], sizeof entries->keys[0]);
    }
}

static outcome change(struct key_ring *ring, const char *id,
                      void (*edit)(struct entries *entries, const char *id), struct why *why)
{
    struct file_ring *file = (struct file_ring *)ring;
    autofd lock = -1;
    TRY(lock_folder(file->path, &lock, why));
    (void)pthread_mutex_lock(&file->lock);
    outcome result = refresh(file, why);
    if (result == OK && file->entries->count == WRAPPING_KEYS_MAX && edit == add_entry)
        result = fail(why, TOO_LARGE, "the key ring has %d keys already", WRAPPING_KEYS_MAX);
    if (result == OK) {
        edit(file->entries, id);
        result = write_entries(file->path, file->entries, why);
    }
    (void)pthread_mutex_unlock(&file->lock);
    return result;
}

static outcome file_add(struct key_ring *ring, const char *id, struct why *why)
{
    return change(ring, id, add_entry, why);
}

static outcome file_drop(struct key_ring *ring, const char *id, struct why *why)
{
    return change(ring, id, drop_entry, why);
}

static bool find_secret(const struct entries *entries, const char *id, uint8_t out[SECRET_BYTES])
{
    for (size_t i = 0; i < entries->count; i++) {
        if (strcmp(entries->keys[i].id, id) != 0) continue;
        memcpy(out, entries->keys[i].secret, SECRET_BYTES);
        return true;
    }
    return false;
}

static outcome take_secret(struct file_ring *file, const char *id, uint8_t out[SECRET_BYTES],
                           struct why *why)
{
    (void)pthread_mutex_lock(&file->lock);
    outcome result = OK;
    if (!find_secret(file->entries, id, out)) {
        // Another process may have rotated since.
        result = refresh(file, why);
        if (result == OK && !find_secret(file->entries, id, out)) result = NOT_FOUND;
    }
    (void)pthread_mutex_unlock(&file->lock);
    return result;
}

static outcome file_seal(struct key_ring *ring, const char *id, const uint8_t *nonce,
                         struct slice associated, const uint8_t secret[CONTENT_KEY_BYTES],
                         uint8_t sealed[WRAP_SEALED_BYTES], struct why *why)
{
    uint8_t key[SECRET_BYTES];
    const struct aead_bind bind = {nonce, associated};
    TRY(take_secret((struct file_ring *)ring, id, key, why));
    const outcome result = aead_seal_once((struct slice){key, sizeof key}, &bind,
                                          (struct slice){secret, CONTENT_KEY_BYTES}, sealed,
                                          sealed + CONTENT_KEY_BYTES, why);
    explicit_bzero(key, sizeof key);
    return result;
}

static outcome file_open(struct key_ring *ring, const char *id, const uint8_t *nonce,
                         struct slice associated, const uint8_t sealed[WRAP_SEALED_BYTES],
                         uint8_t secret[CONTENT_KEY_BYTES], struct why *why)
{
    uint8_t key[SECRET_BYTES], made[CONTENT_KEY_BYTES];
    const struct aead_bind bind = {nonce, associated};
    TRY(take_secret((struct file_ring *)ring, id, key, why));
    const outcome result = aead_open_once((struct slice){key, sizeof key}, &bind,
                                          (struct slice){sealed, CONTENT_KEY_BYTES},
                                          sealed + CONTENT_KEY_BYTES, made, why);
    if (result == OK) memcpy(secret, made, sizeof made); // nothing that was not verified gets out
    explicit_bzero(key, sizeof key);
    explicit_bzero(made, sizeof made);
    return result;
}

static void file_close(struct key_ring *ring)
{
    struct file_ring *file = (struct file_ring *)ring;
    secret_drop(file->pages, PAGES_BYTES);
    (void)pthread_mutex_destroy(&file->lock);
    free(file);
}

static const struct key_ring_ops file_ops = {file_list, file_add,  file_drop,
                                             file_seal, file_open, file_close};

outcome key_ring_file_open(const char *path, struct key_ring **out, struct why *why)
{
    struct file_ring *file = calloc(1, sizeof *file);
    if (file == NULL) return fail(why, NO_MEMORY, "no memory for the key ring");
    file->ring.ops = &file_ops;
    (void)pthread_mutex_init(&file->lock, NULL);
    const int written = snprintf(file->path, sizeof file->path, "%s", path);
    outcome result = written < (int)sizeof file->path
                         ? secret_take(PAGES_BYTES, &file->pages, why)
                         : fail(why, INVALID, "the key ring's path is too long");
    file->entries = file->pages;
    file->spare = file->pages == NULL ? NULL : file->entries + 1;
    if (result == OK) result = refresh(file, why);
    if (result == OK)
        *out = &file->ring;
    else
        file_close(&file->ring);
    return result;
}
