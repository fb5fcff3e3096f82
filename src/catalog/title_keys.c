// SPDX-License-Identifier: Apache-2.0
#include "catalog/title_keys.h"

#include "base/json.h"
#include "base/random.h"
#include "base/record.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char key_table[] = "key", key_sort[] = "record";
static const char title_table[] = "title-key";
static const char list_table[] = "key-list", list_partition[] = "all";

enum {
    ARENA_BYTES = 64 * 1024,        // a record
    PAGE_ARENA_BYTES = 1024 * 1024, // a page of ids
    SORT_BYTES = 24,                // "audio/00000000"
    HEX_ID_BYTES = 2 * KEY_ID_BYTES + 1,
    RECORD_BYTES_MAX = 4096,
};

// --- the record ------------------------------------------------------------------------------

struct key_row {
    char title[65];
    enum key_class class;
    uint32_t period;
    int64_t made_ms;
    char wrapping_key[WRAPPING_ID_BYTES];
    char nonce[2 * WRAP_NONCE_BYTES + 1];
    char sealed[2 * WRAP_SEALED_BYTES + 1];
};

// As records keep them, for ever.
static const char *const class_words[KEY_CLASS_COUNT] = {
    [KEY_FOR_ALL] = "all", [KEY_FOR_AUDIO] = "audio", [KEY_FOR_SD] = "sd",
    [KEY_FOR_HD] = "hd",   [KEY_FOR_UHD] = "uhd",
};

static const struct record_member row_members[] = {
    RECORD_TEXT(struct key_row, title),        RECORD_WORD(struct key_row, class, class_words),
    RECORD_U32(struct key_row, period),        RECORD_I64(struct key_row, made_ms),
    RECORD_TEXT(struct key_row, wrapping_key), RECORD_TEXT(struct key_row, nonce),
    RECORD_TEXT(struct key_row, sealed),
};
static const struct record row_record = RECORD("key record", row_members);

static outcome record_write(const struct title_key *key, struct buffer *out, struct why *why)
{
    struct key_row row = {.class = key->class, .period = key->period, .made_ms = key->made_ms};
    memcpy(row.title, key->title, sizeof row.title);
    memcpy(row.wrapping_key, key->wrapped.wrapping_id, sizeof row.wrapping_key);
    hex_format(key->wrapped.nonce, WRAP_NONCE_BYTES, row.nonce);
    hex_format(key->wrapped.sealed, WRAP_SEALED_BYTES, row.sealed);
    autojson *json = json_object();
    if (json == NULL) return fail(why, NO_MEMORY, "no memory for a key's record");
    TRY(record_format(&row_record, &row, json, why));
    return json_format(json, out, why);
}

static outcome record_read(struct slice text, const struct key_id *id, struct title_key *out,
                           struct why *why)
{
    char name[KEY_ID_TEXT_BYTES];
    struct key_row row;
    autojson *json = NULL;
    outcome result = json_parse(text, "key record", &json, why);
    if (result == OK) result = record_parse(&row_record, json, &row, why);
    if (result == NO_MEMORY) return result;
    struct title_key key = {.id = *id};
    if (result != OK || !wrapping_id_is_valid(row.wrapping_key) ||
        slice_hex(slice_of(row.nonce), key.wrapped.nonce, WRAP_NONCE_BYTES, NULL) != OK ||
        slice_hex(slice_of(row.sealed), key.wrapped.sealed, WRAP_SEALED_BYTES, NULL) != OK)
        return fail(why, CORRUPT, "the record of key %s cannot be read", key_id_format(id, name));
    memcpy(key.title, row.title, sizeof key.title);
    memcpy(key.wrapped.wrapping_id, row.wrapping_key, sizeof key.wrapped.wrapping_id);
    key.class = row.class;
    key.period = row.period;
    key.made_ms = row.made_ms;
    *out = key;
    return OK;
}

static const char *hex_id(const struct key_id *id, char out[HEX_ID_BYTES])
{
    hex_format(id->bytes, KEY_ID_BYTES, out);
    return out;
}

// What the wrapped key is bound to, beside its wrapping key.
static struct slice context_of(const struct title_key *key, char out[WRAP_CONTEXT_BYTES])
{
    char id[HEX_ID_BYTES];
    (void)snprintf(out, WRAP_CONTEXT_BYTES, "%s %s %u %s", hex_id(&key->id, id),
                   class_words[key->class], key->period, key->title);
    return slice_of(out);
}

