// SPDX-License-Identifier: Apache-2.0
//
// Quality of experience: one record for each session, folded from its player's reports, and what
// operators ask of many records.
//
//     table "qoe"   partition "session"   sort <session id>   the record, JSON; kept QOE_DAYS days
//
//     press -- play_ms -- manifest_ms -- media_ms -- frame_ms --> first frame     the start, by
//     part
//           |  the call  | of the manifest | of the first | decoding and |
//           |            |                 | segments     | composing    |
//
// Rebuffering is connection-induced as CTA-2066 means it: the player says state "r" only when the
// buffer ran dry while it played, not after a seek (then it says "k") and not at the start ("s").
#ifndef PLAYBACK_QOE_H
#define PLAYBACK_QOE_H

#include "base/json.h"
#include "playback/cmcd.h"
#include "store/table.h"

enum {
    QOE_DAYS = 30,
    QOE_SESSIONS_MAX = 10000, // that one summary reads, the newest first cut off
    QOE_DEVICE_BYTES = 33,
};

struct qoe_session {
    char id[CMCD_TEXT_BYTES], title[CMCD_TEXT_BYTES], edge[CMCD_TEXT_BYTES];
    char network[CMCD_TEXT_BYTES];                        // of the viewer's provider
    char device[CMCD_TEXT_BYTES], error[CMCD_TEXT_BYTES]; // error: the last one's code, "" for none
    char state[CMCD_TEXT_BYTES];
    int64_t at_ms, sequence;                          // of the newest report
    int64_t start_ms;                                 // -1: no frame was shown yet
    int64_t play_ms, manifest_ms, media_ms, frame_ms; // -1: not told
    int64_t playing_ms, rebuffer_ms, rebuffers, switches, kbps, kilobits, dropped_frames;
};

// Who sends reports, as the house sees it.
struct qoe_sender {
    const char *device;  // see qoe_device()
    const char *network; // see net/network.h
};

// A session of which nothing is known.
struct qoe_session qoe_session_init(void);

// Takes a report in. One that is older than what was taken in changes nothing.
void qoe_session_fold(struct qoe_session *session, const struct cmcd_report *report);

// Folds the report into its session's record. INVALID when it names no session; outcomes of the
// table. Thread-safe, also between processes: a write that lost a race is done again.
must_check outcome qoe_record(struct table_store *tables, const struct cmcd_report *report,
                              const struct qoe_sender *sender, int64_t now_ms, struct why *why);

// What sessions since `since_ms` were like: all of them, by title, by device, by network, by edge.
// The caller owns `*out`.
must_check outcome qoe_summary(struct table_store *tables, int64_t since_ms, json_t **out,
                               struct why *why);

// "Chrome, Linux": the browser's family and the system, of a User-Agent.
void qoe_device(struct slice user_agent, char out[QOE_DEVICE_BYTES]);

#endif
