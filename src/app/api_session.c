// SPDX-License-Identifier: Apache-2.0
//
// The house, signing in and out, and what a member sees of himself.
#include "account/plan.h"
#include "app/api.h"
#include "app/claim.h"

#include <stdio.h>
#include <string.h>

enum { CLAIM_TRIES = 10, CLAIM_WINDOW_MS = 900000 };

// --- what is shown ------------------------------------------------------------------------

static json_t *rights_json(unsigned rights)
{
    static const struct {
        unsigned bit;
        const char *word;
    } words[] = {{MAY_KEEP_CATALOGUE, "catalogue"},
                 {MAY_KEEP_MEMBERS, "members"},
                 {MAY_READ_LOG, "log"},
                 {MAY_KEEP_HOUSE, "house"}};
    json_t *list = json_array();
    for (size_t i = 0; i < sizeof words / sizeof words[0]; i++)
        if (rights & words[i].bit) (void)json_array_append_new(list, json_string(words[i].word));
    return list;
}

static json_t *device_json(const struct device *device, const char *current)
{
    return json_pack("{s:s, s:s, s:o, s:o, s:o, s:b}", "id", device->id, "name", device->name,
                     "profile_id", json_text_or_null(device->profile), "signed_in_at",
                     json_time(device->created_ms), "seen_at", json_time(device->seen_ms),
                     "is_current", strcmp(device->id, current) == 0);
}

static outcome profiles_json(const struct accounts *accounts, const char *member_id, json_t **out,
                             struct why *why)
{
    struct profile profiles[PROFILES_MAX];
    size_t count;
    TRY(profile_list(accounts, member_id, profiles, &count, why));
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(list, api_profile_json(&profiles[i]));
    *out = list;
    return OK;
}

// --- the house ----------------------------------------------------------------------------

outcome api_house(struct call *call, struct why *why)
{
    bool is_open;
    TRY(gate_is_open(&call->service->door, &is_open, why));
    return call_reply(call, 200,
                      json_pack("{s:b, s:b}", "is_open", is_open, "is_signed_in",
                                call->caller.kind == CALLER_MEMBER),
                      why);
}

// The cookie for browsers, beside the token for everything else. Over TLS it stays there.
static outcome set_cookie(struct call *call, const char *token, int64_t life_ms, struct why *why)
{
    struct slice origin;
    const bool is_tls = http_request_find(call->exchange->request, FIELD_ORIGIN, &origin) &&
                        slice_starts(origin, "https://");
    const char *value =
        arena_format(&call->exchange->arena,
                     GATE_COOKIE "=%s; Path=/; HttpOnly; SameSite=Strict; Max-Age=%lld%s", token,
                     (long long)(life_ms / 1000), is_tls ? "; Secure" : "");
    if (value == NULL) return fail(why, NO_MEMORY, "no memory for the cookie");
    http_reply_field(call->exchange, "Set-Cookie", value);
    return OK;
}

static outcome reply_grant(struct call *call, const struct session_grant *grant, struct why *why)
{
    const struct session *session = &grant->session;
    json_t *profiles;
    TRY(profiles_json(call->accounts, session->member.id, &profiles, why));
    json_t *json =
        json_pack("{s:s, s:o, s:{s:s, s:s, s:s, s:s}, s:o, s:o}", "token", grant->token,
                  "expires_at", json_time(grant->expires_ms), "member", "id", session->member.id,
                  "login", session->member.login, "name", session->member.name, "role",
                  member_role_word(session->member.role), "device",
                  device_json(&session->device, session->device.id), "profiles", profiles);
    TRY(call_reply(call, 201, json, why));
    return set_cookie(call, grant->token, SESSION_LIFE_MS, why);
}

struct claim_input {
    char code[CLAIM_BYTES], login[MEMBER_LOGIN_BYTES], name[MEMBER_NAME_BYTES],
        password[PASSWORD_BYTES_MAX + 1], territory[3], device_name[SESSION_NAME_BYTES];
};
static const struct input_field claim_fields[] = {
    INPUT_FIELD(struct claim_input, code, "code", INPUT_TEXT, INPUT_REQUIRED, 1, 0),
    INPUT_FIELD(struct claim_input, login, "login", INPUT_TEXT, INPUT_REQUIRED, 1, 0),
    INPUT_FIELD(struct claim_input, name, "name", INPUT_TEXT, INPUT_OPTIONAL, 1, 0),
    INPUT_FIELD(struct claim_input, password, "password", INPUT_TEXT, INPUT_REQUIRED,
                PASSWORD_BYTES_MIN, 0),
    INPUT_FIELD(struct claim_input, territory, "territory", INPUT_TEXT, INPUT_OPTIONAL, 0, 0),
    INPUT_FIELD(struct claim_input, device_name, "device_name", INPUT_TEXT, INPUT_OPTIONAL, 0, 0),
};

