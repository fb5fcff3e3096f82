// SPDX-License-Identifier: Apache-2.0
//
// Keys of machines: an ingest pipeline, a billing system. Shown once, kept as a hash.
//
//     pk_<32 random bytes in base64url>      acts with the rights of one role, without watching
#ifndef ACCOUNT_API_KEY_H
#define ACCOUNT_API_KEY_H

#include "account/member.h"

enum { API_KEYS_MAX = 100, API_KEY_NAME_BYTES = 64 };

#define API_KEY_PREFIX "pk_"

struct api_key {
    char id[ID_BYTES];
    char name[API_KEY_NAME_BYTES];
    char hash[SECRET_HASH_BYTES];
    enum member_role role; // editor, support or operator
    char made_by[ID_BYTES];
    int64_t created_ms;
};

// `id` NULL: a new one. The key's text goes into `out_key` of SECRET_TOKEN_BYTES and nowhere else.
must_check outcome api_key_make(const struct accounts *accounts, struct deed deed, const char *id,
                                const char *name, enum member_role role, struct api_key *out,
                                char *out_key, struct why *why);

must_check outcome api_key_find(const struct accounts *accounts, struct slice key,
                                struct api_key *out, struct why *why); // NOT_FOUND

// All, oldest first, into `out` of API_KEYS_MAX.
must_check outcome api_key_list(const struct accounts *accounts, struct api_key *out,
                                size_t *out_count, struct why *why);

must_check outcome api_key_revoke(const struct accounts *accounts, struct deed deed, const char *id,
                                  struct why *why); // NOT_FOUND

#endif
