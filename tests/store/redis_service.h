// SPDX-License-Identifier: Apache-2.0
//
// A redis-server on loopback for the tests. Whoever talks to it waits for it to be up.
#ifndef TESTS_STORE_REDIS_SERVICE_H
#define TESTS_STORE_REDIS_SERVICE_H

#include "service.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>

enum { REDIS_DATABASES = 64 };

static inline bool redis_is_installed(void)
{
    return path_exists("/usr/bin/redis-server");
}

// A port that was free a moment ago.
static inline unsigned port_free(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
    socklen_t len = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
    assert_true(fd >= 0);
    assert_int_equal(bind(fd, (const struct sockaddr *)&address, len), 0);
    assert_int_equal(getsockname(fd, (struct sockaddr *)&address, &len), 0);
    (void)close(fd);
    return ntohs(address.sin_port);
}

// With its append-only file in `folder`, so that it may be killed and started again there.
static inline struct service redis_start(unsigned port, const char *folder)
{
    char number[16], databases[16];
    (void)snprintf(number, sizeof number, "%u", port);
    (void)snprintf(databases, sizeof databases, "%d", REDIS_DATABASES);
    (void)fflush(NULL);
    struct service service = {.pid = fork(), .port = port};
    assert_true(service.pid >= 0);
    if (service.pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)execlp("redis-server", "redis-server", "--port", number, "--bind", "127.0.0.1",
                     "--dir", folder, "--databases", databases, "--save", "", "--appendonly", "yes",
                     "--appendfsync", "everysec", "--logfile", "redis.log", (char *)NULL);
        _exit(127);
    }
    return service;
}

#endif
