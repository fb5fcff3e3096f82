// SPDX-License-Identifier: Apache-2.0
//
// Common Encryption of samples in place (ISO/IEC 23001-7), schemes `cbcs` and `cenc`.
//
//     cbcs, video (10.4.1)   protected bytes of a subsample, pattern 1:9
//        |E|. . . . . . . . .|E|. . . . . . . . .|E|. . .|tail|     AES-CBC over the E blocks;
//        every subsample starts again at the constant IV             the tail stays clear
//     cbcs, audio (10.4.2)   |E|E|E|E|E|E|E|tail|                    every whole block of the
//     sample cenc (10.1)            all protected bytes of a sample are one AES-CTR stream; the
//     counter
//                            starts at the sample's own IV: 8 bytes and 8 of block count, or 16
//
// The blocks of a pattern are gathered, encrypted in one call and put back, so that the cost is
// near that of AES itself.
#ifndef DRM_CENC_H
#define DRM_CENC_H

#include "drm/content_key.h"
#include "drm/subsample.h"

enum { CENC_IV_BYTES = 16 };

// How a track is encrypted: what `tenc` tells (clause 8.2).
struct track_encryption {
    enum cenc_scheme scheme;
    struct key_id key_id;
    uint8_t crypt_blocks, skip_blocks; // 0, 0: every block
    uint8_t sample_iv_bytes;           // 0: the constant IV for all; 8 or 16
    uint8_t constant_iv_bytes;         // 0, or 8 or 16 when sample_iv_bytes is 0
    uint8_t iv[CENC_IV_BYTES];         // the constant IV, or the first sample's
};

enum sample_kind { SAMPLE_VIDEO, SAMPLE_AUDIO };

// What we write. `cbcs`: one constant IV of 16 bytes per key, made from the key id alone, so that a
// FairPlay key service can tell it without having seen the media, and packaging repeats exactly.
// `cenc`: 8-byte IVs from a random start, since a counter must never repeat under a key.
void track_encryption_choose(enum cenc_scheme scheme, enum sample_kind kind,
                             const struct key_id *id, struct track_encryption *out);

// Moves `iv` on to the next sample: 8-byte IVs count samples, 16-byte ones count the blocks of the
// sample before. Nothing for a constant IV.
void sample_iv_next(const struct track_encryption *track, uint64_t protected_bytes,
                    uint8_t iv[CENC_IV_BYTES]);

enum cipher_direction { CIPHER_ENCRYPT, CIPHER_DECRYPT };

// A key scheduled for one track. Holds key material: closed, it is wiped. One thread at a time.
struct sample_cipher;
must_check outcome sample_cipher_open(const struct track_encryption *track,
                                      const struct content_key *key,
                                      enum cipher_direction direction, struct sample_cipher **out,
                                      struct why *why);
void sample_cipher_close(struct sample_cipher **cipher); // tolerates NULL

#define autocipher __attribute__((cleanup(sample_cipher_close))) struct sample_cipher

// Encrypts or decrypts one sample in place. `iv`: the sample's own (sample_iv_bytes of it are
// used), or NULL for the constant one. `map` NULL or with count 0: the whole sample is protected.
// INVALID when the map is longer than the sample.
must_check outcome sample_cipher_apply(struct sample_cipher *cipher, uint8_t *sample, size_t len,
                                       const uint8_t *iv, const struct subsample_map *map,
                                       struct why *why);

// How many bytes of a sample the cipher counts as protected.
uint64_t sample_protected_bytes(const struct subsample_map *map, size_t len);

#endif
