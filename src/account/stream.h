// SPDX-License-Identifier: Apache-2.0
//
// The plays of one member that go on at this moment, in the order in which they began:
//
//     table "standing"   partition <member>   sort "streams"
//     [ {session, title, device, since_ms, until_ms}, ... ]          one item, changed under its
//                                                                    version: nobody is overlooked
//
// A stream, on its member's timeline:
//
//     begin         keep          keep            (missed)          lease ends: no longer counted
//      |-------------|-------------|- - - - - - - - - - - - - - - - - -|
//
// However many begin in the same moment, no more are let in than the limits say, and a later one
// never ends an earlier one.
#ifndef ACCOUNT_STREAM_H
#define ACCOUNT_STREAM_H

#include "store/table.h"

enum {
    STREAM_LEASE_MS = 150000, // heartbeats come every 30 s: four may be lost on a poor line
    STREAMS_MAX = 64,         // of one member
    STREAM_ID_BYTES = 65,     // as id_is_valid() has them
};

struct stream {
    const char *member, *session, *title, *device; // device "": a browser that is none
    const char *replaces; // session whose stream it takes over, if it may begin; NULL or "": none's
};

struct stream_limits {
    size_t account_max, title_max; // at once; 0: no limit
};

enum stream_begun { STREAM_BEGUN, STREAM_OVER_ACCOUNT, STREAM_OVER_TITLE };

// Begins the session's stream where the limits allow it, or keeps it when it goes on already. What
// it replaces ends in the same write: nobody else gets the place, and a refusal ends nothing.
// EXHAUSTED when the member's plays change faster than we can write, or there are STREAMS_MAX.
must_check outcome stream_begin(struct table_store *tables, const struct stream *stream,
                                const struct stream_limits *limits, int64_t now_ms,
                                enum stream_begun *out, struct why *why);

// A heartbeat: the lease ends STREAM_LEASE_MS from now. NOT_FOUND when the stream has ended.
must_check outcome stream_keep(struct table_store *tables, const char *member, const char *session,
                               int64_t now_ms, struct why *why);

// Ends it. OK when there is none.
must_check outcome stream_end(struct table_store *tables, const char *member, const char *session,
                              int64_t now_ms, struct why *why);

struct stream_list {
    struct stream_entry {
        char session[STREAM_ID_BYTES], title[STREAM_ID_BYTES], device[STREAM_ID_BYTES];
        int64_t since_ms, until_ms;
    } entries[STREAMS_MAX];
    size_t count;
};

// Those whose lease goes on, first begun first.
must_check outcome streams_load(struct table_store *tables, const char *member, int64_t now_ms,
                                struct stream_list *out, struct why *why);

// The same from the item's value. CORRUPT.
must_check outcome streams_parse(struct slice value, int64_t now_ms, struct stream_list *out,
                                 struct why *why);

// How many began before the session's: of all titles and of `title`. All, when it is none of them.
struct stream_rank {
    size_t before, title_before;
    bool is_there;
};
struct stream_rank streams_rank(const struct stream_list *list, const char *session,
                                const char *title);

#endif
