// SPDX-License-Identifier: Apache-2.0
//
// A house is open until its first operator exists, and closed from then on.
//
//     open     everybody who reaches it is the guest: watches, searches, resumes
//        |  primrose members add --operator, or a claim with the code in <data>/claim
//        v
//     closed   every request needs the auth class of its route, media too
//
// It does not open again: a house that forgot its operators is mended at its command line.
#ifndef ACCOUNT_HOUSE_H
#define ACCOUNT_HOUSE_H

#include "account/accounts.h"

// Whether it is closed; one read.
must_check outcome house_is_closed(const struct accounts *accounts, bool *out, struct why *why);

// Closes it; OK when it is closed already.
must_check outcome house_lock(const struct accounts *accounts, struct deed deed, struct why *why);

#endif
