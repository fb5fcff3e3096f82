// SPDX-License-Identifier: Apache-2.0
//
// A master in, a title on the shelf.
//
//     read      hash the master            masters/<sha256>, kept once
//     probe     what it is, or why not     facts
//     encode    plan, jobs, workers        work/<title>/<plan>/...
//     assemble  files, encrypted, and      titles/<title>/<plan>/...
//               manifests over them
//     publish   ONE write                  the title's record names the version
//     tidy      work and versions before the last one are dropped
//
// Until the write of "publish" the old title stands, or none; after it the new one, whole. Killed
// at any point, a second run goes on from the chunks that are done. Two runs for one title exclude
// each other (a lock in the data folder).
#ifndef STUDIO_INGEST_H
#define STUDIO_INGEST_H

#include "drm/key_ring.h"
#include "drm/pssh.h"
#include "studio/encode.h"
#include "studio/qc_report.h"
#include "studio/transcoder.h"

// stage, word, what it does
#define INGEST_STAGES(X)                                                                           \
    X(INGEST_READ, "read", "hashing and keeping the master")                                       \
    X(INGEST_PROBE, "probe", "looking at every packet")                                            \
    X(INGEST_SURVEY, "survey", "probing shots for the title's own ladder")                         \
    X(INGEST_CHECK, "check", "measuring, and judging by the house's rules")                        \
    X(INGEST_ENCODE, "encode", "chunks and tracks")                                                \
    X(INGEST_ASSEMBLE, "assemble", "CMAF files and manifests")                                     \
    X(INGEST_PUBLISH, "publish", "the title's record")

#define INGEST_STAGE_ENUM(name, word, says) name,
enum ingest_stage { INGEST_STAGES(INGEST_STAGE_ENUM) INGEST_STAGE_COUNT };
#undef INGEST_STAGE_ENUM

const char *ingest_stage_word(enum ingest_stage stage);

struct ingest_progress {
    enum ingest_stage stage;              // the one that runs; INGEST_STAGE_COUNT when all are done
    int64_t stage_us[INGEST_STAGE_COUNT]; // wall time of each, the running one so far
    uint64_t done, total; // of the stage, in bytes, packets, jobs or files; total 0: unknown
    const char *title_id; // known from the start
    const struct master_facts *facts; // from the stage after PROBE; else NULL
    const struct encode_view *encode; // while encoding; else NULL
};

// How the title's files are encrypted; its keys are made where missing (catalog/title_keys.h).
struct ingest_protection {
    enum cenc_scheme scheme; // SCHEME_NONE: clear, and nothing below counts
    drm_systems systems;     // that media and manifests name
    struct key_ring *ring;
};

// Whether a title gets a ladder of its own (studio/hull.h), or the fixed one.
#define LADDER_CHOICES(X)                                                                          \
    X(LADDER_AUTO, "auto") /* where it pays: from LADDER_TUNED_MS_MIN on */                        \
    X(LADDER_TUNED, "on")                                                                          \
    X(LADDER_FIXED, "off")
#define LADDER_CHOICE_ENUM(name, word) name,
enum ladder_choice { LADDER_CHOICES(LADDER_CHOICE_ENUM) LADDER_CHOICE_COUNT };
#undef LADDER_CHOICE_ENUM

enum { LADDER_TUNED_MS_MIN = 300000 }; // the probes cost what some 24 s of the title do

struct ingest_options {
    const char *path;   // master or folder
    const char *id;     // NULL: title.json's, or made from the name
    const char *ladder; // name or file
    enum ladder_choice per_title;
    const char *data;             // folder of the stores
    const char *queue, *blobs;    // URLs for the workers (store/stores.h); NULL or "": in `data`
    const char *studio_ring;      // for the workers, as their option; NULL: what is kept is clear
    uint32_t chunk_segments;      // of studio/plan.h; 0: the house's
    int32_t priority;             // among titles, lower first
    size_t workers;               // local worker processes; 0: others do the work
    const char *worker;           // program that is started as `PROGRAM worker --data DIR`
    const char *transcoder;       // program; NULL: beside the running one
    const struct qc_rules *rules; // that the master must keep before it is encoded; NULL: none
    struct ingest_protection protection;
    const struct clock *clock;
    const atomic_int *stop; // may be NULL
    outcome (*progressed)(void *context, const struct ingest_progress *progress, struct why *why);
    void *context;
};

struct ingest_result {
    char title_id[65];
    char version[PLAN_ID_BYTES];
    bool was_published; // this very version stood already: only its record was written again
    size_t jobs, jobs_resumed, worker_deaths;
    size_t renditions, audio_tracks, text_tracks, chunks;
    enum qc_verdict check; // QC_OFF: not checked; QC_FAIL is refused and never seen here
    size_t check_findings;
    size_t retakes[RETAKE_REASON_COUNT]; // chunks encoded again; the report says which
    size_t offending;                    // chunks that overrun the buffer all the same
    bool is_tuned;                       // has a ladder of its own
    uint64_t fixed_bps, tuned_bps;       // then: what the probes say of all rungs together
    uint64_t frames;
    int64_t duration_ms;
    int64_t stage_us[INGEST_STAGE_COUNT];
    uint64_t published_bytes;
};

// INVALID or UNSUPPORTED with the sentence for what a studio can mend; CONFLICT when another ingest
// of the title runs. `out` is filled when all is done.
must_check outcome ingest(struct stores *stores, const struct ingest_options *options,
                          struct ingest_result *out, struct why *why);

#endif
