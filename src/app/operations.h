// SPDX-License-Identifier: Apache-2.0
//
// The API's operations: app/openapi.json says which path and method each has, a table here says
// which function does it, and `x-auth` says for whom (app/gate.h). Routes exist only where both
// agree; a difference, and a route without a class, is a fault of the build that service_open()
// refuses to start with.
#ifndef APP_OPERATIONS_H
#define APP_OPERATIONS_H

#include "app/service.h"

struct route_table {
    struct http_route routes[HTTP_ROUTES_MAX];
    size_t count;
};

// The embedded document, as bytes.
struct slice openapi_text(void);

// Routes of the operations whose tag is a role in `roles`, or "health". Patterns and what is known
// about them are made in `arena`. CORRUPT when the document and the table differ.
must_check outcome operations_route(unsigned roles, struct arena *arena, struct route_table *out,
                                    struct why *why);

#endif
