// SPDX-License-Identifier: Apache-2.0
#include "store/table_dynamodb.h"

#include "base/base64.h"
#include "base/random.h"
#include "store/dynamodb.h"
#include "store/table_lanes.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum {
    HASH_KEY_BYTES = TABLE_NAME_BYTES + 1 + TABLE_KEY_BYTES + 1,
    ROUNDS_MAX = 8,     // of a put whose item comes and goes under it
    WORD_BYTES = 33,    // 128 bits in hex and a NUL
    CREATE_LOOKS = 600, // at a table that is being made: a minute
    CREATE_LOOK_MS = 100,
    SECOND_MS = 1000,
    DEADLINE_MS =
        10000, // of one try: items are small; with all tries a call ends in a minute or so
};

struct dynamodb_store {
    struct table_store base;
    struct dynamodb dynamodb;
    const struct clock *clock;
    struct table_lanes *lanes; // of writes that nobody waits for
};

static struct dynamodb_store *store_of(struct table_store *base)
{
    return (struct dynamodb_store *)base;
}

static void hash_key(const char *table, const char *partition, char out[HASH_KEY_BYTES])
{
    (void)snprintf(out, HASH_KEY_BYTES, "%s/%s", table, partition);
}

static json_t *key_of(const char *table, const char *partition, const char *sort)
{
    char hash[HASH_KEY_BYTES];
    hash_key(table, partition, hash);
    return json_pack("{s:o, s:o}", "pk", dynamodb_text(hash), "sk", dynamodb_text(sort));
}

// --- reading ---------------------------------------------------------------------------------

static outcome take_value(const json_t *item, struct arena *arena, struct slice *out,
                          struct why *why)
{
    const json_t *text = json_object_get(json_object_get(item, "v"), "B");
    const struct slice letters = {(const uint8_t *)json_string_value(text),
                                  json_string_length(text)};
    uint8_t *bytes = arena_take(arena, letters.len + 1);
    size_t len = 0;
    if (bytes == NULL)
        return fail(why, NO_MEMORY, "no memory for an item of %zu bytes", letters.len);
    if (letters.len > 0) TRY(base64_parse(BASE64_PADDED, letters, bytes, letters.len, &len, why));
    *out = (struct slice){bytes, len};
    return OK;
}

static outcome take_item(const json_t *item, const char *partition, struct arena *arena,
                         struct table_item *out, struct why *why)
{
    const char *sort = json_string_value(json_object_get(json_object_get(item, "sk"), "S"));
    int64_t version = 0, expires_ms = 0;
    struct slice value;
    if (sort == NULL) return fail(why, CORRUPT, "an item of DynamoDB has no key");
    TRY(dynamodb_take_number(item, "n", &version, why));
    TRY(dynamodb_take_number(item, "e", &expires_ms, why));
    TRY(take_value(item, arena, &value, why));
    const char *own_partition = arena_copy(arena, slice_of(partition));
    const char *own_sort = arena_copy(arena, slice_of(sort));
    if (own_partition == NULL || own_sort == NULL)
        return fail(why, NO_MEMORY, "no memory for an item");
    *out = (struct table_item){own_partition, own_sort, value, (uint64_t)version, expires_ms};
    return OK;
}

// The item as DynamoDB has it, expired or not. `*out` is NULL when there is none.
static outcome get_raw(struct dynamodb_store *store, const char *table, const char *partition,
                       const char *sort, json_t **out, struct why *why)
{
    autojson *answer = NULL;
    enum dynamodb_verdict verdict;
    uint32_t tries;
    autojson *request = json_pack("{s:s, s:o, s:b}", "TableName", store->dynamodb.table, "Key",
                                  key_of(table, partition, sort), "ConsistentRead", 1);
    TRY(dynamodb_call(&store->dynamodb, "GetItem", request, &answer, &verdict, &tries, why));
    if (verdict != DYNAMODB_DONE)
        return fail(why, UNAVAILABLE, "DynamoDB has no table %s any more", store->dynamodb.table);
    *out = json_incref(json_object_get(answer, "Item"));
    return OK;
}

