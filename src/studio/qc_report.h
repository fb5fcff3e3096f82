// SPDX-License-Identifier: Apache-2.0
//
// What a check found: one line per rule that was looked at, one finding per place that breaks it.
//
//     fail  damage      track 0  00:00:12:07 .. 00:00:12:20   14 pictures cannot be decoded
//     warn  loudness    track 1                               -12.4 LUFS, at most -16 are asked for
//     pass  black
#ifndef STUDIO_QC_REPORT_H
#define STUDIO_QC_REPORT_H

#include "base/json.h"
#include "media/grid.h"
#include "studio/qc_rules.h"

enum {
    QC_FINDINGS_MAX = 500, // told one by one; beyond that only counted
    QC_WHERE_BYTES = 96,
};

struct qc_finding {
    enum qc_rule rule;
    enum qc_verdict verdict;
    char where[QC_WHERE_BYTES]; // "track 1 (audio)", a file's name, "" for the whole
    int64_t start_ms, end_ms;   // of the title; -1: no place in time
    int64_t value;              // thousandths of the rule's unit; QC_NONE: none
    struct why sentence;
};

struct qc_report {
    const struct qc_rules *rules;
    struct frame_rate rate;                  // for timecodes; {0, 0}: none
    enum qc_verdict verdicts[QC_RULE_COUNT]; // QC_OFF: not looked at, or switched off
    size_t counts[QC_RULE_COUNT];
    struct qc_finding findings[QC_FINDINGS_MAX];
    size_t finding_count; // in `findings`
};

// The rule was looked at: it passes until a finding says otherwise.
void qc_look(struct qc_report *report, enum qc_rule rule);

// A place that breaks the rule, with the rule's own verdict. Nothing when the rule is off.
__attribute__((format(printf, 3, 4))) void
qc_find(struct qc_report *report, const struct qc_finding *at, const char *format, ...);

// A value against the rule's limits: looks at the rule, and finds when it is out of them. `at` has
// rule, where and times. `what` begins the sentence: "the loudness of track 1".
void qc_judge(struct qc_report *report, const struct qc_finding *at, int64_t value,
              const char *what);

enum qc_verdict qc_overall(const struct qc_report *report); // the worst of all rules

// JSON with rules, thresholds, findings and timecodes. The caller owns `*out`.
must_check outcome qc_report_json(const struct qc_report *report, const char *master, json_t **out,
                                  struct why *why);

// Lines for people; with QC_ALL_RULES those that pass are listed, too.
enum qc_detail { QC_FINDINGS_ONLY, QC_ALL_RULES };
must_check outcome qc_report_text(const struct qc_report *report, const char *master,
                                  enum qc_detail detail, struct buffer *out, struct why *why);

#endif