static outcome put_record(struct table_store *tables, const struct title_key *key,
                          enum table_condition condition, uint64_t version, struct why *why)
{
    char id[HEX_ID_BYTES];
    autobuffer text = buffer_init(RECORD_BYTES_MAX);
    TRY(record_write(key, &text, why));
    const struct table_write write = {.item = {.partition = hex_id(&key->id, id),
                                               .sort = key_sort,
                                               .value = buffer_slice(&text),
                                               .version = version},
                                      .condition = condition};
    return tables->ops->put(tables, key_table, &write, NULL, why);
}

static outcome find_version(struct table_store *tables, const struct key_id *id,
                            struct title_key *out, uint64_t *out_version, struct why *why)
{
    char hex[HEX_ID_BYTES], name[KEY_ID_TEXT_BYTES];
    autoarena arena = arena_init(ARENA_BYTES);
    struct table_item item;
    const outcome got =
        tables->ops->get(tables, key_table, hex_id(id, hex), key_sort, &arena, &item, why);
    if (got == NOT_FOUND)
        return fail(why, NOT_FOUND, "there is no key %s", key_id_format(id, name));
    TRY(got);
    TRY(record_read(item.value, id, out, why));
    *out_version = item.version;
    return OK;
}

outcome title_keys_find(struct table_store *tables, const struct key_id *id, struct title_key *out,
                        struct why *why)
{
    uint64_t version;
    return find_version(tables, id, out, &version, why);
}

outcome title_key_open(struct key_ring *ring, const struct title_key *key, struct content_key *out,
                       struct why *why)
{
    char context[WRAP_CONTEXT_BYTES];
    struct content_key made = {.id = key->id};
    const outcome result =
        key_ring_unwrap(ring, &key->wrapped, context_of(key, context), made.secret, why);
    if (result == OK) *out = made;
    explicit_bzero(&made, sizeof made);
    return result;
}

// --- of a title ------------------------------------------------------------------------------

static outcome check_order(const struct title_key_order *order, struct why *why)
{
    if (!id_is_valid(order->title))
        return fail(why, INVALID, "\"%.70s\" is no title's id: a-z, 0-9, '-' and '_'",
                    order->title);
    if (order->period > TITLE_KEY_PERIOD_MAX)
        return fail(why, INVALID, "periods are numbered up to %d, not %u", TITLE_KEY_PERIOD_MAX,
                    order->period);
    return OK;
}

static const char *sort_of(enum key_class class, uint32_t period, char out[SORT_BYTES])
{
    (void)snprintf(out, SORT_BYTES, "%s/%08u", class_words[class], period);
    return out;
}

static outcome find_standing(struct table_store *tables, const struct title_key_order *order,
                             struct title_key *out, struct why *why)
{
    char sort[SORT_BYTES];
    autoarena arena = arena_init(ARENA_BYTES);
    struct table_item item;
    struct key_id id;
    TRY(tables->ops->get(tables, title_table, order->title,
                         sort_of(order->class, order->period, sort), &arena, &item, why));
    if (key_id_parse(item.value, &id, NULL) != OK)
        return fail(why, CORRUPT, "the key of %s for %s cannot be read", order->title, sort);
    const outcome found = title_keys_find(tables, &id, out, why);
    if (found != NOT_FOUND) return found;
    return fail(why, CORRUPT, "%s has a key for %s whose record is gone: restore the table",
                order->title, sort);
}

// The record first: a key id that a title names must be found. CONFLICT when the title has a key
// for this; ours is dropped then.
static outcome put_key(struct table_store *tables, const struct title_key *key, struct why *why)
{
    char id[HEX_ID_BYTES], sort[SORT_BYTES];
    const struct table_write listed = {
        .item = {.partition = list_partition, .sort = hex_id(&key->id, id), .value = slice_of("")}};
    TRY(tables->ops->put(tables, list_table, &listed, NULL, why));
    TRY(put_record(tables, key, TABLE_ABSENT, 0, why));
    const struct table_write named = {.item = {.partition = key->title,
                                               .sort = sort_of(key->class, key->period, sort),
                                               .value = slice_of(id)},
                                      .condition = TABLE_ABSENT};
    const outcome put = tables->ops->put(tables, title_table, &named, NULL, why);
    if (put == CONFLICT) {
        TRY(tables->ops->drop(tables, key_table, id, key_sort, 0, why));
        TRY(tables->ops->drop(tables, list_table, list_partition, id, 0, why));
    }
    return put;
}

