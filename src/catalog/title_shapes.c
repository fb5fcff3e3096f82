// SPDX-License-Identifier: Apache-2.0
#include "catalog/title_shapes.h"

#include "catalog/title.h"

#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

static const struct shape_field rating_fields[] = {
    SHAPE_FIELD_TEXT(struct title_rating, system, "system", SHAPE_REQUIRED, 1, TITLE_WORD_BYTES,
                     NULL),
    SHAPE_FIELD_TEXT(struct title_rating, label, "label", SHAPE_REQUIRED, 1, TITLE_WORD_BYTES,
                     NULL),
};

static const struct shape_field person_fields[] = {
    SHAPE_FIELD_TEXT(struct title_person, id, "id", SHAPE_REQUIRED, 1, 64, shape_check_id),
    SHAPE_FIELD_TEXT(struct title_person, name, "name", SHAPE_REQUIRED, 1, TITLE_NAME_BYTES, NULL),
    SHAPE_FIELD_TEXT(struct title_person, character, "character", SHAPE_OPTIONAL, 0,
                     TITLE_NAME_BYTES, NULL),
};

static const struct shape_field scene_fields[] = {
    SHAPE_FIELD_TEXT(struct title_scene, id, "id", SHAPE_REQUIRED, 1, 64, shape_check_id),
    SHAPE_FIELD_TEXT(struct title_scene, title, "title", SHAPE_OPTIONAL, 0, TITLE_NAME_BYTES, NULL),
    SHAPE_FIELD_INTEGER(struct title_scene, start_ms, "start_ms", SHAPE_REQUIRED, 0,
                        TITLE_DURATION_MS_MAX),
    SHAPE_FIELD_INTEGER(struct title_scene, end_ms, "end_ms", SHAPE_REQUIRED, 0,
                        TITLE_DURATION_MS_MAX),
    SHAPE_FIELD_TEXTS(struct title_scene, cast, cast_count, "cast", TITLE_CAST_MAX, shape_check_id),
};

static const struct shape_field place_fields[] = {
    SHAPE_FIELD_TEXT(struct title_place, series, "series", SHAPE_OPTIONAL, 1, 64, shape_check_id),
    SHAPE_FIELD_TEXT(struct title_place, series_title, "series_title", SHAPE_OPTIONAL, 1,
                     TITLE_NAME_BYTES, NULL),
    SHAPE_FIELD_INTEGER(struct title_place, season, "season", SHAPE_OPTIONAL, 0, 9999),
    SHAPE_FIELD_INTEGER(struct title_place, episode, "episode", SHAPE_OPTIONAL, 0, 99999),
    SHAPE_FIELD_TEXT(struct title_place, extra_of, "extra_of", SHAPE_OPTIONAL, 1, 64,
                     shape_check_id),
    SHAPE_FIELD_TEXT(struct title_place, extra, "extra", SHAPE_OPTIONAL, 1, TITLE_WORD_BYTES, NULL),
};

static const struct shape_field words_fields[] = {
    SHAPE_FIELD_TEXT(struct title_words, language, "lang", SHAPE_REQUIRED, 2, TITLE_LANGUAGE_BYTES,
                     shape_check_language),
    SHAPE_FIELD_TEXT(struct title_words, title, "title", SHAPE_OPTIONAL, 0, TITLE_NAME_BYTES, NULL),
    SHAPE_FIELD_TEXT(struct title_words, synopsis, "synopsis", SHAPE_OPTIONAL, 0,
                     TITLE_SYNOPSIS_BYTES, NULL),
};

static const struct shape_field avail_fields[] = {
    SHAPE_FIELD_TEXTS(struct title_avail, territories, territory_count, "territories",
                      TITLE_TERRITORIES_MAX, shape_check_territory),
    SHAPE_FIELD_TIME(struct title_avail, from_ms, "from"),
    SHAPE_FIELD_TIME(struct title_avail, until_ms, "until"),
};

