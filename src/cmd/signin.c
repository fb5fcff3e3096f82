// SPDX-License-Identifier: Apache-2.0
//
// primrose signin: a member's session in a house, kept for play and download.
#include "base/clock.h"
#include "base/json.h"
#include "cmd/door.h"
#include "cmd/verb.h"

#include <stdio.h>
#include <string.h>

struct signin_options {
    const char *login, *profile;
    bool asks_pin, lists, is_json;
};

struct printing {
    bool is_json;
    size_t count;
};

// clang-format off: one option a block reads better than a table of long strings
#define FIELD(name) .offset = offsetof(struct signin_options, name)
static const struct option options[] = {
    {.name = "login",
     .kind = OPTION_TEXT,
     .value = "NAME",
     FIELD(login),
     .doc = "Who signs in. The password is asked for or read from standard input."},
    {.name = "profile",
     .kind = OPTION_TEXT,
     .value = "NAME",
     FIELD(profile),
     .doc = "Who watches; without it, the member's first profile."},
    {.name = "pin", .kind = OPTION_FLAG, FIELD(asks_pin), .doc = "Ask for the profile's PIN, too."},
    {.name = "list",
     .kind = OPTION_FLAG,
     FIELD(lists),
     .doc = "Show the houses that this user is signed in to."},
    {.name = "json", .kind = OPTION_FLAG, FIELD(is_json), .doc = "Print JSON lines."},
};
#undef FIELD
// clang-format on

static void show(void *context, const struct door_session *session)
{
    struct printing *printing = context;
    char at[CLOCK_TEXT_BYTES];
    wall_format(session->at_ms, at);
    printing->count++;
    if (!printing->is_json) {
        printf("%-32s %-24s %.16s\n", session->origin, session->login, at);
        return;
    }
    autojson *json = json_pack("{s:s, s:s, s:s}", "house", session->origin, "login", session->login,
                               "refreshed_at", at);
    if (json != NULL) (void)json_dumpf(json, stdout, JSON_COMPACT);
    putchar('\n');
}

static outcome sign_in(const struct signin_options *chosen, const char *address, struct why *why)
{
    char origin[HOUSE_ADDRESS_BYTES], token[HOUSE_TOKEN_BYTES];
    const struct door_wish wish = {chosen->login, chosen->profile, chosen->asks_pin};
    struct http_client *client = NULL;
    TRY(door_origin(address, origin, why));
    TRY(http_client_open(&client, why));
    const outcome result = door_open(client, origin, &wish, token, why);
    http_client_close(&client);
    explicit_bzero(token, sizeof token);
    TRY(result);
    const struct door_session session = {origin, chosen->login, clock_wall_ms(clock_system())};
    struct printing printing = {.is_json = chosen->is_json};
    show(&printing, &session);
    return OK;
}

static outcome list(const struct signin_options *chosen, struct why *why)
{
    struct printing printing = {.is_json = chosen->is_json};
    TRY(door_list(show, &printing, why));
    if (printing.count == 0 && !chosen->is_json) printf("signed in nowhere\n");
    return OK;
}

static int run(const struct invocation *call)
{
    const struct signin_options *chosen = call->options;
    struct why why = {"write signin HOUSE --login NAME, or signin --list"};
    const bool has_house = call->operands->count == 1;
    if (chosen->lists ? has_house || chosen->login != NULL : !has_house || chosen->login == NULL)
        return verb_misuse(call, &why);
    const outcome result =
        chosen->lists ? list(chosen, &why) : sign_in(chosen, call->operands->items[0], &why);
    return verb_end(call, result, &why);
}

static const struct example examples[] = {
    {"signin http://house:8080 --login ben", "sign in once; the password is asked for"},
    {"signin http://house:8080 --login ben --profile Kids <password.txt",
     "watch as a profile, the password from a file"},
    {"signin --list", "where this user is signed in"},
};

const struct verb verb_signin = {
    .name = "signin",
    .stage = STAGE_SCREEN,
    .operands = "[HOUSE]",
    .operands_min = 0,
    .operands_max = 1,
    .summary = "sign in to a house once, to play and download there",
    .story =
        "Keeps a member's session for a house, so that `primrose play` and `primrose download` act "
        "for that member from then on. It lies in primrose/sessions of $XDG_STATE_HOME or "
        "~/.local/state, readable by this user alone, is exchanged for a new one every day that it "
        "is used, and ends after 30 days without use. The house lists it among the member's "
        "devices, where it can be ended, too. The password is never taken from the command line.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct signin_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};
