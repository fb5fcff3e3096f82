// SPDX-License-Identifier: Apache-2.0
//
// One call of an operation, as its handler sees it: who calls, the body, and how to answer.
//
//     route -> gate: who is it, may he -> Idempotency-Key: was it done -> body -> handler
//                  |                              |                        |        |
//                 401, 403                the kept answer                 422    answer, or the
//                                                                                 outcome's problem
//
// A handler either answers with call_reply*() and returns OK, or returns what went wrong: the frame
// makes the problem of it, with call_refuse()'s code if there was one.
#ifndef APP_CALL_H
#define APP_CALL_H

#include "app/gate.h"
#include "app/input.h"
#include "app/once.h"
#include "app/service.h"
#include "playback/play.h"

struct call {
    struct service *service;
    const struct accounts *accounts;
    struct http_exchange *exchange;
    struct caller caller;
    struct slice credential; // that came with it; `at` NULL: none
    bool is_by_cookie;
    json_t *body;         // of a request that has one
    struct once *once;    // with an Idempotency-Key
    enum problem problem; // why it is refused, when an outcome says too little
    struct input_fault fault;
    json_t *extra;             // further members of the problem
    struct held_title *titles; // of call_title(), until the call ends
};

typedef outcome call_handler(struct call *call, struct why *why);

// What the table of routes knows about one; http_route.about.
struct operation {
    const char *id; // operationId
    enum http_where where;
    http_handler *handle; // without a frame: it answers itself; or
    call_handler *answer; // in the frame
};

struct route_about {
    const struct operation *operation;
    enum auth_class auth;
    bool has_body;
};

http_handler call_on_pool;         // every framed operation's
http_handler call_guarded_on_pool; // of one that answers itself, once the caller may pass

// Reads the body into `out` by a table. INVALID, with the field in call->fault.
must_check outcome call_read(struct call *call, const struct input_field *fields, size_t count,
                             void *out, struct why *why);

// A parameter of the query, percent-decoded, in the exchange's arena; "" when it did not come.
must_check outcome call_query(struct call *call, const char *name, const char **out,
                              struct why *why);
// `limit` of the query, 1 to `max`, else `normal`.
must_check outcome call_limit(struct call *call, size_t normal, size_t max, size_t *out,
                              struct why *why);

// The next id that this call makes: the same again when a request with a key is repeated.
void call_id(struct call *call, const char *prefix, char *out);

// A title as title_load() gives it, from the shelf of the service: shared, and there until the call
// ends.
must_check outcome call_title(struct call *call, const char *id, struct title *out,
                              struct why *why);

// The same for pages of titles.
struct title_source call_titles(struct call *call);

// The caller as the catalogue sees him, now.
struct viewer call_viewer(const struct call *call);

// The language that words are wanted in, BCP 47: `language` of the query, else the first of
// Accept-Language; "" when neither says.
const char *call_language(const struct call *call);

// Who does what this call does. The reason is that of the field Primrose-Reason, "" without.
struct deed call_deed(struct call *call);

// Refuses with a problem of its own; returns an outcome that is not OK.
__attribute__((format(printf, 4, 5))) must_check outcome call_refuse(struct call *call,
                                                                     enum problem problem,
                                                                     struct why *why,
                                                                     const char *format, ...);

// Answers. `json` is released; NULL is NO_MEMORY.
must_check outcome call_reply(struct call *call, int status, json_t *json, struct why *why);
must_check outcome call_reply_empty(struct call *call); // 204

// With a strong ETag of the version, for what can be edited.
must_check outcome call_reply_version(struct call *call, int status, json_t *json, uint64_t version,
                                      struct why *why);

// If-Match names this version, or is not there. INVALID with PROBLEM_PRECONDITION_FAILED.
must_check outcome call_match(struct call *call, uint64_t version, struct why *why);

// A page: {"items": [...], "next_cursor": null or opaque text that holds `next`}.
must_check outcome call_reply_page(struct call *call, json_t *items, const char *next,
                                   struct why *why);
// What call_reply_page() put into the cursor; "" without one. INVALID for one that is none of ours.
must_check outcome call_cursor(struct call *call, const char **out, struct why *why);

// JSON of times and of texts that may be empty.
json_t *json_time(int64_t wall_ms); // null for 0
json_t *json_text_or_null(const char *text);

#endif
