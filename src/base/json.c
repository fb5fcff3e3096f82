// SPDX-License-Identifier: Apache-2.0
#include "base/json.h"

void json_release(json_t **json)
{
    json_decref(*json);
    *json = NULL;
}

outcome json_parse(struct slice text, const char *what, json_t **out, struct why *why)
{
    json_error_t error;
    json_t *parsed = json_loadb((const char *)text.at, text.len,
                                JSON_REJECT_DUPLICATES | JSON_DECODE_ANY, &error);
    if (parsed == NULL)
        return fail(why, INVALID, "%s is not JSON: line %d, column %d: %s", what, error.line,
                    error.column, error.text);
    *out = parsed;
    return OK;
}

static int put_dump(const char *bytes, size_t len, void *context)
{
    return buffer_put(context, (struct slice){(const uint8_t *)bytes, len}, NULL) == OK ? 0 : -1;
}

outcome json_format(const json_t *json, struct buffer *out, struct why *why)
{
    const size_t len_before = out->len;
    if (json_dump_callback(json, put_dump, out, JSON_COMPACT | JSON_ENCODE_ANY) == 0) return OK;
    out->len = len_before;
    return fail(why, TOO_LARGE, "the JSON text exceeds the limit of %zu bytes", out->cap);
}

outcome json_text_optional(const json_t *object, const char *what, const char *key,
                           const char **out, struct why *why)
{
    const json_t *member = json_object_get(object, key);
    if (member == NULL || json_is_null(member)) return OK;
    if (!json_is_string(member)) return fail(why, INVALID, "%s: \"%s\" must be a text", what, key);
    *out = json_string_value(member);
    return OK;
}

outcome json_text(const json_t *object, const char *what, const char *key, const char **out,
                  struct why *why)
{
    const char *found = NULL;
    TRY(json_text_optional(object, what, key, &found, why));
    if (found == NULL) return fail(why, INVALID, "%s: \"%s\" (a text) is missing", what, key);
    *out = found;
    return OK;
}

outcome json_integer_optional(const json_t *object, const char *what, const char *key, int64_t min,
                              int64_t max, int64_t *out, struct why *why)
{
    const json_t *member = json_object_get(object, key);
    if (member == NULL || json_is_null(member)) return OK;
    if (!json_is_integer(member))
        return fail(why, INVALID, "%s: \"%s\" must be a whole number", what, key);
    const int64_t value = json_integer_value(member);
    if (value < min || value > max)
        return fail(why, INVALID, "%s: \"%s\" is %lld, allowed are %lld to %lld", what, key,
                    (long long)value, (long long)min, (long long)max);
    *out = value;
    return OK;
}

outcome json_integer_in(const json_t *object, const char *what, const char *key, int64_t min,
                        int64_t max, int64_t *out, struct why *why)
{
    const json_t *member = json_object_get(object, key);
    if (member == NULL || json_is_null(member))
        return fail(why, INVALID, "%s: \"%s\" (a whole number) is missing", what, key);
    return json_integer_optional(object, what, key, min, max, out, why);
}

outcome json_array_of(const json_t *object, const char *what, const char *key, json_t **out,
                      struct why *why)
{
    json_t *member = json_object_get(object, key);
    if (!json_is_array(member)) return fail(why, INVALID, "%s: \"%s\" must be a list", what, key);
    *out = member;
    return OK;
}
