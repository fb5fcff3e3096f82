// SPDX-License-Identifier: Apache-2.0
#include "store/table.h"

#include "store/key.h"

outcome table_keys_check(const char *table, const char *partition, const char *sort,
                         struct why *why)
{
    TRY(key_name_check("a table", table, TABLE_NAME_BYTES, why));
    TRY(key_text_check("a partition key", partition, 1, TABLE_KEY_BYTES, why));
    return key_text_check("a sort key", sort, 1, TABLE_KEY_BYTES, why);
}

outcome table_query_check(const char *table, const char *partition, const char *prefix,
                          size_t limit, struct why *why)
{
    TRY(key_name_check("a table", table, TABLE_NAME_BYTES, why));
    TRY(key_text_check("a partition key", partition, 1, TABLE_KEY_BYTES, why));
    TRY(key_text_check("a prefix of sort keys", prefix, 0, TABLE_KEY_BYTES, why));
    if (limit < 1 || limit > TABLE_PAGE_MAX)
        return fail(why, INVALID, "a page has 1 to %d items, not %zu", TABLE_PAGE_MAX, limit);
    return OK;
}

outcome table_write_check(const char *table, const struct table_write *write, struct why *why)
{
    TRY(table_keys_check(table, write->item.partition, write->item.sort, why));
    if (write->item.value.len > TABLE_VALUE_BYTES)
        return fail(why, TOO_LARGE, "%s %s/%s would have %zu bytes: an item holds at most %d",
                    table, write->item.partition, write->item.sort, write->item.value.len,
                    TABLE_VALUE_BYTES);
    if (write->item.expires_ms < 0)
        return fail(why, INVALID, "%s %s/%s cannot expire before 1970", table,
                    write->item.partition, write->item.sort);
    return OK;
}

void table_store_close(struct table_store **store)
{
    if (*store != NULL) (*store)->ops->close(*store);
    *store = NULL;
}
