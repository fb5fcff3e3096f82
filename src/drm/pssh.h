// SPDX-License-Identifier: Apache-2.0
//
// How players learn which licence to ask for: protection system headers (ISO/IEC 23001-7 clause
// 8.1) and the systems' own data in them.
//
//     pssh   | size | 'pssh' | version, flags | system id | [n | key ids] | size | data |
//
//     system      version   data
//     common      1         none: the key ids of the box are all (W3C "cenc" init data); ClearKey
//     Widevine    0         WidevinePsshData: key ids (field 2), scheme (field 9)
//     PlayReady   0         PlayReady Object: one record with a WRMHEADER 4.3 as UTF-16LE XML
//     FairPlay    -         none in media: playlists carry skd://<key id>
#ifndef DRM_PSSH_H
#define DRM_PSSH_H

#include "drm/content_key.h"
#include "drm/subsample.h"

#include "base/buffer.h"

enum drm_system { DRM_CLEARKEY, DRM_WIDEVINE, DRM_PLAYREADY, DRM_FAIRPLAY, DRM_SYSTEM_COUNT };

// Bit 1 << system of each.
typedef uint8_t drm_systems;

const char *drm_system_word(enum drm_system system); // "clearkey", "widevine", ...
// INVALID with the list of words.
must_check outcome drm_system_parse(const char *word, enum drm_system *out, struct why *why);

// The system's UUID as manifests write it, lower case: that of ClearKey is the DASH-IF's.
const char *drm_system_uuid(enum drm_system system);

enum { PSSH_KEYS_MAX = 64, PLAYREADY_BYTES_MAX = 15 * 1024 };

// What a header is made for.
struct pssh_content {
    enum cenc_scheme scheme;
    const struct key_id *key_ids;
    size_t key_count;        // 1 .. PSSH_KEYS_MAX
    const char *license_url; // NULL: the player knows; PlayReady's LA_URL
};

// Appends the whole box. FairPlay has none: UNSUPPORTED.
must_check outcome pssh_put(enum drm_system system, const struct pssh_content *content,
                            struct buffer *out, struct why *why);

// Appends the PlayReady Object, which is also the text of mspr:pro in DASH and of EXT-X-KEY.
// TOO_LARGE over PLAYREADY_BYTES_MAX.
must_check outcome playready_object_put(const struct pssh_content *content, struct buffer *out,
                                        struct why *why);

// "skd://<key id>": what a FairPlay player hands to its application.
enum { SKD_BYTES = 6 + KEY_ID_TEXT_BYTES };
void fairplay_uri(const struct key_id *id, char out[SKD_BYTES]);

// RFC 4648 section 4, padded.
must_check outcome base64_put(struct slice bytes, struct buffer *out, struct why *why);

#endif