static outcome check_claim(struct call *call, const char *code, struct why *why)
{
    int64_t tries = 0;
    bool is_right = false;
    struct cache_store *cache = call->accounts->cache;
    TRY(cache->ops->add(cache, "claim", 1, CLAIM_WINDOW_MS, &tries, why));
    if (tries > CLAIM_TRIES)
        return fail(why, EXHAUSTED, "%d wrong codes: wait a quarter of an hour", CLAIM_TRIES);
    const outcome checked = claim_check(call->service->data, code, &is_right, NULL);
    if (checked == OK && is_right) return OK;
    return call_refuse(call, PROBLEM_CLAIM_REFUSED, why,
                       "the code stands in the file claim of the data folder while the house is "
                       "open");
}

outcome api_house_claim(struct call *call, struct why *why)
{
    struct claim_input input = {.device_name = "Browser"};
    struct member member;
    struct session_grant grant;
    char id[ID_BYTES], device_id[ID_BYTES];
    TRY(call_read(call, claim_fields, INPUT_COUNT(claim_fields), &input, why));
    call_id(call, "member", id);
    call_id(call, "device", device_id);
    // A claim that was cut off once its member was begun had the right code: nobody else can make
    // that id, and the code may be gone with the open house.
    bool is_begun = false;
    TRY(member_is_begun(call->accounts, input.login, id, &is_begun, why));
    if (!is_begun) TRY(check_claim(call, input.code, why));
    const struct member_draft draft = {
        .id = id,
        .login = input.login,
        .name = input.name[0] == '\0' ? NULL : input.name,
        .password = input.password,
        .territory = input.territory,
        .role = MEMBER_OPERATOR,
    };
    TRY(member_add(call->accounts, (struct deed){id, "the house was claimed"}, &draft, &member,
                   why));
    TRY(session_begin(call->accounts, &member, input.device_name, device_id, &grant, why));
    atomic_store(&call->service->door.is_closed, true);
    claim_withdraw(call->service->data);
    return reply_grant(call, &grant, why);
}

// --- sessions -----------------------------------------------------------------------------

struct sign_in_input {
    char login[MEMBER_LOGIN_BYTES], password[PASSWORD_BYTES_MAX + 1],
        device_name[SESSION_NAME_BYTES];
};
static const struct input_field sign_in_fields[] = {
    INPUT_FIELD(struct sign_in_input, login, "login", INPUT_TEXT, INPUT_REQUIRED, 1, 0),
    INPUT_FIELD(struct sign_in_input, password, "password", INPUT_TEXT, INPUT_REQUIRED, 1, 0),
    INPUT_FIELD(struct sign_in_input, device_name, "device_name", INPUT_TEXT, INPUT_OPTIONAL, 0, 0),
};

outcome api_sign_in(struct call *call, struct why *why)
{
    struct sign_in_input input = {.device_name = "Browser"};
    struct session_grant grant;
    char device_id[ID_BYTES];
    TRY(call_read(call, sign_in_fields, INPUT_COUNT(sign_in_fields), &input, why));
    call_id(call, "device", device_id);
    const outcome signed_in = session_sign_in(call->accounts, input.login, input.password,
                                              input.device_name, device_id, &grant, why);
    if (signed_in == DENIED)
        return call_refuse(call, PROBLEM_SIGN_IN_REFUSED, why,
                           "the login and the password do not fit together");
    TRY(signed_in);
    return reply_grant(call, &grant, why);
}

outcome api_session_refresh(struct call *call, struct why *why)
{
    struct session_grant grant;
    if (call->caller.kind != CALLER_MEMBER)
        return call_refuse(call, PROBLEM_SIGN_IN_NEEDED, why, "there is no session to refresh");
    TRY(session_refresh(call->accounts, call->credential, &grant, why));
    gate_forget(&call->service->door, call->credential);
    return reply_grant(call, &grant, why);
}

outcome api_sign_out(struct call *call, struct why *why)
{
    if (call->caller.kind == CALLER_MEMBER)
        TRY(session_end(call->accounts, call_deed(call), call->caller.id, call->caller.device,
                        why));
    if (call->credential.at != NULL) gate_forget(&call->service->door, call->credential);
    TRY(call_reply_empty(call));
    return set_cookie(call, "", 0, why);
}

