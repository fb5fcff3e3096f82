// SPDX-License-Identifier: Apache-2.0
#include "catalog/shape.h"

#include "base/clock.h"
#include "base/random.h"
#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

enum {
    WHERE_BYTES = 200,
    KEYS_MAX = 64, // of one shape
};

struct reading {
    enum shape_strangers strangers;
    struct arena *arena;
};

// The path to a value: its parent's path and its own key or index.
struct where {
    char text[WHERE_BYTES]; // `title.json: scenes[2].end_ms`
    size_t path_at;         // where the path begins in it
};

static struct where where_root(const char *what)
{
    struct where where;
    const int len = snprintf(where.text, sizeof where.text, "%.100s: ", what);
    where.path_at = (size_t)len;
    return where;
}

static struct where where_key(const struct where *parent, const char *key)
{
    struct where where = {.path_at = parent->path_at};
    const char *dot = parent->text[parent->path_at] == '\0' ? "" : ".";
    (void)snprintf(where.text, sizeof where.text, "%.140s%s%.50s", parent->text, dot, key);
    return where;
}

static struct where where_item(const struct where *list, size_t index)
{
    struct where where = {.path_at = list->path_at};
    (void)snprintf(where.text, sizeof where.text, "%.170s[%zu]", list->text, index);
    return where;
}

static outcome no_memory(const struct where *where, struct why *why)
{
    return fail(why, NO_MEMORY, "no memory for %s", where->text);
}

// --- reading ---------------------------------------------------------------------------------

static outcome read_object(const struct reading *reading, const struct shape *shape, json_t *json,
                           const struct where *where, uint8_t *out, struct why *why);

static outcome read_text(const struct reading *reading, const struct shape_field *field,
                         json_t *json, int64_t min, int64_t max, const struct where *where,
                         const char **out, struct why *why)
{
    if (!json_is_string(json)) return fail(why, INVALID, "%s must be a text", where->text);
    const struct slice text = {(const uint8_t *)json_string_value(json), json_string_length(json)};
    if ((int64_t)text.len < min || (int64_t)text.len > max)
        return fail(why, INVALID, "%s has %zu bytes, allowed are %lld to %lld", where->text,
                    text.len, (long long)min, (long long)max);
    if (memchr(text.at, 0, text.len) != NULL)
        return fail(why, INVALID, "%s holds a zero byte", where->text);
    if (field->check != NULL) TRY(field->check((const char *)text.at, where->text, why));
    const char *copy = arena_copy(reading->arena, text);
    if (copy == NULL) return no_memory(where, why);
    *out = copy;
    return OK;
}

static outcome read_integer(const struct shape_field *field, json_t *json,
                            const struct where *where, int64_t *out, struct why *why)
{
    if (!json_is_integer(json)) return fail(why, INVALID, "%s must be a whole number", where->text);
    const int64_t value = json_integer_value(json);
    if (value < field->min || value > field->max)
        return fail(why, INVALID, "%s is %lld, allowed are %lld to %lld", where->text,
                    (long long)value, (long long)field->min, (long long)field->max);
    *out = value;
    return OK;
}

static outcome read_bool(const json_t *json, const struct where *where, uint8_t *out,
                         struct why *why)
{
    if (!json_is_boolean(json)) return fail(why, INVALID, "%s must be true or false", where->text);
    const bool value = json_is_true(json);
    memcpy(out, &value, sizeof value);
    return OK;
}

static outcome read_time(json_t *json, const struct where *where, int64_t *out, struct why *why)
{
    const char *text = json_string_value(json);
    if (text != NULL && wall_parse(text, out)) return OK;
    return fail(why, INVALID, "%s is \"%.40s\": write a time as 2026-11-21T11:12:43Z", where->text,
                text == NULL ? "" : text);
}

static outcome read_list(const struct reading *reading, const struct shape_field *field,
                         json_t *json, const struct where *where, uint8_t *out, struct why *why)
{
    if (!json_is_array(json)) return fail(why, INVALID, "%s must be a list", where->text);
    const size_t count = json_array_size(json);
    if ((int64_t)count < field->min || (int64_t)count > field->max)
        return fail(why, INVALID, "%s has %zu entries, allowed are %lld to %lld", where->text,
                    count, (long long)field->min, (long long)field->max);
    const bool is_texts = field->kind == SHAPE_TEXTS;
    const size_t bytes = is_texts ? sizeof(const char *) : field->of->bytes;
    uint8_t *items = arena_take_array(reading->arena, count, bytes);
    if (items == NULL) return no_memory(where, why);
    for (size_t i = 0; i < count; i++) {
        const struct where at = where_item(where, i);
        json_t *item = json_array_get(json, i);
        if (!is_texts) {
            TRY(read_object(reading, field->of, item, &at, items + i * bytes, why));
            continue;
        }
        const char *text = NULL;
        TRY(read_text(reading, field, item, 1, SHAPE_TEXTS_BYTES_MAX, &at, &text, why));
        memcpy(items + i * bytes, &text, sizeof text);
    }
    memcpy(out + field->offset, &items, sizeof items);
    memcpy(out + field->count_offset, &count, sizeof count);
    return OK;
}

