// SPDX-License-Identifier: Apache-2.0
//
// Downloads: titles that a device of a member keeps, to be played without us.
//
//     prepared                         started (said by the device)
//        |------ 30 days to start ---------|-- 48 h to end --|        later: over
//        |===================== counted against the plan ====|        at the latest after 32 days
//
// The device's licence has the same clocks and holds them without us; what stands here is what the
// house counts and shows. A device that was begun offline says so when it is next online: until
// then its place is taken as long as its licence may last.
//
//     table "download"   partition <member>   sort <download>
//
// What a download rests on may end before it does: its plan, device or profile. Nobody is told to
// tidy up then: whoever asks for the download finds it over, and the log says so once.
#ifndef ACCOUNT_DOWNLOAD_H
#define ACCOUNT_DOWNLOAD_H

#include "account/plan.h"

#define DOWNLOAD_START_MS (30 * 86400000LL) // a download is started within
#define DOWNLOAD_PLAY_MS  (48 * 3600000LL)  // and, once started, ended within
#define DOWNLOAD_SHOWN_MS (7 * 86400000LL)  // it is shown as over so long before it is forgotten

// Why a download is none any more.
enum download_end {
    DOWNLOAD_GOES_ON,
    DOWNLOAD_EXPIRED,
    DOWNLOAD_PLAN,    // the plan has no downloads any more
    DOWNLOAD_DEVICE,  // the device was signed out
    DOWNLOAD_PROFILE, // the profile was removed
    DOWNLOAD_TITLE,   // the title's owners took it back
    DOWNLOAD_ENDS,
};

const char *download_end_word(enum download_end end); // "", "expired", "plan", ...

struct download {
    char id[ID_BYTES];
    char title[65], title_version[65];
    char device[ID_BYTES];   // where it was asked for; "" in an open house
    char licence_device[65]; // identity of its primrose-cdm (drm/device_licence.h); "": a browser
    char profile[ID_BYTES];  // who asked
    int64_t prepared_ms;     //
    int64_t start_by_ms;     // it cannot be started from here on
    int64_t started_ms;      // 0: not that we know
    int64_t ends_ms;         // nothing plays from here on
    enum download_end end;   // other than expired
    uint64_t version;        // of the row; not part of the record
};

enum download_refusal { DOWNLOAD_GRANTED, DOWNLOAD_NO_PLAN, DOWNLOAD_LIMIT };

// When it was over or will be: its end, or earlier once it was started.
int64_t download_ends_ms(const struct download *download);

// Keeps `download`, of which id, title, title_version, device, licence_device, profile, start_by_ms
// and ends_ms are set, in place of one of the same title on the same device. Not more are let in
// than the plan has, however many ask at once: of those that ask for the last place in the same
// moment, all may be refused.
must_check outcome download_prepare(const struct accounts *accounts, struct deed deed,
                                    const char *member_id, const struct plan *plan,
                                    struct download *download, enum download_refusal *refusal,
                                    struct why *why);

struct download_page {
    struct download *downloads;
    size_t count;
};
// All of a member's, oldest first, also those that are over.
must_check outcome download_list(const struct accounts *accounts, const char *member_id,
                                 struct arena *arena, struct download_page *out, struct why *why);

must_check outcome download_load(const struct accounts *accounts, const char *member_id,
                                 const char *id, struct download *out,
                                 struct why *why); // NOT_FOUND

// Judges by the clock, the plan, and whether device and profile are still there; an end that is new
// is written down and goes into the log. `download->end` is the answer.
must_check outcome download_judge(const struct accounts *accounts, const char *member_id,
                                  const struct plan *plan, struct download *download,
                                  struct why *why);

// Ends it for a reason of the caller's: DOWNLOAD_TITLE.
must_check outcome download_end(const struct accounts *accounts, const char *member_id,
                                enum download_end end, struct download *download, struct why *why);

// The device says that it was started at `at_ms`; cut to between now and when it was prepared. The
// first that is said counts.
must_check outcome download_start(const struct accounts *accounts, const char *member_id,
                                  int64_t at_ms, struct download *download, struct why *why);

// The device has removed it: its place is free. OK when there is none.
must_check outcome download_drop(const struct accounts *accounts, struct deed deed,
                                 const char *member_id, const char *id, struct why *why);

#endif
