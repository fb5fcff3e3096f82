// SPDX-License-Identifier: Apache-2.0
//
// Signing in: a login and a password become a device with a token that rotates.
//
//     sign in --> token 1 --refresh--> token 2 --refresh--> token 3 ...    one device all along
//                    |                    |
//                    | valid SESSION_GRACE_MS more, for requests under way
//                    + used later: somebody has a copy. The device is signed out, and the log says
//                    so
//
// A token lives SESSION_LIFE_MS from its last refresh. Wrong passwords are counted by login,
// whether there is such a member or not, and take the same time: an answer does not tell who is a
// member.
#ifndef ACCOUNT_SESSION_H
#define ACCOUNT_SESSION_H

#include "account/member.h"

#define SESSION_LIFE_MS (30 * 86400000LL)

enum {
    SESSION_GRACE_MS = 60000,
    SIGN_IN_TRIES = 10,         // wrong passwords for one login within ...
    SIGN_IN_WINDOW_MS = 900000, // ... a quarter of an hour
    SIGN_IN_HASHING_MAX = 2,    // at once: each takes 64 MiB and a processor
    DEVICES_MAX = 50,           // of a member; the one unseen for longest leaves for a new one
    SESSION_NAME_BYTES = 96,
};

struct device {
    char id[ID_BYTES];
    char name[SESSION_NAME_BYTES]; // "Firefox on Linux"
    char profile[ID_BYTES];        // that it has chosen; ""
    char token[SECRET_HASH_BYTES], token_before[SECRET_HASH_BYTES];
    int64_t created_ms, seen_ms, rotated_ms;
    uint64_t version; // of the row; not part of the record
};

struct session {
    struct member member;
    struct device device;
};

// What a sign-in or a refresh gives; the token is shown here and kept nowhere.
struct session_grant {
    struct session session;
    char token[SECRET_TOKEN_BYTES];
    int64_t expires_ms;
};

// DENIED for a login and password that do not fit or a member that is disabled; EXHAUSTED after too
// many tries, or when too many sign in at once. `device_id` NULL: a new one.
must_check outcome session_sign_in(const struct accounts *accounts, const char *login,
                                   const char *password, const char *device_name,
                                   const char *device_id, struct session_grant *out,
                                   struct why *why);

// A session for a member that is known by other means (the claim).
must_check outcome session_begin(const struct accounts *accounts, const struct member *member,
                                 const char *device_name, const char *device_id,
                                 struct session_grant *out, struct why *why);

// Whose token it is. NOT_FOUND for a token that is none, is over, or whose device is gone; DENIED
// when the member is disabled.
must_check outcome session_find(const struct accounts *accounts, struct slice token,
                                struct session *out, struct why *why);

// The next token in place of this one.
must_check outcome session_refresh(const struct accounts *accounts, struct slice token,
                                   struct session_grant *out, struct why *why);

// Lets the device act as a profile. The PIN has been checked.
must_check outcome session_choose_profile(const struct accounts *accounts, const char *member_id,
                                          const char *device_id, const char *profile_id,
                                          struct why *why);

// Signs a device out. NOT_FOUND when the member has none by that id.
must_check outcome session_end(const struct accounts *accounts, struct deed deed,
                               const char *member_id, const char *device_id, struct why *why);

// Signs all of a member's devices out, but `except` (NULL: none stays).
must_check outcome session_end_all(const struct accounts *accounts, struct deed deed,
                                   const char *member_id, const char *except, struct why *why);

struct device_page {
    struct device *devices;
    size_t count;
};
must_check outcome device_list(const struct accounts *accounts, const char *member_id,
                               struct arena *arena, struct device_page *out, struct why *why);

#endif
