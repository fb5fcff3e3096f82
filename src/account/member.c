// SPDX-License-Identifier: Apache-2.0
#include "account/member.h"

#include "account/event.h"
#include "account/house.h"
#include "account/profile.h"
#include "account/standing.h"
#include "base/suggest.h"
#include "base/utf8.h"

#include <stdio.h>
#include <string.h>

static const char member_table[] = "member";
static const char member_sort[] = "record";
static const char list_table[] = "member-list";
static const char list_partition[] = "all";
static const char login_table[] = "login";
static const char login_sort[] = "member";

static const struct {
    const char *word;
    unsigned rights;
} roles[MEMBER_ROLES] = {
    [MEMBER_MEMBER] = {"member", 0},
    [MEMBER_EDITOR] = {"editor", MAY_KEEP_CATALOGUE},
    [MEMBER_SUPPORT] = {"support", MAY_KEEP_MEMBERS | MAY_READ_LOG},
    [MEMBER_OPERATOR] = {"operator",
                         MAY_KEEP_CATALOGUE | MAY_KEEP_MEMBERS | MAY_READ_LOG | MAY_KEEP_HOUSE},
};

static const char *const role_words[] = {"member", "editor", "support", "operator"};

static const struct record_member member_members[] = {
    RECORD_TEXT(struct member, id),
    RECORD_TEXT(struct member, login),
    RECORD_TEXT(struct member, name),
    RECORD_TEXT(struct member, password),
    RECORD_TEXT(struct member, plan),
    RECORD_TEXT(struct member, territory),
    RECORD_BOOL(struct member, is_disabled),
    RECORD_I64(struct member, created_ms),
    RECORD_WORD(struct member, role, role_words),
};
static const struct record member_record = RECORD("a member", member_members);

struct login_row {
    char member[ID_BYTES];
};
static const struct record_member login_members[] = {RECORD_TEXT(struct login_row, member)};
static const struct record login_record = RECORD("a login", login_members);

outcome member_role_parse(const char *word, enum member_role *out, struct why *why)
{
    for (unsigned i = 0; i < MEMBER_ROLES; i++) {
        if (strcmp(word, roles[i].word) != 0) continue;
        *out = (enum member_role)i;
        return OK;
    }
    const char *near = suggest(word, role_words, MEMBER_ROLES);
    return fail(why, INVALID,
                "there is no role \"%.40s\"%s%s: take member, editor, support or operator", word,
                near == NULL ? "" : ", did you mean ", near == NULL ? "" : near);
}

const char *member_role_word(enum member_role role)
{
    return roles[role].word;
}

unsigned member_role_rights(enum member_role role)
{
    return roles[role].rights;
}

// Where a login stands: a hash of it with ASCII letters folded, so that any character may be in it.
static void login_place(const char *login, char *out)
{
    char folded[MEMBER_LOGIN_BYTES];
    size_t len = 0;
    for (; login[len] != '\0' && len + 1 < sizeof folded; len++)
        folded[len] = (char)(login[len] >= 'A' && login[len] <= 'Z' ? login[len] + 32 : login[len]);
    token_hash((struct slice){(const uint8_t *)folded, len}, out);
}

static bool is_plain(const char *text, size_t max)
{
    const struct slice bytes = slice_of(text);
    if (bytes.len == 0 || bytes.len >= max || utf8_prefix(bytes) != bytes.len) return false;
    for (size_t i = 0; i < bytes.len; i++)
        if (bytes.at[i] < ' ' || bytes.at[i] == 127) return false;
    return true;
}

static bool is_territory(const char *text)
{
    return text[0] == '\0' || (strlen(text) == 2 && text[0] >= 'A' && text[0] <= 'Z' &&
                               text[1] >= 'A' && text[1] <= 'Z');
}

