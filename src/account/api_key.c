// SPDX-License-Identifier: Apache-2.0
#include "account/api_key.h"

#include "account/event.h"

#include <stdio.h>
#include <string.h>

static const char key_table[] = "api-key";
static const char key_partition[] = "all";
static const char hash_table[] = "api-key-hash";
static const char hash_sort[] = "key";
static const char *const role_words[] = {"member", "editor", "support", "operator"};

static const struct record_member key_members[] = {
    RECORD_TEXT(struct api_key, id),        RECORD_TEXT(struct api_key, name),
    RECORD_TEXT(struct api_key, hash),      RECORD_TEXT(struct api_key, made_by),
    RECORD_I64(struct api_key, created_ms), RECORD_WORD(struct api_key, role, role_words),
};
static const struct record key_record = RECORD("an API key", key_members);

struct hash_row {
    char id[ID_BYTES];
};
static const struct record_member hash_members[] = {RECORD_TEXT(struct hash_row, id)};
static const struct record hash_record = RECORD("the hash of an API key", hash_members);

outcome api_key_make(const struct accounts *accounts, struct deed deed, const char *id,
                     const char *name, enum member_role role, struct api_key *out, char *out_key,
                     struct why *why)
{
    struct api_key all[API_KEYS_MAX], key = {.role = role};
    struct hash_row row;
    size_t count;
    if (name[0] == '\0' || strlen(name) >= API_KEY_NAME_BYTES)
        return fail(why, INVALID, "name has 1 to %d bytes: say what the key is for",
                    API_KEY_NAME_BYTES - 1);
    if (role == MEMBER_MEMBER)
        return fail(why, INVALID, "a key's role is editor, support or operator");
    TRY(api_key_list(accounts, all, &count, why));
    if (count == API_KEYS_MAX)
        return fail(why, TOO_LARGE, "a house has at most %d keys: revoke one first", API_KEYS_MAX);
    key.created_ms = clock_wall_ms(accounts->clock);
    if (id != NULL)
        (void)snprintf(key.id, sizeof key.id, "%s", id);
    else
        id_make("key", key.created_ms, key.id);
    (void)snprintf(key.name, sizeof key.name, "%s", name);
    (void)snprintf(key.made_by, sizeof key.made_by, "%s", deed.actor);
    (void)snprintf(row.id, sizeof row.id, "%s", key.id);
    token_make(API_KEY_PREFIX, out_key);
    token_hash(slice_of(out_key), key.hash);
    TRY(event_write(accounts, deed, "api_key.made", key.id, member_role_word(role), why));
    TRY(row_put(accounts->tables, (struct row_key){hash_table, key.hash, hash_sort}, &hash_record,
                &row, (struct row_terms){0}, NULL, why));
    TRY(row_put(accounts->tables, (struct row_key){key_table, key_partition, key.id}, &key_record,
                &key, (struct row_terms){0}, NULL, why));
    *out = key;
    return OK;
}

outcome api_key_find(const struct accounts *accounts, struct slice text, struct api_key *out,
                     struct why *why)
{
    char hash[SECRET_HASH_BYTES];
    struct hash_row row;
    struct api_key key;
    token_hash(text, hash);
    outcome got = row_get(accounts->tables, (struct row_key){hash_table, hash, hash_sort},
                          &hash_record, &row, NULL, why);
    if (got == OK)
        got = row_get(accounts->tables, (struct row_key){key_table, key_partition, row.id},
                      &key_record, &key, NULL, why);
    // a key that was made again with the same id has another hash
    if (got == NOT_FOUND || (got == OK && !token_hash_equal(key.hash, hash)))
        return fail(why, NOT_FOUND, "this API key is none, or was revoked");
    TRY(got);
    *out = key;
    return OK;
}

outcome api_key_list(const struct accounts *accounts, struct api_key *out, size_t *out_count,
                     struct why *why)
{
    autoarena arena = arena_init(API_KEYS_MAX * 4096);
    struct row_page rows;
    TRY(row_list(accounts->tables, (struct row_key){key_table, key_partition, ""}, NULL,
                 API_KEYS_MAX, &key_record, sizeof *out, &arena, &rows, why));
    memcpy(out, rows.items, rows.count * sizeof *out);
    *out_count = rows.count;
    return OK;
}

outcome api_key_revoke(const struct accounts *accounts, struct deed deed, const char *id,
                       struct why *why)
{
    struct api_key key;
    if (!id_is_valid(id)) return fail(why, NOT_FOUND, "there is no key by that id");
    const struct row_key place = {key_table, key_partition, id};
    const outcome got = row_get(accounts->tables, place, &key_record, &key, NULL, why);
    if (got == NOT_FOUND) return fail(why, NOT_FOUND, "there is no key %s", id);
    TRY(got);
    TRY(event_write(accounts, deed, "api_key.revoked", id, key.name, why));
    TRY(row_drop(accounts->tables, (struct row_key){hash_table, key.hash, hash_sort}, 0, why));
    return row_drop(accounts->tables, place, 0, why);
}
