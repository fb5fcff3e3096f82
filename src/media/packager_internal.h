// SPDX-License-Identifier: Apache-2.0
//
// What the parts of the packager share: choosing and naming tracks (packager_tracks.c), writing
// them (packager.c).
#ifndef MEDIA_PACKAGER_INTERNAL_H
#define MEDIA_PACKAGER_INTERNAL_H

#include "media/cmaf.h"
#include "media/packager.h"

// One track of the package and what it is made from.
struct package_lane {
    const struct package_input *input;
    struct sample_source *source; // NULL for text
    struct track *track;          // in the presentation
    struct cmaf_writer *writer;
    int fd; // of the track file; -1: none
    size_t segments_done;
};

struct package {
    struct arena *arena;
    const struct package_job *job;
    struct package_report *report;
    struct package_lane lanes[TRACKS_MAX];
    size_t lane_count;
    const char *folder; // where it is written before it is renamed
};

// Opens the sources that the inputs ask for, one lane each, videos first, and names their tracks.
must_check outcome package_choose(struct package *package, struct why *why);

// A sentence for the report; beyond PACKAGE_WARNINGS_MAX they are dropped.
__attribute__((format(printf, 2, 3))) void package_warn(struct package *package, const char *format,
                                                        ...);

#endif
