// SPDX-License-Identifier: Apache-2.0
//
// Whether decoding can begin at a sample, by its own bytes and not by what the container says of it
// (stream access points, ISO/IEC 14496-12 annex I).
//
//     AVC     first slice NAL is type 5 (IDR)
//     HEVC    first slice NAL is 19 or 20 (IDR); 21 (CRA) and 16..18 (BLA) may have leading
//     pictures
//             that cannot be decoded
//     AV1     a sequence header and a key frame
//     audio   every frame
#ifndef MEDIA_RANDOM_ACCESS_H
#define MEDIA_RANDOM_ACCESS_H

#include "media/stream.h"

enum access_kind {
    ACCESS_UNKNOWN, // a codec not read here, or too few bytes
    ACCESS_CLEAN,   // SAP type 1 or 2
    ACCESS_OPEN,    // SAP type 3: leading pictures may be lost
    ACCESS_NONE,
};

// `head` is the beginning of the sample's bytes, all of them or some KiB.
enum access_kind sample_access(const struct stream *stream, struct slice head);

#endif
