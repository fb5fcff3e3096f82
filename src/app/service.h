// SPDX-License-Identifier: Apache-2.0
//
// The HTTP face of a house: the API, the media of its titles, and the web app, on one address.
//
//     /v1/...                           role api      app/operations.h, routes made from
//     openapi.json /media/<title>/<version>/<file>   role origin   app/media.h
//     /, /title/<id>, /assets/...       role app      app/pages.h
//     /v1/licences/...                  role license  app/licences.h
//     /v1/steering                      role steering app/steering_desk.h
//     /livez, /readyz                   every role
//
// A service opens its stores itself, so that it can run in a process of its own.
#ifndef APP_SERVICE_H
#define APP_SERVICE_H

#include "app/gate.h"
#include "app/search_desk.h"
#include "app/steering_desk.h"
#include "base/json.h"
#include "catalog/title_shelf.h"
#include "delivery/access_gate.h"
#include "delivery/signalling.h"
#include "net/http_router.h"
#include "net/http_server.h"
#include "net/places.h"
#include "store/stores.h"

// name, bit, what it serves
#define SERVICE_ROLES(X)                                                                           \
    X("api", ROLE_API, "the catalogue and playback, /v1")                                          \
    X("origin", ROLE_ORIGIN, "the files of titles, /media")                                        \
    X("app", ROLE_APP, "the web app")                                                              \
    X("license", ROLE_LICENSE, "licences for players, /v1/licences")                               \
    X("steering", ROLE_STEERING, "which caches a client is to use, /v1/steering")

enum service_role {
    ROLE_API = 1,
    ROLE_ORIGIN = 2,
    ROLE_APP = 4,
    ROLE_LICENSE = 8,
    ROLE_STEERING = 16,
    ROLE_ALL_OF_THEM = 31
};

// "all", or a list such as "api,origin", to a set of bits. INVALID with the words there are.
must_check outcome service_roles_parse(const char *text, unsigned *out, struct why *why);

struct licence_settings;
struct licences;

struct service_options {
    const char *data;                        // folder of the stores
    const struct store_places *places;       // where they are instead; NULL: all in that folder
    const char *listen;                      // as http_server_options
    unsigned roles;                          // bits of enum service_role, at least one
    unsigned loops;                          // 0: one per core
    const char *tls_certificate, *tls_key;   // PEM files; both empty or NULL: plain HTTP
    const struct licence_settings *licences; // app/licences.h; NULL: all as they are by default
    const char *access_keys;                 // file of keys for signed access; NULL: open to anyone
    const char *steering_map;                // file of the role steering; NULL or empty: none
    const char *steering_url; // both of delivery/signalling.h; both NULL or empty: no signalling
    const char *media_url;
    const char *territories; // these three of net/places.h
    const char *networks;
    const char *trusted_proxies;
    const struct clock *clock;
    struct password_cost password_cost; // zero: a member's
};

// What handlers work with; their context.
struct service {
    struct stores stores;
    struct places places; // where requests come from
    struct gate door;     // who is let in, and to what
    const char *data;     // folder of the stores
    const struct clock *clock;
    unsigned roles;
    struct licences *licences; // of the roles api and license
    struct position_desk *positions;
    struct title_shelf *titles;
    struct search_desk *search; // of the role api
    struct http_router *router;
    struct tls_server *tls;         // NULL: plain HTTP
    struct steering_desk *steering; // NULL: there is no map
    char page_lines[1024];          // of app/pages.h
    struct signalling signalling;   // steering_url NULL: manifests go out as they are stored
    struct access_gate *gate;       // NULL: files are open to anyone
    struct http_server *server;
};

// Opens stores and routes, listens, and serves. Outcomes of stores_open() and http_server_open().
must_check outcome service_open(const struct service_options *options, struct service **out,
                                struct why *why);

// Where it listens, "127.0.0.1:8080".
const char *service_address(const struct service *service);

// Takes up a renewed certificate, and renewed access keys, when their files have changed; to be
// asked now and then. False when the new files are no good: the old ones stay, `why` says what is
// wrong, once.
bool service_renew(struct service *service, struct why *why);

// Lets requests in hand finish, then ends. Both as in http_server.h.
void service_stop(struct service *service);
void service_close(struct service **service); // stops, waits, frees; tolerates NULL

#define autoservice __attribute__((cleanup(service_close))) struct service

#endif