static outcome dynamodb_get(struct table_store *base, const char *table, const char *partition,
                            const char *sort, struct arena *arena, struct table_item *out,
                            struct why *why)
{
    struct dynamodb_store *store = store_of(base);
    autojson *raw = NULL;
    int64_t expires_ms = 0;
    TRY(table_keys_check(table, partition, sort, why));
    TRY(get_raw(store, table, partition, sort, &raw, why));
    if (raw != NULL) TRY(dynamodb_take_number(raw, "e", &expires_ms, why));
    if (raw == NULL || (expires_ms != 0 && expires_ms <= clock_wall_ms(store->clock)))
        return fail(why, NOT_FOUND, "table %s has no item %s / %s", table, partition, sort);
    return take_item(raw, partition, arena, out, why);
}

// --- writing ---------------------------------------------------------------------------------

// What must be there for each of a condition's two writes; NULL: no such write.
//                       an item that lives                            none, or an expired one
#define LIVES "attribute_exists(pk) AND (e = :zero OR e > :now)"
#define GONE  "attribute_not_exists(pk) OR (e <> :zero AND e <= :now)"
static const struct {
    const char *there, *gone;
} conditions[] = {
    [TABLE_ALWAYS] = {LIVES, GONE},
    [TABLE_ABSENT] = {NULL, GONE},
    [TABLE_VERSION] = {LIVES " AND n = :version", NULL},
    [TABLE_NEWER_RANK] = {LIVES " AND r < :rank", GONE},
};

// One put, in as many updates as it takes.
struct putting {
    struct dynamodb_store *store;
    const char *table;
    const struct table_write *write;
    int64_t now_ms;
    char word[WORD_BYTES];
    uint64_t version; // that it wrote
};

// The values that the expressions name; DynamoDB refuses those that no expression uses.
static json_t *values_of(const struct putting *putting, const char *condition, const char *update)
{
    const struct table_write *write = putting->write;
    const int64_t expires_ms = write->item.expires_ms;
    json_t *values = json_object();
    const struct {
        const char *name;
        json_t *value;
    } all[] = {
        {":zero", dynamodb_number(0)},
        {":one", dynamodb_number(1)},
        {":now", dynamodb_number(putting->now_ms)},
        {":version", dynamodb_number((int64_t)write->item.version)},
        {":rank", dynamodb_number(write->rank)},
        {":expires", dynamodb_number(expires_ms)},
        {":seconds", dynamodb_number(expires_ms / SECOND_MS + 1)},
        {":word", dynamodb_text(putting->word)},
        {":value", dynamodb_bytes(write->item.value)},
    };
    bool is_made = values != NULL;
    for (size_t i = 0; i < sizeof all / sizeof all[0]; i++) {
        if (strstr(condition, all[i].name) == NULL && strstr(update, all[i].name) == NULL)
            json_decref(all[i].value);
        else
            is_made = json_object_set_new(values, all[i].name, all[i].value) == 0 && is_made;
    }
    if (is_made) return values;
    json_decref(values);
    return NULL;
}

static outcome update(struct putting *putting, const char *condition, const char *version,
                      enum dynamodb_verdict *verdict, uint32_t *tries, struct why *why)
{
    const struct table_item *item = &putting->write->item;
    const bool has_value = item->value.len > 0, expires = item->expires_ms != 0;
    const char *name = putting->store->dynamodb.table;
    char text[200];
    (void)snprintf(text, sizeof text, "SET n = %s, e = :expires, r = :rank, w = :word%s%s%s%s%s",
                   version, has_value ? ", v = :value" : "", expires ? ", t = :seconds" : "",
                   has_value && expires ? "" : " REMOVE ", has_value ? "" : "v",
                   expires      ? ""
                   : !has_value ? ", t"
                                : "t");
    autojson *answer = NULL;
    autojson *request =
        json_pack("{s:s, s:o, s:s, s:s, s:o, s:s}", "TableName", name, "Key",
                  key_of(putting->table, item->partition, item->sort), "UpdateExpression", text,
                  "ConditionExpression", condition, "ExpressionAttributeValues",
                  values_of(putting, condition, text), "ReturnValues", "UPDATED_NEW");
    TRY(dynamodb_call(&putting->store->dynamodb, "UpdateItem", request, &answer, verdict, tries,
                      why));
    if (*verdict == DYNAMODB_MISSING)
        return fail(why, UNAVAILABLE, "DynamoDB has no table %s any more", name);
    if (*verdict == DYNAMODB_CONDITION) return OK;
    int64_t written = 0;
    TRY(dynamodb_take_number(json_object_get(answer, "Attributes"), "n", &written, why));
    putting->version = (uint64_t)written;
    return OK;
}

