// SPDX-License-Identifier: Apache-2.0
//
// All manifests of a presentation, one after another: what is written beside the track files.
//
//     0                1                2 ..                        .. count - 1
//     main.m3u8        manifest.mpd     v-1080p.m3u8  v-1080p-iframe.m3u8  a-en.m3u8  t-en.m3u8
#ifndef MEDIA_MANIFEST_SET_H
#define MEDIA_MANIFEST_SET_H

#include "media/hls.h"

size_t manifest_count(const struct presentation *presentation);

// Appends manifest `index` (below the count) to `out` and puts its file name into `name`, which has
// room for HLS_NAME_BYTES. Outcomes as hls_media().
must_check outcome manifest_make(const struct presentation *presentation, size_t index, char *name,
                                 struct buffer *out, struct why *why);

#endif
