// SPDX-License-Identifier: Apache-2.0
//
// primrose members: the members of a house, from its command line.
#include "account/member.h"
#include "account/session.h"
#include "cmd/password.h"
#include "cmd/store_places.h"
#include "cmd/verb.h"
#include "store/stores.h"

#include <stdio.h>
#include <string.h>

struct members_options {
    const char *data, *name, *role, *plan, *territory, *reason;
    bool is_operator, is_json;
};

// clang-format off: one option a block reads better than a table of long strings
#define FIELD(name) .offset = offsetof(struct members_options, name)
static const struct option options[] = {
    {.name = "operator",
     .kind = OPTION_FLAG,
     FIELD(is_operator),
     .doc = "With add: a member who may do everything. The first one closes the house."},
    {.name = "role",
     .kind = OPTION_CHOICE,
     .value = "member|editor|support|operator",
     .initial = "member",
     FIELD(role),
     .doc = "With add: what else the member may do than watch."},
    {.name = "name",
     .kind = OPTION_TEXT,
     .value = "NAME",
     FIELD(name),
     .doc = "With add: how the member is called; else as he signs in."},
    {.name = "plan",
     .kind = OPTION_TEXT,
     .value = "PLAN",
     .initial = "house",
     FIELD(plan),
     .doc = "With add: the id of the plan."},
    {.name = "territory",
     .kind = OPTION_TEXT,
     .value = "CODE",
     .initial = "",
     FIELD(territory),
     .doc = "With add: where the member lives, an ISO 3166-1 code such as DE."},
    {.name = "reason",
     .kind = OPTION_TEXT,
     .value = "TEXT",
     .initial = "",
     FIELD(reason),
     .doc = "Why, for the event log."},
    {.name = "data",
     .letter = 'd',
     .kind = OPTION_TEXT,
     .value = "DIR",
     .config = "store.data",
     FIELD(data),
     .doc = "Folder of titles, tables and queues; made where missing."},
    {.name = "json", .kind = OPTION_FLAG, FIELD(is_json), .doc = "Print members as JSON lines."},
};
#undef FIELD
// clang-format on

static const struct example examples[] = {
    {"members add --operator ada", "make ada an operator; the password is asked for"},
    {"members add ben --plan family <password.txt", "add a member, the password from a file"},
    {"members list --json", "list the members for a script"},
    {"members disable ben --reason 'card expired'", "sign ben out everywhere and keep him out"},
    {"members password ada", "set another password"},
};

struct desk {
    struct stores stores;
    struct accounts accounts;
    const struct members_options *chosen;
    const char *login;
};

static struct deed deed_of(const struct desk *desk)
{
    return (struct deed){"system", desk->chosen->reason};
}

static void print_member(const struct desk *desk, const struct member *member)
{
    if (!desk->chosen->is_json) {
        printf("%-32s %-24s %-9s %-10s %s%s\n", member->id, member->login,
               member_role_word(member->role), member->plan, member->territory,
               member->is_disabled ? " disabled" : "");
        return;
    }
    autojson *json =
        json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:b}", "id", member->id, "login", member->login,
                  "name", member->name, "role", member_role_word(member->role), "plan",
                  member->plan, "territory", member->territory, "is_disabled", member->is_disabled);
    if (json != NULL) (void)json_dumpf(json, stdout, JSON_COMPACT);
    putchar('\n');
}

static outcome add(struct desk *desk, struct why *why)
{
    char password[PASSWORD_BYTES_MAX + 2];
    struct member member;
    struct member_draft draft = {.login = desk->login,
                                 .name = desk->chosen->name,
                                 .password = password,
                                 .plan = desk->chosen->plan,
                                 .territory = desk->chosen->territory};
    TRY(member_role_parse(desk->chosen->is_operator ? "operator" : desk->chosen->role, &draft.role,
                          why));
    TRY(password_read("Password: ", password, sizeof password, why));
    TRY(member_add(&desk->accounts, deed_of(desk), &draft, &member, why));
    print_member(desk, &member);
    return OK;
}

