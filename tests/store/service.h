// SPDX-License-Identifier: Apache-2.0
//
// The services that remote stores are tested against, started on loopback and ended with the test.
#ifndef TESTS_STORE_SERVICE_H
#define TESTS_STORE_SERVICE_H

#include "place.h"

#include <poll.h>

struct service {
    pid_t pid;
    unsigned port;
};

enum { SERVICE_START_MS = 60000 }; // node takes a third of that on a machine that is busy

// Runs a program whose first line of output ends in its port: "port 4568".
static inline struct service service_start(const char *const *command)
{
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    (void)fflush(NULL);
    struct service service = {.pid = fork()};
    assert_true(service.pid >= 0);
    if (service.pid == 0) {
        (void)prctl(PR_SET_PDEATHSIG, SIGKILL);
        (void)dup2(ends[1], STDOUT_FILENO);
        (void)close(ends[0]);
        char *arguments[16];
        size_t count = 0;
        for (; command[count] != NULL && count < 15; count++)
            memcpy(&arguments[count], &command[count], sizeof arguments[count]);
        arguments[count] = NULL;
        (void)execvp(command[0], arguments);
        _exit(127);
    }
    (void)close(ends[1]);
    char line[100] = "";
    struct pollfd wait = {.fd = ends[0], .events = POLLIN};
    assert_int_equal(poll(&wait, 1, SERVICE_START_MS), 1);
    assert_true(read(ends[0], line, sizeof line - 1) > 0);
    assert_int_equal(sscanf(line, "port %u", &service.port), 1);
    (void)close(ends[0]);
    return service;
}

static inline void service_stop(struct service *service)
{
    child_kill(service->pid);
    service->pid = 0;
}

// The path of one of tests/store/servers, when its modules are installed.
static inline bool service_script(const char *name, char *out, size_t room)
{
    const char *source = getenv("PRIMROSE_SOURCE");
    char modules[500];
    (void)snprintf(modules, sizeof modules, "%s/tests/store/servers/node_modules",
                   source == NULL ? "." : source);
    (void)snprintf(out, room, "%s/tests/store/servers/%s", source == NULL ? "." : source, name);
    return path_exists(modules);
}

// For a program whose service is not here: one skipped test that says so.
static inline int service_is_missing(const char *name, const char *remedy)
{
    printf("1..0 # SKIP %s is not installed: %s\n", name, remedy);
    return 0;
}

static inline void credentials_set(void)
{
    assert_int_equal(setenv("AWS_ACCESS_KEY_ID", "S3RVER", 1), 0);
    assert_int_equal(setenv("AWS_SECRET_ACCESS_KEY", "S3RVER", 1), 0);
    assert_int_equal(unsetenv("AWS_SESSION_TOKEN"), 0);
    assert_int_equal(setenv("AWS_REGION", "eu-west-1", 1), 0);
}

#endif