static outcome read_field(const struct reading *reading, const struct shape_field *field,
                          json_t *json, const struct where *where, uint8_t *out, struct why *why)
{
    const char *text = "";
    int64_t integer = 0;
    switch (field->kind) {
    case SHAPE_TEXT:
        // What is absent is written as "": it may be read so, too.
        if (field->need == SHAPE_REQUIRED || !json_is_string(json) || json_string_length(json) > 0)
            TRY(read_text(reading, field, json, field->min, field->max, where, &text, why));
        memcpy(out + field->offset, &text, sizeof text);
        return OK;
    case SHAPE_INTEGER:
        TRY(read_integer(field, json, where, &integer, why));
        memcpy(out + field->offset, &integer, sizeof integer);
        return OK;
    case SHAPE_BOOL: return read_bool(json, where, out + field->offset, why);
    case SHAPE_TIME:
        TRY(read_time(json, where, &integer, why));
        memcpy(out + field->offset, &integer, sizeof integer);
        return OK;
    case SHAPE_OBJECT:
        return read_object(reading, field->of, json, where, out + field->offset, why);
    case SHAPE_OBJECTS:
    case SHAPE_TEXTS: return read_list(reading, field, json, where, out, why);
    }
    return OK;
}

// Texts are never NULL, so that nobody need ask.
static void put_absent(const struct shape *shape, uint8_t *out)
{
    static const char *const nothing = "";
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct shape_field *field = &shape->fields[i];
        if (field->kind == SHAPE_TEXT) memcpy(out + field->offset, &nothing, sizeof nothing);
        if (field->kind == SHAPE_OBJECT) put_absent(field->of, out + field->offset);
    }
}

static outcome refuse_strangers(const struct shape *shape, json_t *json, const struct where *where,
                                struct why *why)
{
    const char *keys[KEYS_MAX];
    for (size_t i = 0; i < shape->field_count && i < KEYS_MAX; i++)
        keys[i] = shape->fields[i].key;
    for (void *at = json_object_iter(json); at != NULL; at = json_object_iter_next(json, at)) {
        const char *key = json_object_iter_key(at);
        bool is_known = strncmp(key, "x-", 2) == 0;
        for (size_t i = 0; i < shape->field_count && !is_known; i++)
            is_known = strcmp(key, keys[i]) == 0;
        if (is_known) continue;
        const struct where stranger = where_key(where, key);
        const char *near = suggest(key, keys, shape->field_count);
        if (near != NULL)
            return fail(why, INVALID, "%s is no key here; did you mean \"%s\"?", stranger.text,
                        near);
        return fail(why, INVALID, "%s is no key here (keys of your own start with \"x-\")",
                    stranger.text);
    }
    return OK;
}

static outcome read_object(const struct reading *reading, const struct shape *shape, json_t *json,
                           const struct where *where, uint8_t *out, struct why *why)
{
    if (!json_is_object(json)) return fail(why, INVALID, "%s must be an object", where->text);
    if (reading->strangers == SHAPE_REFUSE_STRANGERS)
        TRY(refuse_strangers(shape, json, where, why));
    put_absent(shape, out);
    for (size_t i = 0; i < shape->field_count; i++) {
        const struct shape_field *field = &shape->fields[i];
        json_t *member = json_object_get(json, field->key);
        const struct where at = where_key(where, field->key);
        if (member == NULL || json_is_null(member)) {
            if (field->need == SHAPE_REQUIRED) return fail(why, INVALID, "%s is missing", at.text);
            continue;
        }
        TRY(read_field(reading, field, member, &at, out, why));
    }
    return shape->judge == NULL ? OK : shape->judge(out, where->text, why);
}

outcome shape_read(const struct shape *shape, json_t *json, const char *what,
                   enum shape_strangers strangers, struct arena *arena, void *out, struct why *why)
{
    const struct reading reading = {strangers, arena};
    const struct where where = where_root(what);
    uint8_t *object = arena_take(arena, shape->bytes);
    if (object == NULL) return no_memory(&where, why);
    TRY(read_object(&reading, shape, json, &where, object, why));
    memcpy(out, object, shape->bytes);
    return OK;
}

// --- writing ---------------------------------------------------------------------------------

static json_t *write_object(const struct shape *shape, const uint8_t *object);

static const char *text_at(const uint8_t *at)
{
    const char *text;
    memcpy(&text, at, sizeof text);
    return text == NULL ? "" : text;
}

