// SPDX-License-Identifier: Apache-2.0
#include "player/bundle_file.h"

#include "base/file.h"

#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <openssl/sha.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

enum { NAME_LETTERS_MAX = BUNDLE_NAME_BYTES - (int)sizeof BUNDLE_DIGEST_SUFFIX - 1 };

outcome bundle_name_check(const char *name, struct why *why)
{
    static const char letters[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                                  "-_.";
    const size_t len = strlen(name);
    if (len > 0 && len <= NAME_LETTERS_MAX && name[0] != '.' && strspn(name, letters) == len)
        return OK;
    return fail(why, INVALID, "\"%.60s\" is no name for a file of a download", name);
}

uint64_t bundle_piece_count(const struct bundle_file *file)
{
    return (file->bytes + BUNDLE_PIECE_BYTES - 1) / BUNDLE_PIECE_BYTES;
}

size_t bundle_piece_bytes(const struct bundle_file *file, uint64_t index)
{
    const uint64_t left = file->bytes - index * BUNDLE_PIECE_BYTES;
    return left < BUNDLE_PIECE_BYTES ? (size_t)left : BUNDLE_PIECE_BYTES;
}

// `suffix` "" for the file itself.
static outcome open_part(const char *folder, const char *name, const char *suffix, int flags,
                         int *out, struct why *why)
{
    char path[PATH_MAX];
    const int len = snprintf(path, sizeof path, "%s/%s%s", folder, name, suffix);
    if (len < 0 || (size_t)len >= sizeof path)
        return fail(why, TOO_LARGE, "the folder of a download has too long a name");
    const int fd = open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0644);
    if (fd < 0) return fail_errno(why, errno, "cannot open %s", path);
    *out = fd;
    return OK;
}

// Reads piece `index` into `out` of BUNDLE_PIECE_BYTES; false when it is not there or not what was
// written.
static bool read_piece(const char *folder, const struct bundle_file *file, uint64_t index,
                       uint8_t *out)
{
    uint8_t written[BUNDLE_DIGEST_BYTES], found[BUNDLE_DIGEST_BYTES];
    const size_t len = bundle_piece_bytes(file, index);
    autofd fd = -1, digests = -1;
    return open_part(folder, file->name, "", O_RDONLY, &fd, NULL) == OK &&
           open_part(folder, file->name, BUNDLE_DIGEST_SUFFIX, O_RDONLY, &digests, NULL) == OK &&
           fd_read_at(digests, written, sizeof written, index * BUNDLE_DIGEST_BYTES, NULL) == OK &&
           fd_read_at(fd, out, len, index * BUNDLE_PIECE_BYTES, NULL) == OK &&
           SHA256(out, len, found) != NULL && memcmp(written, found, sizeof found) == 0;
}

outcome bundle_piece_check(const char *folder, const struct bundle_file *file, uint64_t index,
                           bool *out, struct why *why)
{
    autobuffer piece = buffer_init(BUNDLE_PIECE_BYTES);
    TRY(buffer_reserve(&piece, BUNDLE_PIECE_BYTES, why));
    *out = read_piece(folder, file, index, piece.at);
    return OK;
}

outcome bundle_piece_put(const char *folder, const struct bundle_file *file, uint64_t index,
                         struct slice bytes, struct why *why)
{
    uint8_t digest[BUNDLE_DIGEST_BYTES];
    autofd fd = -1, digests = -1;
    if (bytes.len != bundle_piece_bytes(file, index))
        return fail(why, CORRUPT, "a piece of %s has %zu bytes, %zu were expected", file->name,
                    bytes.len, bundle_piece_bytes(file, index));
    if (SHA256(bytes.at, bytes.len, digest) == NULL)
        return fail(why, NO_MEMORY, "no memory for a digest");
    TRY(open_part(folder, file->name, "", O_WRONLY | O_CREAT, &fd, why));
    TRY(open_part(folder, file->name, BUNDLE_DIGEST_SUFFIX, O_WRONLY | O_CREAT, &digests, why));
    TRY(fd_write_at(fd, bytes, index * BUNDLE_PIECE_BYTES, why));
    return fd_write_at(digests, (struct slice){digest, sizeof digest}, index * BUNDLE_DIGEST_BYTES,
                       why);
}

outcome bundle_file_read(const char *folder, const struct bundle_file *file, uint64_t offset,
                         uint64_t len, struct buffer *out, struct why *why)
{
    autobuffer piece = buffer_init(BUNDLE_PIECE_BYTES);
    if (offset > file->bytes || len > file->bytes - offset)
        return fail(why, CORRUPT, "%s is shorter than its playlist says", file->name);
    TRY(buffer_reserve(&piece, BUNDLE_PIECE_BYTES, why));
    while (len > 0) {
        const uint64_t index = offset / BUNDLE_PIECE_BYTES;
        const size_t from = (size_t)(offset % BUNDLE_PIECE_BYTES);
        const size_t there = bundle_piece_bytes(file, index) - from;
        const size_t part = len < there ? (size_t)len : there;
        if (!read_piece(folder, file, index, piece.at))
            return fail(
                why, CORRUPT,
                "%s/%s is damaged between bytes %llu and %llu: `primrose download %s` "
                "fetches that part again",
                folder, file->name, (unsigned long long)(index * BUNDLE_PIECE_BYTES),
                (unsigned long long)(index * BUNDLE_PIECE_BYTES + bundle_piece_bytes(file, index)),
                folder);
        TRY(buffer_put(out, (struct slice){piece.at + from, part}, why));
        offset += part;
        len -= part;
    }
    return OK;
}

outcome bundle_file_put(const char *folder, struct bundle_file *file, struct slice bytes,
                        struct why *why)
{
    struct bundle_file made = *file;
    made.bytes = bytes.len;
    for (uint64_t i = 0; i < bundle_piece_count(&made); i++)
        TRY(bundle_piece_put(folder, &made, i,
                             slice_part(bytes, (size_t)i * BUNDLE_PIECE_BYTES, BUNDLE_PIECE_BYTES),
                             why));
    *file = made;
    return OK;
}
