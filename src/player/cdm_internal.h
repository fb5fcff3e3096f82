// SPDX-License-Identifier: Apache-2.0
//
// What the two sides of player/cdm.h share. A request and its answer are CBOR arrays:
//
//     [operation, fields ...]            descriptors with CDM_TRACK_OPEN
//     [outcome, sentence, fields ...]    fields when the outcome is OK
#ifndef PLAYER_CDM_INTERNAL_H
#define PLAYER_CDM_INTERNAL_H

#include "player/cdm.h"

// The child's descriptors: the channel, the device file, ciphertext.
enum { CDM_CHANNEL_FD = 3, CDM_DEVICE_FD, CDM_MEDIA_FD };
enum { CDM_FDS = 3 };

enum { CDM_EXIT_SETUP = 3 };

enum cdm_operation {
    CDM_HELLO,       // -> device id: it is behind its wall
    CDM_REGISTER,    // name -> message
    CDM_TRUST,       // public key
    CDM_CHALLENGE,   // title, kind, renews, count, key ids -> number, message
    CDM_LICENCE,     // number, message -> licence
    CDM_ADD_KEY,     // key id, key
    CDM_KEEP,        // licence id -> sealed
    CDM_RESTORE,     // sealed -> licence
    CDM_TRACK_OPEN,  // [bytes, records] -> number
    CDM_TRACK_CLOSE, // number
    CDM_FEED,        // track, part, size, sample count, samples
    CDM_OPERATION_COUNT
};

// A sample: offset, size, scheme, pattern, key id, IV, subsamples as senc has them. Bytes in a
// message, at most.
enum { CDM_SUBSAMPLES_BYTES_MAX = SUBSAMPLES_MAX * 6 };

#endif
