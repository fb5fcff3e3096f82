// SPDX-License-Identifier: Apache-2.0
//
// Where the tiles of an AV1 sample lie (AV1 codec ISO media file format binding, clause 4.3:
// OBU headers, frame headers and tile sizes stay clear, tile data is protected).
//
//     sample  | OBU header, size | frame header | tile group header | size | tile | tile |
//             |<------------------------ clear ------------------------>|<-P->|<-P->|
#ifndef DRM_AV1_TILES_H
#define DRM_AV1_TILES_H

#include "drm/av1_headers.h"
#include "drm/subsample.h"

// Takes the OBUs of an av1C body.
must_check outcome av1_config_load(struct av1_decoder *decoder, struct slice av1c, struct why *why);

// Adds the clear and protected bytes of one sample (a temporal unit) to `map`. INVALID when an OBU
// or a tile is cut off.
must_check outcome av1_sample_map(struct av1_decoder *decoder, struct slice sample,
                                  struct subsample_map *map, struct why *why);

#endif