static outcome list(struct desk *desk, struct why *why)
{
    char after[ID_BYTES] = "";
    do {
        autoarena arena = arena_init(4 << 20);
        struct member_page page;
        TRY(member_list(&desk->accounts, after, MEMBER_PAGE_MAX, &arena, &page, why));
        for (size_t i = 0; i < page.count; i++)
            print_member(desk, &page.members[i]);
        (void)snprintf(after, sizeof after, "%s", page.next);
    } while (after[0] != '\0');
    return OK;
}

static outcome set_disabled(struct desk *desk, const char *action, struct why *why)
{
    struct member member;
    TRY(member_find(&desk->accounts, desk->login, &member, why));
    member.is_disabled = strcmp(action, "disable") == 0;
    TRY(member_save(&desk->accounts, deed_of(desk), "member.changed", &member, why));
    if (member.is_disabled)
        TRY(session_end_all(&desk->accounts, deed_of(desk), member.id, NULL, why));
    print_member(desk, &member);
    return OK;
}

static outcome set_password(struct desk *desk, struct why *why)
{
    char password[PASSWORD_BYTES_MAX + 2];
    struct member member;
    TRY(member_find(&desk->accounts, desk->login, &member, why));
    TRY(password_read("Password: ", password, sizeof password, why));
    TRY(member_set_password(&desk->accounts, deed_of(desk), &member, password, why));
    return session_end_all(&desk->accounts, deed_of(desk), member.id, NULL, why);
}

static outcome act(struct desk *desk, const char *action, struct why *why)
{
    if (strcmp(action, "list") == 0) return list(desk, why);
    if (strcmp(action, "add") == 0) return add(desk, why);
    if (strcmp(action, "password") == 0) return set_password(desk, why);
    return set_disabled(desk, action, why);
}

static const char *const actions[] = {"list", "add", "password", "disable", "enable"};

static bool is_action(const char *word)
{
    for (size_t i = 0; i < TABLE_COUNT(actions); i++)
        if (strcmp(word, actions[i]) == 0) return true;
    return false;
}

static int run(const struct invocation *call)
{
    const struct members_options *chosen = call->options;
    const char *action = call->operands->items[0];
    const bool is_list = strcmp(action, "list") == 0;
    struct why why = {
        "write members list, or members add, password, disable or enable and a login"};
    if (!is_action(action))
        (void)!verb_no_action(action, actions, TABLE_COUNT(actions), sizeof actions[0], &why);
    if (!is_action(action) || call->operands->count != (is_list ? 1u : 2u))
        return verb_misuse(call, &why);
    struct desk desk = {.chosen = chosen, .login = is_list ? "" : call->operands->items[1]};
    const struct store_places places = store_places_of(call->config, chosen->data);
    const bool may_begin = strcmp(action, "add") == 0; // a house, with its first member
    outcome result = may_begin ? stores_open_at(&desk.stores, &places, clock_system(), &why)
                               : stores_open_present(&desk.stores, &places, &why);
    if (result != OK) return verb_end(call, result, &why);
    desk.accounts = (struct accounts){.tables = desk.stores.tables,
                                      .cache = desk.stores.cache,
                                      .clock = clock_system(),
                                      .cost = password_cost_member()};
    result = act(&desk, action, &why);
    stores_close(&desk.stores);
    return verb_end(call, result, &why);
}

const struct verb verb_members = {
    .name = "members",
    .stage = STAGE_HOUSE,
    .operands = "ACTION [LOGIN]",
    .operands_min = 1,
    .operands_max = 2,
    .summary = "add and list members, set passwords, keep somebody out",
    .story = "A house is open until its first operator exists; from then on everybody has to sign "
             "in. The actions are add, list, password, disable and enable. Passwords come from the "
             "terminal or from the first line of standard input, never from an option. Every "
             "change goes into the event log.",
    .options = options,
    .option_count = TABLE_COUNT(options),
    .options_bytes = sizeof(struct members_options),
    .examples = examples,
    .example_count = TABLE_COUNT(examples),
    .run = run,
};
