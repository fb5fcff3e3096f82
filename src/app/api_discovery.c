// SPDX-License-Identifier: Apache-2.0
//
// Search, the rows of the home page, genres and people. The index says what; what is shown of it
// comes from the catalogue, which is asked again whether the caller may see it.
#include "app/api.h"

#include "app/titles_json.h"
#include "base/random.h"

#include <stdio.h>
#include <string.h>

enum {
    SEARCH_DEFAULT = 20,
    ROW_LENGTH = 20, // some three screens of a television
    GENRE_ROWS = 8,
};

static const char discovery_cache[] = "private, no-cache";

static struct index *index_of(const struct call *call)
{
    return search_desk_index(call->service->search);
}

// A damaged index is a copy to be made anew: the caller hears that it takes a moment.
static outcome asked(struct call *call, outcome result, struct why *why)
{
    if (result != CORRUPT) return result;
    search_desk_mend(call->service->search);
    return fail(why, UNAVAILABLE, "the search index is being made anew: ask again in a moment");
}

// NULL for what is no longer there, or not for the caller.
static json_t *title_entry_json(struct call *call, const char *id, const struct viewer *viewer)
{
    struct title title;
    const outcome loaded = call_title(call, id, &title, NULL);
    if (loaded != OK || offer_judge(&title, viewer) != OFFER_OPEN) return NULL;
    return json_pack("{s:s, s:o}", "kind", "title", "title", title_summary_json(call, &title));
}

static json_t *series_entry_json(struct call *call, const struct index_hit *hit,
                                 const struct viewer *viewer)
{
    struct table_store *tables = call->accounts->tables;
    struct arena *arena = &call->exchange->arena;
    struct series series;
    struct title face;
    if (series_load(tables, hit->id, arena, &series, NULL) != OK) return NULL;
    const bool has_face = id_is_valid(hit->face) &&
                          call_title(call, hit->face, &face, NULL) == OK &&
                          offer_judge(&face, viewer) == OFFER_OPEN;
    return json_pack("{s:s, s:o}", "kind", "series", "series",
                     series_summary_json(call, &series, has_face ? &face : NULL));
}

static json_t *entries_json(struct call *call, const struct index_hits *hits,
                            const struct viewer *viewer)
{
    json_t *list = json_array();
    for (size_t i = 0; i < hits->count; i++) {
        const struct index_hit *hit = &hits->hits[i];
        json_t *entry = NULL;
        if (hit->kind == INDEX_TITLE)
            entry = title_entry_json(call, hit->id, viewer);
        else if (hit->kind == INDEX_SERIES)
            entry = series_entry_json(call, hit, viewer);
        else
            entry = json_pack("{s:s, s:{s:s, s:s}}", "kind", "person", "person", "id", hit->id,
                              "name", hit->name);
        if (entry != NULL) (void)json_array_append_new(list, entry);
    }
    return list;
}

outcome api_search(struct call *call, struct why *why)
{
    const char *text;
    size_t limit;
    struct index_hits hits;
    const struct viewer viewer = call_viewer(call);
    TRY(call_limit(call, SEARCH_DEFAULT, INDEX_HITS_MAX, &limit, why));
    TRY(call_query(call, "q", &text, why));
    const outcome found =
        index_search(index_of(call), text, &viewer, limit, &call->exchange->arena, &hits, why);
    TRY(asked(call, found, why));
    autojson *json = json_pack("{s:o}", "items", entries_json(call, &hits, &viewer));
    api_reply_json(call->exchange, json, discovery_cache);
    return OK;
}

outcome api_browse(struct call *call, struct why *why)
{
    const char *genre, *after;
    size_t limit;
    struct index_hits hits;
    const struct viewer viewer = call_viewer(call);
    TRY(call_limit(call, ROW_LENGTH, INDEX_HITS_MAX, &limit, why));
    TRY(call_query(call, "genre", &genre, why));
    TRY(call_cursor(call, &after, why));
    const outcome found = index_browse(index_of(call), genre, after, &viewer, limit,
                                       &call->exchange->arena, &hits, why);
    TRY(asked(call, found, why));
    return call_reply_page(call, entries_json(call, &hits, &viewer), hits.next, why);
}

// Adds a row, unless there is nothing in it.
static outcome add_row(struct call *call, json_t *rows, const char *genre,
                       const struct viewer *viewer, struct why *why)
{
    struct index_hits hits;
    const bool is_new = genre[0] == '\0';
    const outcome found = index_browse(index_of(call), genre, "", viewer, ROW_LENGTH,
                                       &call->exchange->arena, &hits, why);
    TRY(asked(call, found, why));
    if (hits.count == 0) return OK;
    json_t *items = entries_json(call, &hits, viewer);
    json_t *row = json_pack("{s:s, s:o, s:o}", "kind", is_new ? "new" : "genre", "genre",
                            json_text_or_null(genre), "items", items);
    return json_array_append_new(rows, row) == 0 ? OK : fail(why, NO_MEMORY, "no memory for rows");
}

static outcome add_rows(struct call *call, json_t *rows, struct why *why)
{
    struct index_genre *genres;
    size_t count;
    const struct viewer viewer = call_viewer(call);
    const outcome found =
        index_genres(index_of(call), GENRE_ROWS, &call->exchange->arena, &genres, &count, why);
    TRY(asked(call, found, why));
    TRY(add_row(call, rows, "", &viewer, why));
    for (size_t i = 0; i < count; i++)
        TRY(add_row(call, rows, genres[i].name, &viewer, why));
    return OK;
}

outcome api_home(struct call *call, struct why *why)
{
    autojson *rows = json_array();
    TRY(add_rows(call, rows, why));
    autojson *json = json_pack("{s:O}", "rows", rows);
    api_reply_json(call->exchange, json, discovery_cache);
    return OK;
}

outcome api_person(struct call *call, struct why *why)
{
    const char *id = call->exchange->params[0], *name = NULL;
    struct index_hits hits;
    const struct viewer viewer = call_viewer(call);
    if (!id_is_valid(id)) return fail(why, NOT_FOUND, "there is no person by that id");
    const outcome found = index_person(index_of(call), id, &viewer, INDEX_HITS_MAX,
                                       &call->exchange->arena, &name, &hits, why);
    TRY(asked(call, found, why));
    autojson *json = json_pack("{s:s, s:s, s:o}", "id", id, "name", name, "items",
                               entries_json(call, &hits, &viewer));
    api_reply_json(call->exchange, json, discovery_cache);
    return OK;
}
