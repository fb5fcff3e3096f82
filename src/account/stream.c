// SPDX-License-Identifier: Apache-2.0
#include "account/stream.h"

#include "base/json.h"
#include "base/random.h"
#include "base/record.h"

#include <stdio.h>
#include <string.h>

enum {
    VALUE_BYTES_MAX = STREAMS_MAX * 320, // four ids and two times each
    TRIES_MAX = 100,                     // each lost try is another's play that was let in or ended
};

static const char table_name[] = "standing", sort_name[] = "streams";

static const struct record_member members[] = {
    RECORD_TEXT(struct stream_entry, session), RECORD_TEXT(struct stream_entry, title),
    RECORD_TEXT(struct stream_entry, device),  RECORD_I64(struct stream_entry, since_ms),
    RECORD_I64(struct stream_entry, until_ms),
};
static const struct record form = RECORD("a stream", members);

outcome streams_parse(struct slice value, int64_t now_ms, struct stream_list *out, struct why *why)
{
    autojson *json = NULL;
    const json_t *entry;
    size_t i;
    struct stream_list list = {.count = 0};
    if (json_parse(value, "a member's streams", &json, why) != OK || !json_is_array(json) ||
        json_array_size(json) > STREAMS_MAX)
        return fail(why, CORRUPT, "the record of a member's streams cannot be read");
    json_array_foreach(json, i, entry)
    {
        struct stream_entry *room = &list.entries[list.count];
        if (record_parse(&form, entry, room, why) != OK)
            return fail(why, CORRUPT, "the record of a member's streams cannot be read");
        list.count += room->until_ms > now_ms;
    }
    *out = list;
    return OK;
}

// `*version` is 0 when there is no record.
static outcome load(struct table_store *tables, const char *member, int64_t now_ms,
                    struct stream_list *out, uint64_t *version, struct why *why)
{
    autoarena arena = arena_init(TABLE_VALUE_BYTES + 4096);
    struct table_item item;
    if (!id_is_valid(member)) return fail(why, INVALID, "there is no member of that id");
    const outcome found =
        tables->ops->get(tables, table_name, member, sort_name, &arena, &item, why);
    *version = 0;
    out->count = 0;
    if (found == NOT_FOUND) return OK;
    TRY(found);
    TRY(streams_parse(item.value, now_ms, out, why));
    *version = item.version;
    return OK;
}

outcome streams_load(struct table_store *tables, const char *member, int64_t now_ms,
                     struct stream_list *out, struct why *why)
{
    uint64_t version;
    return load(tables, member, now_ms, out, &version, why);
}

static outcome store(struct table_store *tables, const char *member, const struct stream_list *list,
                     uint64_t version, struct why *why)
{
    autojson *json = json_array();
    autobuffer text = buffer_init(VALUE_BYTES_MAX);
    int64_t until_ms = 1;
    for (size_t i = 0; i < list->count; i++) {
        json_t *entry = json_object();
        if (json_array_append_new(json, entry) != 0)
            return fail(why, NO_MEMORY, "no memory for a member's streams");
        TRY(record_format(&form, &list->entries[i], entry, why));
        if (list->entries[i].until_ms > until_ms) until_ms = list->entries[i].until_ms;
    }
    TRY(json_format(json, &text, why));
    const struct table_write write = {
        .item = {.partition = member,
                 .sort = sort_name,
                 .value = buffer_slice(&text),
                 .version = version,
                 .expires_ms = until_ms},
        .condition = version == 0 ? TABLE_ABSENT : TABLE_VERSION,
    };
    return tables->ops->put(tables, table_name, &write, NULL, why);
}

static struct stream_entry *find(struct stream_list *list, const char *session)
{
    for (size_t i = 0; i < list->count; i++)
        if (strcmp(list->entries[i].session, session) == 0) return &list->entries[i];
    return NULL;
}

struct stream_rank streams_rank(const struct stream_list *list, const char *session,
                                const char *title)
{
    struct stream_rank rank = {.before = 0};
    for (size_t i = 0; i < list->count && !rank.is_there; i++) {
        rank.is_there = strcmp(list->entries[i].session, session) == 0;
        rank.before += !rank.is_there;
        rank.title_before += !rank.is_there && strcmp(list->entries[i].title, title) == 0;
    }
    return rank;
}

