// SPDX-License-Identifier: Apache-2.0
#include "catalog/place.h"

#include "catalog/series.h"
#include "catalog/shape.h"

#include <stdio.h>
#include <string.h>

enum {
    SORT_BYTES = 96,    // "0001-00003-<id>"
    NUMBERS_BYTES = 11, // "0001-00003-"
    NEXT_MAX = 20, // episodes that are looked at: behind more that cannot be seen, none follows
};

static const char episode_table[] = "episode";
static const char extra_table[] = "extra";

static void episode_sort(const struct title *title, char *out)
{
    const struct title_place *place = &title->entry.place;
    (void)snprintf(out, SORT_BYTES, "%04lld-%05lld-%s", (long long)place->season,
                   (long long)place->episode, title->id);
}

static bool is_given(const char *text)
{
    return text != NULL && text[0] != '\0';
}

outcome place_put(struct table_store *tables, const struct title *title, struct why *why)
{
    const struct title_place *place = &title->entry.place;
    const bool is_extra = is_given(place->extra_of);
    char sort[SORT_BYTES];
    if (!is_extra && !is_given(place->series)) return OK;
    episode_sort(title, sort);
    const struct table_write write = {
        .item = {.partition = is_extra ? place->extra_of : place->series,
                 .sort = is_extra ? title->id : sort,
                 .value = slice_of("")}};
    if (!is_extra) TRY(series_begin(tables, title, why));
    return tables->ops->put(tables, is_extra ? extra_table : episode_table, &write, NULL, why);
}

// What a table's partition is asked for, and how its entries are read.
struct shelf {
    const char *table, *partition, *after;
    size_t limit, id_at; // where an id begins in a sort key
    bool (*is_there)(const struct title *title, const struct shelf *shelf, const char *sort);
};

static bool is_episode_there(const struct title *title, const struct shelf *shelf, const char *sort)
{
    char expected[SORT_BYTES];
    episode_sort(title, expected);
    return strcmp(title->entry.place.series, shelf->partition) == 0 && strcmp(expected, sort) == 0;
}

static bool is_extra_there(const struct title *title, const struct shelf *shelf, const char *sort)
{
    (void)sort;
    return strcmp(title->entry.place.extra_of, shelf->partition) == 0;
}

static outcome load_shelf(const struct title_source *source, const struct shelf *shelf,
                          const struct viewer *viewer, struct arena *arena, struct title_list *out,
                          struct why *why)
{
    struct table_item *entries;
    size_t count;
    TRY(shape_check_id(shelf->partition, "the id", why));
    TRY(source->tables->ops->query(source->tables, shelf->table, shelf->partition, "", shelf->after,
                                   shelf->limit, arena, &entries, &count, why));
    struct title_list list = {.titles = arena_take_array(arena, count, sizeof(struct title))};
    if (list.titles == NULL) return fail(why, NO_MEMORY, "no memory for %zu titles", count);
    for (size_t i = 0; i < count; i++) {
        struct title *title = &list.titles[list.count];
        const char *sort = entries[i].sort;
        if (strlen(sort) <= shelf->id_at) continue;
        const outcome loaded = title_source_load(source, sort + shelf->id_at, arena, title, why);
        if (loaded == NOT_FOUND) continue;
        TRY(loaded);
        const bool is_seen = offer_judge(title, viewer) == OFFER_OPEN;
        if (is_seen && shelf->is_there(title, shelf, sort)) list.count++;
    }
    *out = list;
    return OK;
}

outcome place_episodes(const struct title_source *source, const char *series,
                       const struct viewer *viewer, struct arena *arena, struct title_list *out,
                       struct why *why)
{
    const struct shelf shelf = {episode_table,  series,        NULL,
                                TITLE_PAGE_MAX, NUMBERS_BYTES, is_episode_there};
    return load_shelf(source, &shelf, viewer, arena, out, why);
}

outcome place_extras(const struct title_source *source, const char *of, const struct viewer *viewer,
                     struct arena *arena, struct title_list *out, struct why *why)
{
    const struct shelf shelf = {extra_table, of, NULL, TITLE_PAGE_MAX, 0, is_extra_there};
    return load_shelf(source, &shelf, viewer, arena, out, why);
}

outcome place_next(const struct title_source *source, const struct title *episode,
                   const struct viewer *viewer, struct arena *arena, struct title *out,
                   struct why *why)
{
    char sort[SORT_BYTES];
    struct title_list list;
    const char *series = episode->entry.place.series;
    if (!is_given(series)) return fail(why, NOT_FOUND, "%s is no episode", episode->id);
    episode_sort(episode, sort);
    const struct shelf shelf = {episode_table, series,        sort,
                                NEXT_MAX,      NUMBERS_BYTES, is_episode_there};
    TRY(load_shelf(source, &shelf, viewer, arena, &list, why));
    if (list.count == 0) return fail(why, NOT_FOUND, "no episode follows %s", episode->id);
    *out = list.titles[0];
    return OK;
}
