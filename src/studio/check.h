// SPDX-License-Identifier: Apache-2.0
//
// The check of a master before anything is made of it: what it is, that it is whole, that it keeps
// the house's rules.
//
//     master ----> probe ----> measure (one decoding pass, behind the wall) ----> judge --+
//     title.json, sidecars --------------------------------------> read, judge --+--> report
//     checksum manifest --> hash the files ----------------------> compare -----+
//
// The master's bytes are only decoded in `primrose-transcode`.
#ifndef STUDIO_CHECK_H
#define STUDIO_CHECK_H

#include "studio/intake.h"
#include "studio/qc_report.h"
#include "studio/transcoder.h"

struct check_options {
    const char *path;                    // master, or folder with title.json
    const struct qc_rules *rules;        // borrowed, also by the report
    const char *transcoder;              // NULL: beside the running program
    uint32_t threads;                    // of the decoder; 0 is 1
    const struct transcode_watch *watch; // NULL: nobody listens
};

// OK when the check could be made, whatever it found. `out` is large: keep it off the stack.
// NOT_FOUND when there is no master; else the transcoder's outcomes.
must_check outcome check_master(const struct check_options *options, struct qc_report *out,
                                struct why *why);

// The same for a master that is probed already and kept elsewhere: judges facts, measurement,
// title.json and checksums. `out` starts with its rules set and all else zero.
must_check outcome check_accepted(struct transcoder *transcoder, int master_fd,
                                  const struct master_facts *facts, const struct intake *intake,
                                  const struct transcode_watch *watch, struct qc_report *out,
                                  struct why *why);

// --- its parts, each adds to the report ------------------------------------------------------

// Measures an accepted master. UNAVAILABLE, TIMED_OUT from the transcoder.
must_check outcome check_measure(struct transcoder *transcoder, int master_fd,
                                 const struct master_facts *facts, const struct qc_rules *rules,
                                 const struct transcode_watch *watch, struct measurement *out,
                                 struct why *why);
// The same for a file of sound beside the master.
must_check outcome check_measure_sidecar(struct transcoder *transcoder, int sidecar_fd,
                                         const struct master_facts *facts,
                                         const struct qc_rules *rules, struct measurement *out,
                                         struct why *why);
void check_facts(const struct master_facts *facts, struct qc_report *report);
// The master's own audio descriptions, where title.json lists no sound.
void check_described(const struct master_facts *facts, struct qc_report *report);
void check_measured(const struct master_facts *facts, const struct measurement *measurement,
                    struct qc_report *report);
// `where` names the sidecar.
void check_measured_sidecar(const char *where, const struct measurement *measurement,
                            struct qc_report *report);
// title.json's words, and the caption files against the picture's `duration_ms` (-1: not known).
must_check outcome check_title(const struct intake *intake, int64_t duration_ms,
                               struct qc_report *report, struct why *why);
// title.json's licence windows, at `now_ms` of the wall clock.
void check_avails(const struct title_file *file, int64_t now_ms, struct qc_report *report);
// SHA256SUMS or <master>.sha256 beside the master, when there is one (as sha256sum writes them).
must_check outcome check_sums(const struct intake *intake, struct qc_report *report,
                              struct why *why);

#endif
