// SPDX-License-Identifier: Apache-2.0
#include "app/service.h"

#include "app/claim.h"
#include "app/licences.h"
#include "app/operations.h"
#include "app/pages.h"
#include "app/position_desk.h"
#include "base/suggest.h"
#include "net/tls.h"

#include <assert.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum {
    ROUTES_BYTES_MAX = 64 * 1024,
    TITLES_BYTES_MAX =
        64 * 1024 * 1024, // a thousand records with long casts, read and as they stand
};

struct service_house {
    struct service service; // first: what handlers see
    struct arena arena;     // the routes
    char *data;
};

static const struct {
    const char *name;
    unsigned bit;
} roles[] = {
#define SERVICE_ROLE_ROW(name, bit, story) {name, bit},
    SERVICE_ROLES(SERVICE_ROLE_ROW)
#undef SERVICE_ROLE_ROW
};

enum { ROLE_COUNT = sizeof roles / sizeof roles[0] };

static outcome role_bit(struct slice name, unsigned *bits, struct why *why)
{
    const char *names[ROLE_COUNT];
    for (size_t i = 0; i < ROLE_COUNT; i++) {
        names[i] = roles[i].name;
        if (!slice_is(name, roles[i].name)) continue;
        *bits |= roles[i].bit;
        return OK;
    }
    char typed[40];
    (void)snprintf(typed, sizeof typed, "%.*s", SLICE_ARG(slice_part(name, 0, 39)));
    const char *near = suggest(typed, names, ROLE_COUNT);
    return fail(why, INVALID,
                "there is no role \"%s\"%s%s: write all, or a list of api, origin, app, license, "
                "steering",
                typed, near == NULL ? "" : ", did you mean ", near == NULL ? "" : near);
}

outcome service_roles_parse(const char *text, unsigned *out, struct why *why)
{
    unsigned bits = strcmp(text, "all") == 0 ? ROLE_ALL_OF_THEM : 0;
    struct slice rest = slice_of(text), name;
    while (bits != ROLE_ALL_OF_THEM && slice_cut(&rest, ',', &name))
        TRY(role_bit(slice_trim(name), &bits, why));
    *out = bits;
    return OK;
}

static bool is_given(const char *path)
{
    return path != NULL && path[0] != '\0';
}

static outcome open_tls(struct service *service, const struct service_options *options,
                        struct why *why)
{
    const bool has_certificate = is_given(options->tls_certificate);
    if (has_certificate != is_given(options->tls_key))
        return fail(why, INVALID, "HTTPS needs both a certificate and its key: the %s is missing",
                    has_certificate ? "key (--tls-key)" : "certificate (--tls-cert)");
    if (!has_certificate) return OK;
    return tls_server_open(options->tls_certificate, options->tls_key, &service->tls, why);
}

static outcome open_licences(struct service *service, const struct service_options *options,
                             struct why *why)
{
    static const struct licence_settings plain = {.ring = NULL};
    if ((options->roles & (ROLE_API | ROLE_LICENSE)) == 0) return OK;
    return licences_open(options->licences == NULL ? &plain : options->licences, options->data,
                         options->roles, &service->stores, &service->places, options->clock,
                         &service->licences, why);
}

static outcome open_signalling(struct service *service, const struct service_options *options,
                               struct why *why)
{
    static_assert(sizeof service->page_lines == PAGES_LINES_BYTES, "as app/pages.h writes them");
    pages_lines(is_given(options->steering_url) ? options->media_url : NULL, service->page_lines);
    if (!is_given(options->steering_url)) return OK;
    service->signalling = (struct signalling){options->steering_url,
                                              options->media_url == NULL ? "" : options->media_url};
    return signalling_check(&service->signalling, why);
}

// An open house can be claimed with a code that its data folder holds.
static outcome offer_claim(struct service *service, struct why *why)
{
    bool is_open;
    if ((service->roles & ROLE_API) == 0) return OK;
    TRY(gate_is_open(&service->door, &is_open, why));
    if (is_open) return claim_offer(service->data, why);
    claim_withdraw(service->data);
    return OK;
}

