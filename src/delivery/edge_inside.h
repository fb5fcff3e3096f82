// SPDX-License-Identifier: Apache-2.0
//
// What the files of the edge share. For delivery/edge*.c alone.
//
//     visit: one request of a viewer                fetch: one question to a parent
//
//     asking ---- parked, in the object's list        head ---> object gets its head; waiters wake
//        |  woken                                     body ---> slices; their waiters wake
//        v                                            end ----> or on to the next parent
//     sending --- pulls pieces; waits in slice's list
//
// A visit and the fetch it owns are on one loop. Others meet the fetch only through the object.
#ifndef DELIVERY_EDGE_INSIDE_H
#define DELIVERY_EDGE_INSIDE_H

#include "delivery/cache.h"
#include "delivery/edge.h"
#include "delivery/limit.h"
#include "delivery/parents.h"
#include "net/http_call.h"

#include <pthread.h>
#include <stdatomic.h>

enum {
    EDGE_LOOPS_MAX = 64,
    EDGE_VIA_BYTES = 48,
    EDGE_TOKEN_BYTES = 65,
    PASS_BYTES = 64 * 1024,  // of an answer that is not kept, between parent and viewer
    FETCH_AHEAD_SLICES = 16, // how far a fetch may run ahead of its foremost reader
    FETCH_NEAR_SLICES = 2,   // a reader this close behind a fetch waits for it
    FETCH_OPEN_SLICES = 4,   // fetched for one who does not say where he will stop
    FETCH_TRIES_MAX = 4,
    FETCH_STARVED_MS_MAX = 5000, // without room in memory; readers and the disk make some meanwhile
    FETCH_LOOK_AGAIN_MS = 20,
    FETCH_ORPHAN_BYTES = 8 << 20, // fetched to the end although nobody reads any more
    VISIT_ROUNDS_MAX = 8,         // of waiting for others' fetches in vain
    COVERED_MS = 1000,
    CMCD_LINES_MAX = 4,        // one in the query, or the four header fields
    LIMIT_BURST_S = 8,         // of requests that may come at once: a player that fills its buffer
    LIMIT_ASKERS = 256 * 1024, // 4 MiB
};

#define SIZE_UNKNOWN UINT64_MAX

struct edge_counts {
    _Atomic uint64_t hits, stale_hits, misses, revalidations, passes, collapsed, errors;
    _Atomic uint64_t fetches, retries, fetched_bytes, limited;
    _Atomic uint64_t reports, starved, ahead, slowed; // CMCD and CMSD
    _Atomic uint64_t unlogged;
    _Atomic uint64_t placed_bytes, peer_bytes;
};

// How much of the line is used, measured about once a second.
struct edge_meter {
    _Atomic uint64_t bytes; // since then
    _Atomic int64_t since_us;
    _Atomic uint64_t load_percent;
};

// What a player says of itself with its request (CTA-5004).
struct cmcd_said {
    bool is_here;
    bool is_starved;      // bs: it has stalled since its last request
    int64_t bitrate_kbps; // br; -1: not said
    struct slice next;    // nor: a reference relative to this request; at NULL: the same file
    bool has_range;       // nrr
    uint64_t range_first, range_end;    // SIZE_UNKNOWN: open
    struct slice lines[CMCD_LINES_MAX]; // as they came, for the log
    size_t line_count;
};

struct edge {
    struct edge_options options;
    struct cache *cache;
    struct parents *parents;
    struct limit *clients, *tokens; // NULL: no limit
    struct edge_log *log;           // NULL: none is kept
    pthread_mutex_t lock;           // of `loops`
    struct edge_loop *loops;
    struct edge_counts counts;
    struct edge_meter meter;
    struct placement *placement;  // under the cache's lock; NULL: none
    uint64_t placement_number;    // of those that there were, likewise
    uint32_t ahead_slices;        // at most FETCH_AHEAD_SLICES, less in a small memory
    char via[EDGE_VIA_BYTES];     // "1.1 primrose-<8 hex digits>"
    char token[EDGE_TOKEN_BYTES]; // of purges
};

struct edge_loop {
    struct edge *edge;
    struct fetch *fetches; // that there are
    struct edge_loop *next;
    struct event_loop *loop;
    struct http_calls *calls;
    struct edge_probes *probes; // of the first loop alone; NULL: none
    struct edge_filler *filler; // likewise
};

