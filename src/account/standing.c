// SPDX-License-Identifier: Apache-2.0
#include "account/standing.h"

#include "base/json.h"
#include "base/random.h"

#include <stdio.h>
#include <string.h>

enum {
    SORT_BYTES = 96,              // the longest word, and an id
    VALUE_BYTES_MAX = 512,        // three ids and a time
    LOAD_BYTES_MAX = 1024 * 1024, // a page of items
};

static const char table_name[] = "standing";

static const char *const kind_words[STANDING_KIND_COUNT] = {
    [STANDING_ACCOUNT] = "account", [STANDING_DEVICE] = "device", [STANDING_SESSION] = "session",
    [STANDING_GRANT] = "grant",     [STANDING_TITLE] = "title",
};

static outcome check_id(const char *id, const char *what, struct why *why)
{
    return id_is_valid(id) ? OK : fail(why, INVALID, "there is no %s of that id", what);
}

static outcome revoked_sort(enum standing_kind kind, const char *id, char *out, struct why *why)
{
    if (kind == STANDING_ACCOUNT) {
        (void)snprintf(out, SORT_BYTES, "revoked#account");
        return OK;
    }
    TRY(check_id(id, kind_words[kind], why));
    (void)snprintf(out, SORT_BYTES, "revoked#%s#%s", kind_words[kind], id);
    return OK;
}

static outcome put_json(struct table_store *tables, const struct table_write *plain,
                        const json_t *value, uint64_t *version, struct why *why)
{
    autobuffer text = buffer_init(VALUE_BYTES_MAX);
    struct table_write write = *plain;
    if (value == NULL) return fail(why, NO_MEMORY, "no memory for a member's standing");
    TRY(json_format(value, &text, why));
    write.item.value = buffer_slice(&text);
    return tables->ops->put(tables, table_name, &write, version, why);
}

outcome standing_revoke(struct table_store *tables, const char *member, enum standing_kind kind,
                        const char *id, int64_t now_ms, struct why *why)
{
    char sort[SORT_BYTES];
    TRY(check_id(member, "member", why));
    TRY(revoked_sort(kind, id, sort, why));
    autojson *value = json_pack("{s:I}", "since_ms", (json_int_t)now_ms);
    const struct table_write write = {
        .item = {.partition = member,
                 .sort = sort,
                 .expires_ms = kind == STANDING_SESSION ? now_ms + SESSION_REVOKED_MS : 0},
        .condition = TABLE_ALWAYS,
    };
    return put_json(tables, &write, value, NULL, why);
}

outcome standing_restore(struct table_store *tables, const char *member, enum standing_kind kind,
                         const char *id, struct why *why)
{
    char sort[SORT_BYTES];
    TRY(check_id(member, "member", why));
    TRY(revoked_sort(kind, id, sort, why));
    return tables->ops->drop(tables, table_name, member, sort, 0, why);
}

// A number of a record that we wrote; `otherwise` when it cannot be read.
static int64_t number_of(struct slice value, const char *key, int64_t otherwise)
{
    autojson *json = NULL;
    if (json_parse(value, "a member's standing", &json, NULL) != OK) return otherwise;
    const json_t *number = json_object_get(json, key);
    return json_is_integer(number) ? json_integer_value(number) : otherwise;
}

static outcome begin_of(struct table_store *tables, const char *member, const char *sort,
                        const char *key, int64_t *out, struct why *why)
{
    autoarena arena = arena_init(TABLE_VALUE_BYTES + 4096);
    struct table_item item;
    TRY(tables->ops->get(tables, table_name, member, sort, &arena, &item, why));
    *out = number_of(item.value, key, 0);
    return OK;
}

outcome rental_start(struct table_store *tables, const char *member, const char *rental,
                     int64_t now_ms, int64_t forget_ms, int64_t *out_started_ms, struct why *why)
{
    char sort[SORT_BYTES];
    TRY(check_id(member, "member", why));
    TRY(check_id(rental, "rental", why));
    (void)snprintf(sort, sizeof sort, "rental#%s", rental);
    autojson *value = json_pack("{s:I}", "started_ms", (json_int_t)now_ms);
    const struct table_write write = {
        .item = {.partition = member, .sort = sort, .expires_ms = forget_ms},
        .condition = TABLE_ABSENT,
    };
    int64_t started_ms = now_ms;
    const outcome result = put_json(tables, &write, value, NULL, why);
    if (result != OK && result != CONFLICT) return result;
    if (result == CONFLICT) TRY(begin_of(tables, member, sort, "started_ms", &started_ms, why));
    *out_started_ms = started_ms;
    return OK;
}

// reading

static bool is_kind(const char *sort, enum standing_kind kind, const char *id)
{
    char expected[SORT_BYTES];
    if (kind != STANDING_ACCOUNT && id[0] == '\0') return false;
    return revoked_sort(kind, id, expected, NULL) == OK && strcmp(sort, expected) == 0;
}

static void note_revoked(const struct standing_query *query, const char *sort, struct standing *out)
{
    const char *const ids[] = {"", query->device, query->session, query->grants[0], query->title};
    for (enum standing_kind kind = 0; kind < STANDING_KIND_COUNT; kind++)
        if (is_kind(sort, kind, ids[kind])) out->is_revoked[kind] = true;
    if (is_kind(sort, STANDING_GRANT, query->grants[1])) out->is_revoked[STANDING_GRANT] = true;
}

static bool has_prefix(const char *text, const char *prefix)
{
    return strncmp(text, prefix, strlen(prefix)) == 0;
}

outcome standing_load(struct table_store *tables, const struct standing_query *query,
                      int64_t now_ms, struct standing *out, struct why *why)
{
    autoarena arena = arena_init(LOAD_BYTES_MAX);
    struct standing found = {.rental_started_ms = 0};
    struct table_item *items;
    char own_rental[SORT_BYTES];
    const char *after = NULL;
    size_t count;
    struct stream_list streams = {.count = 0};
    TRY(check_id(query->member, "member", why));
    (void)snprintf(own_rental, sizeof own_rental, "rental#%.64s", query->rental);
    do {
        TRY(tables->ops->query(tables, table_name, query->member, "", after, TABLE_PAGE_MAX, &arena,
                               &items, &count, why));
        for (size_t i = 0; i < count; i++) {
            const char *sort = after = items[i].sort;
            if (has_prefix(sort, "revoked#")) note_revoked(query, sort, &found);
            if (query->rental[0] != '\0' && strcmp(sort, own_rental) == 0)
                found.rental_started_ms = number_of(items[i].value, "started_ms", 1);
            if (strcmp(sort, "streams") == 0)
                TRY(streams_parse(items[i].value, now_ms, &streams, why));
        }
    } while (count == TABLE_PAGE_MAX);
    found.rank = streams_rank(&streams, query->session, query->title);
    *out = found;
    return OK;
}
