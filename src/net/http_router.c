// SPDX-License-Identifier: Apache-2.0
#include "net/http_router.h"

#include "base/url.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

struct pattern {
    size_t count;
    struct slice segments[HTTP_ROUTE_SEGMENTS_MAX];
};

struct http_router {
    http_handler *fallback;
    void *context;
    size_t count;
    struct http_route routes[HTTP_ROUTES_MAX];
    struct pattern patterns[HTTP_ROUTES_MAX];
};

const void *http_route_about(const struct http_exchange *exchange)
{
    return ((const struct http_route *)exchange->route)->about;
}

struct slice http_cors_lines(void)
{
    return slice_of("Access-Control-Allow-Origin: *\r\n"
                    "Access-Control-Expose-Headers: Accept-Ranges, Age, CMSD-Dynamic, CMSD-Static, "
                    "Content-Length, Content-Range, Date, ETag, Last-Modified, Retry-After\r\n"
                    "Timing-Allow-Origin: *\r\n"
                    "Cross-Origin-Resource-Policy: cross-origin\r\n"
                    "X-Content-Type-Options: nosniff\r\n");
}

// What a preflight may ask for: what players send.
static const char preflight_lines[] =
    "Access-Control-Allow-Headers: Accept, Authorization, CMCD-Object, CMCD-Request, CMCD-Session, "
    "CMCD-Status, Content-Type, Idempotency-Key, If-Match, If-Modified-Since, If-None-Match, "
    "If-Range, If-Unmodified-Since, Range\r\n"
    "Access-Control-Max-Age: 86400\r\n";

static bool split(struct slice path, struct pattern *out)
{
    if (path.len == 0 || path.at[0] != '/') return false;
    struct slice rest = slice_part(path, 1, path.len), segment;
    out->count = 0;
    while (slice_cut(&rest, '/', &segment)) {
        if (out->count == HTTP_ROUTE_SEGMENTS_MAX) return false;
        out->segments[out->count++] = segment;
    }
    return true;
}

static bool is_param(struct slice segment)
{
    return slice_starts(segment, "{") && slice_ends(segment, "}");
}

static outcome add_route(struct http_router *router, const struct http_route *route,
                         struct why *why)
{
    struct pattern *pattern = &router->patterns[router->count];
    if (!split(slice_of(route->pattern), pattern))
        return fail(why, INVALID, "the route \"%s\" is no path of at most %d segments",
                    route->pattern, HTTP_ROUTE_SEGMENTS_MAX);
    size_t params = 0;
    for (size_t i = 0; i < pattern->count; i++)
        params += is_param(pattern->segments[i]);
    if (params > HTTP_PARAMS_MAX)
        return fail(why, INVALID, "the route \"%s\" has more than %d params", route->pattern,
                    HTTP_PARAMS_MAX);
    for (size_t i = 0; i < router->count; i++)
        if (router->routes[i].method == route->method &&
            strcmp(router->routes[i].pattern, route->pattern) == 0)
            return fail(why, INVALID, "the route %s %s comes twice",
                        http_method_word(route->method), route->pattern);
    router->routes[router->count++] = *route;
    return OK;
}

outcome http_router_open(const struct http_route *routes, size_t count, http_handler *fallback,
                         void *context, struct http_router **out, struct why *why)
{
    if (count > HTTP_ROUTES_MAX)
        return fail(why, INVALID, "%zu routes are more than %d", count, HTTP_ROUTES_MAX);
    struct http_router *router = calloc(1, sizeof *router);
    if (router == NULL) return fail(why, NO_MEMORY, "no memory for the routes");
    router->fallback = fallback;
    router->context = context;
    for (size_t i = 0; i < count; i++) {
        const outcome result = add_route(router, &routes[i], why);
        if (result == OK) continue;
        http_router_close(&router);
        return result;
    }
    *out = router;
    return OK;
}

void http_router_close(struct http_router **router)
{
    free(*router);
    *router = NULL;
}

static bool decode_param(struct slice segment, char *out)
{
    size_t len;
    if (percent_decode(segment, out, HTTP_PARAM_BYTES - 1, &len, NULL) != OK) return false;
    out[len] = '\0';
    return len > 0 && strchr(out, '/') == NULL;
}

static bool matches(const struct pattern *pattern, const struct pattern *path,
                    struct http_exchange *exchange)
{
    if (pattern->count != path->count) return false;
    size_t params = 0;
    for (size_t i = 0; i < path->count; i++) {
        if (!is_param(pattern->segments[i])) {
            if (!slice_equal(pattern->segments[i], path->segments[i])) return false;
        } else if (!decode_param(path->segments[i], exchange->params[params++])) {
            return false;
        }
    }
    return true;
}

// The methods of all routes that match, as a set of bits; `*route` is the one to take, if any.
static unsigned find_routes(const struct http_router *router, struct http_exchange *exchange,
                            const struct http_route **route, const struct http_route **any)
{
    struct pattern path;
    if (!split(exchange->request->path, &path)) return 0;
    const enum http_method method = exchange->request->method;
    unsigned methods = 0;
    for (size_t i = 0; i < router->count && *route == NULL; i++) {
        if (!matches(&router->patterns[i], &path, exchange)) continue;
        const struct http_route *found = &router->routes[i];
        *any = found;
        methods |= 1u << found->method;
        const bool is_head = method == METHOD_HEAD && found->method == METHOD_GET;
        if (found->method == method || is_head) *route = found;
    }
    if (methods & 1u << METHOD_GET) methods |= 1u << METHOD_HEAD;
    return methods | 1u << METHOD_OPTIONS;
}

static const char *method_list(struct http_exchange *exchange, unsigned methods)
{
    autobuffer text = buffer_init(256);
    for (unsigned i = 0; i < METHOD_COUNT; i++) {
        if (!(methods & 1u << i)) continue;
        const char *comma = text.len > 0 ? ", " : "";
        if (buffer_format(&text, NULL, "%s%s", comma, http_method_word(i)) != OK) return NULL;
    }
    return arena_copy(&exchange->arena, buffer_slice(&text));
}

static void reply_methods(struct http_exchange *exchange, unsigned methods)
{
    const char *list = method_list(exchange, methods);
    const bool is_options = exchange->request->method == METHOD_OPTIONS;
    const bool is_preflight = is_options && exchange->request->first[FIELD_PREFLIGHT_METHOD] != 0;
    if (is_options)
        http_reply_empty(exchange, 204);
    else
        http_reply_problem(exchange, 405, "method-not-allowed", "this is not done here",
                           "the path exists, but not with this method: see the Allow field");
    if (list == NULL) return;
    http_reply_field(exchange, "Allow", list);
    if (!is_preflight) return;
    http_reply_field(exchange, "Access-Control-Allow-Methods", list);
    http_reply_run(exchange, slice_of(preflight_lines));
}

void http_router_handle(void *context, struct http_exchange *exchange)
{
    const struct http_router *router = context;
    if (slice_is(exchange->request->path, "*")) { // OPTIONS * asks after the server itself
        http_reply_empty(exchange, 204);
        return;
    }
    const struct http_route *route = NULL, *any = NULL;
    const unsigned methods = find_routes(router, exchange, &route, &any);
    if (any == NULL) {
        router->fallback(router->context, exchange);
        return;
    }
    exchange->reply.always = any->always;
    exchange->route = route;
    if (route == NULL)
        reply_methods(exchange, methods);
    else if (route->where == ROUTE_ON_LOOP)
        route->handle(router->context, exchange);
    else
        http_exchange_offload(exchange, route->handle, NULL, router->context);
}
