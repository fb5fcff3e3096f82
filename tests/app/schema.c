// SPDX-License-Identifier: Apache-2.0
#include "schema.h"

#include <regex.h>
#include <stdio.h>
#include <string.h>

enum { PATH_BYTES = 300 };

const json_t *schema_follow(const json_t *document, const json_t *node)
{
    const char *reference = json_string_value(json_object_get(node, "$ref"));
    if (reference == NULL) return node;
    struct slice rest = slice_of(reference), step;
    const json_t *found = document;
    (void)slice_cut(&rest, '/', &step); // "#"
    while (slice_cut(&rest, '/', &step)) {
        char name[64];
        (void)snprintf(name, sizeof name, "%.*s", SLICE_ARG(step));
        found = json_object_get(found, name);
    }
    return found;
}

static bool is_of_type(const json_t *value, const char *type)
{
    if (strcmp(type, "object") == 0) return json_is_object(value);
    if (strcmp(type, "array") == 0) return json_is_array(value);
    if (strcmp(type, "string") == 0) return json_is_string(value);
    if (strcmp(type, "integer") == 0) return json_is_integer(value);
    if (strcmp(type, "number") == 0) return json_is_number(value);
    if (strcmp(type, "boolean") == 0) return json_is_boolean(value);
    if (strcmp(type, "null") == 0) return json_is_null(value);
    return false;
}

static outcome check_type(const json_t *type, const json_t *value, const char *path,
                          struct why *why)
{
    bool fits = json_is_string(type) && is_of_type(value, json_string_value(type));
    size_t i;
    const json_t *one;
    if (json_is_array(type))
        json_array_foreach(type, i, one) fits = fits || is_of_type(value, json_string_value(one));
    return fits ? OK : fail(why, INVALID, "%s is of another type", path);
}

static outcome check_any(const json_t *choices, const json_t *value, const char *path,
                         struct why *why)
{
    size_t i;
    const json_t *one;
    json_array_foreach(choices, i, one) if (json_equal(one, value)) return OK;
    return fail(why, INVALID, "%s is none of the values of its enum", path);
}

static outcome check_one_of(const json_t *document, const json_t *choices, const json_t *value,
                            const char *path, struct why *why)
{
    size_t i, fitting = 0;
    const json_t *one;
    json_array_foreach(choices, i, one) fitting +=
        schema_check(document, one, value, path, NULL) == OK;
    return fitting == 1 ? OK : fail(why, INVALID, "%s fits %zu forms, not one", path, fitting);
}

static outcome check_required(const json_t *names, const json_t *value, const char *path,
                              struct why *why)
{
    size_t i;
    const json_t *name;
    json_array_foreach(names, i, name) if (json_object_get(value, json_string_value(name)) ==
                                           NULL) return fail(why, INVALID, "%s lacks %s", path,
                                                             json_string_value(name));
    return OK;
}

static outcome check_members(const json_t *document, const json_t *schema, const json_t *value,
                             const char *path, struct why *why)
{
    const json_t *properties = json_object_get(schema, "properties");
    const bool is_closed = json_is_false(json_object_get(schema, "additionalProperties"));
    const char *name;
    json_t *member;
    json_object_foreach((json_t *)(uintptr_t)value, name, member)
    {
        char below[PATH_BYTES];
        (void)snprintf(below, sizeof below, "%.200s.%s", path, name);
        const json_t *of = json_object_get(properties, name);
        if (of == NULL && is_closed) return fail(why, INVALID, "%s is not described", below);
        if (of != NULL) TRY(schema_check(document, of, member, below, why));
    }
    return OK;
}

static outcome check_items(const json_t *document, const json_t *schema, const json_t *value,
                           const char *path, struct why *why)
{
    size_t i;
    const json_t *item;
    json_array_foreach(value, i, item)
    {
        char below[PATH_BYTES];
        (void)snprintf(below, sizeof below, "%.200s[%zu]", path, i);
        TRY(schema_check(document, schema, item, below, why));
    }
    return OK;
}

static outcome check_unique(const json_t *value, const char *path, struct why *why)
{
    for (size_t i = 0; i < json_array_size(value); i++)
        for (size_t j = 0; j < i; j++)
            if (json_equal(json_array_get(value, i), json_array_get(value, j)))
                return fail(why, INVALID, "%s has an item twice", path);
    return OK;
}

static outcome check_pattern(const char *pattern, const json_t *value, const char *path,
                             struct why *why)
{
    regex_t compiled;
    if (regcomp(&compiled, pattern, REG_EXTENDED | REG_NOSUB) != 0)
        return fail(why, UNSUPPORTED, "%s: the pattern %s is not understood", path, pattern);
    const int found = regexec(&compiled, json_string_value(value), 0, NULL, 0);
    regfree(&compiled);
    return found == 0 ? OK : fail(why, INVALID, "%s does not match %s", path, pattern);
}

static outcome check_keyword(const json_t *document, const json_t *schema, const char *keyword,
                             const json_t *rule, const json_t *value, const char *path,
                             struct why *why)
{
#define IS(name) (strcmp(keyword, name) == 0)
    if (IS("type")) return check_type(rule, value, path, why);
    if (IS("enum")) return check_any(rule, value, path, why);
    if (IS("oneOf")) return check_one_of(document, rule, value, path, why);
    if (IS("required")) return check_required(rule, value, path, why);
    if (IS("properties")) return check_members(document, schema, value, path, why);
    if (IS("items")) return check_items(document, rule, value, path, why);
    if (IS("uniqueItems")) return check_unique(value, path, why);
    if (IS("pattern")) return check_pattern(json_string_value(rule), value, path, why);
    if (IS("const") && !json_equal(rule, value))
        return fail(why, INVALID, "%s is not the constant it should be", path);
    if (IS("minimum") && json_integer_value(value) < json_integer_value(rule))
        return fail(why, INVALID, "%s is below its minimum", path);
    if (IS("maximum") && json_integer_value(value) > json_integer_value(rule))
        return fail(why, INVALID, "%s is above its maximum", path);
    const bool is_known = IS("const") || IS("minimum") || IS("maximum") || IS("description") ||
                          IS("format") || IS("additionalProperties") || IS("default");
    return is_known ? OK
                    : fail(why, UNSUPPORTED, "%s: the keyword %s is not checked", path, keyword);
#undef IS
}

outcome schema_check(const json_t *document, const json_t *schema, const json_t *value,
                     const char *path, struct why *why)
{
    const json_t *followed = schema_follow(document, schema);
    if (followed == NULL || value == NULL)
        return fail(why, UNSUPPORTED, "%s: there is no schema or no value", path);
    const char *keyword;
    json_t *rule;
    json_object_foreach((json_t *)(uintptr_t)followed, keyword, rule)
        TRY(check_keyword(document, followed, keyword, rule, value, path, why));
    return OK;
}
