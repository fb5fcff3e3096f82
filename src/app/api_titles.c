// SPDX-License-Identifier: Apache-2.0
//
// The catalogue, as far as who asks may see it.
#include "app/api.h"

#include "app/titles_json.h"
#include "base/random.h"
#include "catalog/place.h"

#include <string.h>

enum { PAGE_DEFAULT = 50 };

static const char titles_cache[] = "private, no-cache"; // a window may close at any time

outcome api_titles(struct call *call, struct why *why)
{
    struct title_page page;
    const char *cursor;
    size_t limit;
    const struct title_source titles = call_titles(call);
    const struct viewer viewer = call_viewer(call);
    TRY(call_limit(call, PAGE_DEFAULT, TITLE_PAGE_MAX, &limit, why));
    TRY(call_query(call, "cursor", &cursor, why));
    TRY(title_list(&titles, cursor, limit, &call->exchange->arena, &page, why));
    json_t *items = json_array();
    for (size_t i = 0; i < page.count; i++)
        if (offer_judge(&page.titles[i], &viewer) == OFFER_OPEN)
            (void)json_array_append_new(items, title_summary_json(call, &page.titles[i]));
    autojson *json =
        json_pack("{s:o, s:o}", "items", items, "next_cursor", json_text_or_null(page.next));
    api_reply_json(call->exchange, json, titles_cache);
    return OK;
}

outcome api_title_load(struct call *call, const char *id, struct title *out, struct why *why)
{
    const struct viewer viewer = call_viewer(call);
    if (!id_is_valid(id)) return fail(why, NOT_FOUND, "there is no title by that id");
    TRY(call_title(call, id, out, why));
    switch (offer_judge(out, &viewer)) {
    case OFFER_TERRITORY:
        return call_refuse(call, PROBLEM_TERRITORY, why, "%s", problem_title(PROBLEM_TERRITORY));
    case OFFER_WINDOW:
        return call_refuse(call, PROBLEM_NOT_AVAILABLE, why, "%s",
                           problem_title(PROBLEM_NOT_AVAILABLE));
    case OFFER_MATURITY: return fail(why, NOT_FOUND, "there is no title %s", id);
    case OFFER_OPEN:
    case OFFER_COUNT: break;
    }
    return OK;
}

// Adds what other records say of it: the extras, the next episode.
static outcome add_relations(struct call *call, const struct title *title, json_t *json,
                             struct why *why)
{
    const struct title_source titles = call_titles(call);
    struct arena *arena = &call->exchange->arena;
    const struct viewer viewer = call_viewer(call);
    struct title_list extras;
    struct title next;
    TRY(place_extras(&titles, title->id, &viewer, arena, &extras, why));
    const outcome found = place_next(&titles, title, &viewer, arena, &next, why);
    if (found != OK && found != NOT_FOUND) return found;
    json_t *list = title_summaries_json(call, extras.titles, extras.count);
    json_t *following = found == OK ? title_summary_json(call, &next) : json_null();
    const bool is_set = json_object_set_new(json, "extras", list) == 0 &&
                        json_object_set_new(json, "next_episode", following) == 0;
    return is_set ? OK : fail(why, NO_MEMORY, "no memory for the title");
}

outcome api_title(struct call *call, struct why *why)
{
    struct title title;
    TRY(api_title_load(call, call->exchange->params[0], &title, why));
    autojson *json = title_json(call, &title);
    if (json == NULL) return fail(why, NO_MEMORY, "no memory for the title");
    TRY(add_relations(call, &title, json, why));
    api_reply_json(call->exchange, json, titles_cache);
    return OK;
}

// A series is there as long as one of its episodes is.
outcome api_series(struct call *call, struct why *why)
{
    const struct title_source titles = call_titles(call);
    struct arena *arena = &call->exchange->arena;
    const char *id = call->exchange->params[0];
    const struct viewer viewer = call_viewer(call);
    struct series series;
    struct title_list episodes, extras;
    if (!id_is_valid(id)) return fail(why, NOT_FOUND, "there is no series by that id");
    TRY(series_load(titles.tables, id, arena, &series, why));
    TRY(place_episodes(&titles, id, &viewer, arena, &episodes, why));
    TRY(place_extras(&titles, id, &viewer, arena, &extras, why));
    if (episodes.count == 0 && viewer.now_ms != VIEWER_ANY_TIME)
        return fail(why, NOT_FOUND, "there is no series %s", id);
    autojson *json =
        series_summary_json(call, &series, episodes.count == 0 ? NULL : &episodes.titles[0]);
    if (json == NULL) return fail(why, NO_MEMORY, "no memory for the series");
    (void)json_object_set_new(json, "episodes",
                              title_summaries_json(call, episodes.titles, episodes.count));
    (void)json_object_set_new(json, "extras",
                              title_summaries_json(call, extras.titles, extras.count));
    api_reply_json(call->exchange, json, titles_cache);
    return OK;
}
