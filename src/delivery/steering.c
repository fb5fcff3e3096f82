// SPDX-License-Identifier: Apache-2.0
#include "delivery/steering.h"

#include "base/json.h"
#include "base/random.h"
#include "net/http_bytes.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const tier_words[TIER_COUNT] = {
    [TIER_ISP] = "isp", [TIER_EDGE] = "edge", [TIER_CDN] = "cdn"};

struct zone {
    uint32_t sites[STEERING_ZONE_SITES_MAX]; // in the order of their tiers
    size_t count;
};

// A trie of bits: two children each, by index; 0 is none, as nobody points at the root.
struct node {
    uint32_t child[2];
    uint32_t zone; // index + 1; 0: no prefix ends here
};

struct steering_map {
    int64_t ttl_s;
    struct steering_site *sites;
    size_t site_count;
    struct zone *zones; // the last one is elsewhere
    size_t zone_count;
    struct node *nodes; // 0 is the root of IPv4, 1 that of IPv6
    size_t node_count, node_room;
};

static outcome parse_tier(const char *word, enum steering_tier *out, struct why *why)
{
    for (unsigned i = 0; i < TIER_COUNT; i++) {
        if (strcmp(word, tier_words[i]) != 0) continue;
        *out = (enum steering_tier)i;
        return OK;
    }
    return fail(why, INVALID, "a site's tier is isp, edge or cdn, not \"%s\"", word);
}

static bool find_site(const struct steering_map *map, const char *id, uint32_t *out)
{
    for (uint32_t i = 0; i < map->site_count; i++) {
        if (strcmp(map->sites[i].id, id) != 0) continue;
        *out = i;
        return true;
    }
    return false;
}

// Players replace the host of an address, and leave its port.
static bool is_host(const char *text)
{
    const char *colon = text[0] == '[' ? strstr(text, "]:") : strchr(text, ':');
    return colon == NULL && http_is_authority(slice_of(text));
}

static outcome parse_site(const json_t *json, struct steering_map *map, struct why *why)
{
    struct steering_site *site = &map->sites[map->site_count];
    const char *id, *host, *tier;
    int64_t weight = 1;
    uint32_t known;
    TRY(json_text(json, "a site", "id", &id, why));
    TRY(json_text(json, "a site", "host", &host, why));
    TRY(json_text(json, "a site", "tier", &tier, why));
    TRY(json_integer_optional(json, "a site", "weight", 1, 1000, &weight, why));
    TRY(parse_tier(tier, &site->tier, why));
    if (!id_is_valid(id) || find_site(map, id, &known))
        return fail(why, INVALID, "a site's id \"%s\" is no name, or comes twice", id);
    if (strlen(host) >= sizeof site->host || !is_host(host))
        return fail(why, INVALID, "site %s: \"%s\" is no host without a port", id, host);
    (void)snprintf(site->id, sizeof site->id, "%s", id);
    (void)snprintf(site->host, sizeof site->host, "%s", host);
    site->weight = (uint32_t)weight;
    site->is_down = json_is_true(json_object_get(json, "is_down"));
    map->site_count++;
    return OK;
}

static outcome parse_sites(const json_t *root, const char *what, struct steering_map *map,
                           struct why *why)
{
    json_t *list, *json;
    size_t i;
    TRY(json_array_of(root, what, "sites", &list, why));
    if (json_array_size(list) > STEERING_SITES_MAX)
        return fail(why, TOO_LARGE, "%s: more than %d sites", what, STEERING_SITES_MAX);
    map->sites = calloc(json_array_size(list) + 1, sizeof *map->sites);
    if (map->sites == NULL) return fail(why, NO_MEMORY, "no memory for sites");
    json_array_foreach(list, i, json) TRY(parse_site(json, map, why));
    return OK;
}

// Sites in the order of their tiers, and within a tier as they were named.
static outcome parse_zone_sites(const json_t *list, const struct steering_map *map,
                                struct zone *zone, struct why *why)
{
    if (!json_is_array(list) || json_array_size(list) > STEERING_ZONE_SITES_MAX)
        return fail(why, INVALID, "a zone names its sites, at most %d", STEERING_ZONE_SITES_MAX);
    for (unsigned tier = 0; tier < TIER_COUNT; tier++)
        for (size_t i = 0; i < json_array_size(list); i++) {
            const char *id = json_string_value(json_array_get(list, i));
            uint32_t site;
            if (id == NULL || !find_site(map, id, &site))
                return fail(why, INVALID, "a zone names a site \"%s\" that there is not",
                            id == NULL ? "" : id);
            if (map->sites[site].tier == tier) zone->sites[zone->count++] = site;
        }
    return OK;
}

static bool bit_of(const struct address *address, size_t bit)
{
    return (address->bytes[bit / 8] & (0x80 >> (bit % 8))) != 0;
}

static outcome new_node(struct steering_map *map, uint32_t *out, struct why *why)
{
    if (map->node_count == map->node_room) {
        const size_t room = map->node_room * 2;
        struct node *grown = reallocarray(map->nodes, room, sizeof *grown);
        if (grown == NULL) return fail(why, NO_MEMORY, "no memory for prefixes");
        map->nodes = grown;
        map->node_room = room;
    }
    *out = (uint32_t)map->node_count++;
    map->nodes[*out] = (struct node){.zone = 0};
    return OK;
}

static outcome add_prefix(struct steering_map *map, const char *text, uint32_t zone,
                          struct why *why)
{
    struct prefix prefix;
    TRY(prefix_parse(slice_of(text), &prefix, why));
    uint32_t at = prefix.address.len == 4 ? 0 : 1;
    for (size_t bit = 0; bit < prefix.bits; bit++) {
        const bool side = bit_of(&prefix.address, bit);
        uint32_t next = map->nodes[at].child[side];
        if (next == 0) {
            TRY(new_node(map, &next, why));
            map->nodes[at].child[side] = next;
        }
        at = next;
    }
    if (map->nodes[at].zone != 0) return fail(why, INVALID, "the prefix %s is in two zones", text);
    map->nodes[at].zone = zone + 1;
    return OK;
}

