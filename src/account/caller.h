// SPDX-License-Identifier: Apache-2.0
//
// Who is asking: what a request's credential comes to.
//
//     nothing, open house     the guest: one profile, no rights
//     nothing, closed house   nobody
//     ps_...                  a member on a device, with the profile it has chosen
//     pk_...                  a machine with the rights of a role
//
// Flat, so that it can be kept for the moment as bytes.
#ifndef ACCOUNT_CALLER_H
#define ACCOUNT_CALLER_H

#include "account/profile.h"
#include "account/session.h"

enum caller_kind { CALLER_NOBODY, CALLER_GUEST, CALLER_MEMBER, CALLER_KEY };

#define CALLER_GUEST_ID "guest"

struct caller {
    enum caller_kind kind;
    char id[ID_BYTES]; // of the member or key; "guest"
    char device[ID_BYTES];
    char profile[ID_BYTES]; // "" until one is chosen
    char plan[32];
    char territory[3];
    uint32_t maturity_age; // of the profile
    bool is_child;
    bool hides_history;
    unsigned rights; // MAY_... of member.h
};

struct caller caller_guest(void);

// OK: `*out` is who it is. NOT_FOUND: the credential is none, or no longer. DENIED: a disabled
// member's.
must_check outcome caller_identify(const struct accounts *accounts, struct slice credential,
                                   struct caller *out, struct why *why);

#endif
