// SPDX-License-Identifier: Apache-2.0
//
// A file of a download, in pieces whose digests lie beside it: what was cut off goes on where it
// was, and a bit that flipped is found before anybody sees it.
//
//     v-720p.mp4          | piece 0: 2 MiB | piece 1 | piece 2 .... | rest |
//     v-720p.mp4.sha256   | 32 bytes       | 32      | 32           | 32   |
//
// A piece counts when its digest does: bytes are written first and their digest behind them, so
// that whatever is killed in between leaves a piece that is fetched again. The digests are of what
// arrived; they guard the disk, while TLS guards the way.
#ifndef PLAYER_BUNDLE_FILE_H
#define PLAYER_BUNDLE_FILE_H

#include "base/buffer.h"

enum {
    BUNDLE_PIECE_BYTES = 2 * 1024 * 1024, // what a kill costs at most, and a flipped bit
    BUNDLE_NAME_BYTES = 128,
    BUNDLE_DIGEST_BYTES = 32, // SHA-256
};

#define BUNDLE_DIGEST_SUFFIX ".sha256"

struct bundle_file {
    char name[BUNDLE_NAME_BYTES]; // in the bundle's folder
    uint64_t bytes;
};

// A name that stays in its folder: 1 to 119 letters, digits, '-', '_' and '.', not '.' first.
// INVALID.
must_check outcome bundle_name_check(const char *name, struct why *why);

uint64_t bundle_piece_count(const struct bundle_file *file);
// Where piece `index` lies: its bytes are at index * BUNDLE_PIECE_BYTES.
size_t bundle_piece_bytes(const struct bundle_file *file, uint64_t index);

// Is the piece there and as it was written? `*out` says so; UNAVAILABLE when the disk fails.
must_check outcome bundle_piece_check(const char *folder, const struct bundle_file *file,
                                      uint64_t index, bool *out, struct why *why);

// Writes a piece, then its digest. `bytes` has bundle_piece_bytes().
must_check outcome bundle_piece_put(const char *folder, const struct bundle_file *file,
                                    uint64_t index, struct slice bytes, struct why *why);

// Appends `len` bytes at `offset`, every piece that they touch checked first. CORRUPT names the
// file, where in it, and what mends it.
must_check outcome bundle_file_read(const char *folder, const struct bundle_file *file,
                                    uint64_t offset, uint64_t len, struct buffer *out,
                                    struct why *why);

// The whole of a small file, with its digests. Sets file->bytes.
must_check outcome bundle_file_put(const char *folder, struct bundle_file *file, struct slice bytes,
                                   struct why *why);

#endif
