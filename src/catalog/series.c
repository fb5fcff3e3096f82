// SPDX-License-Identifier: Apache-2.0
#include "catalog/series.h"

#include "catalog/changes.h"
#include "catalog/title_shapes.h"

#include <stdio.h>

static const char record_table[] = "series";
static const char record_sort[] = "record";
static const char list_table[] = SERIES_LIST;

static const struct shape_field series_fields[] = {
    SHAPE_FIELD_TEXT(struct series, id, "id", SHAPE_REQUIRED, 1, 64, shape_check_id),
    SHAPE_FIELD_TEXT(struct series, title, "title", SHAPE_REQUIRED, 1, TITLE_NAME_BYTES, NULL),
    SHAPE_FIELD_TEXT(struct series, synopsis, "synopsis", SHAPE_OPTIONAL, 0, TITLE_SYNOPSIS_BYTES,
                     NULL),
    SHAPE_FIELD_TEXT(struct series, original_language, "original_language", SHAPE_OPTIONAL, 2,
                     TITLE_LANGUAGE_BYTES, shape_check_language),
    SHAPE_FIELD_TEXTS(struct series, genres, genre_count, "genres", TITLE_GENRES_MAX, NULL),
    SHAPE_FIELD_OBJECTS(struct series, words, word_count, "words", TITLE_WORDS_MAX,
                        &title_words_shape),
};

const struct shape series_shape = {series_fields, sizeof series_fields / sizeof series_fields[0],
                                   sizeof(struct series), NULL};

outcome series_load(struct table_store *tables, const char *id, struct arena *arena,
                    struct series *out, struct why *why)
{
    struct table_item item;
    char what[100];
    TRY(shape_check_id(id, "the series' id", why));
    const outcome got = tables->ops->get(tables, record_table, id, record_sort, arena, &item, why);
    if (got == NOT_FOUND) return fail(why, NOT_FOUND, "there is no series %s", id);
    TRY(got);
    autojson *json = NULL;
    (void)snprintf(what, sizeof what, "record of %s", id);
    outcome read = json_parse(item.value, what, &json, why);
    if (read == OK)
        read = shape_read(&series_shape, json, what, SHAPE_PASS_STRANGERS, arena, out, why);
    if (read == OK) out->row_version = item.version;
    return read == INVALID ? CORRUPT : read;
}

outcome series_save(struct table_store *tables, struct series *series, struct why *why)
{
    autojson *json = NULL;
    autobuffer text = buffer_init(TABLE_VALUE_BYTES);
    uint64_t version;
    TRY(shape_write(&series_shape, series, &json, why));
    TRY(json_format(json, &text, why));
    const struct table_write write = {
        .item = {.partition = series->id,
                 .sort = record_sort,
                 .value = buffer_slice(&text),
                 .version = series->row_version},
        .condition = series->row_version == 0 ? TABLE_ABSENT : TABLE_VERSION,
    };
    const outcome put = tables->ops->put(tables, record_table, &write, &version, why);
    if (put == CONFLICT)
        return fail(why, CONFLICT, "%s was changed since it was read: read it again", series->id);
    TRY(put);
    series->row_version = version;
    return changes_note(tables, list_table, series->id, why);
}

outcome series_begin(struct table_store *tables, const struct title *episode, struct why *why)
{
    const struct title_place *place = &episode->entry.place;
    struct series series = {
        .id = place->series,
        .title = place->series_title == NULL || place->series_title[0] == '\0'
                     ? place->series
                     : place->series_title,
        .original_language = episode->original_language,
        .genres = episode->genres,
        .genre_count = episode->genre_count,
    };
    const outcome saved = series_save(tables, &series, why);
    return saved == CONFLICT ? OK : saved;
}
