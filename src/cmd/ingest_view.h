// SPDX-License-Identifier: Apache-2.0
//
// An ingest as it goes, on a terminal or in a log.
//
//     read       1.21 GB                                        1.8 s
//     probe      1080 frames of 1920x1080 at 24 fps             0.9 s
//     encode     38 of 55 jobs                                 14.2 s   about 9 s left
//       v-1080p  ########>>......       # done   > running   . waiting   x failed
//       v-720p   ########>>......
//       a-en     #
//
// On a terminal these lines are drawn over and over in place; elsewhere each stage is one line, and
// encoding one line for each tenth.
#ifndef CMD_INGEST_VIEW_H
#define CMD_INGEST_VIEW_H

#include "studio/ingest.h"

#include <stdio.h>

struct ingest_view {
    FILE *out;
    bool is_terminal;
    bool is_utf8;
    size_t columns;          // of the terminal
    size_t lines;            // drawn last, to be drawn over
    int64_t drawn_us;        // monotonic
    size_t tenths;           // of the encode told in a log
    enum ingest_stage stage; // drawn last
};

// `out` is borrowed; whether it is a terminal is looked up.
struct ingest_view ingest_view_init(FILE *out);

// For ingest_options.progressed; the context is a struct ingest_view.
outcome ingest_view_hear(void *view, const struct ingest_progress *progress, struct why *why);

#endif
