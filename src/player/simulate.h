// SPDX-License-Identifier: Apache-2.0
//
// A trace-driven simulator of streaming sessions, to measure adaptive-bitrate rules against each
// other.
//
// A session plays one title over one recorded link. Requests go out one after another; each costs
// the link's latency, then its bytes flow at the recorded rate (the trace starts over when it
// ends):
//
//     link    |  3 Mb/s   |1 Mb/s|   2 Mb/s   | 0 |  4 Mb/s ...
//     request  l|=seg 0=|l|=seg 1====|l|=seg 2=|      idle   |l|=seg 3
//     screen    startup |-- plays ----------------|  stall   |-- plays
//
// - startup: from the play intent (time 0) until the first segment is there; it is no stall;
// - stall: the buffer is empty while segments are missing; it ends when the next segment has
// arrived whole;
// - idle: a segment is requested only when it fits into the buffer's capacity;
// - a rule may give up a transfer (abandonment): the bytes are lost, the same segment is requested
// again at a lower
//   rung, and the rule is not asked a second time for it;
// - the title is as long as the trace, in whole segments; its sizes vary from segment to segment as
// those of a
//   capped-VBR encode do, by a seed.
//
// Ratios follow CTA-2066: stalled time over stalled plus played time, startup excluded, summed over
// all sessions; bitrate is bits played over media time.
#ifndef PLAYER_SIMULATE_H
#define PLAYER_SIMULATE_H

#include "base/arena.h"
#include "base/buffer.h"
#include "base/outcome.h"
#include "base/slice.h"

#include <stddef.h>
#include <stdint.h>

enum {
    LADDER_RUNGS_MAX = 32,           // no published ladder has more
    TRACE_STEPS_MAX = 1000000,       // a step per 10 ms for three hours
    TRACE_FILE_BYTES_MAX = 16777216, // what a million steps need
    TRACES_MAX = 100000,             // files of one run: keeps the results in memory
    SESSION_SEGMENTS_MAX = 7200,     // four hours of 2 s segments
};

// The link's rate for a while.
struct trace_step {
    double seconds;
    double bps;
};

// A recorded link. Steps and name live in the arena that loaded them.
struct trace {
    const char *name; // path below the folder
    const struct trace_step *steps;
    size_t step_count; // at least 1
    double seconds;    // one pass
    double bits;       // carried in one pass, more than 0
    double latency_s;  // added before the first byte of every request
};

// Used when no index.csv names the trace: a wired line's typical round trip.
#define TRACE_LATENCY_S 0.02

// Parses lines `duration_ms,kbps`, with or without that heading, CRLF tolerated. `name` goes into
// sentences. INVALID with the line's number; TOO_LARGE above TRACE_STEPS_MAX. Steps are taken from
// `arena`.
must_check outcome trace_parse(struct slice text, const char *name, struct arena *arena,
                               struct trace *out, struct why *why);

// Loads every *.csv below `folder` (subfolders too, index.csv apart), sorted by name. Where
// `folder` holds an index.csv with the columns `file` and `latency_ms`, it gives the latencies.
// NOT_FOUND when there is no trace.
must_check outcome traces_load(const char *folder, struct arena *arena, const struct trace **out,
                               size_t *count, struct why *why);

// Average rates of a title's renditions, rising.
struct ladder {
    const char *name; // borrowed
    double rates_bps[LADDER_RUNGS_MAX];
    size_t rungs; // at least 1
};

// A built-in ladder (`mission`: 400 kb/s to 15 Mb/s in ten rungs) or a file: one rate in kb/s a
// line, or a JSON array of them. NOT_FOUND, INVALID unless 1..LADDER_RUNGS_MAX rising rates of 1
// kb/s to 1 Gb/s.
must_check outcome ladder_load(const char *name_or_path, struct ladder *out, struct why *why);

// Parses a ladder file's text, as ladder_load does.
must_check outcome ladder_parse(struct slice text, const char *name, struct ladder *out,
                                struct why *why);

struct rule; // simulate_rules.h

// The rule of that name, or NULL.
const struct rule *rule_find(struct slice name);
// All of them, in the order of the tables.
const struct rule *const *rules_all(size_t *count);
const char *rule_name(const struct rule *rule);
const char *rule_summary(const struct rule *rule); // one line
// The name nearest to a misspelt one, for "did you mean", or NULL when none is near.
const char *rule_nearest(const char *typed);

