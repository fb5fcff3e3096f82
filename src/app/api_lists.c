// SPDX-License-Identifier: Apache-2.0
//
// What a profile has begun, watched, kept for later and thought of.
#include "app/api.h"

#include "app/titles_json.h"
#include "playback/position.h"
#include "store/rows.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LISTED_MAX = 200, CURSOR_BYTES = 96 };

static const char watchlist_table[] = "watchlist";
static const char opinion_table[] = "opinion";

// Adds the title's summary under "title"; false when it is not to be seen.
static bool add_title(struct call *call, json_t *item, const char *id)
{
    struct title title;
    struct why why;
    const enum problem before = call->problem;
    const outcome loaded = api_title_load(call, id, &title, &why);
    call->problem = before; // what is not there is left out, and no refusal of the list
    return loaded == OK &&
           json_object_set_new(item, "title", title_summary_json(call, &title)) == 0;
}

// --- positions ------------------------------------------------------------------------------

static json_t *position_json(const struct position *position)
{
    return json_pack("{s:s, s:I, s:I, s:o, s:b}", "title_id", position->title, "position_ms",
                     (json_int_t)position->position_ms, "duration_ms",
                     (json_int_t)position->duration_ms, "watched_at", json_time(position->at_ms),
                     "is_watched", position_is_watched(position));
}

static bool is_begun(const struct position *position)
{
    return position->position_ms >= POSITION_STARTED_MS && !position_is_watched(position);
}

static bool is_any(const struct position *position)
{
    return position->position_ms > 0;
}

// A cursor is the last one's time and title. Newer plays meanwhile move nothing behind it.
static void position_cursor(const struct position *position, char *out, size_t room)
{
    (void)snprintf(out, room, "%lld.%s", (long long)position->at_ms, position->title);
}

static bool is_behind(const struct position *position, int64_t at_ms, const char *title)
{
    if (position->at_ms != at_ms) return position->at_ms < at_ms;
    return strcmp(position->title, title) > 0;
}

// The first that comes behind the cursor.
static outcome skip_positions(const struct position_page *page, const char *cursor, size_t *out,
                              struct why *why)
{
    char *title = NULL;
    size_t first = 0;
    *out = 0;
    if (cursor[0] == '\0') return OK;
    const long long at_ms = strtoll(cursor, &title, 10);
    if (title == cursor || *title != '.') return fail(why, INVALID, "the cursor is none of ours");
    while (first < page->count && !is_behind(&page->positions[first], at_ms, title + 1))
        first++;
    *out = first;
    return OK;
}

static outcome reply_positions(struct call *call, bool (*is_wanted)(const struct position *),
                               struct why *why)
{
    size_t limit, i;
    const char *cursor;
    char next[CURSOR_BYTES] = "";
    struct position_page page;
    TRY(call_cursor(call, &cursor, why));
    TRY(call_limit(call, 50, LISTED_MAX, &limit, why));
    TRY(position_list(call->accounts->tables, call->caller.profile, &call->exchange->arena, &page,
                      why));
    TRY(skip_positions(&page, cursor, &i, why));
    json_t *items = json_array();
    for (; i < page.count && json_array_size(items) < limit; i++) {
        if (!is_wanted(&page.positions[i])) continue;
        json_t *item = position_json(&page.positions[i]);
        if (add_title(call, item, page.positions[i].title))
            (void)json_array_append_new(items, item);
        else
            json_decref(item);
    }
    if (i < page.count) position_cursor(&page.positions[i - 1], next, sizeof next);
    return call_reply_page(call, items, next, why);
}

outcome api_continue(struct call *call, struct why *why)
{
    return reply_positions(call, is_begun, why);
}

// A profile may keep its history to itself.
outcome api_history(struct call *call, struct why *why)
{
    if (call->caller.hides_history) return call_reply_page(call, json_array(), "", why);
    return reply_positions(call, is_any, why);
}

outcome api_history_drop(struct call *call, struct why *why)
{
    TRY(position_forget(call->accounts->tables, call->caller.profile, call->exchange->params[0],
                        why));
    return call_reply_empty(call);
}

outcome api_position_get(struct call *call, struct why *why)
{
    struct position position;
    const char *id = call->exchange->params[0];
    if (!id_is_valid(id)) return fail(why, NOT_FOUND, "there is no title by that id");
    TRY(position_resume(call->accounts->tables, call->caller.profile, id, &position, why));
    return call_reply(call, 200, position_json(&position), why);
}

