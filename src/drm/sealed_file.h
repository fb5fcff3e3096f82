// SPDX-License-Identifier: Apache-2.0
//
// A file whose bytes are sealed block by block, so that it can be read from any place without being
// opened whole: how masters and unfinished chunks lie in a store (studio/sealed_store.h).
//
//     |header 128|block 0: 65536 sealed | tag 16|block 1 ...| tag|...|last: 0..65536 | tag|
//
//     header   "primseal" 8 | version 1 | zeros 7 | wrapping key's id 32 | nonce 12 | wrapped 32
//              secret and its tag | zeros 36
//     key      HKDF-SHA256 (RFC 5869) of the object's own random secret of 128 bits, info
//              "primrose sealed object 1" and the hash of the object's name: AES-256-GCM
//     nonce    0 or 1 (is it the last block?) | zeros 3 | the block's number, 64 bits
//
// A block that was changed, moved, or taken from another object does not open, nor does a file that
// was cut or made longer (STREAM, Hoang, Reyhanitabar, Rogaway and Vizár 2015). Under the key of
// one object each nonce is used once.
#ifndef DRM_SEALED_FILE_H
#define DRM_SEALED_FILE_H

#include "drm/key_ring.h"

enum {
    SEAL_HEADER_BYTES = 128,
    SEAL_SIGN_BYTES = 8,
    SEAL_BLOCK_BYTES = 65536,
    SEAL_KEY_BYTES = 32,
};

// What opens one object. `is_sealed` false: the object is clear.
struct seal {
    bool is_sealed;
    uint8_t key[SEAL_KEY_BYTES];
};

// --- the header ------------------------------------------------------------------------------

// A new object's header and key. `name` is its key in the store.
must_check outcome seal_make(struct key_ring *ring, const char *name,
                             uint8_t header[SEAL_HEADER_BYTES], struct seal *out, struct why *why);

// The key of an object from its header. CORRUPT, or NOT_FOUND when the ring lacks the wrapping key.
must_check outcome seal_open(struct key_ring *ring, const char *name,
                             const uint8_t header[SEAL_HEADER_BYTES], struct seal *out,
                             struct why *why);

// Wraps the key under the ring's active key, in the header itself; `*out_changed` is false when it
// is under that one already. The blocks stay as they are.
must_check outcome seal_rewrap(struct key_ring *ring, const char *name,
                               uint8_t header[SEAL_HEADER_BYTES], bool *out_changed,
                               struct why *why);

// The wrapping key's id as a header has it; "" when it cannot be one.
void seal_wrapping_id(const uint8_t header[SEAL_HEADER_BYTES], char out[WRAPPING_ID_BYTES]);

// Whether these are the first bytes of a sealed object: SEAL_SIGN_BYTES are enough to tell.
bool seal_is_begun(struct slice begin);

// Plain bytes of a sealed object of `sealed_bytes`; the inverse of what a writer makes. CORRUPT for
// a size that none has.
must_check outcome seal_plain_size(uint64_t sealed_bytes, uint64_t *out, struct why *why);

// --- reading ---------------------------------------------------------------------------------

struct sealed_file;

// Over a regular file, which is borrowed. `seal` NULL or not sealed: the file is read as it is.
must_check outcome sealed_file_open(int fd, const struct seal *seal, struct sealed_file **out,
                                    struct why *why);
void sealed_file_close(struct sealed_file **file); // wipes; tolerates NULL

#define autosealed __attribute__((cleanup(sealed_file_close))) struct sealed_file

uint64_t sealed_file_size(const struct sealed_file *file); // of the plain bytes

// Up to `room` bytes from `offset`: fewer, and then none, only at the end. CORRUPT when they were
// changed.
must_check outcome sealed_file_read(struct sealed_file *file, uint64_t offset, uint8_t *out,
                                    size_t room, size_t *out_len, struct why *why);

// --- writing ---------------------------------------------------------------------------------

// Where sealed bytes go, in order. `bytes` is the writer's and is gone after the call.
struct seal_sink {
    outcome (*put)(void *context, struct slice bytes, struct why *why);
    void *context;
};

struct seal_writer;

// Puts the header at once.
must_check outcome seal_writer_open(const struct seal *seal,
                                    const uint8_t header[SEAL_HEADER_BYTES],
                                    const struct seal_sink *sink, struct seal_writer **out,
                                    struct why *why);
must_check outcome seal_writer_put(struct seal_writer *writer, struct slice plain, struct why *why);
must_check outcome seal_writer_end(struct seal_writer *writer, struct why *why); // the last block
void seal_writer_close(struct seal_writer **writer); // wipes; tolerates NULL

#endif
