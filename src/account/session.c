// SPDX-License-Identifier: Apache-2.0
#include "account/session.h"

#include "account/event.h"
#include "base/utf8.h"

#include <stdatomic.h>
#include <stdio.h>
#include <string.h>

static const char device_table[] = "device";
static const char token_table[] = "token";
static const char token_sort[] = "session";

static const struct record_member device_members[] = {
    RECORD_TEXT(struct device, id),           RECORD_TEXT(struct device, name),
    RECORD_TEXT(struct device, profile),      RECORD_TEXT(struct device, token),
    RECORD_TEXT(struct device, token_before), RECORD_I64(struct device, created_ms),
    RECORD_I64(struct device, seen_ms),       RECORD_I64(struct device, rotated_ms),
};
static const struct record device_record = RECORD("a device", device_members);

struct token_row {
    char member[ID_BYTES], device[ID_BYTES];
};
static const struct record_member token_members[] = {RECORD_TEXT(struct token_row, member),
                                                     RECORD_TEXT(struct token_row, device)};
static const struct record token_record = RECORD("a token", token_members);

static const char refusal[] = "the login and the password do not fit together";

// A hash that no password fits, for logins without a member: made once with the members' cost.
static outcome stand_in(const struct accounts *accounts, char *out, struct why *why)
{
    return password_hash("a password that nobody has", accounts->cost, out, why);
}

static outcome count_try(const struct accounts *accounts, const char *login, char *key,
                         struct why *why)
{
    char place[SECRET_HASH_BYTES];
    int64_t tries = 0;
    token_hash(slice_of(login), place);
    (void)snprintf(key, CACHE_KEY_BYTES, "sign-in:%s", place);
    TRY(accounts->cache->ops->add(accounts->cache, key, 1, SIGN_IN_WINDOW_MS, &tries, why));
    if (tries <= SIGN_IN_TRIES) return OK;
    return fail(why, EXHAUSTED, "%d wrong passwords: wait a quarter of an hour, then try again",
                SIGN_IN_TRIES);
}

// Judges the password; without a member, a hash is made all the same, for the time it takes.
static outcome judge(const struct accounts *accounts, const char *login, const char *password,
                     struct member *out, struct why *why)
{
    char wasted[PASSWORD_HASH_BYTES];
    const outcome found = member_find(accounts, login, out, NULL);
    if (found != OK && found != NOT_FOUND)
        return fail(why, found, "members cannot be looked up just now");
    if (found == NOT_FOUND || out->password[0] == '\0') {
        TRY(stand_in(accounts, wasted, why));
        return fail(why, DENIED, "%s", refusal);
    }
    if (!password_matches(out->password, password) || out->is_disabled)
        return fail(why, DENIED, "%s", refusal);
    return OK;
}

outcome session_sign_in(const struct accounts *accounts, const char *login, const char *password,
                        const char *device_name, const char *device_id, struct session_grant *out,
                        struct why *why)
{
    static _Atomic int hashing;
    char key[CACHE_KEY_BYTES];
    struct member member;
    if (strlen(login) >= MEMBER_LOGIN_BYTES || strlen(password) > PASSWORD_BYTES_MAX)
        return fail(why, DENIED, "%s", refusal);
    // What is turned away unread is no try: else a rush would lock out who has the right password.
    outcome judged = EXHAUSTED;
    if (atomic_fetch_add(&hashing, 1) < SIGN_IN_HASHING_MAX) {
        judged = count_try(accounts, login, key, why);
        if (judged == OK) judged = judge(accounts, login, password, &member, why);
    } else {
        judged = fail(why, EXHAUSTED, "many sign in just now: try again in a moment");
    }
    atomic_fetch_sub(&hashing, 1);
    TRY(judged);
    TRY(accounts->cache->ops->drop(accounts->cache, key, why));
    return session_begin(accounts, &member, device_name, device_id, out, why);
}

static outcome device_put(const struct accounts *accounts, const char *member_id,
                          struct device *device, struct row_terms terms, struct why *why)
{
    return row_put(accounts->tables, (struct row_key){device_table, member_id, device->id},
                   &device_record, device, terms, &device->version, why);
}

