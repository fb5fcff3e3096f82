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
#include "studio/sequence.h"
#include "studio/transcoder.h"

#include <limits.h>

enum {
    INTAKE_POSTER_BYTES_MAX = 20 << 20,
    INTAKE_KEY_BYTES = 80, // "masters/" and 64 digits
};

// Parts of files end to end.
struct intake_splice {
    const char *files[TRANSCODE_INPUTS_MAX]; // in the folder
    size_t file_count;
    struct join_part *parts;
    size_t part_count;
};

struct intake {
    char folder[PATH_MAX]; // that names in title.json count from
    char master[PATH_MAX];
    char id[65];            // of the title
    struct title_file file; // memory of the arena; zero with texts "" without a title.json
    bool has_file;
    bool is_imf; // the folder is an IMF package: `master` is its composition's picture
    const struct picture_sequence *sequence;  // the master is numbered pictures; NULL: it is not
    const struct intake_splice *picture;      // or is put together; NULL: it is a file
    const struct intake_splice *const *sound; // by audio track of `file`; NULL: none is
};

// Looks at `path` and reads its title.json, if there is one that speaks of this master. `id`,
// unless NULL, is what the title shall be called. NOT_FOUND, INVALID with the mistake.
must_check outcome intake_open(const char *path, const char *id, struct arena *arena,
                               struct intake *out, struct why *why);

// The master as one file to read: itself, or what its pictures or parts make, in a file without a
// name (in TMPDIR) that goes when it is closed. INVALID where pictures are missing, and the
// outcomes of joining. `transcoder` and `watch` (which hears bytes) may be NULL for a master that
// is a file.
must_check outcome intake_master_open(const struct intake *intake, struct transcoder *transcoder,
                                      const struct digest_watch *watch, int *out_fd,
                                      struct why *why);

// The same for the sound of an audio entry that is no stream of the master.
must_check outcome intake_sound_open(const struct intake *intake, size_t index,
                                     struct transcoder *transcoder, int *out_fd, struct why *why);
const char *intake_sound_name(const struct intake *intake, size_t index); // its first file

// INVALID with the place in title.json where channels make no layout.
must_check outcome intake_channels_check(const struct title_file *file, struct why *why);

// Puts what title.json says of the colour over what the master says. INVALID for words that are
// none.
must_check outcome intake_colour(const struct intake *intake, struct master_facts *facts,
                                 struct why *why);

// Puts the file at `path` among the masters, unless it is there: `out_key` has room for
// INTAKE_KEY_BYTES. The watch hears bytes of hashing.
must_check outcome intake_keep(struct blob_store *blobs, const char *path,
                               const struct digest_watch *watch, char *out_key, struct why *why);

// The same for one that is open; `what` names it in sentences.
must_check outcome intake_keep_open(struct blob_store *blobs, int fd, const char *what,
                                    const struct digest_watch *watch, char *out_key,
                                    struct why *why);

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
