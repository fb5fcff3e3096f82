// SPDX-License-Identifier: Apache-2.0
//
// The rules that masters are checked by, and a house's own limits for them.
//
//     [loudness]              the rule
//     verdict = fail          off, warn or fail, when a master breaks it
//     min = -23.5             limits in the rule's unit; "none" for no limit
//     max = -22.5
//
// A rule set file names only what differs from the table below. Ready ones lie in share/qc.
#ifndef STUDIO_QC_RULES_H
#define STUDIO_QC_RULES_H

#include "base/slice.h"

#define QC_NONE INT64_MIN // no limit

enum qc_verdict { QC_OFF, QC_PASS, QC_WARN, QC_FAIL, QC_VERDICT_COUNT };

// name, id, verdict, min, max (thousandths of the unit), unit, what the rule asks for
#define QC_RULES(X)                                                                                \
    X(QC_READABLE, "readable", QC_FAIL, QC_NONE, QC_NONE, "", "the master can be ingested")        \
    X(QC_CHECKSUM, "checksum", QC_FAIL, QC_NONE, QC_NONE, "",                                      \
      "files have the checksums of the manifest beside them")                                      \
    X(QC_DAMAGE, "damage", QC_FAIL, QC_NONE, 0, "spans", "everything can be decoded")              \
    X(QC_COMPLETE, "complete", QC_FAIL, QC_NONE, QC_NONE, "",                                      \
      "a transport stream does not end inside a packet")                                           \
    X(QC_CONTINUITY, "continuity", QC_FAIL, QC_NONE, 0, "packets",                                 \
      "a transport stream has lost no packets")                                                    \
    X(QC_GAP, "gap", QC_FAIL, QC_NONE, 0, "gaps", "timestamps have no holes")                      \
    X(QC_DURATION, "duration", QC_WARN, QC_NONE, 500, "s", "tracks last as long as the picture")   \
    X(QC_BLACK, "black", QC_WARN, QC_NONE, 5000, "s", "no longer black than this")                 \
    X(QC_FREEZE, "freeze", QC_WARN, QC_NONE, 10000, "s", "no longer still than this")              \
    X(QC_SILENCE, "silence", QC_WARN, QC_NONE, 10000, "s", "no longer silent than this")           \
    X(QC_CLIPPING, "clipping", QC_WARN, QC_NONE, 0, "spans", "no samples at full scale in a row")  \
    X(QC_INTERLACE, "interlace", QC_WARN, QC_NONE, QC_NONE, "",                                    \
      "pictures are progressive, and are what the file says")                                      \
    X(QC_CADENCE, "cadence", QC_WARN, QC_NONE, QC_NONE, "", "no pulldown, no repeated pictures")   \
    X(QC_COLOUR, "colour", QC_FAIL, QC_NONE, QC_NONE, "",                                          \
      "colour metadata does not contradict itself")                                                \
    X(QC_COLOUR_SAID, "colour-said", QC_WARN, QC_NONE, QC_NONE, "", "colour metadata is there")    \
    X(QC_MASTERING, "mastering", QC_WARN, QC_NONE, QC_NONE, "",                                    \
      "PQ pictures have mastering display, MaxCLL and MaxFALL")                                    \
    X(QC_LOUDNESS, "loudness", QC_WARN, -31000, -16000, "LUFS", "integrated loudness (BS.1770)")   \
    X(QC_DIALOGUE, "dialogue", QC_OFF, -29000, -25000, "LUFS",                                     \
      "integrated loudness while somebody speaks")                                                 \
    X(QC_RANGE, "loudness-range", QC_WARN, QC_NONE, 25000, "LU", "loudness range (EBU Tech 3342)") \
    X(QC_TRUE_PEAK, "true-peak", QC_WARN, QC_NONE, -1000, "dBTP", "true peak (BS.1770)")           \
    X(QC_CAPTIONS, "captions", QC_FAIL, QC_NONE, QC_NONE, "", "caption files can be read")         \
    X(QC_CAPTIONS_END, "captions-end", QC_WARN, QC_NONE, 500, "s",                                 \
      "captions end with the picture")                                                             \
    X(QC_TITLE, "title", QC_FAIL, QC_NONE, QC_NONE, "", "title.json can be read")                  \
    X(QC_LANGUAGE, "language", QC_FAIL, QC_NONE, QC_NONE, "", "languages are BCP 47 tags")         \
    X(QC_TERRITORY, "territory", QC_FAIL, QC_NONE, QC_NONE, "",                                    \
      "territories are ISO 3166-1 codes")                                                          \
    X(QC_AVAILS, "avails", QC_WARN, QC_NONE, QC_NONE, "",                                          \
      "licence windows lie in the title's territories, apart from each other, and not all behind") \
    X(QC_RATING, "rating", QC_WARN, QC_NONE, QC_NONE, "", "the rating is one that its system has") \
    X(QC_DESCRIPTION, "description", QC_FAIL, QC_NONE, QC_NONE, "",                                \
      "an audio description has a main track of its language")

#define QC_RULE_ENUM(name, id, verdict, min, max, unit, asks) name,
enum qc_rule { QC_RULES(QC_RULE_ENUM) QC_RULE_COUNT };
#undef QC_RULE_ENUM

struct qc_limit {
    enum qc_verdict verdict;
    int64_t min, max; // thousandths; QC_NONE: not limited
};

struct qc_rules {
    char name[64]; // of the set
    struct qc_limit limits[QC_RULE_COUNT];
};

const char *qc_rule_id(enum qc_rule rule);
const char *qc_rule_unit(enum qc_rule rule);
const char *qc_rule_asks(enum qc_rule rule);
const char *qc_verdict_word(enum qc_verdict verdict); // "off", "pass", "warn", "fail"

struct qc_rules qc_rules_default(void); // "house"

// Reads a rule set over the default one. INVALID names the line and, for an unknown rule, what it
// may have meant; NOT_FOUND.
must_check outcome qc_rules_load(const char *path, struct qc_rules *out, struct why *why);

#endif