static outcome check_mark(const char *text, const char *where, struct why *why);

static const struct shape_field mark_fields[] = {
    SHAPE_FIELD_TEXT(struct title_mark, kind, "kind", SHAPE_REQUIRED, 1, TITLE_WORD_BYTES,
                     check_mark),
    SHAPE_FIELD_INTEGER(struct title_mark, start_ms, "start_ms", SHAPE_REQUIRED, 0,
                        TITLE_DURATION_MS_MAX),
    SHAPE_FIELD_INTEGER(struct title_mark, end_ms, "end_ms", SHAPE_OPTIONAL, 0,
                        TITLE_DURATION_MS_MAX),
};

static const struct shape_field crew_fields[] = {
    SHAPE_FIELD_TEXT(struct title_crew, id, "id", SHAPE_REQUIRED, 1, 64, shape_check_id),
    SHAPE_FIELD_TEXT(struct title_crew, name, "name", SHAPE_REQUIRED, 1, TITLE_NAME_BYTES, NULL),
    SHAPE_FIELD_TEXT(struct title_crew, job, "job", SHAPE_REQUIRED, 1, TITLE_WORD_BYTES, NULL),
};

#define TRACK_TEXT(name)                                                                           \
    SHAPE_FIELD_TEXT(struct title_track, name, #name, SHAPE_OPTIONAL, 0, 128, NULL)
#define TRACK_NUMBER(name)                                                                         \
    SHAPE_FIELD_INTEGER(struct title_track, name, #name, SHAPE_OPTIONAL, 0, INT64_MAX)

static const struct shape_field track_fields[] = {
    TRACK_TEXT(name),
    TRACK_TEXT(file),
    TRACK_TEXT(kind),
    TRACK_TEXT(role),
    TRACK_TEXT(language),
    TRACK_TEXT(label),
    TRACK_TEXT(codec),
    TRACK_NUMBER(bandwidth_peak_bps),
    TRACK_NUMBER(bandwidth_average_bps),
    TRACK_NUMBER(size_bytes),
    TRACK_NUMBER(duration_ms),
    TRACK_NUMBER(width),
    TRACK_NUMBER(height),
    TRACK_NUMBER(rate_frames),
    TRACK_NUMBER(rate_seconds),
    TRACK_TEXT(range),
    TRACK_TEXT(scheme),
    TRACK_TEXT(key_id),
    TRACK_NUMBER(sample_rate),
    TRACK_NUMBER(channels),
    TRACK_NUMBER(columns),
    TRACK_NUMBER(rows),
    TRACK_NUMBER(tile_ms),
    TRACK_NUMBER(sheet_count),
};

static const struct shape track_shape = {track_fields, COUNT(track_fields),
                                         sizeof(struct title_track), NULL};

// What a title is called and who is in it.
#define WORDS_FIELDS(needed, least, language_check, territory_check)                               \
    SHAPE_FIELD_TEXT(struct title, title, "title", needed, least, TITLE_NAME_BYTES, NULL),         \
        SHAPE_FIELD_TEXT(struct title, synopsis, "synopsis", SHAPE_OPTIONAL, 0,                    \
                         TITLE_SYNOPSIS_BYTES, NULL),                                              \
        SHAPE_FIELD_TEXT(struct title, original_language, "original_language", SHAPE_OPTIONAL, 0,  \
                         TITLE_LANGUAGE_BYTES, language_check),                                    \
        SHAPE_FIELD_INTEGER(struct title, year, "year", SHAPE_OPTIONAL, 0, 9999),                  \
        SHAPE_FIELD_OBJECT(struct title, rating, "rating", &title_rating_shape),                   \
        SHAPE_FIELD_TEXTS(struct title, genres, genre_count, "genres", TITLE_GENRES_MAX, NULL),    \
        SHAPE_FIELD_TEXTS(struct title, territories, territory_count, "territories",               \
                          TITLE_TERRITORIES_MAX, territory_check),                                 \
        SHAPE_FIELD_OBJECTS(struct title, cast, cast_count, "cast", TITLE_CAST_MAX,                \
                            &title_person_shape),                                                  \
        SHAPE_FIELD_OBJECTS(struct title, scenes, scene_count, "scenes", TITLE_SCENES_MAX,         \
                            &title_scene_shape)

static const struct shape_field entry_fields[] = {
    WORDS_FIELDS(SHAPE_REQUIRED, 1, shape_check_language, shape_check_territory),
    TITLE_ENTRY_FIELDS(struct title),
    SHAPE_FIELD_BOOL(struct title, is_downloadable, "is_downloadable"),
};

static const struct shape_field title_fields[] = {
    SHAPE_FIELD_TEXT(struct title, id, "id", SHAPE_REQUIRED, 1, 64, shape_check_id),
    SHAPE_FIELD_TEXT(struct title, version, "version", SHAPE_REQUIRED, 1, 64, shape_check_id),
    WORDS_FIELDS(SHAPE_OPTIONAL, 0, NULL, NULL),
    TITLE_ENTRY_FIELDS(struct title),
    SHAPE_FIELD_INTEGER(struct title, edited_ms, "edited_ms", SHAPE_OPTIONAL, 0, INT64_MAX),
    SHAPE_FIELD_TEXT(struct title, poster, "poster", SHAPE_OPTIONAL, 0, TITLE_FILE_BYTES, NULL),
    SHAPE_FIELD_TEXT(struct title, hls, "hls", SHAPE_OPTIONAL, 0, TITLE_FILE_BYTES, NULL),
    SHAPE_FIELD_TEXT(struct title, dash, "dash", SHAPE_OPTIONAL, 0, TITLE_FILE_BYTES, NULL),
    SHAPE_FIELD_INTEGER(struct title, duration_ms, "duration_ms", SHAPE_OPTIONAL, 0,
                        TITLE_DURATION_MS_MAX),
    SHAPE_FIELD_INTEGER(struct title, published_ms, "published_ms", SHAPE_OPTIONAL, 0, INT64_MAX),
    SHAPE_FIELD_BOOL(struct title, is_downloadable, "is_downloadable"),
    SHAPE_FIELD_OBJECTS(struct title, tracks, track_count, "tracks", TITLE_TRACKS_MAX,
                        &track_shape),
};

static outcome judge_scene(const void *object, const char *where, struct why *why)
{
    const struct title_scene *scene = object;
    if (scene->end_ms > scene->start_ms) return OK;
    return fail(why, INVALID, "%s ends at %lld ms, which is not behind its start at %lld ms", where,
                (long long)scene->end_ms, (long long)scene->start_ms);
}

static outcome check_mark(const char *text, const char *where, struct why *why)
{
    static const char *const kinds[] = {"intro", "recap", "credits"};
    for (size_t i = 0; i < COUNT(kinds); i++)
        if (strcmp(text, kinds[i]) == 0) return OK;
    return fail(why, INVALID, "%s is \"%.40s\": take intro, recap or credits", where, text);
}

static outcome judge_place(const void *object, const char *where, struct why *why)
{
    const struct title_place *place = object;
    const bool is_episode = place->series[0] != '\0', is_extra = place->extra_of[0] != '\0';
    if (is_episode && is_extra)
        return fail(why, INVALID, "%s.extra_of: an episode is no extra; name one of the two",
                    where);
    if (is_episode && place->episode == 0)
        return fail(why, INVALID, "%s.episode is missing: which one of the season is it?", where);
    if (!is_episode && (place->season != 0 || place->episode != 0))
        return fail(why, INVALID, "%s.series is missing: of what is this an episode?", where);
    if (is_extra && place->extra[0] == '\0')
        return fail(why, INVALID, "%s.extra is missing: write trailer, making-of, ...", where);
    return OK;
}

static outcome judge_avail(const void *object, const char *where, struct why *why)
{
    const struct title_avail *avail = object;
    if (avail->until_ms == 0 || avail->until_ms > avail->from_ms) return OK;
    return fail(why, INVALID, "%s.until is not behind its \"from\": the window never opens", where);
}

static outcome judge_mark(const void *object, const char *where, struct why *why)
{
    const struct title_mark *mark = object;
    const bool is_open = mark->end_ms == 0 && strcmp(mark->kind, "credits") == 0;
    if (is_open || mark->end_ms > mark->start_ms) return OK;
    return fail(why, INVALID, "%s.end_ms is %lld, which is not behind its start at %lld ms", where,
                (long long)mark->end_ms, (long long)mark->start_ms);
}

outcome title_entry_check(const struct title_entry *entry, const char *where, struct why *why)
{
    for (size_t i = 0; i < entry->word_count; i++)
        for (size_t j = 0; j < i; j++)
            if (strcmp(entry->words[i].language, entry->words[j].language) == 0)
                return fail(why, INVALID, "%s: words[%zu].lang is \"%s\", as words[%zu] has it",
                            where, i, entry->words[i].language, j);
    return OK;
}

const struct shape title_place_shape = {place_fields, COUNT(place_fields),
                                        sizeof(struct title_place), judge_place};
const struct shape title_words_shape = {words_fields, COUNT(words_fields),
                                        sizeof(struct title_words), NULL};
const struct shape title_avail_shape = {avail_fields, COUNT(avail_fields),
                                        sizeof(struct title_avail), judge_avail};
const struct shape title_mark_shape = {mark_fields, COUNT(mark_fields), sizeof(struct title_mark),
                                       judge_mark};
const struct shape title_crew_shape = {crew_fields, COUNT(crew_fields), sizeof(struct title_crew),
                                       NULL};
const struct shape title_rating_shape = {rating_fields, COUNT(rating_fields),
                                         sizeof(struct title_rating), NULL};
const struct shape title_person_shape = {person_fields, COUNT(person_fields),
                                         sizeof(struct title_person), NULL};
const struct shape title_scene_shape = {scene_fields, COUNT(scene_fields),
                                        sizeof(struct title_scene), judge_scene};
const struct shape title_entry_shape = {entry_fields, COUNT(entry_fields), sizeof(struct title),
                                        NULL};
const struct shape title_shape = {title_fields, COUNT(title_fields), sizeof(struct title), NULL};

static const struct title_person *find_person(const struct title_person *cast, size_t count,
                                              const char *id)
{
    for (size_t i = 0; i < count; i++)
        if (strcmp(cast[i].id, id) == 0) return &cast[i];
    return NULL;
}

outcome title_people_check(const struct title_person *cast, size_t cast_count,
                           const struct title_scene *scenes, size_t scene_count, const char *where,
                           struct why *why)
{
    for (size_t i = 0; i < cast_count; i++)
        if (find_person(cast, i, cast[i].id) != NULL)
            return fail(why, INVALID, "%s: cast[%zu].id is \"%s\", which stands above already",
                        where, i, cast[i].id);
    for (size_t i = 0; i < scene_count; i++) {
        for (size_t j = 0; j < i; j++)
            if (strcmp(scenes[i].id, scenes[j].id) == 0)
                return fail(why, INVALID, "%s: scenes[%zu].id is \"%s\", as scenes[%zu] has it",
                            where, i, scenes[i].id, j);
        for (size_t j = 0; j < scenes[i].cast_count; j++)
            if (find_person(cast, cast_count, scenes[i].cast[j]) == NULL)
                return fail(why, INVALID,
                            "%s: scenes[%zu].cast[%zu] is \"%s\": nobody in \"cast\" has this id",
                            where, i, j, scenes[i].cast[j]);
    }
    return OK;
}