static outcome wrap_and_put(struct table_store *tables, struct key_ring *ring,
                            const struct title_key_order *order, const struct content_key *content,
                            struct title_key *out, struct why *why)
{
    char context[WRAP_CONTEXT_BYTES];
    struct title_key key = {.id = content->id,
                            .class = order->class,
                            .period = order->period,
                            .made_ms = order->wall_ms};
    (void)snprintf(key.title, sizeof key.title, "%s", order->title);
    TRY(key_ring_wrap(ring, content->secret, context_of(&key, context), &key.wrapped, why));
    TRY(put_key(tables, &key, why));
    *out = key;
    return OK;
}

outcome title_keys_make(struct table_store *tables, struct key_ring *ring,
                        const struct title_key_order *order, struct title_key *out, struct why *why)
{
    TRY(check_order(order, why));
    const outcome standing = find_standing(tables, order, out, why);
    if (standing != NOT_FOUND) return standing;
    struct content_key content;
    random_bytes(content.id.bytes, KEY_ID_BYTES);
    random_bytes(content.secret, CONTENT_KEY_BYTES);
    const outcome put = wrap_and_put(tables, ring, order, &content, out, why);
    explicit_bzero(&content, sizeof content);
    return put == CONFLICT ? find_standing(tables, order, out, why) : put;
}

static outcome check_same(struct key_ring *ring, const struct title_key *standing,
                          const struct title_key_order *order, const struct content_key *key,
                          struct why *why)
{
    char id[KEY_ID_TEXT_BYTES];
    struct content_key there;
    if (!key_id_equal(&standing->id, &key->id))
        return fail(why, CONFLICT, "%s has key %s for class %s already: media is encrypted with it",
                    order->title, key_id_format(&standing->id, id), class_words[order->class]);
    TRY(title_key_open(ring, standing, &there, why));
    const bool is_same = memcmp(there.secret, key->secret, CONTENT_KEY_BYTES) == 0;
    explicit_bzero(&there, sizeof there);
    if (is_same) return OK;
    return fail(why, CONFLICT, "key %s is there with another key", key_id_format(&key->id, id));
}

outcome title_keys_import(struct table_store *tables, struct key_ring *ring,
                          const struct title_key_order *order, const struct content_key *key,
                          struct why *why)
{
    char id[KEY_ID_TEXT_BYTES];
    struct title_key standing;
    TRY(check_order(order, why));
    const outcome found = find_standing(tables, order, &standing, why);
    if (found == OK) return check_same(ring, &standing, order, key, why);
    if (found != NOT_FOUND) return found;
    const outcome known = title_keys_find(tables, &key->id, &standing, why);
    if (known == OK)
        return fail(why, CONFLICT, "key %s belongs to %s, class %s: a key has one title and class",
                    key_id_format(&key->id, id), standing.title, class_words[standing.class]);
    if (known != NOT_FOUND) return known;
    return wrap_and_put(tables, ring, order, key, &standing, why);
}

outcome title_keys_list(struct table_store *tables, const char *title, struct arena *arena,
                        struct title_key **out, size_t *count, struct why *why)
{
    struct table_item *items;
    size_t found;
    TRY(tables->ops->query(tables, title_table, title, "", NULL, TITLE_KEYS_MAX, arena, &items,
                           &found, why));
    struct title_key *keys = arena_take_array(arena, found, sizeof *keys);
    if (keys == NULL) return fail(why, NO_MEMORY, "no memory for %zu keys", found);
    for (size_t i = 0; i < found; i++) {
        struct key_id id;
        if (key_id_parse(items[i].value, &id, NULL) != OK)
            return fail(why, CORRUPT, "the key of %s for %s cannot be read", title, items[i].sort);
        TRY(title_keys_find(tables, &id, &keys[i], why));
    }
    *out = keys;
    *count = found;
    return OK;
}

static outcome add_to_set(struct key_ring *ring, const struct title_key *key, struct key_set *keys,
                          struct why *why)
{
    if (keys->count == KEY_SET_MAX)
        return fail(why, TOO_LARGE, "more than %d keys are wanted", KEY_SET_MAX);
    struct classed_key *added = &keys->keys[keys->count];
    TRY(title_key_open(ring, key, &added->key, why));
    added->class = key->class;
    keys->count++;
    return OK;
}

