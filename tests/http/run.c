// SPDX-License-Identifier: Apache-2.0
//
// Runs one VTC script (varnishtest) against the fixture's server: ${addr} is where it listens.
#include "fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <sys/wait.h>

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: run SCRIPT.vtc\n");
        return 2;
    }
    const char *slash = strrchr(argv[1], '/');
    const char *name = slash == NULL ? argv[1] : slash + 1;
    struct http_limits limits = http_limits_default();
    limits.head_ms = limits.stall_ms = limits.handler_ms = 500;
    struct fixture *fixture = fixture_open(&limits, 2);
    char define[100];
    (void)snprintf(define, sizeof define, "-Daddr=%s",
                   http_server_address(fixture_server(fixture)));
    const pid_t child = fork();
    if (child == 0) {
        (void)dup2(STDERR_FILENO, STDOUT_FILENO); // standard output is TAP
        (void)execlp("varnishtest", "varnishtest", "-t", "60", define, argv[1], (char *)NULL);
        _exit(127);
    }
    int status = -1;
    (void)waitpid(child, &status, 0);
    fixture_close(fixture);
    const bool is_there = !WIFEXITED(status) || WEXITSTATUS(status) != 127;
    const bool is_ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (is_there)
        printf("%sok 1 - %s\n1..1\n", is_ok ? "" : "not ", name);
    else
        printf("ok 1 - %s # SKIP varnishtest is missing: install the package varnish\n1..1\n",
               name);
    return is_ok || !is_there ? 0 : 1;
}
