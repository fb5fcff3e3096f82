// SPDX-License-Identifier: Apache-2.0
#include "app/input.h"

#include "base/clock.h"
#include "base/suggest.h"

#include <stdio.h>
#include <string.h>

enum { KEYS_MAX = 32 }; // of one table

outcome time_parse(const char *text, int64_t *out_ms, struct why *why)
{
    if (wall_parse(text, out_ms)) return OK;
    return fail(why, INVALID, "\"%.40s\" is no time: write it as 2026-11-21T11:12:43Z", text);
}

static outcome read_text(const struct input_field *field, const json_t *value, char *out,
                         struct why *why)
{
    const char *text = json_string_value(value);
    if (text == NULL) return fail(why, INVALID, "%s must be a text", field->key);
    const size_t len = json_string_length(value);
    if (len < (size_t)field->min || len >= field->size || strlen(text) != len)
        return fail(why, INVALID, "%s has %zu bytes, allowed are %lld to %zu", field->key, len,
                    (long long)field->min, field->size - 1);
    memcpy(out, text, len + 1);
    return OK;
}

static outcome read_number(const struct input_field *field, const json_t *value, void *out,
                           struct why *why)
{
    const int64_t number = json_integer_value(value);
    if (!json_is_integer(value)) return fail(why, INVALID, "%s must be a whole number", field->key);
    if (number < field->min || number > field->max)
        return fail(why, INVALID, "%s is %lld, allowed are %lld to %lld", field->key,
                    (long long)number, (long long)field->min, (long long)field->max);
    const uint32_t narrow = (uint32_t)number;
    if (field->kind == INPUT_U32)
        memcpy(out, &narrow, sizeof narrow);
    else
        memcpy(out, &number, sizeof number);
    return OK;
}

static outcome read_time(const struct input_field *field, const json_t *value, void *out,
                         struct why *why)
{
    int64_t ms = 0;
    struct why because = {""};
    if (!json_is_null(value)) {
        if (!json_is_string(value))
            return fail(why, INVALID, "%s must be a time such as 2026-11-21T11:12:43Z", field->key);
        if (time_parse(json_string_value(value), &ms, &because) != OK)
            return fail(why, INVALID, "%s: %s", field->key, because.text);
    }
    memcpy(out, &ms, sizeof ms);
    return OK;
}

static outcome read_object(const struct input_field *field, const json_t *value, char *out,
                           struct why *why)
{
    autobuffer text = buffer_init(field->size);
    if (json_is_null(value)) {
        out[0] = '\0';
        return OK;
    }
    if (!json_is_object(value)) return fail(why, INVALID, "%s must be an object", field->key);
    const outcome formatted = json_format(value, &text, why);
    if (formatted == TOO_LARGE || (formatted == OK && text.len >= field->size))
        return fail(why, INVALID, "%s has more than %zu bytes", field->key, field->size - 1);
    TRY(formatted);
    memcpy(out, text.at, text.len);
    out[text.len] = '\0';
    return OK;
}

static outcome read_bool(const struct input_field *field, const json_t *value, void *out,
                         struct why *why)
{
    const bool is_true = json_is_true(value);
    if (!json_is_boolean(value)) return fail(why, INVALID, "%s must be true or false", field->key);
    memcpy(out, &is_true, sizeof is_true);
    return OK;
}

static outcome read_field(const struct input_field *field, const json_t *value, void *out,
                          struct why *why)
{
    switch (field->kind) {
    case INPUT_TEXT: return read_text(field, value, out, why);
    case INPUT_BOOL: return read_bool(field, value, out, why);
    case INPUT_U32:
    case INPUT_I64: return read_number(field, value, out, why);
    case INPUT_TIME: return read_time(field, value, out, why);
    case INPUT_OBJECT: return read_object(field, value, out, why);
    }
    return OK;
}

static outcome refuse_strangers(const json_t *object, const struct input_field *fields,
                                size_t count, struct input_fault *fault, struct why *why)
{
    const char *keys[KEYS_MAX], *key;
    json_t *value;
    for (size_t i = 0; i < count && i < KEYS_MAX; i++)
        keys[i] = fields[i].key;
    json_object_foreach((json_t *)(uintptr_t)object, key, value)
    {
        bool is_known = false;
        for (size_t i = 0; i < count; i++)
            is_known = is_known || strcmp(key, keys[i]) == 0;
        if (is_known) continue;
        const char *near = suggest(key, keys, count);
        (void)snprintf(fault->pointer, sizeof fault->pointer, "/%.100s", key);
        return fail(why, INVALID, "\"%.60s\" is no member here%s%s", key,
                    near == NULL ? "" : ": did you mean ", near == NULL ? "" : near);
    }
    return OK;
}

outcome input_read(const json_t *object, const struct input_field *fields, size_t count, void *out,
                   struct input_fault *fault, struct why *why)
{
    fault->pointer[0] = '\0';
    if (!json_is_object(object)) return fail(why, INVALID, "the request must be a JSON object");
    TRY(refuse_strangers(object, fields, count, fault, why));
    for (size_t i = 0; i < count; i++) {
        const json_t *value = json_object_get(object, fields[i].key);
        (void)snprintf(fault->pointer, sizeof fault->pointer, "/%s", fields[i].key);
        if (value == NULL && fields[i].need == INPUT_REQUIRED)
            return fail(why, INVALID, "%s is missing", fields[i].key);
        if (value != NULL)
            TRY(read_field(&fields[i], value, (uint8_t *)out + fields[i].offset, why));
    }
    fault->pointer[0] = '\0';
    return OK;
}

// "a.b[2]" to "/a/b/2"; other characters end it.
void input_pointer_of(const char *sentence, struct input_fault *out)
{
    const char *at = strstr(sentence, ": ");
    size_t len = 0;
    out->pointer[0] = '\0';
    if (at == NULL || strncmp(sentence, "the request", 11) != 0) return;
    at += 2;
    out->pointer[len++] = '/';
    for (; len + 1 < sizeof out->pointer; at++) {
        const char c = *at;
        const bool is_name = (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') ||
                             (c >= '0' && c <= '9') || c == '_' || c == '-';
        if (is_name)
            out->pointer[len++] = c;
        else if (c == '.' || c == '[')
            out->pointer[len++] = '/';
        else if (c != ']')
            break;
    }
    if (out->pointer[len - 1] == '/') len--;
    out->pointer[len] = '\0';
}
