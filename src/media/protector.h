// SPDX-License-Identifier: Apache-2.0
//
// Encrypts one track on its way into its file, a segment at a time: the only place where media
// meets content keys.
//
//     samples of a segment, in memory --> headers read --> subsample maps --> encrypted in place
//                                                               `--> senc, saiz of its moof
//
// Holds the scheduled key, the parameter sets seen so far and one segment's maps; memory does not
// grow with the track.
#ifndef MEDIA_PROTECTOR_H
#define MEDIA_PROTECTOR_H

#include "drm/pssh.h"
#include "media/protection_boxes.h"
#include "media/sample.h"
#include "media/stream.h"

// What a title is encrypted with. Borrowed wherever it is given.
struct protection_order {
    enum cenc_scheme scheme;
    const struct key_set *keys; // the class of each track finds its key
    uint32_t clear_lead_ms;     // segments that start before stay clear
    drm_systems systems;        // signalled in media and manifests
    const char *license_url;    // NULL: players know where
};

struct protector;

// NOT_FOUND when no key is for the track's class; INVALID when the decoder configuration cannot be
// read.
must_check outcome protector_open(const struct stream *stream, const struct protection_order *order,
                                  struct protector **out, struct why *why);
void protector_close(struct protector **protector); // wipes; tolerates NULL

const struct track_encryption *protector_encryption(const struct protector *protector);
uint32_t protector_clear_lead_ms(const struct protector *protector);

// Appends the pssh boxes of the systems, for `moov`.
must_check outcome protector_headers(const struct protector *protector, struct buffer *out,
                                     struct why *why);

enum protection_act { PROTECT, LEAVE_CLEAR };

// Encrypts the samples' bytes, which lie one after another at `media`, or only reads their headers
// (LEAVE_CLEAR). `out` is borrowed until the next call. Failures name the sample's number in the
// segment.
must_check outcome protector_segment(struct protector *protector, enum protection_act act,
                                     const struct sample *samples, size_t count, uint8_t *media,
                                     struct fragment_protection *out, struct why *why);

#endif
