// SPDX-License-Identifier: Apache-2.0
//
// Packages streams that are already encoded into a folder that HLS and DASH players play.
//
//     film-1080.mp4 ---- video --+                        +-- v-1080p.mp4
//     film-480.mp4 ----- video --+-- cuts -- one pass ----+-- v-480p.mp4
//            \---------- audio --+                        +-- a-en.mp4
//     film.de.srt ------- text -------- WebVTT -----------+-- t-de.vtt
//                                                         +-- main.m3u8 manifest.mpd *.m3u8
//
// The folder appears whole or not at all: everything is written beside it and renamed at the end.
#ifndef MEDIA_PACKAGER_H
#define MEDIA_PACKAGER_H

#include "media/presentation.h"
#include "media/protector.h"

#include "base/arena.h"

enum {
    PACKAGE_WARNINGS_MAX = 32,
    PACKAGE_ARENA_BYTES = 256 * 1024 * 1024, // segment lists of 128 tracks of 20 hours
};

struct package_input {
    enum track_kind kind; // TRACK_VIDEO, TRACK_AUDIO or TRACK_TEXT
    const char *path;
    uint32_t number;      // which track of the file, from 1; 0: the first video, every audio track
    const char *language; // BCP 47; NULL: what the file says
    enum track_role role;
};

struct package_job {
    const struct package_input *inputs;
    size_t input_count;
    uint32_t segment_ms;
    const char *folder;                        // made; it must not exist, or be empty
    const struct protection_order *protection; // NULL: clear
};

struct package_report {
    struct presentation presentation;
    const char *warnings[PACKAGE_WARNINGS_MAX]; // sentences
    size_t warning_count;
    uint64_t media_bytes; // of all track files
};

// All that the report points at is the arena's. INVALID, UNSUPPORTED and others with a sentence
// that names the input; CONFLICT when the folder is there and not empty.
must_check outcome package_run(struct arena *arena, const struct package_job *job,
                               struct package_report *out, struct why *why);

#endif
