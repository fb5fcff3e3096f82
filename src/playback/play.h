// SPDX-License-Identifier: Apache-2.0
//
// Whether a play may begin: entitlement, territory, maturity, and how many streams run already.
//
//     plan or right? --> old enough, offered here and now? --> a stream free? --> its stream
//     NOT_ENTITLED       MATURITY, TERRITORY, NOT_AVAILABLE    STREAM_LIMIT, with what is playing
//
// Streams are leases of account/stream.h: a play takes one, heartbeats keep it, and one that
// missed its heartbeats is no longer counted. "Play here instead" revokes the session it takes
// over: its next heartbeat, and its next licence, are refused.
#ifndef PLAYBACK_PLAY_H
#define PLAYBACK_PLAY_H

#include "account/caller.h"
#include "account/plan.h"
#include "account/right.h"
#include "catalog/offer.h"

enum play_refusal {
    PLAY_GRANTED,
    PLAY_NOT_ENTITLED,
    PLAY_TERRITORY,
    PLAY_MATURITY,
    PLAY_NOT_AVAILABLE, // now: its windows are closed
    PLAY_STREAM_LIMIT,
    PLAY_REFUSALS,
};

enum { PLAY_HEARTBEAT_MS = 30000 };

struct play_grant {
    struct plan plan;
    bool has_right; // beyond the plan
    struct right right;
    bool is_limited; // false for the guest of an open house
};

// The caller as the catalogue sees him: a profile with its limits, the guest anywhere, and whoever
// keeps the catalogue, having no profile, without any.
struct viewer play_viewer(const struct caller *caller, int64_t now_ms);

// Whether the caller may watch the title at all; `*out` is filled with GRANTED alone.
must_check outcome play_judge(const struct accounts *accounts, const struct caller *caller,
                              const struct title *title, enum play_refusal *refusal,
                              struct play_grant *out, struct why *why);

struct play_stream {
    const char *session, *title;
    const char *take_over; // session that ends for it; "": none
};

// Takes a stream for the session, in place of another's where it says so. STREAM_LIMIT when none is
// free: then what was to be taken over goes on.
must_check outcome play_take_stream(const struct accounts *accounts, const struct caller *caller,
                                    const struct plan *plan, const struct play_stream *wish,
                                    enum play_refusal *refusal, struct why *why);

// Keeps the session's stream. NOT_FOUND when it has ended.
must_check outcome play_beat(const struct accounts *accounts, const char *member,
                             const char *session, struct why *why);

// Ends it and revokes its licences, so that another may begin. OK when there is none.
must_check outcome play_end(const struct accounts *accounts, const char *member,
                            const char *session, struct why *why);

#endif
