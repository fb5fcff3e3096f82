// SPDX-License-Identifier: Apache-2.0
//
// Titles and series as those see them who keep the catalogue: whole, in all languages, with a
// version to be named by who changes them.
//
//     GET    -> entry, ETag: "7"
//     PATCH  {"avails": [...]}, If-Match: "7"  -> each member that came replaces what stood there
//            somebody was faster               -> 412, nothing is changed
#include "account/event.h"
#include "app/api.h"
#include "base/random.h"
#include "catalog/changes.h"
#include "catalog/place.h"
#include "catalog/series.h"
#include "catalog/title_shapes.h"

#include <stdio.h>
#include <string.h>

enum { PAGE_DEFAULT = 50 };

static json_t *kept_json(json_t *entry, const char *id, int64_t published_ms, int64_t edited_ms)
{
    if (entry == NULL) return NULL;
    const bool is_set = json_object_set_new(entry, "id", json_string(id)) == 0 &&
                        json_object_set_new(entry, "published_at", json_time(published_ms)) == 0 &&
                        json_object_set_new(entry, "edited_at", json_time(edited_ms)) == 0;
    if (is_set) return entry;
    json_decref(entry);
    return NULL;
}

static outcome title_entry_json(const struct title *title, json_t **out, struct why *why)
{
    json_t *entry = NULL;
    TRY(shape_write(&title_entry_shape, title, &entry, why));
    *out = kept_json(entry, title->id, title->published_ms, title->edited_ms);
    return *out == NULL ? fail(why, NO_MEMORY, "no memory for the title") : OK;
}

// --- titles -----------------------------------------------------------------------------------

static json_t *entry_summaries_json(const struct title *titles, size_t count)
{
    json_t *items = json_array();
    for (size_t i = 0; i < count; i++) {
        const struct title *title = &titles[i];
        (void)json_array_append_new(
            items,
            json_pack("{s:s, s:s, s:o, s:s, s:I, s:I, s:o, s:o}", "id", title->id, "title",
                      title->title, "year",
                      title->year == 0 ? json_null() : json_integer(title->year), "series",
                      title->entry.place.series, "season", (json_int_t)title->entry.place.season,
                      "episode", (json_int_t)title->entry.place.episode, "published_at",
                      json_time(title->published_ms), "edited_at", json_time(title->edited_ms)));
    }
    return items;
}

outcome api_entries(struct call *call, struct why *why)
{
    struct title_page page;
    const char *cursor;
    size_t limit;
    const struct title_source titles = call_titles(call);
    TRY(call_limit(call, PAGE_DEFAULT, TITLE_PAGE_MAX, &limit, why));
    TRY(call_query(call, "cursor", &cursor, why));
    TRY(title_list(&titles, cursor, limit, &call->exchange->arena, &page, why));
    return call_reply(call, 200,
                      json_pack("{s:o, s:o}", "items",
                                entry_summaries_json(page.titles, page.count), "next_cursor",
                                json_text_or_null(page.next)),
                      why);
}

static outcome load_title(struct call *call, struct title *out, struct why *why)
{
    const char *id = call->exchange->params[0];
    if (!id_is_valid(id)) return fail(why, NOT_FOUND, "there is no title by that id");
    return title_load(call->accounts->tables, id, &call->exchange->arena, out, why);
}

outcome api_entry(struct call *call, struct why *why)
{
    struct title title;
    json_t *entry;
    TRY(load_title(call, &title, why));
    TRY(title_entry_json(&title, &entry, why));
    return call_reply_version(call, 200, entry, title.row_version, why);
}

// What stands there, as JSON, with the members of the request in their places, read by the shape.
static outcome patch(struct call *call, const struct shape *shape, const void *present, void *out,
                     struct why *why)
{
    autojson *merged = NULL;
    if (!json_is_object(call->body)) return fail(why, INVALID, "the request must be an object");
    TRY(shape_write(shape, present, &merged, why));
    if (json_object_update(merged, call->body) != 0)
        return fail(why, NO_MEMORY, "no memory for the change");
    return shape_read(shape, merged, "the request", SHAPE_REFUSE_STRANGERS, &call->exchange->arena,
                      out, why);
}

static void list_members(const json_t *body, char *out, size_t room)
{
    const char *key;
    const json_t *value;
    size_t len = 0;
    out[0] = '\0';
    json_object_foreach((json_t *)(uintptr_t)body, key, value)
    {
        if (len + 1 >= room) break;
        const int more = snprintf(out + len, room - len, "%s%.40s", len == 0 ? "" : " ", key);
        len += more > 0 ? (size_t)more : 0;
    }
}

