// SPDX-License-Identifier: Apache-2.0
//
// What is to be made of a title, decided once and then only carried out: by any number of workers,
// in any order, as often as it takes.
//
//     plan         work/film-1/3f9c2a77d01b64e5/plan.json
//     jobs         film-1/3f9c2a77d01b64e5/v-1080p/000007      one per rendition and chunk
//                  film-1/3f9c2a77d01b64e5/a-en/000000         one per audio track, caption track,
//                  film-1/3f9c2a77d01b64e5/storyboard/000000   the storyboard, the poster
//     outputs      work/film-1/3f9c2a77d01b64e5/v-1080p/000007.mp4      "work/" + job + ending
//                  work/film-1/3f9c2a77d01b64e5/v-1080p/000007.json     beside it: chunk_note.h
//     retakes      film-1/3f9c2a77d01b64e5/v-1080p/000007-1            the same chunk, encoded
//     again published    titles/film-1/3f9c2a77d01b64e5/v-1080p.mp4           the plan's id is the
//     version
//
// The id is a hash over all that the bytes depend on: master and sidecars (by their own hashes),
// rungs, grid, tracks, the build of the encoder, and the scheme of encryption (never a key). So a
// re-run finds the chunks that are there, and a changed ladder starts afresh beside them.
//
// Retakes are added when the chunks are there and their review (studio/review.h) asks for them.
// They follow from what is in the id, so they are not in it.
//
// A job is done when its output (its last one, if it has many) stands in the blob store.
#ifndef STUDIO_PLAN_H
#define STUDIO_PLAN_H

#include "media/master.h"
#include "store/blob.h"
#include "store/queue.h"
#include "studio/ladder.h"

enum {
    PLAN_TRACKS_MAX = 64, // of audio, and of text
    PLAN_ID_BYTES = 17,   // 64 bits in hex: of one title's plans, not of the world's
    PLAN_KEY_BYTES = 160, // any key below
    PLAN_SHEETS_MAX = 64, // of a storyboard
    PLAN_JSON_BYTES_MAX = 1024 * 1024,
    PLAN_RETAKES_MAX = 1024, // one chunk in a dozen of a long film's ladder: with more, something
                             // else is wrong
};

// A stream of the master, or a file beside it, and what it becomes.
struct plan_track {
    char name[TRACK_NAME_BYTES]; // "a-en", "t-fr"
    char source[80];             // blob: "masters/<sha256>"
    bool is_sidecar;             // a file of its own
    uint32_t stream;             // number in its container; of a text sidecar 0
    char language[LANGUAGE_BYTES];
    enum track_role role;
    char label[LABEL_BYTES];
    uint32_t bitrate_bps, channels; // audio
    enum sound_codec codec;
    enum sound_mix mix;
    // Of a track that renditions are yet to be chosen for; not kept with the plan.
    uint32_t source_channels; // 0: not known
    bool has_centre;
};

struct plan_images {
    uint32_t tile_width, tile_height, columns, rows, interval_ms, sheet_count; // storyboard
    uint32_t poster_width, poster_height;
    char poster[80]; // blob of a poster that came with the master; "": one is chosen
};

// why, word
#define RETAKE_REASONS(X)                                                                          \
    X(RETAKE_BUCKET, "bucket")   /* it overran the decoder's buffer, behind the chunk before it */ \
    X(RETAKE_QUALITY, "quality") /* it fell below its neighbours */
#define RETAKE_REASON_ENUM(name, word) name,
enum retake_reason { RETAKE_REASONS(RETAKE_REASON_ENUM) RETAKE_REASON_COUNT };
#undef RETAKE_REASON_ENUM

// A chunk of a rung that is encoded again, and how. The last take of a chunk is the one that
// counts.
struct retake {
    uint32_t rung, chunk, take; // take 1 is the second
    enum retake_reason reason;
    uint32_t crf_tenths, start_permille; // in place of the rung's
};

struct plan {
    char title_id[65];
    char id[PLAN_ID_BYTES];
    char master[80]; // blob
    struct master_facts facts;
    struct grid grid;
    struct ladder ladder; // fitted
    struct plan_track audio[PLAN_TRACKS_MAX], text[PLAN_TRACKS_MAX];
    size_t audio_count, text_count;
    struct plan_images images;
    struct retake retakes[PLAN_RETAKES_MAX]; // take 2 of a chunk behind its take 1
    size_t retake_count;
};

// What plan_make() decides from. Tracks carry their language, role and label already; each audio
// track becomes one for each of the ladder's forms of sound that its channels allow.
struct plan_inputs {
    const char *title_id;
    const char *master; // blob
    const struct master_facts *facts;
    const struct ladder *ladder; // as found
    bool is_fitted;              // the ladder is made for this very title: it stays as it is
    const struct plan_track *audio, *text;
    size_t audio_count, text_count;
    const char *poster;      // blob or ""
    uint32_t chunk_segments; // of 2 s in a chunk, up to GRID_CHUNK_SEGMENTS_MAX; 0: 4
    const char *encoder;     // what tells this build of the encoders from any other
    const char *protection;  // what tells how the files are encrypted; NULL: clear
};

