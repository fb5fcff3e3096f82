// SPDX-License-Identifier: Apache-2.0
//
// A member's sessions in houses, kept between runs: signed in once, asked by every verb that goes
// to a house.
//
//     sessions    {"http://127.0.0.1:8080": {"token": "ps_...", "at_ms": ...}}     mode 0600
//
// A session lives for 30 days from its last refresh: one that is a week old is refreshed.
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

#endif