// Somebody was faster in the moment between reading and writing.
static outcome saved(struct call *call, outcome result, struct why *why)
{
    if (result != CONFLICT) return result;
    return call_refuse(call, PROBLEM_PRECONDITION_FAILED, why,
                       "somebody changed it at the same moment: read it again");
}

outcome api_entry_edit(struct call *call, struct why *why)
{
    struct title present, edited;
    char members[160];
    json_t *entry;
    TRY(load_title(call, &present, why));
    TRY(call_match(call, present.row_version, why));
    TRY(patch(call, &title_entry_shape, &present, &edited, why));
    TRY(title_people_check(edited.cast, edited.cast_count, edited.scenes, edited.scene_count,
                           "the request", why));
    TRY(title_entry_check(&edited.entry, "the request", why));
    title_take_entry(&present, &edited);
    present.edited_ms = clock_wall_ms(call->accounts->clock);
    list_members(call->body, members, sizeof members);
    TRY(event_write(call->accounts, call_deed(call), "title.edited", present.id, members, why));
    TRY(saved(call, title_save(call->accounts->tables, &present, why), why));
    search_desk_tell(call->service->search);
    TRY(title_entry_json(&present, &entry, why));
    return call_reply_version(call, 200, entry, present.row_version, why);
}

// --- series -----------------------------------------------------------------------------------

static outcome load_series(struct call *call, struct series *out, struct why *why)
{
    const char *id = call->exchange->params[0];
    if (!id_is_valid(id)) return fail(why, NOT_FOUND, "there is no series by that id");
    return series_load(call->accounts->tables, id, &call->exchange->arena, out, why);
}

static outcome reply_series(struct call *call, const struct series *series, struct why *why)
{
    json_t *entry = NULL;
    TRY(shape_write(&series_shape, series, &entry, why));
    return call_reply_version(call, 200, entry, series->row_version, why);
}

outcome api_series_entries(struct call *call, struct why *why)
{
    struct table_store *tables = call->accounts->tables;
    struct arena *arena = &call->exchange->arena;
    struct change *entries;
    const char *cursor;
    size_t limit, count;
    TRY(call_limit(call, PAGE_DEFAULT, TITLE_PAGE_MAX, &limit, why));
    TRY(call_cursor(call, &cursor, why));
    TRY(changes_list(tables, SERIES_LIST, cursor, limit, arena, &entries, &count, why));
    autojson *items = json_array();
    for (size_t i = 0; i < count; i++) {
        struct series series;
        const outcome loaded = series_load(tables, entries[i].id, arena, &series, why);
        if (loaded == NOT_FOUND) continue;
        TRY(loaded);
        (void)json_array_append_new(
            items, json_pack("{s:s, s:s}", "id", series.id, "title", series.title));
    }
    return call_reply_page(call, json_incref(items), count < limit ? "" : entries[count - 1].id,
                           why);
}

// All of them, whether somebody may see them now or not.
outcome api_series_episodes(struct call *call, struct why *why)
{
    static const struct viewer keeper = {INT64_MAX, VIEWER_ANYWHERE, VIEWER_ANY_TIME};
    struct series series;
    struct title_list episodes;
    TRY(load_series(call, &series, why));
    const struct title_source titles = call_titles(call);
    TRY(place_episodes(&titles, series.id, &keeper, &call->exchange->arena, &episodes, why));
    return call_reply(
        call, 200,
        json_pack("{s:o}", "items", entry_summaries_json(episodes.titles, episodes.count)), why);
}

outcome api_series_entry(struct call *call, struct why *why)
{
    struct series series;
    TRY(load_series(call, &series, why));
    return reply_series(call, &series, why);
}

outcome api_series_edit(struct call *call, struct why *why)
{
    struct series present, edited;
    char members[160];
    TRY(load_series(call, &present, why));
    TRY(call_match(call, present.row_version, why));
    TRY(patch(call, &series_shape, &present, &edited, why));
    if (strcmp(edited.id, present.id) != 0) {
        (void)snprintf(call->fault.pointer, INPUT_POINTER_BYTES, "/id");
        return fail(why, INVALID, "id is \"%s\": what a series is called by stays", edited.id);
    }
    edited.row_version = present.row_version;
    list_members(call->body, members, sizeof members);
    TRY(event_write(call->accounts, call_deed(call), "series.edited", present.id, members, why));
    TRY(saved(call, series_save(call->accounts->tables, &edited, why), why));
    search_desk_tell(call->service->search);
    return reply_series(call, &edited, why);
}
