// SPDX-License-Identifier: Apache-2.0
//
// The licence desk: a token and what a player asks for come in, keys or a denial go out. It keeps
// no state of its own; what it remembers (struct shelf) it can forget at any time.
//
//     token ----SHA-256---> shelf of the admitted ------------+
//       +-- not there, or older than DESK_FRESH_MS:           |
//           verify signature, load standing (table) ----------+--> policy_decide() --> grant
//                                                                                       |
//     key ids --SHA-256---> shelf of keys --------------------------------> keys of its classes
//       +-- not there: table, unwrap (key ring) ---------------------------------^
//
// The first attempt is made on the event loop and may not wait (DESK_NO_WAIT): it answers when all
// is on the shelves, and otherwise changes nothing and says so. The second, on the worker pool, may
// ask the table. So a play's first licence costs a table's answer, and its others, and thousands of
// others' of the same title, a few microseconds.
//
// What is revoked ends within DESK_FRESH_MS: licences asked for later are denied everywhere.
#ifndef LICENSE_DESK_H
#define LICENSE_DESK_H

#include "base/clock.h"
#include "license/clearkey.h"
#include "license/policy.h"

enum {
    DESK_FRESH_MS = 2000,     // how old standing may be: the table is asked so often per play
    DESK_KEY_MS = 600000,     // how long an unwrapped key is remembered
    DESK_ADMITTED_MAX = 8192, // plays that ask within DESK_FRESH_MS: 1.5 kB each
    DESK_KEYS_MAX = 4096,     // a key each of 800 titles that are asked for now
};

// A content key as the desk needs it.
struct desk_key {
    char title[ENTITLEMENT_ID_BYTES];
    enum key_class class;
    struct content_key key;
};

// Where keys come from. `find` may block; NOT_FOUND when there is no such id. The desk wipes what
// it gets.
struct desk_key_source {
    outcome (*find)(void *context, const struct key_id *id, struct desk_key *out, struct why *why);
    void *context;
};

struct desk_options {
    const char *keys_path; // of entitlement keys; read again when a token names one that is new
    struct table_store *tables;
    struct desk_key_source keys;
    struct policy policy;
    const struct clock *clock;
};

struct desk;

// Outcomes of entitlement_keys_load(); NO_MEMORY. What the options point to outlives the desk.
must_check outcome desk_open(const struct desk_options *options, struct desk **out,
                             struct why *why);
void desk_close(struct desk **desk); // wipes; tolerates NULL

enum desk_pace { DESK_NO_WAIT, DESK_MAY_WAIT };

// Who asks, as far as the wire tells.
struct desk_caller {
    struct slice token;    // empty: none
    const char *territory; // of the request, "DE"; "": not known
    enum robustness robustness;
    const char *device; // that proved its identity, 64 hex digits; NULL: a browser, or a vendor's
    const char *title;  // that it asks for; NULL: any, its keys will tell
};

// What became of a request; for the answer and for the log.
struct desk_verdict {
    bool must_wait;            // with DESK_NO_WAIT: nothing was decided, ask again with MAY_WAIT
    enum denial denial;        // GRANTED, or why not
    struct entitlement claims; // empty until the token was verified
    struct grant grant;        // when GRANTED
    int64_t now_ms;
};

// Judges token, standing and policy; counts the stream and starts the rental's clock when it
// grants. Everything but OK is a fault of ours (UNAVAILABLE, NO_MEMORY), no verdict.
must_check outcome desk_judge(struct desk *desk, const struct desk_caller *caller,
                              enum license_use use, enum desk_pace pace, struct desk_verdict *out,
                              struct why *why);

// Fetches those of the `count` keys that `verdict` grants into `out` and sets `*out_count`, at
// least 1; else verdict->denial says why. The caller wipes `out`.
must_check outcome desk_take_keys(struct desk *desk, const struct key_id *ids, size_t count,
                                  enum desk_pace pace, struct desk_verdict *verdict,
                                  struct desk_key *out, size_t *out_count, struct why *why);

// A ClearKey request from first to last: appends the answer to `out` when granted (which then holds
// secrets).
must_check outcome desk_clearkey(struct desk *desk, const struct desk_caller *caller,
                                 struct slice body, enum desk_pace pace, struct desk_verdict *out,
                                 struct buffer *answer, struct why *why);

#endif