outcome title_keys_load(struct table_store *tables, struct key_ring *ring, const char *title,
                        uint32_t classes, int64_t wall_ms, struct key_set *keys, struct why *why)
{
    struct title_key key;
    struct title_key_order order = {.title = title, .class = KEY_FOR_ALL, .wall_ms = wall_ms};
    TRY(check_order(&order, why));
    const outcome for_all = find_standing(tables, &order, &key, why);
    if (for_all == OK) TRY(add_to_set(ring, &key, keys, why));
    if (for_all != OK && for_all != NOT_FOUND) return for_all;
    for (int i = KEY_FOR_ALL + 1; i < KEY_CLASS_COUNT; i++) {
        if ((classes >> i & 1u) == 0) continue;
        order.class = (enum key_class)i;
        const outcome found = for_all == OK ? find_standing(tables, &order, &key, why)
                                            : title_keys_make(tables, ring, &order, &key, why);
        if (found == NOT_FOUND) continue; // the key for all is for this class too
        TRY(found);
        TRY(add_to_set(ring, &key, keys, why));
    }
    return OK;
}

// --- all of them -----------------------------------------------------------------------------

outcome title_keys_each(struct table_store *tables,
                        outcome (*see)(void *context, const struct title_key *key, struct why *why),
                        void *context, struct why *why)
{
    char after[HEX_ID_BYTES] = "";
    size_t count = TABLE_PAGE_MAX;
    while (count == TABLE_PAGE_MAX) {
        autoarena arena = arena_init(PAGE_ARENA_BYTES);
        struct table_item *ids;
        TRY(tables->ops->query(tables, list_table, list_partition, "",
                               after[0] == '\0' ? NULL : after, TABLE_PAGE_MAX, &arena, &ids,
                               &count, why));
        for (size_t i = 0; i < count; i++) {
            struct key_id id;
            struct title_key key;
            (void)snprintf(after, sizeof after, "%s", ids[i].sort);
            if (key_id_parse(slice_of(ids[i].sort), &id, NULL) != OK)
                return fail(why, CORRUPT, "the list of keys has an entry that is no key id");
            const outcome found = title_keys_find(tables, &id, &key, why);
            if (found == NOT_FOUND) continue; // it was being made
            TRY(found);
            TRY(see(context, &key, why));
        }
    }
    return OK;
}

struct rewrap {
    struct table_store *tables;
    struct key_ring *ring;
    char active[WRAPPING_ID_BYTES];
    struct rewrap_report report;
};

static outcome rewrap_one(void *context, const struct title_key *seen, struct why *why)
{
    struct rewrap *rewrap = context;
    struct title_key key;
    struct content_key content;
    uint64_t version;
    char text[WRAP_CONTEXT_BYTES], name[KEY_ID_TEXT_BYTES];
    rewrap->report.keys++;
    if (strcmp(seen->wrapped.wrapping_id, rewrap->active) == 0) return OK;
    TRY(find_version(rewrap->tables, &seen->id, &key, &version, why));
    struct why reason = {""};
    outcome result = title_key_open(rewrap->ring, &key, &content, &reason);
    if (result == OK)
        result = key_ring_wrap(rewrap->ring, content.secret, context_of(&key, text), &key.wrapped,
                               &reason);
    explicit_bzero(&content, sizeof content);
    if (result != OK)
        return fail(why, result, "key %s: %s", key_id_format(&seen->id, name), reason.text);
    const outcome put = put_record(rewrap->tables, &key, TABLE_VERSION, version, why);
    if (put == CONFLICT) return OK; // another process rewrapped it
    TRY(put);
    rewrap->report.rewrapped++;
    return OK;
}

outcome title_keys_rewrap(struct table_store *tables, struct key_ring *ring,
                          struct rewrap_report *out, struct why *why)
{
    struct rewrap rewrap = {.tables = tables, .ring = ring};
    struct wrapping_key keys[WRAPPING_KEYS_MAX];
    size_t count;
    TRY(key_ring_list(ring, keys, &count, why));
    memcpy(rewrap.active, keys[count - 1].id, sizeof rewrap.active);
    TRY(title_keys_each(tables, rewrap_one, &rewrap, why));
    *out = rewrap.report;
    return OK;
}
