// SPDX-License-Identifier: Apache-2.0
#include "net/network.h"

#include "net/mmdb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { PREFIX_V4_BITS = 24, PREFIX_V6_BITS = 48 };

struct network_map {
    MMDB_s mmdb;
};

outcome network_open(const char *path, struct network_map **out, struct why *why)
{
    struct network_map *map = calloc(1, sizeof *map);
    if (map == NULL) return fail(why, NO_MEMORY, "no memory for the map of networks");
    const outcome result = mmdb_open(path, "networks", &map->mmdb, why);
    if (result == OK)
        *out = map;
    else
        free(map);
    return result;
}

void network_close(struct network_map **map)
{
    if (*map == NULL) return;
    MMDB_close(&(*map)->mmdb);
    free(*map);
    *map = NULL;
}

// "AS64501 Example Net"; other than printable ASCII becomes '?', for it is shown in tables.
static bool name_system(MMDB_entry_s *entry, char *out)
{
    MMDB_entry_data_s number, name;
    if (MMDB_get_value(entry, &number, "autonomous_system_number", NULL) != MMDB_SUCCESS ||
        !number.has_data || number.type != MMDB_DATA_TYPE_UINT32)
        return false;
    size_t len = (size_t)snprintf(out, NETWORK_BYTES, "AS%u", number.uint32);
    if (MMDB_get_value(entry, &name, "autonomous_system_organization", NULL) != MMDB_SUCCESS ||
        !name.has_data || name.type != MMDB_DATA_TYPE_UTF8_STRING)
        return true;
    out[len++] = ' ';
    for (uint32_t i = 0; i < name.data_size && len + 1 < NETWORK_BYTES; i++) {
        const char c = name.utf8_string[i];
        out[len++] = c >= ' ' && c <= '~' ? c : '?';
    }
    out[len] = '\0';
    return true;
}

static void name_prefix(const struct address *address, char *out)
{
    struct prefix prefix;
    char text[ADDRESS_TEXT_BYTES];
    const int64_t bits = address->len == 4 ? PREFIX_V4_BITS : PREFIX_V6_BITS;
    const struct slice bytes = {address->bytes, address->len};
    out[0] = '\0';
    if (prefix_of_bytes(bytes, address->len, bits, &prefix))
        (void)snprintf(out, NETWORK_BYTES, "%s/%d", address_format(&prefix.address, text),
                       (int)bits);
}

const char *network_of(const struct network_map *map, const struct address *address, char *out)
{
    MMDB_entry_s entry;
    out[0] = '\0';
    if (address->len != 4 && address->len != 16) return out;
    const bool is_known =
        map != NULL && mmdb_find(&map->mmdb, address, &entry) && name_system(&entry, out);
    if (!is_known) name_prefix(address, out);
    return out;
}