struct choose_input {
    char profile_id[ID_BYTES], pin[PROFILE_PIN_DIGITS_MAX + 1];
};
static const struct input_field choose_fields[] = {
    INPUT_FIELD(struct choose_input, profile_id, "profile_id", INPUT_TEXT, INPUT_REQUIRED, 1, 0),
    INPUT_FIELD(struct choose_input, pin, "pin", INPUT_TEXT, INPUT_OPTIONAL, 0, 0),
};

outcome api_choose_profile(struct call *call, struct why *why)
{
    struct choose_input input = {.pin = ""};
    struct profile profile;
    TRY(call_read(call, choose_fields, INPUT_COUNT(choose_fields), &input, why));
    TRY(profile_load(call->accounts, call->caller.id, input.profile_id, &profile, why));
    const outcome checked = profile_check_pin(call->accounts, &profile, input.pin, why);
    if (checked == DENIED)
        return call_refuse(call, PROBLEM_PIN_NEEDED, why, "the PIN of \"%s\" is needed",
                           profile.name);
    TRY(checked);
    TRY(session_choose_profile(call->accounts, call->caller.id, call->caller.device, profile.id,
                               why));
    gate_forget(&call->service->door, call->credential);
    return call_reply_version(call, 200, api_profile_json(&profile), profile.version, why);
}

// --- oneself ------------------------------------------------------------------------------

static json_t *guest_json(void)
{
    return json_pack("{s:s, s:n, s:s, s:s, s:n}", "id", CALLER_GUEST_ID, "login", "name", "Guest",
                     "role", "guest", "territory");
}

static json_t *member_brief(const struct member *member)
{
    return json_pack("{s:s, s:s, s:s, s:s, s:o}", "id", member->id, "login", member->login, "name",
                     member->name, "role", member_role_word(member->role), "territory",
                     json_text_or_null(member->territory));
}

outcome api_me(struct call *call, struct why *why)
{
    struct member member;
    struct plan plan;
    json_t *profiles;
    const bool is_member = call->caller.kind == CALLER_MEMBER;
    if (is_member) TRY(member_load(call->accounts, call->caller.id, &member, why));
    TRY(plan_load(call->accounts, call->caller.plan, &plan, why));
    TRY(profiles_json(call->accounts, call->caller.id, &profiles, why));
    return call_reply(call, 200,
                      json_pack("{s:o, s:o, s:o, s:o, s:o, s:o}", "member",
                                is_member ? member_brief(&member) : guest_json(), "device_id",
                                json_text_or_null(call->caller.device), "profile_id",
                                json_text_or_null(call->caller.profile), "plan",
                                api_plan_json(&plan), "rights", rights_json(call->caller.rights),
                                "profiles", profiles),
                      why);
}

struct password_input {
    char password[PASSWORD_BYTES_MAX + 1], new_password[PASSWORD_BYTES_MAX + 1];
};
static const struct input_field password_fields[] = {
    INPUT_FIELD(struct password_input, password, "password", INPUT_TEXT, INPUT_REQUIRED, 1, 0),
    INPUT_FIELD(struct password_input, new_password, "new_password", INPUT_TEXT, INPUT_REQUIRED,
                PASSWORD_BYTES_MIN, 0),
};

// All other devices are signed out: whoever changes a password means somebody.
outcome api_password(struct call *call, struct why *why)
{
    struct password_input input;
    struct member member;
    TRY(call_read(call, password_fields, INPUT_COUNT(password_fields), &input, why));
    TRY(member_load(call->accounts, call->caller.id, &member, why));
    if (!password_matches(member.password, input.password))
        return call_refuse(call, PROBLEM_SIGN_IN_REFUSED, why, "the present password is another");
    TRY(member_set_password(call->accounts, call_deed(call), &member, input.new_password, why));
    TRY(session_end_all(call->accounts, call_deed(call), member.id, call->caller.device, why));
    return call_reply_empty(call);
}

outcome api_reply_devices(struct call *call, const char *member_id, struct why *why)
{
    struct device_page page;
    TRY(device_list(call->accounts, member_id, &call->exchange->arena, &page, why));
    json_t *items = json_array();
    for (size_t i = 0; i < page.count; i++)
        (void)json_array_append_new(items, device_json(&page.devices[i], call->caller.device));
    return call_reply_page(call, items, "", why);
}

outcome api_devices(struct call *call, struct why *why)
{
    return api_reply_devices(call, call->caller.id, why);
}

outcome api_device_drop(struct call *call, struct why *why)
{
    TRY(session_end(call->accounts, call_deed(call), call->caller.id, call->exchange->params[0],
                    why));
    gate_forget(&call->service->door, call->credential);
    return call_reply_empty(call);
}