struct visit {
    struct http_stream stream;
    struct http_exchange *exchange;
    struct edge_loop *home;
    struct slice key;
    uint64_t hash;
    struct cache_object *object; // held
    struct cache_head *head;     // held
    struct cache_waiter *waiter;
    struct fetch *fetch;       // that it owns
    struct cache_slice *slice; // held, memory too if holds_ram
    // Held while it is being filled: there may be no room to keep it until this visit has read it.
    struct cache_slice *awaited;
    bool holds_ram;
    bool is_parked;
    bool is_checking, was_checked; // waits for bytes of the disk to be looked at; has done so
    bool is_owner;                 // it began the fetch that it waits for
    bool is_passing;               // its body comes from its fetch alone
    bool is_cached_only;           // only-if-cached: no parent is to be asked for it
    bool is_filling;               // nobody asks: the placement wants it here
    unsigned rounds;
    uint64_t first, end;      // of the body: end SIZE_UNKNOWN until it is known
    uint64_t asked_at;        // the slice that it asked for when there was no room yet, plus 1
    uint32_t asked_ended;     // and the object's ended_fetches then
    struct slice kept_fields; // of its request, for parts that are fetched while it is sent to
    const char *status;       // for Cache-Status
    struct cmcd_said said;
};

enum fetch_kind {
    FETCH_ANSWER, // of an object: cold, or to revalidate it
    FETCH_SLICE,  // a part of an object whose head is known
    FETCH_PASS,   // for its owner alone
};

struct fetch {
    struct http_call call;
    struct edge_loop *home;
    struct fetch *next, **link; // of its home's
    enum fetch_kind kind;
    struct cache_object *object;         // held; NULL: passed
    struct visit *owner;                 // NULL: none, or gone
    struct cache_head *stored;           // held: what is revalidated, or what the part belongs to
    struct buffer fields;                // of the request, without If-* and Range
    struct buffer head;                  // as sent
    struct slice key, method_word, body; // copies behind the struct
    enum http_method method;
    bool has_authorization;
    bool is_conditional;
    bool has_range, is_open_ended;   // open-ended: to the end of the representation
    uint64_t range_first, range_end; // asked for
    uint64_t suffix;                 // asked for "-suffix" when it is not 0
    int64_t asked_ms;
    uint64_t tried; // parents, a bit each
    unsigned tries;
    bool has_parent;
    struct parent_choice parent;
    bool is_filling, has_failed; // for the placement
    bool asks_peers;             // there may be one left that has it
    bool is_lacking;             // the peer has answered that it has not
    bool is_answered;
    struct cache_slice *slice; // held: being filled
    uint64_t at, end;          // of the representation; end SIZE_UNKNOWN
    bool is_paused, is_starved, is_orphan;
    struct timer timer;                   // looks again whether there is room
    int64_t starved_us;                   // since when there is none; 0: there is
    bool is_to_start, is_posted, is_over; // `post` is on its way
    struct loop_post post;
    // What is its owner's alone.
    uint8_t *pass;
    size_t pass_from, pass_to, pass_lent;
    bool is_pass, is_pass_ended, is_pass_broken;
};

static inline void edge_count(_Atomic uint64_t *counter)
{
    (void)atomic_fetch_add_explicit(counter, 1, memory_order_relaxed);
}

static inline int64_t edge_wall_ms(const struct edge_loop *home)
{
    return loop_wall_ms(home->loop);
}

// Visits (edge_visit.c).
void visit_begin(struct edge_loop *home, struct http_exchange *exchange);
void visit_wake(void *visit); // of its waiter
void visit_close(struct visit *visit);
void visit_wait(struct visit *visit, struct cache_waiter **list); // under the lock
void visit_fail(struct visit *visit, int status);

// Its fetch hands it an answer that is its alone.
void visit_take_pass(struct visit *visit, const struct http_response *response);

// Answers (edge_reply.c). The visit holds object and head.
void visit_serve(struct visit *visit);
void visit_serve_pass(struct visit *visit, const struct http_response *response);
void visit_await_no_more(struct visit *visit); // under the lock
enum http_pull visit_pull(struct http_stream *stream, uint64_t sent, struct http_piece *piece);

void visit_keep_fields(struct visit *visit); // of its request, for fetches after it is gone

