// SPDX-License-Identifier: Apache-2.0
//
// The event log: who changed what of members, plans, rights and titles, when and why. Append-only:
// there is no function that changes or removes an event.
//
//     partition "2026-11"    sort "<time, counted down>-<id>"      newest first within a month
//
// The event is written before the change it tells of, so that no change is without one; one that
// was then cut off shows as an event without effect.
#ifndef ACCOUNT_EVENT_H
#define ACCOUNT_EVENT_H

#include "account/accounts.h"
#include "base/random.h"
#include "store/rows.h"

enum { EVENT_PAGE_MAX = 100, EVENT_CURSOR_BYTES = 96 };

struct event {
    char id[ID_BYTES];
    char actor[ID_BYTES];
    char action[40];  // noun.verb: "member.added", "right.granted"
    char subject[80]; // the id of what was changed
    char reason[200];
    char detail[200]; // what in particular: "plan=family"
    int64_t at_ms;
};

extern const struct record event_record;

// Writes one. `detail` may be cut.
must_check outcome event_write(const struct accounts *accounts, struct deed deed,
                               const char *action, const char *subject, const char *detail,
                               struct why *why);

struct event_page {
    struct event *events;
    size_t count;
    char next[EVENT_CURSOR_BYTES]; // "" behind the oldest
};

// The newest first, at most `limit` (1..EVENT_PAGE_MAX) behind `cursor` (what `next` said; "" from
// the newest on), of the last EVENT_MONTHS_MAX months. INVALID for a cursor that is none of ours.
enum { EVENT_MONTHS_MAX = 120 };
must_check outcome event_list(const struct accounts *accounts, const char *cursor, size_t limit,
                              struct arena *arena, struct event_page *out, struct why *why);

#endif
