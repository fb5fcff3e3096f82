// SPDX-License-Identifier: Apache-2.0
#include "discovery/follow.h"

#include "catalog/changes.h"

#include <stdio.h>
#include <string.h>

enum {
    PAGE = 500,                         // entries that are compared, and taken, in one transaction
    ARENA_BYTES_MAX = 64 * 1024 * 1024, // one page of entries, or one record
};

struct following {
    struct index *index;
    struct table_store *tables;
    const _Atomic bool *stop;
    struct follow_report report;
};

typedef outcome take(struct following *following, const struct change *change, struct arena *arena,
                     struct why *why);

// What became of a record that was to be taken.
static outcome took(struct following *following, outcome loaded, enum index_kind kind,
                    const struct change *change, struct why *why)
{
    if (loaded == OK) {
        following->report.put++;
        return OK;
    }
    if (loaded != NOT_FOUND && loaded != CORRUPT) return loaded;
    if (loaded == CORRUPT) following->report.unreadable++;
    if (loaded == NOT_FOUND) following->report.dropped++;
    return index_drop(following->index, kind, change->id, change->version, why);
}

static outcome take_title(struct following *following, const struct change *change,
                          struct arena *arena, struct why *why)
{
    struct title title;
    const outcome loaded = title_load(following->tables, change->id, arena, &title, why);
    if (loaded == OK) TRY(index_put_title(following->index, &title, change->version, why));
    return took(following, loaded, INDEX_TITLE, change, why);
}

static outcome take_series(struct following *following, const struct change *change,
                           struct arena *arena, struct why *why)
{
    struct series series;
    const outcome loaded = series_load(following->tables, change->id, arena, &series, why);
    if (loaded == OK) TRY(index_put_series(following->index, &series, change->version, why));
    return took(following, loaded, INDEX_SERIES, change, why);
}

static const struct {
    const char *list;
    enum index_kind kind;
    take *take;
} lists[] = {{"series-list", INDEX_SERIES, take_series}, {"title-list", INDEX_TITLE, take_title}};

static outcome take_page(struct following *following, size_t list, const struct change *changes,
                         size_t count, struct why *why)
{
    autoarena arena = arena_init(ARENA_BYTES_MAX);
    for (size_t i = 0; i < count; i++) {
        uint64_t version;
        TRY(index_version(following->index, lists[list].kind, changes[i].id, &version, why));
        if (version == changes[i].version) continue;
        TRY(lists[list].take(following, &changes[i], &arena, why));
        arena_reset(&arena);
    }
    return OK;
}

static outcome follow_list(struct following *following, size_t list, struct why *why)
{
    autoarena arena = arena_init(ARENA_BYTES_MAX);
    char after[TABLE_KEY_BYTES] = "";
    while (!atomic_load(following->stop)) {
        struct change *changes;
        size_t count;
        arena_reset(&arena);
        TRY(changes_list(following->tables, lists[list].list, after, PAGE, &arena, &changes, &count,
                         why));
        if (count == 0) return OK;
        TRY(index_begin(following->index, why));
        const outcome taken = take_page(following, list, changes, count, why);
        if (taken != OK) {
            index_rollback(following->index);
            return taken;
        }
        TRY(index_commit(following->index, why));
        (void)snprintf(after, sizeof after, "%s", changes[count - 1].id);
        if (count < PAGE) return OK;
    }
    return OK;
}

outcome index_follow(struct index *index, struct table_store *tables, enum follow_look look,
                     const _Atomic bool *stop, struct follow_report *out, struct why *why)
{
    struct following following = {.index = index, .tables = tables, .stop = stop};
    uint64_t count, held;
    // Read before the entries: what changes from now on is seen the next time.
    TRY(changes_read(tables, &count, why));
    TRY(index_count(index, &held, why));
    if (look == FOLLOW_ALL || count != held) {
        for (size_t i = 0; i < sizeof lists / sizeof lists[0]; i++)
            TRY(follow_list(&following, i, why));
        if (!atomic_load(stop)) TRY(index_settle(index, count, why));
    }
    *out = following.report;
    return OK;
}
