// SPDX-License-Identifier: Apache-2.0
//
// What ingests tell those who look on, from their first second to their end.
//
//     table "ingest"   partition "told"     sort <title>   the coordinator's last word
//                      partition "cancel"   sort <title>   somebody wishes that it ends
//
//     running ---> published, failed, stopped, cancelled
//        '--- silent for BOARD_SILENT_MS ---> lost: who ran it is gone, and nobody goes on with it
//
// It stands there in the clear, for whoever shows it has no key (ADR 71): a name, a stage, counts
// and a sentence, and never what the title is.
#ifndef STUDIO_BOARD_H
#define STUDIO_BOARD_H

#include "base/clock.h"
#include "base/json.h"
#include "store/table.h"

enum {
    BOARD_SILENT_MS = 60000, // the longest stretch of work that says nothing takes seconds
    BOARD_NOTES_MAX = 1000,
    BOARD_ARENA_BYTES = 4 << 20, // for them
};

// state, word
#define BOARD_STATES(X)                                                                            \
    X(BOARD_RUNNING, "running")                                                                    \
    X(BOARD_PUBLISHED, "published")                                                                \
    X(BOARD_FAILED, "failed") /* the sentence says why */                                          \
    X(BOARD_STOPPED, "stopped")                                                                    \
    X(BOARD_CANCELLED, "cancelled")                                                                \
    X(BOARD_LOST, "lost") /* found when read, never written */
#define BOARD_STATE_ENUM(name, word) name,
enum board_state { BOARD_STATES(BOARD_STATE_ENUM) BOARD_STATE_COUNT };
#undef BOARD_STATE_ENUM

struct board_note {
    char id[65], name[304]; // of the title
    char version[24];       // its plan; "" before it is made
    char stage[16];         // as ingest.h calls it
    enum board_state state;
    char sentence[sizeof(struct why)]; // of a failure
    char check[8];                     // "pass", "warn", "fail"; "" before, or without rules
    uint64_t done, total;        // of the stage, in bytes, packets, jobs or files; total 0: unknown
    int64_t started_ms, told_ms; // wall clock
};

// --- the coordinator's side -------------------------------------------------------------------

struct board {
    struct table_store *tables;
    const struct clock *clock;
    struct board_note note; // `id` is set by whoever begins; "": nothing is told
    int64_t due_us;
    bool is_cancelled; // somebody wished it
};

// Begins; a wish of before counts no longer.
must_check outcome board_begin(struct board *board, const char *id, const char *name,
                               struct why *why);

// Tells where it is: at once in another stage, else every few seconds. UNAVAILABLE when somebody
// wished that it ends.
must_check outcome board_tell(struct board *board, const char *stage, uint64_t done, uint64_t total,
                              struct why *why);

// The last word. `sentence` may be NULL.
must_check outcome board_end(struct board *board, enum board_state state, const char *sentence,
                             struct why *why);

// --- those who look on ------------------------------------------------------------------------

const char *board_state_word(enum board_state state);

// NOT_FOUND.
must_check outcome board_get(struct table_store *tables, const struct clock *clock, const char *id,
                             struct board_note *out, struct why *why);

// In the order of their ids; memory of the arena.
must_check outcome board_list(struct table_store *tables, const struct clock *clock,
                              struct arena *arena, struct board_note **out, size_t *count,
                              struct why *why);

// What runs is asked to end, and does within seconds; what does not is forgotten. NOT_FOUND.
must_check outcome board_cancel(struct table_store *tables, const struct clock *clock,
                                const char *id, struct why *why);

// The caller releases it. NULL without memory.
json_t *board_json(const struct board_note *note);

#endif