// The grid of a master, and a ladder fitted to its picture. INVALID when there is nothing to show.
must_check outcome plan_fit(const struct master_facts *facts, const struct ladder *ladder,
                            struct grid *grid, struct ladder *fitted, struct why *why);

// Fills the plan: grid, fitted ladder, track names, storyboard, id. INVALID when there is nothing
// to show. A plan is some 80 KiB: keep it off small stacks.
must_check outcome plan_make(const struct plan_inputs *inputs, struct plan *out, struct why *why);

// The plan as JSON and back, whole. Parsing trusts nothing.
must_check outcome plan_format(const struct plan *plan, struct buffer *out, struct why *why);
must_check outcome plan_parse(struct slice text, struct plan *out, struct why *why);

// --- jobs ------------------------------------------------------------------------------------

enum job_kind { JOB_VIDEO, JOB_AUDIO, JOB_TEXT, JOB_STORYBOARD, JOB_POSTER };

struct job {
    enum job_kind kind;
    uint32_t track; // rung, audio or text track of the plan
    uint32_t chunk; // video; else 0
    uint32_t take;  // of that chunk: 0 unless it is encoded again
};

#define PLAN_QUEUE "studio" // where the jobs stand

// All jobs of the plan are numbers below plan_job_count(); by chunk, then by rung; retakes last.
size_t plan_job_count(const struct plan *plan);
size_t plan_first_job_count(const struct plan *plan); // without retakes
struct job plan_job_at(const struct plan *plan, size_t index);

size_t plan_job_index(const struct plan *plan, const struct job *job); // the inverse

size_t plan_chunk_count(const struct plan *plan);

// How a take of a chunk differs from its rung; NULL for the first.
const struct retake *plan_retake(const struct plan *plan, const struct job *job);
uint32_t plan_last_take(const struct plan *plan, uint32_t rung, uint32_t chunk);

// `out` has room for PLAN_KEY_BYTES.
void plan_prefix(const struct plan *plan, char *out); // of the ids: "film-1/3f9c.../"
void plan_work(const struct plan *plan, char *out);   // "work/film-1/3f9c.../"
void plan_key(const struct plan *plan, char *out);    // of the plan itself, as it is
void plan_track_name(const struct plan *plan, const struct job *job, char *out); // TRACK_NAME_BYTES
void job_id(const struct plan *plan, const struct job *job, char *out);
void job_group(const struct plan *plan, const struct job *job, char *out); // QUEUE_GROUP_BYTES
void job_output(const struct plan *plan, const struct job *job, uint32_t number, char *out);
enum { CHUNK_NOTE_OUTPUT = 1 }; // of a chunk's two: the media, then what is noted of it
uint32_t job_output_count(const struct plan *plan, const struct job *job);

// About how much work a job is: 1 is a tenth of a second of one core.
uint32_t job_cost(const struct plan *plan, const struct job *job);
// What its lease needs of a machine: memory for all renditions of its chunk and range (they are
// leased together), disk for a copy of the source. Rounded up to powers of two.
struct queue_room job_needs(const struct plan *plan, const struct job *job);

// A job that takes too long is pushed again, under its id, this mark and the number of the try
// ("...000007~2").
enum { JOB_SECOND_MARK = '~' };
enum job_try { JOB_FIRST_TRY = 1, JOB_SECOND_TRY = 2, JOB_LAST_TRY = 4 };

// A job as it is pushed, and the texts it points to. Another try comes before the title's other
// jobs, and each rendition of its chunk is leased alone: the title waits for it, and decoding again
// costs less than one rendition behind the other.
struct job_texts {
    char id[PLAN_KEY_BYTES], group[QUEUE_GROUP_BYTES + 1], payload[PLAN_KEY_BYTES];
};
struct queue_job job_queued(const struct plan *plan, const struct job *job, enum job_try try,
                            int32_t priority, struct job_texts *texts);

// The order in which a plan's jobs are pushed: the longest first, so that short ones fill the end.
// Sound and storyboard cannot be cut; then the chunks of the larger range, then those of the other.
// An index for plan_job_at().
size_t plan_push_order(const struct plan *plan, size_t position);

// From a job's id back to the job, the second time too. INVALID when it is none of the plan's.
must_check outcome job_parse(const struct plan *plan, const char *id, struct job *out,
                             struct why *why);

// Whether its output stands.
must_check outcome job_is_done(struct blob_store *blobs, const struct plan *plan,
                               const struct job *job, bool *out, struct why *why);

#endif
