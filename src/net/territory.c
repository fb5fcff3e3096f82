// SPDX-License-Identifier: Apache-2.0
#include "net/territory.h"

#include "net/mmdb.h"

#include <stdlib.h>
#include <string.h>

struct territory_map {
    MMDB_s mmdb;
};

outcome territory_open(const char *path, struct territory_map **out, struct why *why)
{
    struct territory_map *map = calloc(1, sizeof *map);
    if (map == NULL) return fail(why, NO_MEMORY, "no memory for the map of territories");
    const outcome result = mmdb_open(path, "territories", &map->mmdb, why);
    if (result == OK)
        *out = map;
    else
        free(map);
    return result;
}

void territory_close(struct territory_map **map)
{
    if (*map == NULL) return;
    MMDB_close(&(*map)->mmdb);
    free(*map);
    *map = NULL;
}

static bool is_letter(char c)
{
    return c >= 'A' && c <= 'Z';
}

static bool look_up(const MMDB_s *mmdb, const struct address *address, MMDB_entry_data_s *found)
{
    MMDB_entry_s entry;
    return mmdb_find(mmdb, address, &entry) &&
           MMDB_get_value(&entry, found, "country", "iso_code", NULL) == MMDB_SUCCESS &&
           found->has_data && found->type == MMDB_DATA_TYPE_UTF8_STRING;
}

const char *territory_of(const struct territory_map *map, const struct address *address, char *out)
{
    MMDB_entry_data_s found;
    out[0] = '\0';
    if (map == NULL || !look_up(&map->mmdb, address, &found) || found.data_size != 2) return out;
    const char *code = found.utf8_string;
    if (!is_letter(code[0]) || !is_letter(code[1])) return out;
    memcpy(out, code, 2);
    out[2] = '\0';
    return out;
}
