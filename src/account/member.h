// SPDX-License-Identifier: Apache-2.0
//
// Members: who may sign in, and what each may do.
//
//     role        member   watches
//                 editor   and keeps the catalogue
//                 support  and keeps members, their devices and rights, and reads the log
//                 operator may do everything
//
// A login is what the member types: letters of any case name the same member. It is kept readable
// in the record alone; its place in the table is a hash.
#ifndef ACCOUNT_MEMBER_H
#define ACCOUNT_MEMBER_H

#include "account/accounts.h"
#include "base/random.h"
#include "store/rows.h"

enum { MEMBER_LOGIN_BYTES = 128, MEMBER_NAME_BYTES = 128, MEMBER_PAGE_MAX = 100 };

enum member_role { MEMBER_MEMBER, MEMBER_EDITOR, MEMBER_SUPPORT, MEMBER_OPERATOR, MEMBER_ROLES };

// What a role may do besides watching, as bits.
enum {
    MAY_KEEP_CATALOGUE = 1,
    MAY_KEEP_MEMBERS = 2,
    MAY_READ_LOG = 4,
    MAY_KEEP_HOUSE = 8, // plans, keys, operators
};

struct member {
    char id[ID_BYTES];
    char login[MEMBER_LOGIN_BYTES];
    char name[MEMBER_NAME_BYTES];
    char password[PASSWORD_HASH_BYTES]; // Argon2id, libsodium's text; "": cannot sign in
    enum member_role role;
    char plan[32];
    char territory[3]; // ISO 3166-1 alpha-2; "": unknown, and nothing that is bound to one
    bool is_disabled;
    int64_t created_ms;
    uint64_t version; // of the row; not part of the record
};

// "operator" to its role. INVALID with the words there are.
must_check outcome member_role_parse(const char *word, enum member_role *out, struct why *why);
const char *member_role_word(enum member_role role);
unsigned member_role_rights(enum member_role role);

struct member_draft {
    const char *id; // NULL: a new one. A retry with the same id ends in the same member
    const char *login, *name, *password, *plan, *territory; // NULL: none; plan "house"
    enum member_role role;
};

// Adds a member. The first operator closes the house (house.h). CONFLICT when the login is taken;
// INVALID for a draft that breaks a rule.
must_check outcome member_add(const struct accounts *accounts, struct deed deed,
                              const struct member_draft *draft, struct member *out,
                              struct why *why);

// Whether an addition with this id has begun, be it that it was cut off: the login names it.
must_check outcome member_is_begun(const struct accounts *accounts, const char *login,
                                   const char *id, bool *out, struct why *why);

must_check outcome member_load(const struct accounts *accounts, const char *id, struct member *out,
                               struct why *why); // NOT_FOUND
must_check outcome member_find(const struct accounts *accounts, const char *login,
                               struct member *out, struct why *why); // NOT_FOUND

// Writes the record over the version it was read with. CONFLICT when somebody was faster. `action`
// as event.h has it.
must_check outcome member_save(const struct accounts *accounts, struct deed deed,
                               const char *action, struct member *member, struct why *why);

// Sets another password and saves.
must_check outcome member_set_password(const struct accounts *accounts, struct deed deed,
                                       struct member *member, const char *password,
                                       struct why *why);

struct member_page {
    struct member *members;
    size_t count;
    char next[ID_BYTES]; // id of the last when there are more; ""
};

// In the order of their ids, which is that of their age, behind the id `after` ("" from the start).
must_check outcome member_list(const struct accounts *accounts, const char *after, size_t limit,
                               struct arena *arena, struct member_page *out, struct why *why);

#endif
