// SPDX-License-Identifier: Apache-2.0
#include "app/api.h"

#include "app/titles_json.h"
#include "base/clock.h"

#include "base/random.h"
#include "catalog/rating.h"

#include <string.h>

enum { PAGE_DEFAULT = 50 };

static const char titles_cache[] = "no-cache"; // a title may be withdrawn at any time

static bool array_has(const json_t *array, const char *text)
{
    size_t i;
    const json_t *item;
    json_array_foreach(array, i, item) if (strcmp(json_string_value(item), text) == 0) return true;
    return false;
}

// Each language of the tracks of a kind, once, in their order.
static json_t *languages(const struct title *title, const char *kind)
{
    json_t *list = json_array();
    for (size_t i = 0; i < title->track_count; i++) {
        const struct title_track *track = &title->tracks[i];
        if (strcmp(track->kind, kind) != 0 || track->language[0] == '\0') continue;
        if (!array_has(list, track->language))
            (void)json_array_append_new(list, json_string(track->language));
    }
    return list;
}

static json_t *texts(const char *const *items, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(list, json_string(items[i]));
    return list;
}

static json_t *rating_json(const struct title_rating *rating)
{
    if (rating->label == NULL || rating->label[0] == '\0') return json_null();
    return json_pack("{s:s, s:s}", "system", rating->system, "label", rating->label);
}

// What a row of the browse page needs. NULL without memory, as all that jansson makes.
json_t *title_summary_json(const struct title *title)
{
    const bool has_poster = title->poster != NULL && title->poster[0] != '\0';
    char published_at[CLOCK_TEXT_BYTES];
    wall_format(title->published_ms, published_at);
    return json_pack("{s:s, s:s, s:s, s:o, s:o, s:I, s:o, s:s, s:o, s:o}", "id", title->id, "title",
                     title->title, "synopsis", title->synopsis, "year",
                     title->year == 0 ? json_null() : json_integer(title->year), "rating",
                     rating_json(&title->rating), "duration_ms", (json_int_t)title->duration_ms,
                     "poster_url",
                     has_poster ? api_media_reference(title, title->poster) : json_null(),
                     "published_at", published_at, "audio_languages", languages(title, "audio"),
                     "text_languages", languages(title, "text"));
}

static json_t *cast_json(const struct title *title)
{
    json_t *list = json_array();
    for (size_t i = 0; i < title->cast_count; i++) {
        const struct title_person *person = &title->cast[i];
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:o}", "id", person->id, "name",
                                                    person->name, "character",
                                                    json_text_or_null(person->character)));
    }
    return list;
}

static json_t *scenes_json(const struct title *title)
{
    json_t *list = json_array();
    for (size_t i = 0; i < title->scene_count; i++) {
        const struct title_scene *scene = &title->scenes[i];
        (void)json_array_append_new(list, json_pack("{s:s, s:o, s:I, s:I, s:o}", "id", scene->id,
                                                    "title", json_text_or_null(scene->title),
                                                    "start_ms", (json_int_t)scene->start_ms,
                                                    "end_ms", (json_int_t)scene->end_ms, "cast",
                                                    texts(scene->cast, scene->cast_count)));
    }
    return list;
}

static void set_positive(json_t *object, const char *key, int64_t value)
{
    if (value > 0) (void)json_object_set_new(object, key, json_integer(value));
}

static json_t *track_json(const struct title_track *track)
{
    json_t *json = json_pack("{s:s, s:s, s:s, s:s, s:s, s:s, s:I, s:I}", "name", track->name,
                             "kind", track->kind, "language", track->language, "role", track->role,
                             "label", track->label, "codec", track->codec, "bandwidth_peak_bps",
                             (json_int_t)track->bandwidth_peak_bps, "bandwidth_average_bps",
                             (json_int_t)track->bandwidth_average_bps);
    set_positive(json, "width", track->width);
    set_positive(json, "height", track->height);
    set_positive(json, "sample_rate", track->sample_rate);
    set_positive(json, "channels", track->channels);
    if (track->rate_frames > 0 && track->rate_seconds > 0)
        (void)json_object_set_new(json, "frame_rate",
                                  json_sprintf("%lld/%lld", (long long)track->rate_frames,
                                               (long long)track->rate_seconds));
    if (track->range != NULL && track->range[0] != '\0')
        (void)json_object_set_new(json, "range", json_string(track->range));
    return json;
}

static json_t *tracks_json(const struct title *title)
{
    json_t *list = json_array();
    for (size_t i = 0; i < title->track_count; i++)
        (void)json_array_append_new(list, track_json(&title->tracks[i]));
    return list;
}

static json_t *title_json(const struct title *title)
{
    json_t *json = title_summary_json(title);
    autojson *rest = json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "original_language",
                               json_text_or_null(title->original_language), "genres",
                               texts(title->genres, title->genre_count), "cast", cast_json(title),
                               "scenes", scenes_json(title), "territories",
                               texts(title->territories, title->territory_count), "tracks",
                               tracks_json(title), "is_downloadable", title->is_downloadable);
    if (json != NULL && rest != NULL && json_object_update(json, rest) == 0) return json;
    json_decref(json);
    return NULL;
}

outcome api_titles(struct call *call, struct why *why)
{
    struct title_page page;
    const char *cursor;
    size_t limit;
    TRY(call_limit(call, PAGE_DEFAULT, TITLE_PAGE_MAX, &limit, why));
    TRY(call_query(call, "cursor", &cursor, why));
    TRY(title_list(call->accounts->tables, cursor, limit, &call->exchange->arena, &page, why));
    json_t *items = json_array();
    for (size_t i = 0; i < page.count; i++)
        if (rating_allows(&page.titles[i].rating, call_age(call)))
            (void)json_array_append_new(items, title_summary_json(&page.titles[i]));
    autojson *json =
        json_pack("{s:o, s:o}", "items", items, "next_cursor", json_text_or_null(page.next));
    api_reply_json(call->exchange, json, titles_cache);
    return OK;
}

outcome api_title(struct call *call, struct why *why)
{
    const char *id = call->exchange->params[0];
    struct title title;
    if (!id_is_valid(id)) return fail(why, NOT_FOUND, "there is no title by that id");
    TRY(title_load(call->accounts->tables, id, &call->exchange->arena, &title, why));
    if (!rating_allows(&title.rating, call_age(call)))
        return fail(why, NOT_FOUND, "there is no title %s", id);
    autojson *json = title_json(&title);
    api_reply_json(call->exchange, json, titles_cache);
    return OK;
}