static json_t *write_list(const struct shape_field *field, const uint8_t *object)
{
    const uint8_t *items;
    size_t count;
    memcpy(&items, object + field->offset, sizeof items);
    memcpy(&count, object + field->count_offset, sizeof count);
    autojson *list = json_array();
    for (size_t i = 0; i < count && list != NULL; i++) {
        json_t *item = field->kind == SHAPE_TEXTS
                           ? json_string(text_at(items + i * sizeof(const char *)))
                           : write_object(field->of, items + i * field->of->bytes);
        if (json_array_append_new(list, item) != 0) return NULL;
    }
    return json_incref(list);
}

static bool is_absent(const struct shape *shape, const uint8_t *object)
{
    for (size_t i = 0; i < shape->field_count; i++)
        if (shape->fields[i].kind == SHAPE_TEXT &&
            text_at(object + shape->fields[i].offset)[0] != '\0')
            return false;
    return true;
}

static json_t *write_time(int64_t wall_ms)
{
    char text[CLOCK_TEXT_BYTES];
    if (wall_ms == 0) return json_null();
    wall_format(wall_ms, text);
    return json_string(text);
}

static json_t *write_field(const struct shape_field *field, const uint8_t *object)
{
    int64_t integer;
    bool truth;
    switch (field->kind) {
    case SHAPE_BOOL:
        memcpy(&truth, object + field->offset, sizeof truth);
        return json_boolean(truth);
    case SHAPE_TEXT: return json_string(text_at(object + field->offset));
    case SHAPE_INTEGER:
        memcpy(&integer, object + field->offset, sizeof integer);
        return json_integer(integer);
    case SHAPE_TIME:
        memcpy(&integer, object + field->offset, sizeof integer);
        return write_time(integer);
    case SHAPE_OBJECT:
        return is_absent(field->of, object + field->offset)
                   ? json_null()
                   : write_object(field->of, object + field->offset);
    case SHAPE_OBJECTS:
    case SHAPE_TEXTS: return write_list(field, object);
    }
    return NULL;
}

// NULL without memory, or for a text that is not UTF-8.
static json_t *write_object(const struct shape *shape, const uint8_t *object)
{
    autojson *json = json_object();
    for (size_t i = 0; i < shape->field_count && json != NULL; i++) {
        json_t *value = write_field(&shape->fields[i], object);
        if (json_object_set_new(json, shape->fields[i].key, value) != 0) return NULL;
    }
    return json_incref(json);
}

outcome shape_write(const struct shape *shape, const void *object, json_t **out, struct why *why)
{
    json_t *json = write_object(shape, object);
    if (json == NULL)
        return fail(why, NO_MEMORY, "no memory to write %zu fields, or one is not UTF-8",
                    shape->field_count);
    *out = json;
    return OK;
}

// --- checks ----------------------------------------------------------------------------------

outcome shape_check_id(const char *text, const char *where, struct why *why)
{
    if (id_is_valid(text)) return OK;
    return fail(why, INVALID,
                "%s is \"%.70s\": an id has 1 to 64 letters, digits, '-' and '_', and starts with "
                "a letter or digit",
                where, text);
}

outcome shape_check_language(const char *text, const char *where, struct why *why)
{
    size_t part = 0, first = 0;
    bool is_fine = true;
    for (size_t i = 0;; i++) {
        const char c = text[i];
        if (c == '-' || c == '\0') {
            is_fine = is_fine && part >= 1 && part <= 8;
            if (first == 0) first = part;
            part = 0;
            if (c == '\0') break;
        } else {
            const bool is_letter = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
            is_fine = is_fine && (is_letter || (first > 0 && c >= '0' && c <= '9'));
            part++;
        }
    }
    if (is_fine && first >= 2) return OK;
    return fail(why, INVALID, "%s is \"%.40s\": use a BCP 47 tag such as en, pt-BR or zh-Hant",
                where, text);
}

outcome shape_check_territory(const char *text, const char *where, struct why *why)
{
    const bool is_code =
        strlen(text) == 2 && text[0] >= 'A' && text[0] <= 'Z' && text[1] >= 'A' && text[1] <= 'Z';
    if (is_code || strcmp(text, "*") == 0) return OK;
    return fail(why, INVALID,
                "%s is \"%.40s\": use ISO 3166-1 codes such as DE, or \"*\" for everywhere", where,
                text);
}

outcome shape_check_file(const char *text, const char *where, struct why *why)
{
    bool is_fine = text[0] != '/' && strchr(text, '\\') == NULL;
    struct slice rest = slice_of(text), part;
    while (slice_cut(&rest, '/', &part))
        is_fine = is_fine && part.len > 0 && !slice_is(part, ".") && !slice_is(part, "..");
    if (is_fine) return OK;
    return fail(why, INVALID,
                "%s is \"%.80s\": name a file in the folder of the title, or below it", where,
                text);
}
