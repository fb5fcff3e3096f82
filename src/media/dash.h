// SPDX-License-Identifier: Apache-2.0
//
// The DASH media presentation description of a packaged title (ISO/IEC 23009-1, on-demand profile),
// over the same files as the HLS playlists.
//
//     MPD static
//       Period
//         AdaptationSet video    one per codec family and range: v-1080p, v-480p, ...
//         AdaptationSet audio    one per choice, codec and channels; Role, Accessibility
//         AdaptationSet text     one per file, text/vtt beside the media
//         AdaptationSet image    thumbnail sheets, DASH-IF IOP 4.3 clause 6.2.6
//           Representation       BaseURL v-1080p.mp4, SegmentBase: the file's sidx has the rest
//
// Codec strings, bandwidths and languages are the ones HLS gives: both are written from one
// presentation.
#ifndef MEDIA_DASH_H
#define MEDIA_DASH_H

#include "media/presentation.h"

#include "base/buffer.h"

#define DASH_MANIFEST_FILE "manifest.mpd"

// Appends the MPD to `out`, which is unchanged on failure. INVALID where presentation_check()
// refuses the presentation, TOO_LARGE or NO_MEMORY from the buffer or libxml2.
must_check outcome dash_manifest(const struct presentation *presentation, struct buffer *out,
                                 struct why *why);

#endif
