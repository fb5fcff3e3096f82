// SPDX-License-Identifier: Apache-2.0
//
// Members, their rights and devices, as those see them who keep them.
#include "account/plan.h"
#include "account/right.h"
#include "app/api.h"

#include <stdio.h>
#include <string.h>

struct member_input {
    char login[MEMBER_LOGIN_BYTES], name[MEMBER_NAME_BYTES], password[PASSWORD_BYTES_MAX + 1],
        role[16], plan[32], territory[3];
    bool is_disabled;
};

#define MEMBER_FIELD(member, of_kind, needed, least)                                               \
    INPUT_FIELD(struct member_input, member, #member, of_kind, needed, least, 0)

static const struct input_field add_fields[] = {
    MEMBER_FIELD(login, INPUT_TEXT, INPUT_REQUIRED, 1),
    MEMBER_FIELD(name, INPUT_TEXT, INPUT_OPTIONAL, 1),
    MEMBER_FIELD(password, INPUT_TEXT, INPUT_REQUIRED, PASSWORD_BYTES_MIN),
    MEMBER_FIELD(role, INPUT_TEXT, INPUT_OPTIONAL, 1),
    MEMBER_FIELD(plan, INPUT_TEXT, INPUT_OPTIONAL, 1),
    MEMBER_FIELD(territory, INPUT_TEXT, INPUT_OPTIONAL, 0),
};
static const struct input_field edit_fields[] = {
    MEMBER_FIELD(name, INPUT_TEXT, INPUT_OPTIONAL, 1),
    MEMBER_FIELD(password, INPUT_TEXT, INPUT_OPTIONAL, PASSWORD_BYTES_MIN),
    MEMBER_FIELD(role, INPUT_TEXT, INPUT_OPTIONAL, 1),
    MEMBER_FIELD(plan, INPUT_TEXT, INPUT_OPTIONAL, 1),
    MEMBER_FIELD(territory, INPUT_TEXT, INPUT_OPTIONAL, 0),
    MEMBER_FIELD(is_disabled, INPUT_BOOL, INPUT_OPTIONAL, 0),
};

static json_t *member_json(const struct member *member)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:s, s:o, s:b, s:o}", "id", member->id, "login",
                     member->login, "name", member->name, "role", member_role_word(member->role),
                     "plan", member->plan, "territory", json_text_or_null(member->territory),
                     "is_disabled", member->is_disabled, "created_at",
                     json_time(member->created_ms));
}

// Roles with rights are given by those who keep the house alone.
static outcome read_role(struct call *call, const char *word, enum member_role *role,
                         struct why *why)
{
    if (word[0] == '\0') return OK;
    (void)snprintf(call->fault.pointer, INPUT_POINTER_BYTES, "/role");
    TRY(member_role_parse(word, role, why));
    call->fault.pointer[0] = '\0';
    if (*role == MEMBER_MEMBER || (call->caller.rights & MAY_KEEP_HOUSE)) return OK;
    return call_refuse(call, PROBLEM_NOT_ALLOWED, why, "only an operator gives the role %s", word);
}

static outcome check_plan(struct call *call, const char *id, struct why *why)
{
    struct plan plan;
    if (id[0] == '\0') return OK;
    const outcome loaded = plan_load(call->accounts, id, &plan, why);
    if (loaded != NOT_FOUND) return loaded;
    (void)snprintf(call->fault.pointer, INPUT_POINTER_BYTES, "/plan");
    return fail(why, INVALID, "there is no plan %s", id);
}

outcome api_members(struct call *call, struct why *why)
{
    const char *after;
    size_t limit;
    struct member_page page;
    TRY(call_cursor(call, &after, why));
    TRY(call_limit(call, 50, MEMBER_PAGE_MAX, &limit, why));
    TRY(member_list(call->accounts, after, limit, &call->exchange->arena, &page, why));
    json_t *items = json_array();
    for (size_t i = 0; i < page.count; i++)
        (void)json_array_append_new(items, member_json(&page.members[i]));
    return call_reply_page(call, items, page.next, why);
}

outcome api_member_add(struct call *call, struct why *why)
{
    struct member_input input = {.plan = "house"};
    struct member member;
    enum member_role role = MEMBER_MEMBER;
    char id[ID_BYTES];
    TRY(call_read(call, add_fields, INPUT_COUNT(add_fields), &input, why));
    TRY(read_role(call, input.role, &role, why));
    TRY(check_plan(call, input.plan, why));
    call_id(call, "member", id);
    const struct member_draft draft = {
        .id = id,
        .login = input.login,
        .name = input.name[0] == '\0' ? NULL : input.name,
        .password = input.password,
        .plan = input.plan,
        .territory = input.territory,
        .role = role,
    };
    TRY(member_add(call->accounts, call_deed(call), &draft, &member, why));
    return call_reply_version(call, 201, member_json(&member), member.version, why);
}

outcome api_member(struct call *call, struct why *why)
{
    struct member member;
    TRY(member_load(call->accounts, call->exchange->params[0], &member, why));
    return call_reply_version(call, 200, member_json(&member), member.version, why);
}

