// SPDX-License-Identifier: Apache-2.0
//
// A member's sessions in houses, kept between runs: signed in once, shown by every verb that goes
// to a house.
//
//     sessions    {"http://127.0.0.1:8080": {"token": "ps_...", "at_ms": ..., "login": "ben"}}
//
// The file has mode 0600. A session lives for 30 days from its last refresh: one that is a day old
// is refreshed, under a lock, since a token that is used after another took its place ends the
// session. The house lists it among the member's devices, who may end it there.
#ifndef CMD_DOOR_H
#define CMD_DOOR_H

#include "player/house_download.h"

struct door_wish {
    const char *login;   // NULL: the session that is kept, if there is one
    const char *profile; // NULL: the member's first
    bool asks_pin;
};

// `token` has room for HOUSE_TOKEN_BYTES; "" without a session. With a login the password, and the
// PIN, are read from the terminal or from standard input.
must_check outcome door_open(struct http_client *client, const char *origin,
                             const struct door_wish *wish, char *token, struct why *why);

// Signs out and forgets the session, also where the house does not answer: then `*out_is_told` is
// false, and the house keeps the device until it is ended there. NOT_FOUND when none is kept.
must_check outcome door_leave(struct http_client *client, const char *origin, bool *out_is_told,
                              struct why *why);

// "http://house:8080/title/film", "http://house:8080/" and "http://house:8080" to the last, into
// `out` of HOUSE_ADDRESS_BYTES. INVALID for what is no address.
must_check outcome door_origin(const char *address, char *out, struct why *why);

struct door_session {
    const char *origin, *login;
    int64_t at_ms; // signed in or refreshed
};
// Shows all that are kept, in the order in which they were signed in to.
must_check outcome door_list(void (*show)(void *context, const struct door_session *session),
                             void *context, struct why *why);

// For a request that was refused: when the house is closed and does not know this session, `why`
// also says how to sign in. Returns `result`.
must_check outcome door_explain(struct http_client *client, const struct house_member *member,
                                outcome result, struct why *why);

#endif
