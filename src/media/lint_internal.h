// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the lint share: loading (lint_load.c) and rules (lint_media.c, lint_hls.c,
// lint_dash.c).
#ifndef MEDIA_LINT_INTERNAL_H
#define MEDIA_LINT_INTERNAL_H

#include "media/lint.h"
#include "media/manifest_reader.h"
#include "media/segment_scan.h"

enum {
    LINT_MANIFESTS_MAX = 16,
    LINT_MEDIA_MAX = 512,
};

// One run of media as some rendition names it; two manifests may share it.
struct lint_media {
    const char *name;                  // the file, or the first of them
    const struct rendition *rendition; // the first that named it
    struct media_init init;
    struct scanned_segment *segments;
    size_t count;
    bool is_whole; // all segments could be read
};

struct lint_manifest {
    const char *name; // of the file in the folder
    struct manifest *manifest;
    struct lint_media **media; // per rendition; NULL: none that can be scanned
};

struct lint {
    struct arena *arena;
    int folder;
    struct lint_manifest manifests[LINT_MANIFESTS_MAX];
    size_t manifest_count;
    struct lint_media *media[LINT_MEDIA_MAX];
    size_t media_count;
    struct lint_report report;
    bool is_out_of_memory;
};

__attribute__((format(printf, 4, 5))) void lint_find(struct lint *lint, enum lint_rule rule,
                                                     const char *where, const char *format, ...);

// Opens what an address of a manifest names, when it lies in the folder; else tells a finding.
// The caller closes *fd. `*name` is the arena's path inside the folder.
bool lint_open(struct lint *lint, const char *where, const char *url, int *fd, uint64_t *bytes,
               const char **name);

// Reads a file of the folder, or a range of it, into `out`; tells a finding when it cannot.
bool lint_read(struct lint *lint, const char *where, const struct resource *resource,
               struct buffer *out);

// Loads every manifest of the folder and scans the media they name.
must_check outcome lint_load(struct lint *lint, struct why *why);

// The rules.
void lint_check_media(struct lint *lint);
void lint_check_protection(struct lint *lint, const struct lint_media *media);
void lint_check_hls(struct lint *lint, const struct lint_manifest *manifest);
void lint_check_dash(struct lint *lint, const struct lint_manifest *manifest);
void lint_check_sidecars(struct lint *lint, const struct lint_manifest *manifest);
void lint_check_twins(struct lint *lint);

// The segments as media/bitrate.h takes them; NULL when not all could be read.
const struct segment_entry *lint_entries(struct lint *lint, const struct lint_media *media);

// "v-1080p.mp4 at 4.000 s": where a segment is, in the arena.
const char *lint_place(struct lint *lint, const struct lint_media *media, size_t segment);

// Seconds of a media's ticks, and its length in them.
double lint_seconds(const struct lint_media *media, uint64_t ticks);
uint64_t lint_media_ticks(const struct lint_media *media);
// What is presented: without priming that the edit list skips.
double lint_presented_seconds(const struct lint_media *media);

#endif