static outcome draft_check(const struct member_draft *draft, struct why *why)
{
    if (draft->login == NULL || !is_plain(draft->login, MEMBER_LOGIN_BYTES) ||
        strchr(draft->login, ' ') != NULL)
        return fail(why, INVALID, "a login has 1 to %d bytes of text without spaces",
                    MEMBER_LOGIN_BYTES - 1);
    if (draft->name != NULL && !is_plain(draft->name, MEMBER_NAME_BYTES))
        return fail(why, INVALID, "a name has 1 to %d bytes of text", MEMBER_NAME_BYTES - 1);
    if (draft->territory != NULL && !is_territory(draft->territory))
        return fail(why, INVALID, "\"%.20s\" is no territory: use an ISO 3166-1 code such as DE",
                    draft->territory);
    if (draft->plan != NULL && (!id_is_valid(draft->plan) || strlen(draft->plan) > 31))
        return fail(why, INVALID, "\"%.40s\" is no plan's id", draft->plan);
    if (draft->id != NULL && (!id_is_valid(draft->id) || strlen(draft->id) >= ID_BYTES))
        return fail(why, INVALID, "\"%.60s\" is no member's id", draft->id);
    return draft->password == NULL ? OK : password_check(draft->password, why);
}

static outcome member_put(const struct accounts *accounts, struct member *member,
                          struct row_terms terms, struct why *why)
{
    return row_put(accounts->tables, (struct row_key){member_table, member->id, member_sort},
                   &member_record, member, terms, &member->version, why);
}

// Takes the login for the member. A login whose member never came to be (its addition was cut off)
// is free.
static outcome take_login(const struct accounts *accounts, const struct member *member,
                          struct why *why)
{
    char place[SECRET_HASH_BYTES];
    struct login_row row;
    uint64_t version = 0;
    login_place(member->login, place);
    const struct row_key key = {login_table, place, login_sort};
    const outcome found = row_get(accounts->tables, key, &login_record, &row, &version, why);
    struct row_terms terms = {.condition = TABLE_ABSENT};
    if (found == OK) {
        struct member other;
        if (strcmp(row.member, member->id) == 0) return OK;
        const outcome loaded = member_load(accounts, row.member, &other, why);
        if (loaded == OK) return fail(why, CONFLICT, "the login \"%.60s\" is taken", member->login);
        if (loaded != NOT_FOUND) return loaded;
        terms = (struct row_terms){.condition = TABLE_VERSION, .version = version};
    } else if (found != NOT_FOUND) {
        return found;
    }
    (void)snprintf(row.member, sizeof row.member, "%s", member->id);
    const outcome put = row_put(accounts->tables, key, &login_record, &row, terms, NULL, why);
    if (put == CONFLICT) return fail(why, CONFLICT, "the login \"%.60s\" is taken", member->login);
    return put;
}

outcome member_is_begun(const struct accounts *accounts, const char *login, const char *id,
                        bool *out, struct why *why)
{
    char place[SECRET_HASH_BYTES];
    struct login_row row;
    login_place(login, place);
    const outcome found =
        row_get(accounts->tables, (struct row_key){login_table, place, login_sort}, &login_record,
                &row, NULL, why);
    if (found != OK && found != NOT_FOUND) return found;
    *out = found == OK && strcmp(row.member, id) == 0;
    return OK;
}

static outcome draft_member(const struct accounts *accounts, const struct member_draft *draft,
                            struct member *out, struct why *why)
{
    struct member member = {.role = draft->role, .created_ms = clock_wall_ms(accounts->clock)};
    TRY(draft_check(draft, why));
    if (draft->id != NULL)
        (void)snprintf(member.id, sizeof member.id, "%s", draft->id);
    else
        id_make("member", member.created_ms, member.id);
    (void)snprintf(member.login, sizeof member.login, "%s", draft->login);
    (void)snprintf(member.name, sizeof member.name, "%s",
                   draft->name == NULL ? draft->login : draft->name);
    (void)snprintf(member.plan, sizeof member.plan, "%s",
                   draft->plan == NULL || draft->plan[0] == '\0' ? "house" : draft->plan);
    (void)snprintf(member.territory, sizeof member.territory, "%s",
                   draft->territory == NULL ? "" : draft->territory);
    if (draft->password != NULL)
        TRY(password_hash(draft->password, accounts->cost, member.password, why));
    *out = member;
    return OK;
}