// Whoever keeps members alone cannot change those who have rights: he could make himself one.
static outcome check_target(struct call *call, const struct member *member, struct why *why)
{
    if (member->role == MEMBER_MEMBER || (call->caller.rights & MAY_KEEP_HOUSE)) return OK;
    return call_refuse(call, PROBLEM_NOT_ALLOWED, why,
                       "only an operator changes a member who is %s",
                       member_role_word(member->role));
}

outcome api_member_edit(struct call *call, struct why *why)
{
    struct member member;
    struct member_input input = {.login = ""};
    TRY(member_load(call->accounts, call->exchange->params[0], &member, why));
    TRY(check_target(call, &member, why));
    TRY(call_match(call, member.version, why));
    (void)snprintf(input.name, sizeof input.name, "%s", member.name);
    (void)snprintf(input.plan, sizeof input.plan, "%s", member.plan);
    (void)snprintf(input.territory, sizeof input.territory, "%s", member.territory);
    input.is_disabled = member.is_disabled;
    TRY(call_read(call, edit_fields, INPUT_COUNT(edit_fields), &input, why));
    TRY(read_role(call, input.role, &member.role, why));
    if (strcmp(input.plan, member.plan) != 0) TRY(check_plan(call, input.plan, why));
    (void)snprintf(member.name, sizeof member.name, "%s", input.name);
    (void)snprintf(member.plan, sizeof member.plan, "%s", input.plan);
    (void)snprintf(member.territory, sizeof member.territory, "%s", input.territory);
    member.is_disabled = input.is_disabled;
    if (input.password[0] != '\0')
        TRY(password_hash(input.password, call->accounts->cost, member.password, why));
    TRY(member_save(call->accounts, call_deed(call), "member.changed", &member, why));
    if (member.is_disabled || input.password[0] != '\0')
        TRY(session_end_all(call->accounts, call_deed(call), member.id, NULL, why));
    return call_reply_version(call, 200, member_json(&member), member.version, why);
}

// --- rights and devices -------------------------------------------------------------------

static json_t *right_json(const struct right *right)
{
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:o}", "id", right->id, "title_id", right->title,
                     "kind", right_kind_word(right->kind), "granted_at",
                     json_time(right->granted_ms), "started_at", json_time(right->started_ms),
                     "ends_at", json_time(right->ends_ms));
}

static outcome reply_rights(struct call *call, const char *member_id, struct why *why)
{
    struct right_page page;
    TRY(right_list(call->accounts, member_id, &call->exchange->arena, &page, why));
    json_t *items = json_array();
    for (size_t i = 0; i < page.count; i++)
        (void)json_array_append_new(items, right_json(&page.rights[i]));
    return call_reply_page(call, items, "", why);
}

outcome api_my_rights(struct call *call, struct why *why)
{
    return reply_rights(call, call->caller.id, why);
}

outcome api_member_rights(struct call *call, struct why *why)
{
    struct member member;
    TRY(member_load(call->accounts, call->exchange->params[0], &member, why));
    return reply_rights(call, member.id, why);
}

struct right_input {
    char title_id[65], kind[16];
    int64_t ends_ms;
};
static const struct input_field right_fields[] = {
    INPUT_FIELD(struct right_input, title_id, "title_id", INPUT_TEXT, INPUT_REQUIRED, 1, 0),
    INPUT_FIELD(struct right_input, kind, "kind", INPUT_TEXT, INPUT_REQUIRED, 1, 0),
    INPUT_FIELD(struct right_input, ends_ms, "ends_at", INPUT_TIME, INPUT_OPTIONAL, 0, 0),
};

outcome api_right_grant(struct call *call, struct why *why)
{
    struct right_input input = {.ends_ms = 0};
    struct member member;
    struct right right = {.ends_ms = 0};
    TRY(member_load(call->accounts, call->exchange->params[0], &member, why));
    TRY(call_read(call, right_fields, INPUT_COUNT(right_fields), &input, why));
    (void)snprintf(call->fault.pointer, INPUT_POINTER_BYTES, "/kind");
    TRY(right_kind_parse(input.kind, &right.kind, why));
    (void)snprintf(call->fault.pointer, INPUT_POINTER_BYTES, "/title_id");
    struct title title;
    const outcome loaded = call_title(call, input.title_id, &title, why);
    if (loaded == NOT_FOUND) return fail(why, INVALID, "there is no title %.64s", input.title_id);
    TRY(loaded);
    (void)snprintf(right.title, sizeof right.title, "%s", input.title_id);
    (void)snprintf(call->fault.pointer, INPUT_POINTER_BYTES, "/ends_at");
    right.ends_ms = input.ends_ms;
    call_id(call, "right", right.id);
    TRY(right_grant(call->accounts, call_deed(call), member.id, &right, why));
    return call_reply(call, 201, right_json(&right), why);
}

outcome api_right_revoke(struct call *call, struct why *why)
{
    TRY(right_revoke(call->accounts, call_deed(call), call->exchange->params[0],
                     call->exchange->params[1], why));
    return call_reply_empty(call);
}

outcome api_member_devices(struct call *call, struct why *why)
{
    struct member member;
    TRY(member_load(call->accounts, call->exchange->params[0], &member, why));
    return api_reply_devices(call, member.id, why);
}

outcome api_member_device_drop(struct call *call, struct why *why)
{
    TRY(session_end(call->accounts, call_deed(call), call->exchange->params[0],
                    call->exchange->params[1], why));
    return call_reply_empty(call);
}
