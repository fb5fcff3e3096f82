// SPDX-License-Identifier: Apache-2.0
//
// The ladder of one title: surveyed (studio/survey.h), chosen (studio/hull.h), and told about.
//
//     surveys/<digest>.json                  what the probes found; made once per master and ladder
//     reports/film-1/3f9c...-ladder.json     probes, the fixed ladder and the chosen one
//     reports/film-1/3f9c...-ladder.txt      the same for people, without the probes
#ifndef STUDIO_TUNE_H
#define STUDIO_TUNE_H

#include "studio/hull.h"
#include "studio/plan.h"
#include "studio/transcoder.h"

struct tune_order {
    const char *program; // the transcoder; NULL: beside the running one
    const char *master;  // blob
    const char *build;   // what tells this build of the encoders from any other
    const struct master_facts *facts;
    const struct ladder *ladder; // as found
    const struct transcode_watch *watch;
};

struct tuning {
    struct ladder fixed, ladder; // fitted; and what became of it
    struct survey survey;
    struct hull_choice choices[LADDER_RUNGS_MAX];
};

// Takes the survey that stands, or makes one and keeps it.
must_check outcome tune_ladder(struct blob_store *blobs, const struct tune_order *order,
                               struct tuning *out, struct why *why);

must_check outcome tune_report(struct blob_store *blobs, const struct plan *plan,
                               const struct tuning *tuning, struct why *why);

#endif
