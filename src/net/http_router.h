// SPDX-License-Identifier: Apache-2.0
//
// Which handler a request goes to: by the segments of its path and its method.
//
//     GET  /v1/titles               POST /v1/playback           GET /media/{title}/{version}/{file}
//                                                                        param 0  param 1   param 2
//
// Literal segments are compared with the raw path; "{name}" takes one segment, not empty, which is
// percent-decoded into exchange->params and may then hold neither '/' nor NUL. HEAD goes where GET
// goes. A path that is known with other methods is answered with 405 and Allow; OPTIONS, a CORS
// preflight or not, with 204, Allow and what a preflight asks for. Everything else goes to the
// fallback.
#ifndef NET_HTTP_ROUTER_H
#define NET_HTTP_ROUTER_H

#include "net/http_exchange.h"

enum http_where {
    ROUTE_ON_LOOP, // must not block
    ROUTE_ON_POOL, // may
};

enum { HTTP_ROUTES_MAX = 128, HTTP_ROUTE_SEGMENTS_MAX = 8 };

struct http_route {
    enum http_method method;
    const char *pattern;
    enum http_where where;
    http_handler *handle;
    struct slice always; // lines "Name: value\r\n" of every answer on this route, problems too
    const void *about;   // the owner's own; a handler finds it by http_route_about()
};

struct http_router;

// The routes' texts are borrowed; `context` goes to every handler. INVALID for a pattern that does
// not begin with '/', has too many segments or params, or comes twice with one method.
must_check outcome http_router_open(const struct http_route *routes, size_t count,
                                    http_handler *fallback, void *context, struct http_router **out,
                                    struct why *why);
void http_router_close(struct http_router **router); // tolerates NULL

// An http_handler whose context is the router.
void http_router_handle(void *router, struct http_exchange *exchange);

// What the table says about the route that the exchange took.
const void *http_route_about(const struct http_exchange *exchange);

// The lines that let any page of any origin read an answer, its length, its validators and its
// timing (players run in pages of other origins): for http_route.always.
struct slice http_cors_lines(void);

#endif
