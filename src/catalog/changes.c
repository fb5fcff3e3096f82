// SPDX-License-Identifier: Apache-2.0
#include "catalog/changes.h"

static const char count_table[] = "change";
static const char count_sort[] = "count";

static outcome bump(struct table_store *tables, const char *table, const char *sort,
                    struct why *why)
{
    const struct table_write write = {
        .item = {.partition = CHANGES_PARTITION, .sort = sort, .value = slice_of("")}};
    return tables->ops->put(tables, table, &write, NULL, why);
}

outcome changes_note(struct table_store *tables, const char *list, const char *id, struct why *why)
{
    TRY(bump(tables, list, id, why));
    return bump(tables, count_table, count_sort, why);
}

outcome changes_read(struct table_store *tables, uint64_t *out, struct why *why)
{
    autoarena arena = arena_init(4096);
    struct table_item item = {.version = 0};
    const outcome got =
        tables->ops->get(tables, count_table, CHANGES_PARTITION, count_sort, &arena, &item, why);
    if (got != OK && got != NOT_FOUND) return got;
    *out = item.version;
    return OK;
}

outcome changes_list(struct table_store *tables, const char *list, const char *after, size_t limit,
                     struct arena *arena, struct change **out, size_t *count, struct why *why)
{
    struct table_item *items;
    size_t found;
    TRY(tables->ops->query(tables, list, CHANGES_PARTITION, "", after[0] == '\0' ? NULL : after,
                           limit, arena, &items, &found, why));
    struct change *changes = arena_take_array(arena, found, sizeof *changes);
    if (changes == NULL) return fail(why, NO_MEMORY, "no memory for %zu changes", found);
    for (size_t i = 0; i < found; i++)
        changes[i] = (struct change){items[i].sort, items[i].version};
    *out = changes;
    *count = found;
    return OK;
}