static outcome device_load(const struct accounts *accounts, const char *member_id, const char *id,
                           struct device *out, struct why *why)
{
    return row_get(accounts->tables, (struct row_key){device_table, member_id, id}, &device_record,
                   out, &out->version, why);
}

// A token of the device, kept as its hash until it expires.
static outcome give_token(const struct accounts *accounts, struct session *session,
                          struct session_grant *out, struct why *why)
{
    struct token_row row;
    char hash[SECRET_HASH_BYTES];
    token_make("ps_", out->token);
    token_hash(slice_of(out->token), hash);
    out->expires_ms = clock_wall_ms(accounts->clock) + SESSION_LIFE_MS;
    (void)snprintf(row.member, sizeof row.member, "%s", session->member.id);
    (void)snprintf(row.device, sizeof row.device, "%s", session->device.id);
    (void)snprintf(session->device.token, sizeof session->device.token, "%s", hash);
    return row_put(
        accounts->tables, (struct row_key){token_table, hash, token_sort}, &token_record, &row,
        (struct row_terms){.condition = TABLE_ABSENT, .expires_ms = out->expires_ms}, NULL, why);
}

// Past DEVICES_MAX the one that was not seen for longest leaves.
static outcome make_room(const struct accounts *accounts, const char *member_id, struct why *why)
{
    autoarena arena = arena_init(DEVICES_MAX * 4096);
    struct device_page page;
    TRY(device_list(accounts, member_id, &arena, &page, why));
    if (page.count < DEVICES_MAX) return OK;
    const struct device *oldest = &page.devices[0];
    for (size_t i = 1; i < page.count; i++)
        if (page.devices[i].seen_ms < oldest->seen_ms) oldest = &page.devices[i];
    return row_drop(accounts->tables, (struct row_key){device_table, member_id, oldest->id}, 0,
                    why);
}

outcome session_begin(const struct accounts *accounts, const struct member *member,
                      const char *device_name, const char *device_id, struct session_grant *out,
                      struct why *why)
{
    struct session_grant grant = {.session = {.member = *member}};
    struct device *device = &grant.session.device;
    const struct slice name = slice_part(slice_of(device_name), 0, SESSION_NAME_BYTES - 1);
    TRY(make_room(accounts, member->id, why));
    device->created_ms = device->seen_ms = device->rotated_ms = clock_wall_ms(accounts->clock);
    if (device_id != NULL)
        (void)snprintf(device->id, sizeof device->id, "%s", device_id);
    else
        id_make("device", device->created_ms, device->id);
    (void)snprintf(device->name, sizeof device->name, "%.*s", (int)utf8_prefix(name), device_name);
    TRY(event_write(accounts, (struct deed){member->id, ""}, "session.began", device->id,
                    device->name, why));
    TRY(give_token(accounts, &grant.session, &grant, why));
    TRY(device_put(accounts, member->id, device, (struct row_terms){0}, why));
    *out = grant;
    return OK;
}

// A token that was followed by another and comes again after the grace: the copy and the original
// cannot be told apart, so both end.
static outcome refuse_reuse(const struct accounts *accounts, const struct token_row *row,
                            struct why *why)
{
    const struct deed deed = {"system", "a token was used after it had been refreshed"};
    const outcome ended = session_end(accounts, deed, row->member, row->device, why);
    if (ended != OK && ended != NOT_FOUND) return ended;
    return fail(why, NOT_FOUND, "this session is over: sign in again");
}

static outcome check_current(const struct accounts *accounts, const struct token_row *row,
                             const char *hash, const struct device *device, struct why *why)
{
    if (token_hash_equal(device->token, hash)) return OK;
    const int64_t age_ms = clock_wall_ms(accounts->clock) - device->rotated_ms;
    if (token_hash_equal(device->token_before, hash) && age_ms <= SESSION_GRACE_MS) return OK;
    return refuse_reuse(accounts, row, why);
}

