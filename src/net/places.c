// SPDX-License-Identifier: Apache-2.0
#include "net/places.h"

outcome places_open(const char *trusted_proxies, const char *territories, struct places *out,
                    struct why *why)
{
    *out = (struct places){.territories = NULL};
    struct places made = {.territories = NULL};
    TRY(trusted_proxies_parse(trusted_proxies == NULL ? "" : trusted_proxies, &made.proxies, why));
    if (territories != NULL && territories[0] != '\0')
        TRY(territory_open(territories, &made.territories, why));
    *out = made;
    return OK;
}

outcome places_name_networks(struct places *places, const char *path, struct why *why)
{
    if (path == NULL || path[0] == '\0') return OK;
    return network_open(path, &places->networks, why);
}

void places_close(struct places *places)
{
    network_close(&places->networks);
    territory_close(&places->territories);
}

struct address places_client(const struct places *places, const struct http_exchange *exchange)
{
    return client_address(&places->proxies, exchange->peer, exchange->request);
}

const char *places_country(const struct places *places, const struct address *client, char *out)
{
    return territory_of(places->territories, client, out);
}

const char *places_network(const struct places *places, const struct address *client, char *out)
{
    return network_of(places->networks, client, out);
}
