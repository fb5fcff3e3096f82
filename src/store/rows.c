// SPDX-License-Identifier: Apache-2.0
#include "store/rows.h"

#include <string.h>

outcome row_put(struct table_store *tables, struct row_key key, const struct record *record,
                const void *of, struct row_terms terms, uint64_t *out_version, struct why *why)
{
    autojson *json = json_object();
    autobuffer text = buffer_init(TABLE_VALUE_BYTES);
    if (json == NULL) return fail(why, NO_MEMORY, "no memory to write %s", record->what);
    TRY(record_format(record, of, json, why));
    TRY(json_format(json, &text, why));
    const struct table_write write = {
        .item = {.partition = key.partition,
                 .sort = key.sort,
                 .value = buffer_slice(&text),
                 .version = terms.version,
                 .expires_ms = terms.expires_ms},
        .condition = terms.condition,
        .rank = terms.rank,
    };
    return tables->ops->put(tables, key.table, &write, out_version, why);
}

// The bytes were checked when they were written: what cannot be read is damage.
static outcome read_item(const struct table_item *item, const struct record *record, void *out,
                         struct why *why)
{
    autojson *json = NULL;
    outcome read = json_parse(item->value, record->what, &json, why);
    if (read == OK) read = record_parse(record, json, out, why);
    return read == INVALID ? CORRUPT : read;
}

outcome row_get(struct table_store *tables, struct row_key key, const struct record *record,
                void *out, uint64_t *out_version, struct why *why)
{
    autoarena arena = arena_init(2 * TABLE_VALUE_BYTES);
    struct table_item item;
    TRY(tables->ops->get(tables, key.table, key.partition, key.sort, &arena, &item, why));
    TRY(read_item(&item, record, out, why));
    if (out_version != NULL) *out_version = item.version;
    return OK;
}

outcome row_drop(struct table_store *tables, struct row_key key, uint64_t version, struct why *why)
{
    return tables->ops->drop(tables, key.table, key.partition, key.sort, version, why);
}

outcome row_list(struct table_store *tables, struct row_key key, const char *after, size_t limit,
                 const struct record *record, size_t bytes, struct arena *arena,
                 struct row_page *out, struct why *why)
{
    struct table_item *items;
    size_t count;
    TRY(tables->ops->query(tables, key.table, key.partition, key.sort, after, limit, arena, &items,
                           &count, why));
    uint8_t *structures = arena_take_array(arena, count, bytes);
    uint64_t *versions = arena_take_array(arena, count, sizeof *versions);
    const char **sorts = arena_take_array(arena, count, sizeof *sorts);
    if (structures == NULL || versions == NULL || sorts == NULL)
        return fail(why, NO_MEMORY, "no memory for %zu of %s", count, record->what);
    for (size_t i = 0; i < count; i++) {
        TRY(read_item(&items[i], record, structures + i * bytes, why));
        versions[i] = items[i].version;
        sorts[i] = items[i].sort;
    }
    *out = (struct row_page){structures, versions, sorts, count};
    return OK;
}
