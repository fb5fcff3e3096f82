// SPDX-License-Identifier: Apache-2.0
//
// Interoperable Master Format packages (SMPTE ST 2067): which files there are, whether they are
// whole, and what plays when.
//
//     ASSETMAP.xml (ST 429-9)     id -> path
//     PKL_*.xml    (ST 2067-2)    id -> size, SHA-1
//     CPL_*.xml    (ST 2067-3)    a composition:
//
//       image   |-- reel1.mxf [0, 4) --|-- reel2.mxf [0, 4) --|     resources, one after another,
//       audio   |-- sound.mxf [0, 16016) -----------|               in units of their edit rate
//
// This reads the lists; the essence is MXF, and libavformat's.
#ifndef MEDIA_IMF_H
#define MEDIA_IMF_H

#include "base/arena.h"
#include "media/grid.h"

enum {
    IMF_ASSETS_MAX = 4000,    // supplemental packages of a series have hundreds
    IMF_TRACKS_MAX = 64,      // virtual tracks of a composition
    IMF_RESOURCES_MAX = 4000, // of one track
    IMF_ID_BYTES = 37,        // a UUID in its 36 characters, small letters
    IMF_HASH_BYTES = 20,      // SHA-1
};

#define IMF_ASSETMAP "ASSETMAP.xml"

struct imf_asset {
    char id[IMF_ID_BYTES];
    const char *path; // in the package's folder; "" when the asset map does not have it
    bool is_packing_list;
    bool is_listed; // a packing list gives its size and hash
    uint64_t size;
    uint8_t hash[IMF_HASH_BYTES];
};

struct imf_package {
    struct imf_asset *assets;
    size_t asset_count;
};

enum imf_kind { IMF_IMAGE, IMF_AUDIO, IMF_TEXT, IMF_OTHER };

struct imf_resource {
    char asset[IMF_ID_BYTES];
    struct frame_rate edit_rate;
    uint64_t intrinsic, entry, duration; // in edit units
    uint32_t repeat;                     // times it plays, at least 1
};

struct imf_track {
    enum imf_kind kind;
    char id[IMF_ID_BYTES];
    struct imf_resource *resources;
    size_t resource_count;
};

struct imf_composition {
    char id[IMF_ID_BYTES];
    const char *title, *kind; // "feature"; "" when it is not said
    struct frame_rate edit_rate;
    struct imf_track tracks[IMF_TRACKS_MAX];
    size_t track_count;
};

const char *imf_kind_word(enum imf_kind kind);

// The three documents. Memory is the arena's; INVALID with the clause for what breaks a rule,
// TOO_LARGE over the caps, UNSUPPORTED for an asset in several chunks. imf_packing_list() adds what
// it knows to assets of the map, and assets that the map lacks.
must_check outcome imf_asset_map(struct arena *arena, struct slice text, struct imf_package *out,
                                 struct why *why);
must_check outcome imf_packing_list(struct arena *arena, struct slice text,
                                    struct imf_package *package, struct why *why);
must_check outcome imf_composition(struct arena *arena, struct slice text,
                                   struct imf_composition *out, struct why *why);

const struct imf_asset *imf_find(const struct imf_package *package, const char *id);

// True when a resource is all of its file, once.
bool imf_is_whole(const struct imf_track *track);

#endif