outcome member_add(const struct accounts *accounts, struct deed deed,
                   const struct member_draft *draft, struct member *out, struct why *why)
{
    struct member member;
    char detail[120];
    TRY(draft_member(accounts, draft, &member, why));
    TRY(take_login(accounts, &member, why));
    (void)snprintf(detail, sizeof detail, "role=%s plan=%s", roles[member.role].word, member.plan);
    TRY(event_write(accounts, deed, "member.added", member.id, detail, why));
    if (member.role == MEMBER_OPERATOR) TRY(house_lock(accounts, deed, why));
    const struct table_write entry = {
        .item = {.partition = list_partition, .sort = member.id, .value = slice_of("")}};
    TRY(accounts->tables->ops->put(accounts->tables, list_table, &entry, NULL, why));
    TRY(profile_add_first(accounts, member.id, member.name, why));
    TRY(member_put(accounts, &member, (struct row_terms){.condition = TABLE_ALWAYS}, why));
    *out = member;
    return OK;
}

outcome member_load(const struct accounts *accounts, const char *id, struct member *out,
                    struct why *why)
{
    struct member member = {.version = 0};
    if (!id_is_valid(id)) return fail(why, NOT_FOUND, "there is no member by that id");
    const outcome got = row_get(accounts->tables, (struct row_key){member_table, id, member_sort},
                                &member_record, &member, &member.version, why);
    if (got == NOT_FOUND) return fail(why, NOT_FOUND, "there is no member %s", id);
    TRY(got);
    *out = member;
    return OK;
}

outcome member_find(const struct accounts *accounts, const char *login, struct member *out,
                    struct why *why)
{
    char place[SECRET_HASH_BYTES];
    struct login_row row;
    login_place(login, place);
    const outcome got = row_get(accounts->tables, (struct row_key){login_table, place, login_sort},
                                &login_record, &row, NULL, why);
    if (got == NOT_FOUND) return fail(why, NOT_FOUND, "no member has the login \"%.60s\"", login);
    TRY(got);
    return member_load(accounts, row.member, out, why);
}

outcome member_save(const struct accounts *accounts, struct deed deed, const char *action,
                    struct member *member, struct why *why)
{
    char detail[120];
    if (!is_plain(member->name, MEMBER_NAME_BYTES) || !is_territory(member->territory) ||
        !id_is_valid(member->plan))
        return fail(why, INVALID, "the member's name, territory or plan cannot be read");
    (void)snprintf(detail, sizeof detail, "role=%s plan=%s territory=%s%s",
                   roles[member->role].word, member->plan, member->territory,
                   member->is_disabled ? " disabled" : "");
    TRY(event_write(accounts, deed, action, member->id, detail, why));
    // Licences hang on it, too.
    struct table_store *tables = accounts->tables;
    if (member->is_disabled)
        TRY(standing_revoke(tables, member->id, STANDING_ACCOUNT, "",
                            clock_wall_ms(accounts->clock), why));
    else
        TRY(standing_restore(tables, member->id, STANDING_ACCOUNT, "", why));
    return member_put(accounts, member,
                      (struct row_terms){.condition = TABLE_VERSION, .version = member->version},
                      why);
}

outcome member_set_password(const struct accounts *accounts, struct deed deed,
                            struct member *member, const char *password, struct why *why)
{
    TRY(password_check(password, why));
    TRY(password_hash(password, accounts->cost, member->password, why));
    return member_save(accounts, deed, "member.password_set", member, why);
}

outcome member_list(const struct accounts *accounts, const char *after, size_t limit,
                    struct arena *arena, struct member_page *out, struct why *why)
{
    struct table_item *items;
    size_t count;
    if (limit < 1 || limit > MEMBER_PAGE_MAX)
        return fail(why, INVALID, "a page has 1 to %d members, not %zu", MEMBER_PAGE_MAX, limit);
    struct table_store *tables = accounts->tables;
    TRY(tables->ops->query(tables, list_table, list_partition, "", after[0] == '\0' ? NULL : after,
                           limit + 1, arena, &items, &count, why));
    struct member_page page = {.members = arena_take_array(arena, limit, sizeof(struct member))};
    if (page.members == NULL) return fail(why, NO_MEMORY, "no memory for %zu members", limit);
    for (size_t i = 0; i < count && i < limit; i++) {
        const outcome loaded = member_load(accounts, items[i].sort, &page.members[page.count], why);
        if (loaded == NOT_FOUND) continue; // its addition was cut off
        TRY(loaded);
        page.count++;
    }
    if (count > limit) (void)snprintf(page.next, sizeof page.next, "%s", items[limit - 1].sort);
    *out = page;
    return OK;
}
