// SPDX-License-Identifier: Apache-2.0
//
// The key server that packagers of others ask (Widevine Common Encryption API, JSON): which tracks
// of which content they encrypt, answered with keys and pssh data. Shaka Packager, for one, speaks
// it (--enable_widevine_encryption --key_server_url).
//
//     request    {"content_id":"<base64 of a title's
//     id>","tracks":[{"type":"SD"},{"type":"AUDIO"}],
//                 "drm_types":["WIDEVINE"],"protection_scheme":"CBCS"}
//     response   {"status":"OK","tracks":[{"type":"SD","key_id":"..","key":"..","pssh":[..]}, ...]}
//
// Both travel in envelopes of drm/widevine.h. UHD1 and UHD2 have the one key of class UHD. Keys are
// the title's own, so that what others package plays with our licences.
#ifndef LICENSE_KEY_SERVER_H
#define LICENSE_KEY_SERVER_H

#include "base/buffer.h"
#include "drm/pssh.h"

enum { KEY_SERVER_TRACKS_MAX = 8, KEY_SERVER_ANSWER_BYTES_MAX = 16 * 1024 };

enum key_server_track { TRACK_SD, TRACK_HD, TRACK_UHD1, TRACK_UHD2, TRACK_OF_AUDIO };

struct key_server_request {
    char title[65];
    enum cenc_scheme scheme;
    enum key_server_track tracks[KEY_SERVER_TRACKS_MAX];
    size_t count;     // 1 .. KEY_SERVER_TRACKS_MAX
    uint32_t classes; // bits 1 << enum key_class of the tracks
};

// From the message of an envelope. INVALID; UNSUPPORTED for key rotation and unknown tracks.
must_check outcome key_server_parse(struct slice message, struct key_server_request *out,
                                    struct why *why);

enum key_class key_server_class(enum key_server_track track);

// Appends the whole answer, envelope included: `keys` has one for each class that was asked for.
// `out` holds secrets from then on.
must_check outcome key_server_format(const struct key_server_request *request,
                                     const struct key_set *keys, struct buffer *out,
                                     struct why *why);

#endif