// What players say and are told (edge_cmcd.c).
bool cmcd_is_field(struct slice name);
struct cmcd_said cmcd_read(struct http_exchange *exchange);

// Has what the player will ask for next fetched, if it lies in the same folder.
void cmcd_fetch_ahead(struct edge_loop *home, struct http_exchange *exchange, struct slice key,
                      const struct cmcd_said *said);

// Adds CMSD-Dynamic (CTA-5006) to the answer of one who has sent CMCD.
void cmsd_put(struct visit *visit);
void edge_meter(struct edge_loop *home, uint64_t bytes); // have been handed to a connection

// The access log (edge_log.c): a JSON line an answer.
must_check outcome edge_log_open(const char *path, struct edge_log **out, struct why *why);
void edge_log_close(struct edge_log **log); // tolerates NULL

// Writes what is pending, and goes on in a new file when the old one was moved. By one thread.
void edge_log_renew(struct edge_log *log);

// `status` as Cache-Status has it; `said` may be NULL. Nothing without a log or an answer.
void edge_log_answer(struct edge *edge, const struct http_exchange *exchange, const char *status,
                     const struct cmcd_said *said);

// Fetches (edge_fetch.c).

// For `object` (NULL: pass), with the fields of the visit's request. Not started. NULL: no memory.
struct fetch *fetch_make(struct edge_loop *home, enum fetch_kind kind, struct cache_object *object,
                         const struct visit *visit);
void fetch_start(struct fetch *fetch);            // outside the lock
void fetch_restart(struct fetch *fetch);          // at the next parent, after a failure; likewise
void fetch_over(struct fetch *fetch);             // done with: frees it, perhaps later; likewise
void fetch_disown(struct fetch *fetch);           // its owner goes; likewise
void fetches_end(struct edge_loop *home);         // when its loop has ended; likewise
void fetch_fail(struct fetch *fetch, int status); // nobody can answer; likewise

// From any thread, under the lock.
// NULL: no memory.
struct fetch *fetch_slice(struct visit *visit, uint32_t index, uint64_t from);
void fetch_resume(struct fetch *fetch);   // a reader has come nearer
void fetch_orphaned(struct fetch *fetch); // nobody waits any more

// What the head of its answer means (edge_answer.c).
void fetch_answered(struct http_call *call, const struct http_response *response);

// Where its body goes (edge_fill.c).
uint8_t *fill_room(struct http_call *call, size_t *room);
void fill_moved(struct http_call *call, size_t len);
void fill_finish(struct fetch *fetch);             // the body is whole
void fill_break_off(struct fetch *fetch);          // and here it will stay
bool fill_is_resumable(const struct fetch *fetch); // under the lock

// The request's head (edge_request.c).
enum request_conditions {
    CONDITIONS_OURS, // Range and If-* are the fetch's own
    CONDITIONS_ITS,  // passed on as they came
};
// The fields of a viewer's request, its address the last of X-Forwarded-For.
must_check outcome request_fields(const struct edge *edge, const struct http_exchange *exchange,
                                  enum request_conditions conditions, struct buffer *out);
must_check outcome request_head(struct fetch *fetch);
bool request_is_loop(const struct edge *edge, const struct http_request *request);

// The one range of "bytes=", as it stands there: suffix, or first and end (SIZE_UNKNOWN: open).
// False: there is none that we take slices for.
bool request_range(const struct http_request *request, uint64_t *first, uint64_t *end,
                   uint64_t *suffix);

// Probes of the parents (edge_probe.c), by the loop that is first asked for something.
void edge_probes_open(struct edge_loop *home);
void edge_probes_close(struct edge_loop *home); // after its calls

// Placing (edge_filler.c), by the same loop.
void edge_filler_open(struct edge_loop *home);
void edge_filler_close(struct edge_loop *home);
void edge_filler_ended(struct edge_loop *home, bool has_failed); // one of its fetches

// What is counted (edge_metrics.c), as JSON and for Prometheus.
void edge_show(struct edge *edge, struct http_exchange *exchange);
void edge_metrics(struct edge *edge, struct http_exchange *exchange);

// The operator's requests (edge_admin.c), authorized by a token that lies in the data folder.
must_check outcome edge_token_load(struct edge *edge, struct why *why);

// True when the request was one of them.
bool edge_admin(struct edge *edge, struct http_exchange *exchange);

#endif
