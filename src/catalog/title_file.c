// SPDX-License-Identifier: Apache-2.0
#include "catalog/title_file.h"

#include "catalog/title_shapes.h"

#include <stdio.h>
#include <string.h>

#define COUNT(table) (sizeof(table) / sizeof(table)[0])

enum {
    STREAM_MAX = 1000,
    TITLE_FILE_PARTS_MAX = 16, // channels of one sound
};

static outcome check_captions(const char *text, const char *where, struct why *why)
{
    if (strncmp(text, "CC", 2) == 0 && text[2] >= '1' && text[2] <= '4') return OK;
    return fail(why, INVALID, "%s is \"%.40s\": write CC1, CC2, CC3 or CC4", where, text);
}

static const struct shape_field track_fields[] = {
    SHAPE_FIELD_INTEGER(struct title_file_track, stream, "stream", SHAPE_OPTIONAL, 0, STREAM_MAX),
    SHAPE_FIELD_TEXT(struct title_file_track, file, "file", SHAPE_OPTIONAL, 1, TITLE_FILE_BYTES,
                     shape_check_file),
    SHAPE_FIELD_TEXTS(struct title_file_track, files, file_count, "files", TITLE_FILE_PARTS_MAX,
                      shape_check_file),
    SHAPE_FIELD_TEXTS(struct title_file_track, channels, channel_count, "channels",
                      TITLE_FILE_PARTS_MAX, NULL),
    SHAPE_FIELD_TEXT(struct title_file_track, captions, "captions", SHAPE_OPTIONAL, 3, 3,
                     check_captions),
    SHAPE_FIELD_TEXT(struct title_file_track, language, "lang", SHAPE_REQUIRED, 2,
                     TITLE_LANGUAGE_BYTES, shape_check_language),
    SHAPE_FIELD_TEXT(struct title_file_track, role, "role", SHAPE_OPTIONAL, 1, TITLE_WORD_BYTES,
                     NULL),
    SHAPE_FIELD_TEXT(struct title_file_track, title, "title", SHAPE_OPTIONAL, 0, 90, NULL),
};

static const struct shape track_shape = {track_fields, COUNT(track_fields),
                                         sizeof(struct title_file_track), NULL};

static const struct shape_field colour_fields[] = {
    SHAPE_FIELD_TEXT(struct title_file_colour, primaries, "primaries", SHAPE_OPTIONAL, 1,
                     TITLE_WORD_BYTES, NULL),
    SHAPE_FIELD_TEXT(struct title_file_colour, transfer, "transfer", SHAPE_OPTIONAL, 1,
                     TITLE_WORD_BYTES, NULL),
    SHAPE_FIELD_TEXT(struct title_file_colour, matrix, "matrix", SHAPE_OPTIONAL, 1,
                     TITLE_WORD_BYTES, NULL),
};

static const struct shape colour_shape = {colour_fields, COUNT(colour_fields),
                                          sizeof(struct title_file_colour), NULL};

static const struct shape_field file_fields[] = {
    SHAPE_FIELD_TEXT(struct title_file, id, "id", SHAPE_OPTIONAL, 1, 64, shape_check_id),
    SHAPE_FIELD_TEXT(struct title_file, title, "title", SHAPE_REQUIRED, 1, TITLE_NAME_BYTES, NULL),
    SHAPE_FIELD_TEXT(struct title_file, synopsis, "synopsis", SHAPE_OPTIONAL, 0,
                     TITLE_SYNOPSIS_BYTES, NULL),
    SHAPE_FIELD_INTEGER(struct title_file, year, "year", SHAPE_OPTIONAL, 1880, 2200),
    SHAPE_FIELD_TEXT(struct title_file, original_language, "original_lang", SHAPE_OPTIONAL, 2,
                     TITLE_LANGUAGE_BYTES, shape_check_language),
    SHAPE_FIELD_TEXTS(struct title_file, genres, genre_count, "genres", TITLE_GENRES_MAX, NULL),
    SHAPE_FIELD_OBJECT(struct title_file, rating, "rating", &title_rating_shape),
    SHAPE_FIELD_TEXTS(struct title_file, territories, territory_count, "territories",
                      TITLE_TERRITORIES_MAX, shape_check_territory),
    SHAPE_FIELD_OBJECTS(struct title_file, cast, cast_count, "cast", TITLE_CAST_MAX,
                        &title_person_shape),
    SHAPE_FIELD_OBJECTS(struct title_file, scenes, scene_count, "scenes", TITLE_SCENES_MAX,
                        &title_scene_shape),
    TITLE_ENTRY_FIELDS(struct title_file),
    SHAPE_FIELD_TEXT(struct title_file, master, "master", SHAPE_OPTIONAL, 1, TITLE_FILE_BYTES,
                     shape_check_file),
    SHAPE_FIELD_BOOL(struct title_file, is_downloadable, "downloads"),
    SHAPE_FIELD_TEXT(struct title_file, frame_rate, "frame_rate", SHAPE_OPTIONAL, 1,
                     TITLE_WORD_BYTES, NULL),
    SHAPE_FIELD_OBJECT(struct title_file, colour, "colour", &colour_shape),
    SHAPE_FIELD_TEXT(struct title_file, poster, "poster", SHAPE_OPTIONAL, 1, TITLE_FILE_BYTES,
                     shape_check_file),
    SHAPE_FIELD_OBJECTS(struct title_file, audio, audio_count, "audio", TITLE_FILE_TRACKS_MAX,
                        &track_shape),
    SHAPE_FIELD_OBJECTS(struct title_file, text, text_count, "text", TITLE_FILE_TRACKS_MAX,
                        &track_shape),
};

