// SPDX-License-Identifier: Apache-2.0
//
// Fetches a title of a house into a folder that plays without it (player/bundle.h).
//
//     house: a place, a licence to keep  ->  playlists: what to fetch  ->  files, piece by piece
//       killed at any moment: the same call goes on with the first piece that is missing or damaged
//
// The licence comes first and is sealed to this device by primrose-cdm: no key is ever here. Call
// it while the process has one thread.
#ifndef PLAYER_BUNDLE_FETCH_H
#define PLAYER_BUNDLE_FETCH_H

#include "player/bundle.h"
#include "player/house_download.h"

enum { BUNDLE_HEIGHT_DEFAULT = 720 };

struct bundle_wish {
    struct house_member member;
    const char *title;                     // its id
    const char *folder;                    // of the bundle; made where missing
    const char *device_path, *cdm_program; // see player/cdm.h
    uint32_t height_max; // the tallest rendition not over it, else the lowest; 0: as before, or 720
    const char *languages; // "en,es": of the sound; NULL: as before, or the title's main
};

struct bundle_progress {
    uint64_t bytes, done_bytes; // of all files, and there so far
    uint64_t fetched_bytes;     // in this call
    uint64_t mended;            // pieces that were there and damaged
    const char *file;           // under way; borrowed
};

struct bundle_watch {
    void (*moved)(void *context, const struct bundle_progress *progress);
    void *context;
};

// OK: the bundle is whole. NOT_FOUND and DENIED when the house has ended the download: its licence
// is gone then, and the next call asks for a new one. CONFLICT when another process works on the
// folder, or it holds another title. UNSUPPORTED for titles that are not one file a rendition.
must_check outcome bundle_fetch(const struct bundle_wish *wish, const struct bundle_watch *watch,
                                struct bundle *out, struct bundle_progress *out_progress,
                                struct why *why);

#endif
