// SPDX-License-Identifier: Apache-2.0
//
// What a studio hands in: a master file, or a folder with a master, sidecars and a title.json, or
// an IMF package.
//
//     film-1/  or  film-1/master.mov       -> intake: paths, title.json read, id and title decided
//     its files                            -> masters/<sha256>, each once, whatever its name
//     title.json and the master's tracks   -> the audio and text tracks of a plan
#ifndef STUDIO_INTAKE_H
#define STUDIO_INTAKE_H

#include "catalog/title_file.h"
#include "studio/digest.h"
#include "studio/plan.h"
#include "studio/transcoder.h"

#include <limits.h>

enum {
    INTAKE_POSTER_BYTES_MAX = 20 << 20,
    INTAKE_KEY_BYTES = 80, // "masters/" and 64 digits
};

struct intake {
    char folder[PATH_MAX]; // that names in title.json count from
    char master[PATH_MAX];
    char id[65];            // of the title
    struct title_file file; // memory of the arena; zero with texts "" without a title.json
    bool has_file;
    bool is_imf; // the folder is an IMF package: `master` is its composition's picture
};

// Looks at `path` and reads its title.json, if there is one that speaks of this master. `id`,
// unless NULL, is what the title shall be called. NOT_FOUND, INVALID with the mistake.
must_check outcome intake_open(const char *path, const char *id, struct arena *arena,
                               struct intake *out, struct why *why);

// Puts the file at `path` among the masters, unless it is there: `out_key` has room for
// INTAKE_KEY_BYTES. The watch hears bytes of hashing.
must_check outcome intake_keep(struct blob_store *blobs, const char *path,
                               const struct digest_watch *watch, char *out_key, struct why *why);

// Where a sidecar that title.json names lies. `out` has room for PATH_MAX.
must_check outcome intake_path(const struct intake *intake, const char *file, char *out,
                               struct why *why);

// Keeps the sidecars and chooses the tracks: those that title.json lists, or all that the master
// has and we can decode. Captions are read once here, so that a broken file is refused before an
// hour of encoding, and files of sound are looked through, for their channels. `audio` and `text`
// have room for PLAN_TRACKS_MAX; `poster` for INTAKE_KEY_BYTES.
must_check outcome intake_tracks(struct blob_store *blobs, struct transcoder *transcoder,
                                 const struct intake *intake, const struct master_facts *facts,
                                 const char *master_key, struct plan_inputs *out,
                                 struct plan_track *audio, struct plan_track *text, char *poster,
                                 struct why *why);

#endif
