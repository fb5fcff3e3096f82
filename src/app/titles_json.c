// SPDX-License-Identifier: Apache-2.0
#include "app/titles_json.h"

#include "app/api.h"
#include "base/clock.h"

#include <string.h>
#include <strings.h>

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

// --- words ------------------------------------------------------------------------------------

static bool is_primary_of(const char *language, const char *wanted)
{
    const size_t len = strcspn(wanted, "-");
    return strcspn(language, "-") == len && strncasecmp(language, wanted, len) == 0;
}

const struct title_words *words_find(const struct title_words *words, size_t count,
                                     const char *language)
{
    const struct title_words *near = NULL;
    for (size_t i = 0; i < count; i++) {
        if (strcasecmp(words[i].language, language) == 0) return &words[i];
        if (near == NULL && is_primary_of(words[i].language, language)) near = &words[i];
    }
    return near;
}

static const char *or_else(const char *text, const char *otherwise)
{
    return text == NULL || text[0] == '\0' ? otherwise : text;
}

// --- titles -----------------------------------------------------------------------------------

static const char *kind_of(const struct title_place *place)
{
    if (or_else(place->series, NULL) != NULL) return "episode";
    return or_else(place->extra_of, NULL) == NULL ? "film" : "extra";
}

static json_t *place_json(const struct title_place *place)
{
    if (or_else(place->series, NULL) != NULL)
        return json_pack("{s:s, s:s, s:I, s:I}", "series", place->series, "series_title",
                         or_else(place->series_title, place->series), "season",
                         (json_int_t)place->season, "episode", (json_int_t)place->episode);
    if (or_else(place->extra_of, NULL) == NULL) return json_null();
    return json_pack("{s:s, s:s}", "extra_of", place->extra_of, "extra", place->extra);
}

json_t *title_summary_json(const struct call *call, const struct title *title)
{
    static const struct title_words none = {"", "", ""};
    const struct title_entry *entry = &title->entry;
    const struct title_words *found =
        words_find(entry->words, entry->word_count, call_language(call));
    const struct title_words *words = found == NULL ? &none : found;
    const bool has_poster = title->poster != NULL && title->poster[0] != '\0';
    char published_at[CLOCK_TEXT_BYTES];
    wall_format(title->published_ms, published_at);
    return json_pack(
        "{s:s, s:s, s:o, s:s, s:s, s:o, s:o, s:o, s:I, s:o, s:s, s:o, s:o}", "id", title->id,
        "kind", kind_of(&entry->place), "place", place_json(&entry->place), "title",
        or_else(words->title, title->title), "synopsis", or_else(words->synopsis, title->synopsis),
        "year", title->year == 0 ? json_null() : json_integer(title->year), "rating",
        rating_json(&title->rating), "genres", texts(title->genres, title->genre_count),
        "duration_ms", (json_int_t)title->duration_ms, "poster_url",
        has_poster ? api_media_reference(title, title->poster) : json_null(), "published_at",
        published_at, "audio_languages", languages(title, "audio"), "text_languages",
        languages(title, "text"));
}

json_t *title_summaries_json(const struct call *call, const struct title *titles, size_t count)
{
    json_t *list = json_array();
    for (size_t i = 0; i < count; i++)
        (void)json_array_append_new(list, title_summary_json(call, &titles[i]));
    return list;
}

json_t *series_summary_json(const struct call *call, const struct series *series,
                            const struct title *face)
{
    static const struct title_words none = {"", "", ""};
    const struct title_words *found =
        words_find(series->words, series->word_count, call_language(call));
    const struct title_words *words = found == NULL ? &none : found;
    const bool has_poster = face != NULL && face->poster[0] != '\0';
    return json_pack("{s:s, s:s, s:s, s:o, s:o}", "id", series->id, "title",
                     or_else(words->title, series->title), "synopsis",
                     or_else(words->synopsis, or_else(series->synopsis, "")), "genres",
                     texts(series->genres, series->genre_count), "poster_url",
                     has_poster ? api_media_reference(face, face->poster) : json_null());
}

static json_t *crew_json(const struct title *title)
{
    json_t *list = json_array();
    for (size_t i = 0; i < title->entry.crew_count; i++) {
        const struct title_crew *person = &title->entry.crew[i];
        (void)json_array_append_new(list, json_pack("{s:s, s:s, s:s}", "id", person->id, "name",
                                                    person->name, "job", person->job));
    }
    return list;
}

// A mark that has no end lasts to the title's.
static json_t *marks_json(const struct title *title)
{
    json_t *list = json_array();
    for (size_t i = 0; i < title->entry.mark_count; i++) {
        const struct title_mark *mark = &title->entry.marks[i];
        const int64_t end_ms = mark->end_ms == 0 ? title->duration_ms : mark->end_ms;
        (void)json_array_append_new(list, json_pack("{s:s, s:I, s:I}", "kind", mark->kind,
                                                    "start_ms", (json_int_t)mark->start_ms,
                                                    "end_ms", (json_int_t)end_ms));
    }
    return list;
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

json_t *title_json(const struct call *call, const struct title *title)
{
    json_t *json = title_summary_json(call, title);
    autojson *rest =
        json_pack("{s:o, s:o, s:o, s:o, s:o, s:o, s:o, s:b}", "original_language",
                  json_text_or_null(title->original_language), "cast", cast_json(title), "crew",
                  crew_json(title), "scenes", scenes_json(title), "marks", marks_json(title),
                  "territories", texts(title->territories, title->territory_count), "tracks",
                  tracks_json(title), "is_downloadable", title->is_downloadable);
    if (json != NULL && rest != NULL && json_object_update(json, rest) == 0) return json;
    json_decref(json);
    return NULL;
}
