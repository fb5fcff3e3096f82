// SPDX-License-Identifier: Apache-2.0
//
// The blob port: immutable objects under keys, as S3 has them and a folder can imitate.
//
//     key    "titles/film-1/3f9c/v-1080p.mp4"      segments of [A-Za-z0-9._-], joined by '/', at
//     most BLOB_KEY_BYTES object bytes + size + etag; written whole or not at all; never changed in
//     place
//
// No key is a folder of another ("a" beside "a/b"): S3 would take both, a folder cannot, so it is
// CONFLICT there.
//
// Backends: a folder (store/blob_folder.h); S3 (store/blob_s3.h). All pass
// tests/store/conformance_blob.h.
#ifndef STORE_BLOB_H
#define STORE_BLOB_H

#include "base/buffer.h"

enum {
    BLOB_KEY_BYTES = 512, // S3 allows 1024
    BLOB_ETAG_BYTES = 72, // a quoted SHA-256
};

struct blob_facts {
    uint64_t size;
    char etag[BLOB_ETAG_BYTES]; // strong validator, without quotes; changes when the bytes change
    int64_t modified_ms;        // wall clock
};

struct blob_store;
struct blob_writer;

// An object being written. It becomes visible when committed; until then, and after a crash, there
// is nothing.
struct blob_writer_ops {
    must_check outcome (*write)(struct blob_writer *writer, struct slice bytes, struct why *why);
    // Appends `size` bytes of a regular file from `offset`; the kernel copies or shares them where
    // it can. CORRUPT when the file ends before.
    must_check outcome (*write_file)(struct blob_writer *writer, int fd, uint64_t offset,
                                     uint64_t size, struct why *why);
    // Instead of write() and write_file(): an empty file, open for reading and writing, whose bytes
    // become the object when committed. Borrowed until then; other processes may fill it.
    must_check outcome (*file)(struct blob_writer *writer, int *out_fd, struct why *why);
    // Makes the object visible (replacing one of the same key) and durable, and closes the writer,
    // also on failure.
    must_check outcome (*commit)(struct blob_writer *writer, struct why *why);
    // Forgets what was written and closes the writer.
    void (*abandon)(struct blob_writer *writer);
};

struct blob_writer {
    const struct blob_writer_ops *ops;
};

struct blob_ops {
    must_check outcome (*create)(struct blob_store *store, const char *key,
                                 struct blob_writer **out, struct why *why);
    must_check outcome (*stat)(struct blob_store *store, const char *key, struct blob_facts *out,
                               struct why *why); // NOT_FOUND
    // Appends `size` bytes from `offset` to `out`. NOT_FOUND; INVALID when the range leaves the
    // object.
    must_check outcome (*read)(struct blob_store *store, const char *key, uint64_t offset,
                               size_t size, struct buffer *out, struct why *why);
    // A read-only descriptor of the object's bytes from 0, for sendfile, pread or a sandboxed
    // reader: the file itself with a folder, a temporary copy with a remote store. The caller
    // closes it.
    must_check outcome (*open)(struct blob_store *store, const char *key, int *out_fd,
                               struct why *why);
    // Calls `visit` for each key under `prefix`, in byte order. Stops early when visit returns
    // other than OK and returns that.
    must_check outcome (*list)(struct blob_store *store, const char *prefix,
                               outcome (*visit)(void *context, const char *key, struct why *why),
                               void *context, struct why *why);
    must_check outcome (*drop)(struct blob_store *store, const char *key,
                               struct why *why); // OK when absent
    void (*close)(struct blob_store *store);
};

struct blob_store {
    const struct blob_ops *ops;
};

// INVALID unless `key` has the form above: no empty segment, no segment of dots alone, no leading
// '/'.
must_check outcome blob_key_check(const char *key, struct why *why);

// Conveniences over the operations above.
must_check outcome blob_put(struct blob_store *store, const char *key, struct slice bytes,
                            struct why *why);
must_check outcome blob_get(struct blob_store *store, const char *key, struct buffer *out,
                            struct why *why); // the whole object; TOO_LARGE by out's cap
must_check outcome blob_put_file(struct blob_store *store, const char *key, int fd,
                                 struct why *why); // a whole regular file; INVALID for a pipe
must_check outcome blob_drop_prefix(struct blob_store *store, const char *prefix, struct why *why);

void blob_store_close(struct blob_store **store); // for cleanup attributes; tolerates NULL

#endif