// A try whose answer was lost may have been the one that wrote.
static outcome was_ours(struct putting *putting, bool *out, struct why *why)
{
    const struct table_item *item = &putting->write->item;
    autojson *raw = NULL;
    TRY(get_raw(putting->store, putting->table, item->partition, item->sort, &raw, why));
    const char *word = json_string_value(json_object_get(json_object_get(raw, "w"), "S"));
    int64_t version = 0;
    if (word == NULL || strcmp(word, putting->word) != 0) return OK;
    TRY(dynamodb_take_number(raw, "n", &version, why));
    putting->version = (uint64_t)version;
    *out = true;
    return OK;
}

static outcome try_to_put(struct putting *putting, const char *condition, const char *version,
                          bool *is_put, struct why *why)
{
    enum dynamodb_verdict verdict;
    uint32_t tries = 0;
    if (condition == NULL) return OK;
    TRY(update(putting, condition, version, &verdict, &tries, why));
    *is_put = verdict == DYNAMODB_DONE;
    return *is_put || tries < 2 ? OK : was_ours(putting, is_put, why);
}

static outcome dynamodb_put(struct table_store *base, const char *table,
                            const struct table_write *write, uint64_t *out_version, struct why *why)
{
    struct putting putting = {.store = store_of(base), .table = table, .write = write};
    const char *there = conditions[write->condition].there;
    const char *gone = conditions[write->condition].gone;
    // With both kinds an item may have come or gone between the two.
    const int rounds = write->condition == TABLE_ALWAYS       ? ROUNDS_MAX
                       : write->condition == TABLE_NEWER_RANK ? 2
                                                              : 1;
    uint8_t noise[WORD_BYTES / 2];
    bool is_put = false;
    TRY(table_write_check(table, write, why));
    putting.now_ms = clock_wall_ms(putting.store->clock);
    random_bytes(noise, sizeof noise);
    hex_format(noise, sizeof noise, putting.word);
    for (int round = 0; round < rounds && !is_put; round++) {
        TRY(try_to_put(&putting, there, "n + :one", &is_put, why));
        if (!is_put) TRY(try_to_put(&putting, gone, ":one", &is_put, why));
    }
    if (!is_put)
        return fail(why, CONFLICT, "the item %s / %s of table %s is not as was expected",
                    write->item.partition, write->item.sort, table);
    if (out_version != NULL) *out_version = putting.version;
    return OK;
}

static outcome dynamodb_drop(struct table_store *base, const char *table, const char *partition,
                             const char *sort, uint64_t version, struct why *why)
{
    struct dynamodb_store *store = store_of(base);
    enum dynamodb_verdict verdict;
    uint32_t tries = 0;
    TRY(table_keys_check(table, partition, sort, why));
    autojson *answer = NULL;
    autojson *request = json_pack("{s:s, s:o}", "TableName", store->dynamodb.table, "Key",
                                  key_of(table, partition, sort));
    if (version != 0 && request != NULL)
        (void)json_object_update_new(
            request,
            json_pack("{s:s, s:{s:o, s:o, s:o}}", "ConditionExpression", LIVES " AND n = :version",
                      "ExpressionAttributeValues", ":zero", dynamodb_number(0), ":now",
                      dynamodb_number(clock_wall_ms(store->clock)), ":version",
                      dynamodb_number((int64_t)version)));
    TRY(dynamodb_call(&store->dynamodb, "DeleteItem", request, &answer, &verdict, &tries, why));
    if (verdict == DYNAMODB_MISSING)
        return fail(why, UNAVAILABLE, "DynamoDB has no table %s any more", store->dynamodb.table);
    if (verdict == DYNAMODB_DONE) return OK;
    autojson *raw = NULL; // gone by an earlier try of ours, perhaps
    if (tries > 1) TRY(get_raw(store, table, partition, sort, &raw, why));
    if (tries > 1 && raw == NULL) return OK;
    return fail(why, CONFLICT, "the item %s / %s of table %s has not version %llu", partition, sort,
                table, (unsigned long long)version);
}

// --- queries ---------------------------------------------------------------------------------

