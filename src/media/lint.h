// SPDX-License-Identifier: Apache-2.0
//
// Judges a packaged folder, ours or another packager's: do the manifests say what the media bytes
// are, do they agree with each other, can a player switch and seek as they promise?
//
//     main.m3u8, *.mpd --> renditions --> every segment's boxes and first sample
//          |                  |                        |
//          +------------------+---- rules of the table below ----> findings
//
// Reads only inside the folder. An error is something that breaks a standard or a player; a warning
// costs quality, bandwidth or reach.
#ifndef MEDIA_LINT_H
#define MEDIA_LINT_H

#include "base/arena.h"

enum severity { SEVERITY_WARNING, SEVERITY_ERROR };
const char *severity_word(enum severity severity); // "warning", "error"

// name, id, severity, what must be true
#define LINT_RULES(X)                                                                              \
    X(RULE_MANIFEST, "manifest", ERROR, "manifests are well-formed")                               \
    X(RULE_FILE_MISSING, "file-missing", ERROR, "every file that is named is there")               \
    X(RULE_OUTSIDE, "outside", WARNING, "all that is named lies in the folder")                    \
    X(RULE_RANGE, "range", ERROR, "byte ranges lie inside their file")                             \
    X(RULE_MEDIA, "media", ERROR, "init and media segments can be read")                           \
    X(RULE_CMAF_BRAND, "cmaf-brand", WARNING, "track files carry a CMAF brand")                    \
    X(RULE_ONE_TRACK, "one-track", WARNING, "track files hold one track, as CMAF has it")          \
    X(RULE_SAP, "sap", ERROR, "each video segment begins with an IDR picture")                     \
    X(RULE_SYNC_MARK, "sync-mark", ERROR, "the container marks that picture as sync sample")       \
    X(RULE_TIMELINE, "timeline", ERROR, "each segment starts where the one before ended")          \
    X(RULE_ALIGNMENT, "alignment", ERROR, "video renditions are cut at the same times")            \
    X(RULE_DURATION, "duration", ERROR, "renditions and manifests last equally long")              \
    X(RULE_TAIL, "tail", WARNING, "no tiny segment is left at the end of the audio")               \
    X(RULE_INDEX, "index", ERROR, "sidx gives each segment's true place, size and duration")       \
    X(RULE_PRIMING, "priming", WARNING, "an edit list tells how much of AAC is priming")           \
    X(RULE_EDIT, "edit", ERROR, "the edit list presents the media from its first picture")         \
    X(RULE_ASPECT, "aspect", ERROR, "sample aspect ratios make sense and agree with the media")    \
    X(RULE_SIZE, "size", ERROR, "picture sizes agree with the media")                              \
    X(RULE_FRAME_RATE, "frame-rate", WARNING, "frame rates are told and agree with the media")     \
    X(RULE_CODEC_FORM, "codec-form", ERROR, "codec strings are whole (RFC 6381)")                  \
    X(RULE_CODEC_MEDIA, "codec-media", ERROR, "codec strings are those of the sample entries")     \
    X(RULE_CODEC_TWINS, "codec-twins", ERROR, "HLS and DASH name one codec for one file")          \
    X(RULE_CODEC_LIST, "codec-list", ERROR, "CODECS names the audio that a variant plays")         \
    X(RULE_CODEC_ABSENT, "codec-absent", WARNING, "every variant has CODECS")                      \
    X(RULE_HLS_PEAK, "hls-peak", ERROR, "BANDWIDTH is at least the true peak")                     \
    X(RULE_HLS_AVERAGE, "hls-average", WARNING, "AVERAGE-BANDWIDTH is the true average")           \
    X(RULE_DASH_RATE, "dash-rate", ERROR, "@bandwidth with minBufferTime plays without a stall")   \
    X(RULE_DASH_PEAK, "dash-peak", WARNING, "@bandwidth is at least the peak of the segments")     \
    X(RULE_TARGET, "target", ERROR, "no EXTINF is over TARGETDURATION")                            \
    X(RULE_TARGET_SHARED, "target-shared", WARNING, "audio and video share one TARGETDURATION")    \
    X(RULE_EXTINF, "extinf", ERROR, "EXTINF add up to the media's true times")                     \
    X(RULE_IFRAME, "iframe", ERROR, "I-frame ranges hold exactly one whole key picture")           \
    X(RULE_PROTECTION, "protection", ERROR, "subsamples fit their samples, headers stay clear")    \
    X(RULE_CAPTIONS, "captions", WARNING, "caption files can be read")                             \
    X(RULE_THUMBNAILS, "thumbnails", ERROR, "thumbnail sheets are JPEGs of the promised size")

#define LINT_RULE_ENUM(name, id, severity, text) name,
enum lint_rule { LINT_RULES(LINT_RULE_ENUM) LINT_RULE_COUNT };
#undef LINT_RULE_ENUM

struct lint_rule_info {
    const char *id;
    enum severity severity;
    const char *truth; // what must be so
};
const struct lint_rule_info *lint_rule_info(enum lint_rule rule);

struct finding {
    enum lint_rule rule;
    const char *where; // file, and place in it
    const char *sentence;
};

enum { FINDINGS_MAX = 500 }; // told; beyond that only counted

struct lint_report {
    struct finding *findings;
    size_t finding_count; // at most FINDINGS_MAX
    size_t error_count, warning_count;
    size_t manifest_count, rendition_count, segment_count; // what was looked at
};

// Checks all manifests at the top of the folder. NOT_FOUND when there is none; other outcomes when
// the folder itself cannot be read or memory runs out; faults of the package are findings and OK.
must_check outcome lint_folder(struct arena *arena, const char *path, struct lint_report *out,
                               struct why *why);

#endif
