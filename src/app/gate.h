// SPDX-License-Identifier: Apache-2.0
//
// The gate: who a request is from, and whether its route is for him.
//
//     x-auth      an open house   a closed house
//     public      everybody       everybody
//     token       whoever has it  whoever has a token that the operation itself verifies
//     member      the guest       a member who signed in
//     profile     the guest       a member whose device has chosen a profile
//     viewer      the guest       the same, and those who keep the catalogue
//     media       the guest       viewers; with keys for signed access, whoever has its token
//     catalogue   nobody          roles that keep the catalogue          (editor, operator)
//     members     nobody          roles that keep members                (support, operator)
//     log         nobody          roles that read the log                (support, operator)
//     report      everybody       those who read the log
//     studio      everybody       those who keep the catalogue
//     house       nobody          roles that keep the house              (operator)
//
// Each operation of app/openapi.json names its class in `x-auth`; the routes are made with it, so
// that there is no route without one.
#ifndef APP_GATE_H
#define APP_GATE_H

#include "account/caller.h"
#include "app/problems.h"
#include "net/http_exchange.h"

#include <stdatomic.h>

// name, word, rights that it takes
#define AUTH_CLASSES(X)                                                                            \
    X(PUBLIC, "public", 0)                                                                         \
    X(TOKEN, "token", 0)                                                                           \
    X(MEMBER, "member", 0)                                                                         \
    X(PROFILE, "profile", 0)                                                                       \
    X(VIEWER, "viewer", 0)                                                                         \
    X(MEDIA, "media", 0)                                                                           \
    X(CATALOGUE, "catalogue", MAY_KEEP_CATALOGUE)                                                  \
    X(MEMBERS, "members", MAY_KEEP_MEMBERS)                                                        \
    X(LOG, "log", MAY_READ_LOG)                                                                    \
    X(REPORT, "report", MAY_READ_LOG)                                                              \
    X(STUDIO, "studio", MAY_KEEP_CATALOGUE)                                                        \
    X(HOUSE, "house", MAY_KEEP_HOUSE)

#define AUTH_ENUM(name, word, rights) AUTH_##name,
enum auth_class { AUTH_CLASSES(AUTH_ENUM) AUTH_COUNT };
#undef AUTH_ENUM

bool auth_class_parse(const char *word, enum auth_class *out);

#define GATE_COOKIE "primrose_session"

enum {
    GATE_OPEN_MS = 1000,  // how long an open house may pass for open after its first operator
    GATE_CALLER_MS = 2000 // how long a caller is taken for what he was
};

struct gate {
    struct accounts accounts;
    _Atomic bool is_closed;  // for good
    _Atomic int64_t open_us; // when the house was last found open; 0: not yet
};

void gate_init(struct gate *gate, const struct accounts *accounts);

// What is known without asking the store. false: nothing fresh, ask gate_is_open().
bool gate_knows(struct gate *gate, bool *out_open);

// Whether the house is open; may read the store.
must_check outcome gate_is_open(struct gate *gate, bool *out, struct why *why);

// The request's credential: a bearer token, else the cookie. `at` NULL: none came. Borrowed from
// the request. `*is_cookie` tells which.
struct slice gate_credential(const struct http_request *request, bool *is_cookie);

// Who the request is from, without asking the store: false when that is not known at this moment.
bool gate_caller_known(struct gate *gate, const struct http_request *request, struct caller *out);

// The same, asking the store where needed. A credential that is none makes CALLER_NOBODY, in an
// open house the guest.
must_check outcome gate_caller(struct gate *gate, const struct http_request *request,
                               struct caller *out, struct why *why);

// Nobody is taken for what he was: after a profile was chosen, or a device signed out.
void gate_forget(struct gate *gate, struct slice credential);

// PROBLEM_NONE when the caller may pass.
enum problem gate_check(enum auth_class class, const struct caller *caller);

// True for a request that changes something and comes, by cookie, from a page of another origin.
bool gate_is_cross_site(const struct http_request *request);

// The value of the first field with this name in lower case; `at` NULL: it did not come.
struct slice gate_field(const struct http_request *request, const char *name);

#endif
