// SPDX-License-Identifier: Apache-2.0
//
// Positions: where a profile is in its titles, on each of its devices.
//
//     table "position"   partition <profile>   sort <title>#<device>   rank: when it was taken
//
//     phone   --12:00--+ ........ paused, offline ......... +--> arrives 12:40, taken 12:00
//     TV             --12:10----12:20----12:30--|
//     resume                                    12:30 of the TV: the newest that was taken
//
// A position is written when its time is newer than what that device wrote before: a packet that is
// late or comes twice changes nothing. The time is the house's: a play call says what it is, and
// the player counts on from there; a time that lies in the future is taken for now.
//
// The device "mark" is nobody's: its positions are the watched marks that a member sets himself.
#ifndef PLAYBACK_POSITION_H
#define PLAYBACK_POSITION_H

#include "base/clock.h"
#include "base/random.h"
#include "store/table.h"

#define POSITION_LIFE_MS (400 * 86400000LL) // somebody who comes back after a year finds his place
#define POSITION_MARK    "mark"

enum {
    POSITIONS_MAX = 1000,    // that are looked at of a profile
    POSITION_SKEW_MS = 5000, // a clock may be so much ahead
    POSITION_WATCHED_PERCENT = 95,
    POSITION_STARTED_MS = 10000, // less than that is no beginning
    POSITION_VALUE_BYTES = 160,
    POSITION_SORT_BYTES = 65 + 1 + ID_BYTES,
};

struct position {
    char title[65];
    char device[ID_BYTES];
    int64_t position_ms, duration_ms;
    int64_t at_ms; // when it was taken, by the house's clock
};

// A write under way, with all the bytes it needs; its owner keeps it until `pending.done`.
struct position_write {
    struct table_pending pending;
    char profile[ID_BYTES], sort[POSITION_SORT_BYTES], value[POSITION_VALUE_BYTES];
};

// Makes the write of `position` for the profile, not yet submitted. INVALID for numbers out of
// range.
must_check outcome position_prepare(const struct clock *clock, const char *profile,
                                    const struct position *position, struct position_write *out,
                                    struct why *why);

// The same, waiting until the disk has it. `*out_is_kept` is false for one that came too late.
must_check outcome position_put(struct table_store *tables, const struct clock *clock,
                                const char *profile, const struct position *position,
                                bool *out_is_kept, struct why *why);

bool position_is_watched(const struct position *position);

// The newest over all devices. NOT_FOUND when there is none.
must_check outcome position_resume(struct table_store *tables, const char *profile,
                                   const char *title, struct position *out, struct why *why);

struct position_page {
    struct position *positions; // one of each title, newest first, those of one time by title
    size_t count;
};

// The newest of each title. Memory is the arena's.
must_check outcome position_list(struct table_store *tables, const char *profile,
                                 struct arena *arena, struct position_page *out, struct why *why);

// Removes what all devices know of a title.
must_check outcome position_forget(struct table_store *tables, const char *profile,
                                   const char *title, struct why *why);

#endif