// Keys are printable ASCII, 0x20 to 0x7e: behind `after` comes `after` and a space at the earliest,
// and behind all of a prefix comes the prefix and 0x7f.
static bool range_of(const char *prefix, const char *after, char *from, char *to, size_t room)
{
    (void)snprintf(to, room, "%s\x7f", prefix);
    if (after != NULL && strcmp(after, prefix) >= 0)
        (void)snprintf(from, room, "%s ", after);
    else
        (void)snprintf(from, room, "%s", prefix[0] == '\0' ? " " : prefix);
    return strcmp(from, to) <= 0;
}

static json_t *query_request(const struct dynamodb_store *store, const char *hash, const char *from,
                             const char *to, size_t limit, json_t *start)
{
    json_t *request = json_pack(
        "{s:s, s:s, s:s, s:b, s:I, s:{s:o, s:o, s:o, s:o, s:o}}", "TableName",
        store->dynamodb.table, "KeyConditionExpression", "pk = :hash AND sk BETWEEN :from AND :to",
        "FilterExpression", "e = :zero OR e > :now", "ConsistentRead", 1, "Limit",
        (json_int_t)limit, "ExpressionAttributeValues", ":hash", dynamodb_text(hash), ":from",
        dynamodb_text(from), ":to", dynamodb_text(to), ":zero", dynamodb_number(0), ":now",
        dynamodb_number(clock_wall_ms(store->clock)));
    if (request != NULL && start != NULL)
        (void)json_object_set(request, "ExclusiveStartKey", start);
    return request;
}

static outcome query_pages(struct dynamodb_store *store, const char *hash, const char *partition,
                           const char *from, const char *to, size_t limit, struct arena *arena,
                           struct table_item *items, size_t *out_count, struct why *why)
{
    autojson *start = NULL;
    size_t count = 0;
    do {
        autojson *answer = NULL;
        enum dynamodb_verdict verdict;
        uint32_t tries;
        autojson *request = query_request(store, hash, from, to, limit - count, start);
        TRY(dynamodb_call(&store->dynamodb, "Query", request, &answer, &verdict, &tries, why));
        if (verdict != DYNAMODB_DONE)
            return fail(why, UNAVAILABLE, "DynamoDB has no table %s any more",
                        store->dynamodb.table);
        size_t index;
        json_t *item;
        json_array_foreach(json_object_get(answer, "Items"), index, item)
        {
            if (count == limit) break;
            TRY(take_item(item, partition, arena, &items[count], why));
            count++;
        }
        json_release(&start);
        start = json_incref(json_object_get(answer, "LastEvaluatedKey"));
    } while (start != NULL && count < limit);
    *out_count = count;
    return OK;
}

static outcome dynamodb_query(struct table_store *base, const char *table, const char *partition,
                              const char *prefix, const char *after, size_t limit,
                              struct arena *arena, struct table_item **out, size_t *out_count,
                              struct why *why)
{
    char hash[HASH_KEY_BYTES], from[TABLE_KEY_BYTES + 2], to[TABLE_KEY_BYTES + 2];
    TRY(table_query_check(table, partition, prefix, limit, why));
    struct table_item *items = arena_take_array(arena, limit, sizeof *items);
    size_t count = 0;
    if (items == NULL) return fail(why, NO_MEMORY, "no memory for %zu items", limit);
    hash_key(table, partition, hash);
    if (range_of(prefix, after, from, to, sizeof from))
        TRY(query_pages(store_of(base), hash, partition, from, to, limit, arena, items, &count,
                        why));
    *out = items;
    *out_count = count;
    return OK;
}

// --- opening ---------------------------------------------------------------------------------

static outcome dynamodb_submit(struct table_store *base, struct table_pending *pending,
                               struct why *why)
{
    return table_lanes_submit(store_of(base)->lanes, pending, why);
}

static void dynamodb_close(struct table_store *base)
{
    struct dynamodb_store *store = store_of(base);
    table_lanes_close(&store->lanes);
    aws_close(&store->dynamodb.aws);
    free(store);
}

static const struct table_ops dynamodb_ops = {
    .put = dynamodb_put,
    .submit = dynamodb_submit,
    .get = dynamodb_get,
    .query = dynamodb_query,
    .drop = dynamodb_drop,
    .close = dynamodb_close,
};