static outcome mark(struct call *call, const char *id, int64_t position_ms, int64_t duration_ms,
                    struct why *why)
{
    bool is_kept;
    struct position position = {.position_ms = position_ms, .duration_ms = duration_ms};
    (void)snprintf(position.title, sizeof position.title, "%s", id);
    (void)snprintf(position.device, sizeof position.device, POSITION_MARK);
    TRY(position_put(call->accounts->tables, call->accounts->clock, call->caller.profile, &position,
                     &is_kept, why));
    return call_reply_empty(call);
}

outcome api_watched(struct call *call, struct why *why)
{
    struct title title;
    TRY(api_title_load(call, call->exchange->params[0], &title, why));
    return mark(call, title.id, title.duration_ms, title.duration_ms, why);
}

outcome api_unwatched(struct call *call, struct why *why)
{
    struct title title;
    TRY(api_title_load(call, call->exchange->params[0], &title, why));
    return mark(call, title.id, 0, title.duration_ms, why);
}

// --- watchlist and opinions -----------------------------------------------------------------

struct listed {
    int64_t added_ms;
    char opinion[8];
};
static const struct record_member listed_members[] = {RECORD_I64(struct listed, added_ms),
                                                      RECORD_TEXT(struct listed, opinion)};
static const struct record listed_record = RECORD("an entry", listed_members);

static outcome put_listed(struct call *call, const char *table, const char *opinion,
                          struct why *why)
{
    struct title title;
    struct listed listed = {.added_ms = clock_wall_ms(call->accounts->clock)};
    TRY(api_title_load(call, call->exchange->params[0], &title, why));
    (void)snprintf(listed.opinion, sizeof listed.opinion, "%s", opinion);
    TRY(row_put(call->accounts->tables, (struct row_key){table, call->caller.profile, title.id},
                &listed_record, &listed, (struct row_terms){0}, NULL, why));
    return call_reply_empty(call);
}

static outcome drop_listed(struct call *call, const char *table, struct why *why)
{
    const char *id = call->exchange->params[0];
    if (!id_is_valid(id)) return fail(why, NOT_FOUND, "there is no title by that id");
    TRY(row_drop(call->accounts->tables, (struct row_key){table, call->caller.profile, id}, 0,
                 why));
    return call_reply_empty(call);
}

static outcome reply_listed(struct call *call, const char *table, struct why *why)
{
    const char *after;
    size_t limit;
    struct row_page rows;
    TRY(call_cursor(call, &after, why));
    TRY(call_limit(call, 50, LISTED_MAX, &limit, why));
    TRY(row_list(call->accounts->tables, (struct row_key){table, call->caller.profile, ""},
                 after[0] == '\0' ? NULL : after, limit + 1, &listed_record, sizeof(struct listed),
                 &call->exchange->arena, &rows, why));
    const struct listed *entries = rows.items;
    const size_t shown = rows.count > limit ? limit : rows.count;
    json_t *items = json_array();
    for (size_t i = 0; i < shown; i++) {
        json_t *item = json_pack("{s:s, s:o}", "title_id", rows.sorts[i], "added_at",
                                 json_time(entries[i].added_ms));
        if (entries[i].opinion[0] != '\0')
            (void)json_object_set_new(item, "opinion", json_string(entries[i].opinion));
        if (add_title(call, item, rows.sorts[i]))
            (void)json_array_append_new(items, item);
        else
            json_decref(item);
    }
    return call_reply_page(call, items, rows.count > limit ? rows.sorts[limit - 1] : "", why);
}

outcome api_watchlist(struct call *call, struct why *why)
{
    return reply_listed(call, watchlist_table, why);
}

outcome api_watchlist_add(struct call *call, struct why *why)
{
    return put_listed(call, watchlist_table, "", why);
}

outcome api_watchlist_drop(struct call *call, struct why *why)
{
    return drop_listed(call, watchlist_table, why);
}

outcome api_opinions(struct call *call, struct why *why)
{
    return reply_listed(call, opinion_table, why);
}

outcome api_opinion_set(struct call *call, struct why *why)
{
    struct listed input = {.opinion = ""};
    static const struct input_field fields[] = {
        INPUT_FIELD(struct listed, opinion, "opinion", INPUT_TEXT, INPUT_REQUIRED, 1, 0)};
    TRY(call_read(call, fields, INPUT_COUNT(fields), &input, why));
    if (strcmp(input.opinion, "up") == 0 || strcmp(input.opinion, "down") == 0)
        return put_listed(call, opinion_table, input.opinion, why);
    (void)snprintf(call->fault.pointer, INPUT_POINTER_BYTES, "/opinion");
    return fail(why, INVALID, "opinion is \"%s\": take up or down", input.opinion);
}

outcome api_opinion_drop(struct call *call, struct why *why)
{
    return drop_listed(call, opinion_table, why);
}
