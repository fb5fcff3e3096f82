// SPDX-License-Identifier: Apache-2.0
//
// Puts a title together when all its jobs are done: chunks become one CMAF file per track, and
// manifests are written over them.
//
//     work/film-1/3f9c/v-1080p/000000.mp4 --+
//     work/film-1/3f9c/v-1080p/000001.mp4 --+--> titles/film-1/3f9c/v-1080p.mp4    [moov|sidx|...]
//     work/film-1/3f9c/a-en/000000.mp4 --------> titles/film-1/3f9c/a-en.mp4
//     work/film-1/3f9c/t-en/000000.vtt --------> titles/film-1/3f9c/t-en.vtt
//     work/film-1/3f9c/storyboard/000000.jpg --> titles/film-1/3f9c/storyboard-0.jpg
//                                                titles/film-1/3f9c/main.m3u8, v-1080p.m3u8, ...
//                                                titles/film-1/3f9c/manifest.mpd
//
// Everything is put under the version's own prefix, where nobody looks before the title's record
// names it; doing it again puts the same bytes.
#ifndef STUDIO_ASSEMBLE_H
#define STUDIO_ASSEMBLE_H

#include "media/protector.h"
#include "studio/plan.h"

enum { ASSEMBLE_ARENA_BYTES = 256 << 20 }; // 128 tracks of 55 hours: 32 bytes a segment

// "titles/film-1/3f9c/<file>" into `out` of PLAN_KEY_BYTES; `file` "" for the prefix.
void version_key(const struct plan *plan, const char *file, char *out);

#define POSTER_FILE "poster.jpg"

// Told after each of `total` files; anything but OK stops. May be NULL.
struct assemble_watch {
    outcome (*progressed)(void *context, size_t done, size_t total, struct why *why);
    void *context;
};

// Puts all files of the version, video and audio encrypted as `protection` says (NULL: clear): what
// the store gets of them is encrypted. `*out` and its tracks are memory of `arena`.
must_check outcome assemble_title(struct blob_store *blobs, const struct plan *plan,
                                  const struct protection_order *protection, struct arena *arena,
                                  const struct assemble_watch *watch, struct presentation *out,
                                  struct why *why);

#endif