// CONFLICT when another made it at the same time: it is there then.
static outcome create(struct dynamodb *dynamodb, struct why *why)
{
    enum dynamodb_verdict verdict;
    uint32_t tries;
    autojson *answer = NULL;
    autojson *request = json_pack(
        "{s:s, s:s, s:[{s:s, s:s}, {s:s, s:s}], s:[{s:s, s:s}, {s:s, s:s}]}", "TableName",
        dynamodb->table, "BillingMode", "PAY_PER_REQUEST", "AttributeDefinitions", "AttributeName",
        "pk", "AttributeType", "S", "AttributeName", "sk", "AttributeType", "S", "KeySchema",
        "AttributeName", "pk", "KeyType", "HASH", "AttributeName", "sk", "KeyType", "RANGE");
    const outcome made =
        dynamodb_call(dynamodb, "CreateTable", request, &answer, &verdict, &tries, why);
    return made == CONFLICT ? OK : made;
}

// Removal of what has expired is a convenience: a service that has none keeps it, and reads pass
// over it all the same.
static outcome age(struct dynamodb *dynamodb, struct why *why)
{
    enum dynamodb_verdict verdict;
    uint32_t tries;
    autojson *answer = NULL;
    autojson *request = json_pack("{s:s, s:{s:b, s:s}}", "TableName", dynamodb->table,
                                  "TimeToLiveSpecification", "Enabled", 1, "AttributeName", "t");
    const outcome aged =
        dynamodb_call(dynamodb, "UpdateTimeToLive", request, &answer, &verdict, &tries, why);
    return aged == UNSUPPORTED || aged == UNAVAILABLE || aged == DENIED ? OK : aged;
}

static outcome look(struct dynamodb *dynamodb, bool *is_there, bool *is_active, struct why *why)
{
    enum dynamodb_verdict verdict;
    uint32_t tries;
    autojson *answer = NULL;
    autojson *request = json_pack("{s:s}", "TableName", dynamodb->table);
    TRY(dynamodb_call(dynamodb, "DescribeTable", request, &answer, &verdict, &tries, why));
    const char *status =
        json_string_value(json_object_get(json_object_get(answer, "Table"), "TableStatus"));
    *is_there = verdict == DYNAMODB_DONE;
    *is_active = status != NULL && strcmp(status, "ACTIVE") == 0;
    return OK;
}

static outcome make_ready(struct dynamodb *dynamodb, struct why *why)
{
    bool is_there = false, is_active = false, is_made = false;
    for (int i = 0; i < CREATE_LOOKS; i++) {
        TRY(look(dynamodb, &is_there, &is_active, why));
        if (is_active) return is_made ? age(dynamodb, why) : OK;
        if (!is_there) TRY(create(dynamodb, why));
        is_made = is_made || !is_there;
        (void)nanosleep(&(struct timespec){.tv_nsec = CREATE_LOOK_MS * 1000000L}, NULL);
    }
    return fail(why, TIMED_OUT, "DynamoDB has been making table %s for a minute", dynamodb->table);
}

outcome table_dynamodb_open(const struct table_dynamodb_options *options, struct table_store **out,
                            struct why *why)
{
    if (strlen(options->name) < 3 || strlen(options->name) > 255)
        return fail(why, INVALID, "\"%.80s\" is no name of a DynamoDB table: 3 to 255 characters",
                    options->name);
    struct dynamodb_store *store = calloc(1, sizeof *store);
    if (store == NULL) return fail(why, NO_MEMORY, "no memory to open %s", options->name);
    store->base.ops = &dynamodb_ops;
    store->clock = options->clock;
    (void)snprintf(store->dynamodb.table, sizeof store->dynamodb.table, "%s", options->name);
    // Signatures are dated by the true time, expiry is judged by the clock given.
    const struct aws_options aws = {"dynamodb", options->region, options->endpoint,
                                    "dynamodb", clock_system(),  DEADLINE_MS};
    outcome result = aws_open(&aws, &store->dynamodb.aws, why);
    if (result == OK) result = make_ready(&store->dynamodb, why);
    if (result == OK) result = table_lanes_open(&store->base, &store->lanes, why);
    if (result != OK) {
        dynamodb_close(&store->base);
        return result;
    }
    *out = &store->base;
    return OK;
}