static const struct shape file_shape = {file_fields, COUNT(file_fields), sizeof(struct title_file),
                                        NULL};

// Settles "stream or file", which a single field cannot judge.
static outcome settle_tracks(const json_t *json, const char *what, const char *key,
                             struct title_file_track *tracks, size_t count, struct why *why)
{
    const json_t *list = json_object_get(json, key);
    for (size_t i = 0; i < count; i++) {
        const json_t *entry = json_array_get(list, i);
        const bool has_stream = json_is_integer(json_object_get(entry, "stream"));
        const bool has_files = tracks[i].file_count > 0;
        const bool has_file = tracks[i].file[0] != '\0' || has_files;
        if (has_files && (strcmp(key, "audio") != 0 || tracks[i].file[0] != '\0'))
            return fail(why, INVALID, "%s: %s[%zu].files: %s", what, key, i,
                        tracks[i].file[0] != '\0' ? "there is a \"file\" beside it"
                                                  : "only sound is put together of several");
        if (tracks[i].channel_count > 0 && (!has_file || strcmp(key, "audio") != 0))
            return fail(why, INVALID, "%s: %s[%zu].channels: they are those of files of sound",
                        what, key, i);
        if (has_files && tracks[i].channel_count == 0)
            return fail(why, INVALID,
                        "%s: %s[%zu].files need \"channels\": what each is, as [\"L\", \"R\"]",
                        what, key, i);
        const bool has_captions = tracks[i].captions != NULL && tracks[i].captions[0] != '\0';
        if (has_captions && (has_stream || has_file || strcmp(key, "text") != 0))
            return fail(why, INVALID, "%s: %s[%zu].captions: they stand alone in an entry of text",
                        what, key, i);
        if (has_captions) {
            tracks[i].stream = -1;
            continue;
        }
        if (has_stream == has_file)
            return fail(why, INVALID,
                        "%s: %s[%zu] needs either \"stream\" (of the master, counted from 0 among "
                        "its %s streams) or \"file\"%s",
                        what, key, i, key, has_file ? ", not both" : "");
        if (!has_stream) tracks[i].stream = -1;
        for (size_t j = 0; j < i; j++)
            if (has_stream && tracks[j].stream == tracks[i].stream)
                return fail(why, INVALID, "%s: %s[%zu].stream is %lld, as %s[%zu] has it", what,
                            key, i, (long long)tracks[i].stream, key, j);
    }
    return OK;
}

outcome title_file_parse(struct slice text, const char *what, struct arena *arena,
                         struct title_file *out, struct why *why)
{
    if (text.len > TITLE_FILE_BYTES_MAX)
        return fail(why, TOO_LARGE, "%s has %zu bytes, at most %d are read", what, text.len,
                    TITLE_FILE_BYTES_MAX);
    autojson *json = NULL;
    struct title_file file;
    TRY(json_parse(text, what, &json, why));
    TRY(shape_read(&file_shape, json, what, SHAPE_REFUSE_STRANGERS, arena, &file, why));
    TRY(title_people_check(file.cast, file.cast_count, file.scenes, file.scene_count, what, why));
    TRY(title_entry_check(&file.entry, what, why));
    TRY(settle_tracks(json, what, "audio", file.audio, file.audio_count, why));
    TRY(settle_tracks(json, what, "text", file.text, file.text_count, why));
    *out = file;
    return OK;
}