// What one change does to the list. Sets `*is_changed`.
struct change {
    const struct stream *stream;
    const struct stream_limits *limits;
    int64_t now_ms;
    enum stream_begun begun;
    bool is_changed;
};
typedef outcome edit(struct stream_list *list, struct change *change, struct why *why);

static void remove_entry(struct stream_list *list, struct stream_entry *entry)
{
    list->count--;
    memmove(entry, entry + 1, (size_t)(&list->entries[list->count] - entry) * sizeof *entry);
}

static outcome edit_begin(struct stream_list *list, struct change *change, struct why *why)
{
    const struct stream *stream = change->stream;
    const struct stream_limits *limits = change->limits;
    struct stream_entry *replaced = stream->replaces == NULL ? NULL : find(list, stream->replaces);
    if (replaced != NULL) remove_entry(list, replaced);
    const struct stream_rank rank = streams_rank(list, stream->session, stream->title);
    struct stream_entry *entry = find(list, stream->session);
    change->begun = STREAM_BEGUN;
    if (limits->account_max != 0 && rank.before >= limits->account_max)
        change->begun = STREAM_OVER_ACCOUNT;
    else if (limits->title_max != 0 && rank.title_before >= limits->title_max)
        change->begun = STREAM_OVER_TITLE;
    change->is_changed = change->begun == STREAM_BEGUN;
    if (!change->is_changed) return OK;
    if (entry == NULL) {
        if (list->count == STREAMS_MAX)
            return fail(why, EXHAUSTED, "a member has at most %d streams at once", STREAMS_MAX);
        entry = &list->entries[list->count++];
        *entry = (struct stream_entry){.since_ms = change->now_ms};
        (void)snprintf(entry->session, sizeof entry->session, "%s", stream->session);
    }
    (void)snprintf(entry->title, sizeof entry->title, "%s", stream->title);
    (void)snprintf(entry->device, sizeof entry->device, "%s", stream->device);
    entry->until_ms = change->now_ms + STREAM_LEASE_MS;
    return OK;
}

static outcome edit_keep(struct stream_list *list, struct change *change, struct why *why)
{
    struct stream_entry *entry = find(list, change->stream->session);
    if (entry == NULL) return fail(why, NOT_FOUND, "the stream has ended: start the title again");
    entry->until_ms = change->now_ms + STREAM_LEASE_MS;
    change->is_changed = true;
    return OK;
}

static outcome edit_end(struct stream_list *list, struct change *change, struct why *why)
{
    struct stream_entry *entry = find(list, change->stream->session);
    change->is_changed = entry != NULL;
    if (entry == NULL) return OK;
    remove_entry(list, entry);
    return OK;
}

static outcome apply(struct table_store *tables, edit *make, struct change *change, struct why *why)
{
    const char *member = change->stream->member;
    for (int i = 0; i < TRIES_MAX; i++) {
        struct stream_list list;
        uint64_t version;
        TRY(load(tables, member, change->now_ms, &list, &version, why));
        TRY(make(&list, change, why));
        if (!change->is_changed) return OK;
        const outcome stored = store(tables, member, &list, version, why);
        if (stored != CONFLICT) return stored;
    }
    return fail(why, EXHAUSTED, "a member's streams change too fast: try again");
}

outcome stream_begin(struct table_store *tables, const struct stream *stream,
                     const struct stream_limits *limits, int64_t now_ms, enum stream_begun *out,
                     struct why *why)
{
    struct change change = {.stream = stream, .limits = limits, .now_ms = now_ms};
    if (!id_is_valid(stream->session) || !id_is_valid(stream->title))
        return fail(why, INVALID, "a stream names its session and its title by their ids");
    TRY(apply(tables, edit_begin, &change, why));
    *out = change.begun;
    return OK;
}

outcome stream_keep(struct table_store *tables, const char *member, const char *session,
                    int64_t now_ms, struct why *why)
{
    const struct stream stream = {.member = member, .session = session};
    struct change change = {.stream = &stream, .now_ms = now_ms};
    return apply(tables, edit_keep, &change, why);
}

outcome stream_end(struct table_store *tables, const char *member, const char *session,
                   int64_t now_ms, struct why *why)
{
    const struct stream stream = {.member = member, .session = session};
    struct change change = {.stream = &stream, .now_ms = now_ms};
    return apply(tables, edit_end, &change, why);
}
