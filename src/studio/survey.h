// SPDX-License-Identifier: Apache-2.0
//
// Probes a title for studio/hull.h: looks for shots that stand for it, and encodes each at every
// rung's size and some quantisers.
//
//     segments    0 . . 7 . . 15 . . 23 . . 31 . .      a dozen over the title, each encoded small
//     complexity      1.2     0.3      4.0     0.9      and quick
//     shots                   easy     hardest  median  three of them: the lowest sixth, the middle
//                                                       and the hardest
//
// The same master, ladder and build of the encoder give the same survey, whatever the machine.
#ifndef STUDIO_SURVEY_H
#define STUDIO_SURVEY_H

#include "media/grid.h"
#include "studio/hull.h"
#include "studio/transcoder.h"

enum { SURVEY_LOOKS_MAX = 12 }; // segments that are looked at for their complexity

// `ladder` is fitted. The watch counts probes.
must_check outcome survey_make(struct transcoder *transcoder, int master_fd,
                               const struct master_facts *facts, const struct grid *grid,
                               const struct ladder *ladder, const struct transcode_watch *watch,
                               struct survey *out, struct why *why);

#endif
