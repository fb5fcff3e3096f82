// SPDX-License-Identifier: Apache-2.0
//
// Standing: what must hold for a member at the moment when keys are given, beyond what a signed
// entitlement said minutes ago. Playback and accounts write it, the licence service reads it; all
// of one member lies in one partition, so that one query answers.
//
//     table "standing"   partition <member>
//       sort "revoked#account"            the member was barred          stays until restored
//       sort "revoked#device#<id>"        a device was signed out        stays until restored
//       sort "revoked#session#<id>"       played elsewhere instead       a day: tokens live no
//       longer sort "revoked#grant#<id>"         a purchase, rental or token    stays until
//       restored sort "revoked#title#<id>"         a title was taken back         stays until
//       restored sort "stream#<session>"           plays now                      until its lease
//       ends sort "rental#<id>"                was started                    until long after its
//       end
#ifndef ACCOUNT_STANDING_H
#define ACCOUNT_STANDING_H

#include "account/stream.h"

enum { SESSION_REVOKED_MS = 86400000 };

// What can be revoked; its word is in the sort key.
enum standing_kind {
    STANDING_ACCOUNT, // id ""
    STANDING_DEVICE,
    STANDING_SESSION,
    STANDING_GRANT,
    STANDING_TITLE,
    STANDING_KIND_COUNT,
};

// Revokes from now on, whatever stood there. INVALID for an id that is none.
must_check outcome standing_revoke(struct table_store *tables, const char *member,
                                   enum standing_kind kind, const char *id, int64_t now_ms,
                                   struct why *why);

// Takes it back. OK when nothing was revoked.
must_check outcome standing_restore(struct table_store *tables, const char *member,
                                    enum standing_kind kind, const char *id, struct why *why);

// Starts the clock of a rental when it was not started before; gives the time when it was.
// `forget_ms` is when the record may go: long after the rental's end.
must_check outcome rental_start(struct table_store *tables, const char *member, const char *rental,
                                int64_t now_ms, int64_t forget_ms, int64_t *out_started_ms,
                                struct why *why);

// What a play hangs on. Texts that do not apply are "".
struct standing_query {
    const char *member, *device, *session, *title;
    const char *grants[2]; // the rental or purchase, and the entitlement's own id
    const char *rental;
};

struct standing {
    bool is_revoked[STANDING_KIND_COUNT];
    struct stream_rank rank;   // of the session among the member's streams
    int64_t rental_started_ms; // 0: not yet
};

// One query. Leases that ended before `now_ms` are not counted.
must_check outcome standing_load(struct table_store *tables, const struct standing_query *query,
                                 int64_t now_ms, struct standing *out, struct why *why);

#endif
