// SPDX-License-Identifier: Apache-2.0
//
// A download as it lies on a disk: one folder that plays without the house.
//
//     the-lamplighter/
//       bundle.json                  which title, whose, its rules, its files     written
//       atomically licence                      sealed to this device by primrose-cdm; absent for a
//       clear title main.m3u8                    the house's playlist, cut down to what is here
//       v-720p.m3u8  v-720p.mp4      the chosen rendition
//       a-en.m3u8    a-en.mp4        sound, of each language that was asked for
//       t-de.m3u8    t-de.vtt        captions
//       poster.jpg
//       *.sha256                     digests of pieces: player/bundle_file.h
//
// Everything but the licence is what the house serves, encrypted as it is there: copying the folder
// gives nothing that plays on another device.
#ifndef PLAYER_BUNDLE_H
#define PLAYER_BUNDLE_H

#include "base/buffer.h"
#include "player/bundle_file.h"

enum {
    BUNDLE_FILES_MAX = 256, // one rendition, and sound and text in some forty languages
    BUNDLE_TEXT_BYTES = 512,
};

#define BUNDLE_MANIFEST "main.m3u8"
#define BUNDLE_LICENCE  "licence"

struct bundle {
    char house[BUNDLE_TEXT_BYTES]; // "http://127.0.0.1:8080"
    char download_id[65], title_id[65], idempotency_key[65];
    char title[BUNDLE_TEXT_BYTES], version[129];
    int64_t start_by_ms, ends_ms; // as the house said; the licence holds them
    int64_t started_ms;           // first play; 0: not yet
    int64_t told_ms;              // when the house was told of it; 0: not yet
    uint32_t height_max;          // of the rendition that was asked for
    char languages[256];          // of its sound, "en,es"; "": the title's main
    bool is_protected, is_complete;
    char over[BUNDLE_TEXT_BYTES]; // why the house ended it, as it said; ""
    struct bundle_file files[BUNDLE_FILES_MAX];
    size_t file_count;
};

bool bundle_is_there(const char *folder); // has it a bundle.json?

// NOT_FOUND; CORRUPT when it is none of ours.
must_check outcome bundle_load(const char *folder, struct bundle *out, struct why *why);
must_check outcome bundle_save(const char *folder, const struct bundle *bundle, struct why *why);

// One writer at a time: the descriptor holds the lock until it is closed. CONFLICT.
must_check outcome bundle_lock(const char *folder, int *out, struct why *why);

// NULL when the bundle has no such file.
const struct bundle_file *bundle_find(const struct bundle *bundle, const char *name);
// Adds it, or sets the size of the one that is there. TOO_LARGE.
must_check outcome bundle_add(struct bundle *bundle, const struct bundle_file *file,
                              struct why *why);

// Reads a range of one of its files by the file's name, checked: what a play fetches instead of
// HTTP. `len` 0: all of it.
must_check outcome bundle_read(const char *folder, const struct bundle *bundle, const char *name,
                               uint64_t offset, uint64_t len, struct buffer *out, struct why *why);

// The sealed licence. NOT_FOUND without one.
must_check outcome bundle_licence(const char *folder, struct buffer *out, struct why *why);

// Writes which of a multivariant playlist's lines speak of playlists that `bundle` has: the first
// variant, and renditions. INVALID when none is left.
must_check outcome bundle_manifest(const struct bundle *bundle, struct slice multivariant,
                                   struct buffer *out, struct why *why);

#endif