outcome session_find(const struct accounts *accounts, struct slice token, struct session *out,
                     struct why *why)
{
    static const char over[] = "this session is over: sign in again";
    char hash[SECRET_HASH_BYTES];
    struct token_row row;
    struct session session = {.member = {.version = 0}};
    token_hash(token, hash);
    outcome got = row_get(accounts->tables, (struct row_key){token_table, hash, token_sort},
                          &token_record, &row, NULL, why);
    if (got == OK) got = device_load(accounts, row.member, row.device, &session.device, why);
    if (got == NOT_FOUND) return fail(why, NOT_FOUND, "%s", over);
    TRY(got);
    TRY(check_current(accounts, &row, hash, &session.device, why));
    got = member_load(accounts, row.member, &session.member, why);
    if (got == NOT_FOUND) return fail(why, NOT_FOUND, "%s", over);
    TRY(got);
    if (session.member.is_disabled)
        return fail(why, DENIED, "this member is disabled: ask who runs the house");
    *out = session;
    return OK;
}

outcome session_refresh(const struct accounts *accounts, struct slice token,
                        struct session_grant *out, struct why *why)
{
    struct session_grant grant;
    TRY(session_find(accounts, token, &grant.session, why));
    struct device *device = &grant.session.device;
    token_hash(token, device->token_before);
    device->seen_ms = device->rotated_ms = clock_wall_ms(accounts->clock);
    TRY(give_token(accounts, &grant.session, &grant, why));
    TRY(device_put(accounts, grant.session.member.id, device,
                   (struct row_terms){.condition = TABLE_VERSION, .version = device->version},
                   why));
    *out = grant;
    return OK;
}

outcome session_choose_profile(const struct accounts *accounts, const char *member_id,
                               const char *device_id, const char *profile_id, struct why *why)
{
    struct device device;
    TRY(device_load(accounts, member_id, device_id, &device, why));
    (void)snprintf(device.profile, sizeof device.profile, "%s", profile_id);
    return device_put(accounts, member_id, &device,
                      (struct row_terms){.condition = TABLE_VERSION, .version = device.version},
                      why);
}

outcome session_end(const struct accounts *accounts, struct deed deed, const char *member_id,
                    const char *device_id, struct why *why)
{
    struct device device;
    if (!id_is_valid(device_id)) return fail(why, NOT_FOUND, "there is no device by that id");
    const outcome got = device_load(accounts, member_id, device_id, &device, why);
    if (got == NOT_FOUND) return fail(why, NOT_FOUND, "there is no device %s", device_id);
    TRY(got);
    TRY(event_write(accounts, deed, "session.ended", device_id, device.name, why));
    TRY(row_drop(accounts->tables, (struct row_key){device_table, member_id, device_id}, 0, why));
    return row_drop(accounts->tables, (struct row_key){token_table, device.token, token_sort}, 0,
                    why);
}

outcome session_end_all(const struct accounts *accounts, struct deed deed, const char *member_id,
                        const char *except, struct why *why)
{
    autoarena arena = arena_init(DEVICES_MAX * 4096);
    struct device_page page;
    TRY(device_list(accounts, member_id, &arena, &page, why));
    for (size_t i = 0; i < page.count; i++) {
        if (except != NULL && strcmp(except, page.devices[i].id) == 0) continue;
        const outcome ended = session_end(accounts, deed, member_id, page.devices[i].id, why);
        if (ended != OK && ended != NOT_FOUND) return ended;
    }
    return OK;
}

outcome device_list(const struct accounts *accounts, const char *member_id, struct arena *arena,
                    struct device_page *out, struct why *why)
{
    struct row_page rows;
    TRY(row_list(accounts->tables, (struct row_key){device_table, member_id, ""}, NULL,
                 DEVICES_MAX + 1, &device_record, sizeof(struct device), arena, &rows, why));
    *out = (struct device_page){rows.items, rows.count};
    for (size_t i = 0; i < rows.count; i++)
        out->devices[i].version = rows.versions[i];
    return OK;
}
