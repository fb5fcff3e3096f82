// SPDX-License-Identifier: Apache-2.0
//
// primrose signout: ends the session that signin keeps.
#include "cmd/door.h"
#include "cmd/verb.h"

#include <stdio.h>

static outcome sign_out(const char *address, bool *out_is_told, struct why *why)
{
    char origin[HOUSE_ADDRESS_BYTES];
    struct http_client *client = NULL;
    TRY(door_origin(address, origin, why));
    TRY(http_client_open(&client, why));
    const outcome result = door_leave(client, origin, out_is_told, why);
    http_client_close(&client);
    return result;
}

static int run(const struct invocation *call)
{
    bool is_told = true;
    struct why why = {""};
    const outcome result = sign_out(call->operands->items[0], &is_told, &why);
    if (result == OK && !is_told)
        fprintf(stderr, "primrose signout: forgotten here, but the house did not answer: end the "
                        "device there, on the page of devices\n");
    return verb_end(call, result, &why);
}

static const struct example examples[] = {
    {"signout http://house:8080", "end the session, here and in the house"},
};

const struct verb verb_signout = {
    .name = "signout",
    .stage = STAGE_SCREEN,
    .operands = "HOUSE",
    .operands_min = 1,
    .operands_max = 1,
    .summary = "end a session that signin keeps",
    .story = "Signs this device out of the house and forgets the session. Downloads stay on the "
             "disk; their licences end when the house is next asked about them.",
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};