// How the sizes of a title's segments lie around their average rate.
enum title_sizes {
    SIZES_VARIABLE, // scenes differ: log-normal, at most twice the average
    SIZES_CONSTANT,
};

struct simulation {
    const struct ladder *ladder;
    enum title_sizes sizes;
    double segment_s;
    double capacity_s; // of the player's buffer
    uint64_t seed;     // of segment sizes and of the bootstrap
};

// What one session was like.
struct session {
    double startup_s;
    double stall_s;
    double played_s;    // media time
    double bits;        // of what was played
    double wasted_bits; // of abandoned transfers
    uint32_t stalls;
    uint32_t switches; // neighbouring segments of different rungs
    uint32_t segments;
    uint32_t decisions;
    uint32_t low; // decisions below 10 s, once 10 s had been reached, that did not step down though
                  // a rung was below
    uint32_t abandoned;
};

// One segment of a session's timeline, in the order of arrival.
struct session_point {
    double request_s;
    double arrival_s;
    double buffer_s; // at the request
    double stall_s;  // while it was on its way
    uint32_t rung;
};

// Plays `trace` (title number `index` of the seed) with `rule`. `points` may be NULL; it has room
// for session_segments() of them.
struct session session_play(const struct simulation *simulation, const struct trace *trace,
                            uint64_t index, const struct rule *rule, struct session_point *points);

// Segments of the title that goes with the trace: 1 .. SESSION_SEGMENTS_MAX.
size_t session_segments(const struct simulation *simulation, const struct trace *trace);

// The sizes in bytes of the title that goes with the trace, `ladder->rungs` for each segment. The
// thread's own, until its next call of this or of session_play().
const double *session_sizes(const struct simulation *simulation, const struct trace *trace,
                            uint64_t index);

// A figure with its 95 % interval, from 1000 bootstrap resamples of the sessions.
struct interval {
    double low;
    double high;
};

// One line of the table: a rule over a set of sessions.
struct rule_report {
    const char *name;
    size_t sessions;
    double rebuffer_pct; // CTA-2066
    struct interval rebuffer_ci;
    double excess_pct;   // rebuffer_pct less that of the floor over the same sessions
    double events_per_h; // stalls per hour played
    struct interval events_ci;
    double kbps;
    struct interval kbps_ci;
    double switches_per_min;
    struct interval switches_ci;
    double low_pct; // of all decisions
    double startup_ms_p50;
    double startup_ms_p95;
    double wasted_pct; // bits of abandoned transfers, of all bits fetched
};

// Sets of sessions that are reported apart.
enum session_set {
    SET_ALL,
    SET_FLOOR_CLEAN, // those that the floor (rule `lowest`) plays without a stall
    SET_CONSTRAINED, // those whose link carries less than 6 Mb/s on average
    SET_COUNT,
};

enum { RULES_PER_RUN_MAX = 16 };

// A finished run: sessions of every rule over every trace, and the tables.
struct simulation_run {
    struct simulation simulation;
    const struct trace *traces;
    size_t trace_count;
    const struct rule *rules[RULES_PER_RUN_MAX];
    size_t rule_count;
    const struct session *sessions; // rule_count rows of trace_count
    const struct session *floor;    // trace_count sessions of `lowest`
    struct rule_report reports[SET_COUNT][RULES_PER_RUN_MAX];
};

// Plays all of it. The floor is always played, reported only when it is among the rules. NO_MEMORY.
must_check outcome simulation_run(const struct simulation *simulation, const struct trace *traces,
                                  size_t trace_count, const struct rule *const *rules,
                                  size_t rule_count, struct arena *arena,
                                  struct simulation_run *out, struct why *why);

// --- reports of a finished run (simulate_write.c, simulate_html.c)

// {"rules": [...], "floor_clean_rules": [...], "constrained_rules": [...], "settings": {...}},
// compact, with a line feed at the end.
must_check outcome simulation_format_json(const struct simulation_run *run, struct buffer *out,
                                          struct why *why);

// A heading, then a line per set and rule.
must_check outcome simulation_format_csv(const struct simulation_run *run, struct buffer *out,
                                         struct why *why);

// A page that needs nothing else: the tables, rebuffering against bitrate, distributions over
// sessions, and the timeline of the session in which the rules differ most.
must_check outcome simulation_format_html(const struct simulation_run *run, struct buffer *out,
                                          struct why *why);

// The tables for a terminal.
must_check outcome simulation_format_text(const struct simulation_run *run, struct buffer *out,
                                          struct why *why);

#endif
