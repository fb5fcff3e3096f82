// SPDX-License-Identifier: Apache-2.0
//
// Rights: what a member may watch beyond his plan, because an operator granted a purchase, a rental
// or a gift.
//
//     granted                      first play          ends
//        |-- rental: 30 days to start --|-- 48 h to end --|
//        |-- purchase, gift: for ever, or until ends_ms -->
//
// Granting and revoking are events; a right that was revoked leaves the table, not the log.
#ifndef ACCOUNT_RIGHT_H
#define ACCOUNT_RIGHT_H

#include "account/accounts.h"
#include "base/random.h"
#include "store/rows.h"

#define RIGHT_START_MS (30 * 86400000LL) // a rental is started within
#define RIGHT_PLAY_MS  (48 * 3600000LL)  // and, once started, ended within

enum { RIGHTS_MAX = 1000 }; // of a member

enum right_kind { RIGHT_PURCHASE, RIGHT_RENTAL, RIGHT_GIFT, RIGHT_KINDS };

struct right {
    char id[ID_BYTES];
    char title[65];
    enum right_kind kind;
    char granted_by[ID_BYTES];
    int64_t granted_ms;
    int64_t ends_ms;    // 0: never
    int64_t started_ms; // of a rental: its first play; 0: not yet
    uint64_t version;   // of the row; not part of the record
};

const char *right_kind_word(enum right_kind kind); // "purchase", "rental", "gift"
must_check outcome right_kind_parse(const char *word, enum right_kind *out, struct why *why);

// Grants `right` (title and kind, ends_ms for a purchase or gift; id "" for a new one).
must_check outcome right_grant(const struct accounts *accounts, struct deed deed,
                               const char *member_id, struct right *right, struct why *why);

must_check outcome right_revoke(const struct accounts *accounts, struct deed deed,
                                const char *member_id, const char *id, struct why *why);

struct right_page {
    struct right *rights;
    size_t count;
};
// All of a member's, oldest first, those that have ended too.
must_check outcome right_list(const struct accounts *accounts, const char *member_id,
                              struct arena *arena, struct right_page *out, struct why *why);

// Whether the member has a right to the title now; the one that ends last.
must_check outcome right_find(const struct accounts *accounts, const char *member_id,
                              const char *title, bool *out_has, struct right *out, struct why *why);

// The rental's clock starts, if it has not.
must_check outcome right_start(const struct accounts *accounts, const char *member_id,
                               struct right *right, struct why *why);

#endif
