// SPDX-License-Identifier: Apache-2.0
//
// EXT-X-KEY and EXT-X-SESSION-KEY of encrypted tracks (RFC 8216 sections 4.3.2.4 and 4.3.4.5), one
// per system, from a presentation's values alone.
//
//     system      METHOD            KEYFORMAT                         URI
//     ClearKey    SAMPLE-AES[-CTR]  org.w3.clearkey                 data: the key id, 16 bytes
//     Widevine    SAMPLE-AES[-CTR]  urn:uuid:edef8ba9-...             data: pssh
//     PlayReady   SAMPLE-AES[-CTR]  com.microsoft.playready           data: PlayReady Object
//     FairPlay    SAMPLE-AES        com.apple.streamingkeydelivery    skd://<key id>
#ifndef MEDIA_PROTECTION_HLS_H
#define MEDIA_PROTECTION_HLS_H

#include "media/presentation.h"

// Puts the keys of a track before its first encrypted segment, and METHOD=NONE before a clear lead.
// `segment` is the one that comes next. Nothing for a clear track.
must_check outcome hls_keys_put(const struct presentation *presentation, const struct track *track,
                                size_t segment, struct buffer *out, struct why *why);

// Puts one EXT-X-SESSION-KEY per system and key that tracks use.
must_check outcome hls_session_keys_put(const struct presentation *presentation, struct buffer *out,
                                        struct why *why);

#endif