static outcome open_house(struct service_house *house, const struct service_options *options,
                          struct why *why)
{
    struct service *service = &house->service;
    struct route_table routes;
    TRY(operations_route(options->roles, &house->arena, &routes, why));
    TRY(http_router_open(routes.routes, routes.count, pages_serve, service, &service->router, why));
    const struct store_places local = {.data = options->data};
    TRY(stores_open_at(&service->stores, options->places == NULL ? &local : options->places,
                       options->clock, why));
    TRY(places_open(options->trusted_proxies, options->territories, &service->places, why));
    TRY(places_name_networks(&service->places, options->networks, why));
    TRY(open_licences(service, options, why));
    TRY(open_tls(service, options, why));
    TRY(open_signalling(service, options, why));
    if ((options->roles & ROLE_STEERING) != 0 && is_given(options->steering_map))
        TRY(steering_desk_open(options->steering_map, &service->steering, why));
    if (options->access_keys != NULL)
        TRY(access_gate_open(options->access_keys, &service->gate, why));
    const struct accounts accounts = {
        .tables = service->stores.tables,
        .cache = service->stores.cache,
        .clock = options->clock,
        .cost =
            options->password_cost.passes == 0 ? password_cost_member() : options->password_cost,
    };
    gate_init(&service->door, &accounts);
    TRY(title_shelf_open(service->stores.tables, TITLES_BYTES_MAX, &service->titles, why));
    TRY(position_desk_open(service->stores.tables, options->clock, &service->positions, why));
    if ((options->roles & ROLE_API) != 0)
        TRY(search_desk_open(options->data, service->stores.tables, &service->search, why));
    TRY(offer_claim(service, why));
    const struct http_server_options server = {
        .listen = options->listen,
        .loops = options->loops,
        .limits = http_limits_default(),
        .tls = service->tls,
        .clock = options->clock,
        .handle = http_router_handle,
        .context = service->router,
    };
    TRY(http_server_open(&server, &service->server, why));
    return http_server_start(service->server, why);
}

outcome service_open(const struct service_options *options, struct service **out, struct why *why)
{
    struct service_house *house = calloc(1, sizeof *house);
    if (house == NULL) return fail(why, NO_MEMORY, "no memory for the service");
    house->arena = arena_init(ROUTES_BYTES_MAX);
    struct service *service = &house->service;
    service->clock = options->clock;
    service->roles = options->roles;
    house->data = strdup(options->data);
    service->data = house->data;
    const outcome result = house->data == NULL ? fail(why, NO_MEMORY, "no memory for the service")
                                               : open_house(house, options, why);
    if (result == OK)
        *out = service;
    else
        service_close(&service);
    return result;
}

const char *service_address(const struct service *service)
{
    return http_server_address(service->server);
}

bool service_renew(struct service *service, struct why *why)
{
    if (service->tls != NULL && tls_server_reload(service->tls, why) == TLS_NOT_RELOADED)
        return false;
    if (service->steering != NULL && !steering_desk_renew(service->steering, why)) return false;
    return service->gate == NULL || access_gate_renew(service->gate, why);
}

void service_stop(struct service *service)
{
    http_server_stop(service->server);
}

void service_close(struct service **service)
{
    if (*service == NULL) return;
    struct service_house *house = (struct service_house *)*service;
    if (house->service.server != NULL) {
        http_server_stop(house->service.server);
        http_server_wait(house->service.server);
    }
    if (house->service.positions != NULL) position_desk_stop(house->service.positions);
    http_server_close(&house->service.server);
    tls_server_close(&house->service.tls);
    access_gate_close(&house->service.gate);
    steering_desk_close(&house->service.steering);
    http_router_close(&house->service.router);
    search_desk_close(&house->service.search);
    title_shelf_close(&house->service.titles);
    licences_close(&house->service.licences);
    places_close(&house->service.places);
    stores_close(&house->service.stores);
    position_desk_close(&house->service.positions);
    arena_release(&house->arena);
    free(house->data);
    free(house);
    *service = NULL;
}
