// SPDX-License-Identifier: Apache-2.0
//
// What licences.c opens and api_licences.c works with.
#ifndef APP_LICENCES_INTERNAL_H
#define APP_LICENCES_INTERNAL_H

#include "app/licences.h"
#include "license/partners.h"

enum { LICENCES_PLACE_BYTES = 1200 }; // of a setting's value and the name of a file

struct licences {
    const struct stores *stores;
    const struct clock *clock;
    const char *url;
    char keys_path[LICENCES_PLACE_BYTES];
    const struct places *places;
    struct entitlement_keys *signing; // role api
    struct key_ring *ring;            // role license, and what follows
    struct desk *desk;
    struct ed25519_key *signer;
    struct native *native;
    struct partners *partners; // NULL: none
};

// What handlers of licences have in common.

// Where the request comes from, as the text of an address into `out` of ADDRESS_TEXT_BYTES. An IPv6
// address stands for its /64: whoever has one has all of it.
void licences_address(const struct licences *licences, const struct http_exchange *exchange,
                      char *out);

// The token of "Authorization: Bearer"; empty when there is none.
struct slice licence_token(const struct http_request *request);

// Answers a denial and logs it: ids and the code, never a token or a key.
void licence_deny(struct http_exchange *exchange, const struct desk_verdict *verdict,
                  const char *protocol);

// An answer that may have keys in it: wiped when its last byte is sent, or when it is dropped.
struct secret_answer {
    struct buffer bytes;
};
struct secret_answer *secret_answer_make(size_t cap); // NULL without memory
void secret_answer_drop(void *answer);
void secret_answer_send(struct http_exchange *exchange, const char *type,
                        struct secret_answer *answer); // takes it

#endif
