// SPDX-License-Identifier: Apache-2.0
#include "net/mmdb.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>

outcome mmdb_open(const char *path, const char *what, MMDB_s *out, struct why *why)
{
    const int status = MMDB_open(path, MMDB_MODE_MMAP, out);
    if (status == MMDB_SUCCESS) return OK;
    if (status == MMDB_FILE_OPEN_ERROR)
        return fail_errno(why, errno, "the map of %s, %s", what, path);
    return fail(why, INVALID, "%s is no map of %s (MMDB): %s", path, what, MMDB_strerror(status));
}

bool mmdb_find(const MMDB_s *mmdb, const struct address *address, MMDB_entry_s *out)
{
    union {
        struct sockaddr plain;
        struct sockaddr_in v4;
        struct sockaddr_in6 v6;
    } socket = {.plain = {0}};
    int status = MMDB_SUCCESS;
    if (address->len == 4) {
        socket.v4.sin_family = AF_INET;
        memcpy(&socket.v4.sin_addr, address->bytes, 4);
    } else if (address->len == 16) {
        socket.v6.sin6_family = AF_INET6;
        memcpy(&socket.v6.sin6_addr, address->bytes, 16);
    } else {
        return false;
    }
    const MMDB_lookup_result_s result = MMDB_lookup_sockaddr(mmdb, &socket.plain, &status);
    *out = result.entry;
    return status == MMDB_SUCCESS && result.found_entry;
}
