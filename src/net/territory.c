// SPDX-License-Identifier: Apache-2.0
#include "net/territory.h"

#include <errno.h>
#include <maxminddb.h>
#include <netinet/in.h>
#include <stdlib.h>
#include <string.h>

struct territory_map {
    MMDB_s mmdb;
};

outcome territory_open(const char *path, struct territory_map **out, struct why *why)
{
    struct territory_map *map = calloc(1, sizeof *map);
    if (map == NULL) return fail(why, NO_MEMORY, "no memory for the map of territories");
    const int status = MMDB_open(path, MMDB_MODE_MMAP, &map->mmdb);
    if (status == MMDB_SUCCESS) {
        *out = map;
        return OK;
    }
    const int error = errno;
    free(map);
    if (status == MMDB_FILE_OPEN_ERROR)
        return fail_errno(why, error, "the map of territories, %s", path);
    return fail(why, INVALID, "%s is no map of territories (MMDB): %s", path,
                MMDB_strerror(status));
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
    union {
        struct sockaddr plain;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } socket = {.plain = {0}};
    int status;
    if (address->len == 4) {
        socket.v4.sin_family = AF_INET;
        memcpy(&socket.v4.sin_addr, address->bytes, 4);
    } else if (address->len == 16) {
        socket.v6.sin6_family = AF_INET6;
        memcpy(&socket.v6.sin6_addr, address->bytes, 16);
    } else {
        return false;
    }
    MMDB_lookup_result_s result = MMDB_lookup_sockaddr(mmdb, &socket.plain, &status);
    return status == MMDB_SUCCESS && result.found_entry &&
           MMDB_get_value(&result.entry, found, "country", "iso_code", NULL) == MMDB_SUCCESS &&
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
