// SPDX-License-Identifier: Apache-2.0
#include "app/operations.h"

#include "app/api.h"
#include "app/licences.h"
#include "app/media.h"

#include <string.h>

extern const uint8_t openapi_bytes[];
extern const size_t openapi_bytes_len;

static const struct operation {
    const char *id; // operationId
    enum http_where where;
    http_handler *handle;
} operations[] = {
    {"getLiveness", ROUTE_ON_LOOP, api_live},
    {"getMedia", ROUTE_ON_LOOP, media_serve},
    {"getSignedMedia", ROUTE_ON_LOOP, media_serve_signed},
    {"getOpenApi", ROUTE_ON_LOOP, api_document},
    {"getQoe", ROUTE_ON_POOL, api_qoe},
    {"getReadiness", ROUTE_ON_POOL, api_ready},
    {"getTitle", ROUTE_ON_POOL, api_title},
    {"listTitles", ROUTE_ON_POOL, api_titles},
    {"registerDevice", ROUTE_ON_POOL, api_register_device},
    {"requestClearKey", ROUTE_ON_LOOP, api_clearkey},
    {"requestLicence", ROUTE_ON_POOL, api_native},
    {"sendTelemetry", ROUTE_ON_POOL, api_telemetry},
    {"startPlayback", ROUTE_ON_POOL, api_playback},
};

enum { OPERATION_COUNT = sizeof operations / sizeof operations[0] };

static const struct {
    const char *tag;
    unsigned roles; // that serve it
} tags[] = {{"api", ROLE_API},
            {"origin", ROLE_ORIGIN},
            {"license", ROLE_LICENSE},
            {"health", ROLE_ALL_OF_THEM}};

struct slice openapi_text(void)
{
    return (struct slice){openapi_bytes, openapi_bytes_len};
}

static bool find_operation(const char *id, size_t *index)
{
    for (*index = 0; *index < OPERATION_COUNT; ++*index)
        if (strcmp(operations[*index].id, id) == 0) return true;
    return false;
}

static bool find_tag(const json_t *operation, unsigned *roles)
{
    const char *tag = json_string_value(json_array_get(json_object_get(operation, "tags"), 0));
    for (size_t i = 0; i < sizeof tags / sizeof tags[0]; i++) {
        if (tag == NULL || strcmp(tags[i].tag, tag) != 0) continue;
        *roles = tags[i].roles;
        return true;
    }
    return false;
}

static bool find_method(const char *name, enum http_method *method)
{
    for (unsigned i = 0; i < METHOD_COUNT; i++) {
        if (!slice_is_nocase(slice_of(name), http_method_word(i))) continue;
        *method = (enum http_method)i;
        return true;
    }
    return false;
}

static outcome add_operation(const char *path, const char *method, const json_t *operation,
                             unsigned roles, bool *seen, struct arena *arena,
                             struct route_table *out, struct why *why)
{
    struct http_route route = {.always = http_cors_lines()};
    const char *id = json_string_value(json_object_get(operation, "operationId"));
    size_t index;
    unsigned served_by;
    if (id == NULL || !find_operation(id, &index) || !find_tag(operation, &served_by) ||
        !find_method(method, &route.method) || seen[index])
        return fail(why, CORRUPT,
                    "openapi.json: %s %s has no operation, tag or method of this program, or one "
                    "that came before",
                    method, path);
    seen[index] = true;
    if ((served_by & roles) == 0) return OK;
    route.where = operations[index].where;
    route.handle = operations[index].handle;
    route.pattern = arena_copy(arena, slice_of(path));
    if (route.pattern == NULL) return fail(why, NO_MEMORY, "no memory for the routes");
    if (out->count == HTTP_ROUTES_MAX)
        return fail(why, CORRUPT, "openapi.json has more than %d operations", HTTP_ROUTES_MAX);
    out->routes[out->count++] = route;
    return OK;
}

outcome operations_route(unsigned roles, struct arena *arena, struct route_table *out,
                         struct why *why)
{
    autojson *document = NULL;
    bool seen[OPERATION_COUNT] = {false};
    TRY(json_parse(openapi_text(), "openapi.json", &document, why));
    out->count = 0;
    const char *path, *method;
    json_t *methods, *operation;
    json_object_foreach(json_object_get(document, "paths"), path, methods)
        json_object_foreach(methods, method, operation)
            TRY(add_operation(path, method, operation, roles, seen, arena, out, why));
    for (size_t i = 0; i < OPERATION_COUNT; i++)
        if (!seen[i])
            return fail(why, CORRUPT, "openapi.json lacks the operation %s", operations[i].id);
    return OK;
}
