// SPDX-License-Identifier: Apache-2.0
//
// Profiles: the people of a household. Each has its own history, lists, languages and limits.
//
//     member_01..   profile_01..  "Ada"    maturity 18 (no limit), PIN
//                   profile_02..  "Kids"   children's: maturity 7, what may be more but never past
//                   12
//
// A new member has one for himself and one for children. Maturity is an age in years; the rating
// systems of the countries are translated to ages by catalog/rating.h.
#ifndef ACCOUNT_PROFILE_H
#define ACCOUNT_PROFILE_H

#include "account/accounts.h"
#include "base/random.h"
#include "store/rows.h"

enum {
    PROFILES_MAX = 6,
    PROFILE_NAME_BYTES = 64,
    PROFILE_PIN_DIGITS_MIN = 4,
    PROFILE_PIN_DIGITS_MAX = 8,
    PROFILE_PIN_TRIES = 5,          // wrong ones within ...
    PROFILE_PIN_WINDOW_MS = 900000, // ... a quarter of an hour
    PROFILE_MATURITY_ANY = 18,      // sees everything
    PROFILE_MATURITY_KIDS = 7,      // of a children's profile when it is made
    PROFILE_MATURITY_KIDS_MAX = 12,
    PROFILE_STYLE_BYTES = 512,
};

struct profile {
    char id[ID_BYTES];
    char name[PROFILE_NAME_BYTES];
    bool is_child;
    uint32_t maturity_age;
    char pin[PASSWORD_HASH_BYTES];           // "": none
    char language[36];                       // of the app, BCP 47; "": the browser's
    char audio_language[36];                 // "": the title's original
    char text_language[36];                  // "": no captions unless they are forced
    bool wants_description;                  // audio description where there is one
    char caption_style[PROFILE_STYLE_BYTES]; // a JSON object of the player's own; "": its default
    bool hides_history;
    int64_t created_ms;
    uint64_t version; // of the row; not part of the record
};

// The two profiles of a new member, unless there are some.
must_check outcome profile_add_first(const struct accounts *accounts, const char *member_id,
                                     const char *name, struct why *why);

// All of a member's, oldest first, into `out` of PROFILES_MAX.
must_check outcome profile_list(const struct accounts *accounts, const char *member_id,
                                struct profile *out, size_t *out_count, struct why *why);

must_check outcome profile_load(const struct accounts *accounts, const char *member_id,
                                const char *id, struct profile *out, struct why *why);

// Adds `profile`; its id is made when it is "". TOO_LARGE past PROFILES_MAX; INVALID for what
// breaks a rule.
must_check outcome profile_add(const struct accounts *accounts, struct deed deed,
                               const char *member_id, struct profile *profile, struct why *why);

// Writes it over the version it was read with: CONFLICT.
must_check outcome profile_save(const struct accounts *accounts, struct deed deed,
                                const char *member_id, struct profile *profile, struct why *why);

// INVALID for the last one. What it watched stays until it expires.
must_check outcome profile_drop(const struct accounts *accounts, struct deed deed,
                                const char *member_id, const char *id, struct why *why);

// Sets `profile->pin`, to be saved; "" takes it away. INVALID unless it has 4 to 8 digits.
must_check outcome profile_set_pin(const struct accounts *accounts, struct profile *profile,
                                   const char *pin, struct why *why);

// DENIED for a wrong PIN, EXHAUSTED after too many; OK without one.
must_check outcome profile_check_pin(const struct accounts *accounts, const struct profile *profile,
                                     const char *pin, struct why *why);

#endif