static outcome parse_zone(const json_t *json, struct steering_map *map, size_t *prefixes,
                          struct why *why)
{
    json_t *list, *one;
    size_t i;
    const uint32_t zone = (uint32_t)map->zone_count++;
    TRY(parse_zone_sites(json_object_get(json, "sites"), map, &map->zones[zone], why));
    TRY(json_array_of(json, "a zone", "prefixes", &list, why));
    *prefixes += json_array_size(list);
    if (*prefixes > STEERING_PREFIXES_MAX)
        return fail(why, TOO_LARGE, "there are more than %d prefixes", STEERING_PREFIXES_MAX);
    json_array_foreach(list, i, one)
    {
        if (!json_is_string(one)) return fail(why, INVALID, "a zone's prefixes are texts");
        TRY(add_prefix(map, json_string_value(one), zone, why));
    }
    return OK;
}

static outcome parse_zones(const json_t *root, const char *what, struct steering_map *map,
                           struct why *why)
{
    json_t *list, *json;
    size_t i, prefixes = 0;
    TRY(json_array_of(root, what, "zones", &list, why));
    map->zones = calloc(json_array_size(list) + 1, sizeof *map->zones);
    map->node_room = 64;
    map->nodes = calloc(map->node_room, sizeof *map->nodes);
    if (map->zones == NULL || map->nodes == NULL)
        return fail(why, NO_MEMORY, "no memory for zones");
    map->node_count = 2;
    json_array_foreach(list, i, json) TRY(parse_zone(json, map, &prefixes, why));
    return parse_zone_sites(json_object_get(root, "elsewhere"), map, &map->zones[map->zone_count++],
                            why);
}

outcome steering_map_parse(struct slice text, const char *what, struct steering_map **out,
                           struct why *why)
{
    autojson *root = NULL;
    TRY(json_parse(text, what, &root, why));
    autosteering *map = calloc(1, sizeof *map);
    if (map == NULL) return fail(why, NO_MEMORY, "no memory for a steering map");
    map->ttl_s = 300; // what players take when it is not said
    TRY(json_integer_optional(root, what, "ttl_s", 1, 86400, &map->ttl_s, why));
    TRY(parse_sites(root, what, map, why));
    TRY(parse_zones(root, what, map, why));
    *out = map;
    map = NULL;
    return OK;
}

void steering_map_close(struct steering_map **map)
{
    if (*map == NULL) return;
    free((*map)->sites);
    free((*map)->zones);
    free((*map)->nodes);
    free(*map);
    *map = NULL;
}

static const struct zone *zone_of(const struct steering_map *map, const struct address *client)
{
    const struct zone *found = &map->zones[map->zone_count - 1];
    uint32_t at = client->len == 4 ? 0 : 1;
    if (client->len == 0) return found;
    for (size_t bit = 0;; bit++) {
        if (map->nodes[at].zone != 0) found = &map->zones[map->nodes[at].zone - 1];
        if (bit == 8u * client->len) return found;
        at = map->nodes[at].child[bit_of(client, bit)];
        if (at == 0) return found;
    }
}

// Weighted rendezvous: the site with the least -log(u) / weight, u drawn by site and network.
static double distance(const struct steering_site *site, const struct address *client)
{
    const size_t network = client->len == 4 ? 3 : client->len == 16 ? 6 : 0;
    const uint64_t hash = slice_hash((struct slice){client->bytes, network});
    struct prng prng = prng_init(slice_hash_on(hash, slice_of(site->id))); // which mixes it
    return -log(1 - prng_unit(&prng)) / site->weight;
}

static bool is_before(const struct steering_site *a, const struct steering_site *b,
                      const struct address *client)
{
    if (a->tier != b->tier) return a->tier < b->tier;
    return distance(a, client) < distance(b, client);
}

void steering_choose(const struct steering_map *map, const struct address *client,
                     struct steering_choice *out)
{
    const struct zone *zone = zone_of(map, client);
    out->count = 0;
    for (size_t i = 0; i < zone->count; i++) {
        const struct steering_site *site = &map->sites[zone->sites[i]];
        if (site->is_down) continue;
        size_t at = out->count++;
        for (; at > 0 && is_before(site, out->sites[at - 1], client); at--)
            out->sites[at] = out->sites[at - 1];
        out->sites[at] = site;
    }
}

outcome steering_document(const struct steering_map *map, const struct steering_choice *choice,
                          struct buffer *out, struct why *why)
{
    autojson *json = json_pack("{s:i, s:I, s:[], s:[]}", "VERSION", 1, "TTL",
                               (json_int_t)map->ttl_s, "PATHWAY-PRIORITY", "PATHWAY-CLONES");
    json_t *order = json_object_get(json, "PATHWAY-PRIORITY");
    json_t *clones = json_object_get(json, "PATHWAY-CLONES");
    int failed = json == NULL ? -1 : 0;
    for (size_t i = 0; i < choice->count; i++) {
        const struct steering_site *site = choice->sites[i];
        failed |= json_array_append_new(order, json_string(site->id));
        failed |= json_array_append_new(clones,
                                        json_pack("{s:s, s:s, s:{s:s}}", "BASE-ID", ".", "ID",
                                                  site->id, "URI-REPLACEMENT", "HOST", site->host));
    }
    failed |= json_array_append_new(order, json_string("."));
    if (failed != 0) return fail(why, NO_MEMORY, "no memory for a steering document");
    return json_format(json, out, why);
}
