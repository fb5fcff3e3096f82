// SPDX-License-Identifier: Apache-2.0
//
// Runs one VTC script (varnishtest) against an edge: ${addr} is where it listens, ${origin} where
// its upstream is to be: the script's own server.
#include "edge_fixture.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/wait.h>

// A port that is free now.
static unsigned free_port(void)
{
    struct sockaddr_in address = {.sin_family = AF_INET};
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t len = sizeof address;
    const int fd = socket(AF_INET, SOCK_STREAM, 0);
    if (bind(fd, (const struct sockaddr *)&address, len) != 0 ||
        getsockname(fd, (struct sockaddr *)&address, &len) != 0)
        abort();
    (void)close(fd);
    return ntohs(address.sin_port);
}

int main(int argc, char **argv)
{
    if (argc != 2) {
        fprintf(stderr, "usage: edge-run SCRIPT.vtc\n");
        return 2;
    }
    const char *slash = strrchr(argv[1], '/');
    const char *name = slash == NULL ? argv[1] : slash + 1;
    char origin[64], url[80], define_addr[100], define_origin[100];
    (void)snprintf(origin, sizeof origin, "127.0.0.1:%u", free_port());
    (void)snprintf(url, sizeof url, "http://%s", origin);
    const char *upstreams[] = {url};
    struct stand *stand = stand_open(upstreams, 1, NULL, 16, 0);
    (void)snprintf(define_addr, sizeof define_addr, "-Daddr=%s", stand_url(stand) + 7);
    (void)snprintf(define_origin, sizeof define_origin, "-Dorigin=%s", origin);
    const pid_t child = fork();
    if (child == 0) {
        (void)dup2(STDERR_FILENO, STDOUT_FILENO); // standard output is TAP
        (void)execlp("varnishtest", "varnishtest", "-t", "60", define_addr, define_origin, argv[1],
                     (char *)NULL);
        _exit(127);
    }
    int status = -1;
    (void)waitpid(child, &status, 0);
    stand_close(stand);
    const bool is_there = !WIFEXITED(status) || WEXITSTATUS(status) != 127;
    const bool is_ok = WIFEXITED(status) && WEXITSTATUS(status) == 0;
    if (is_there)
        printf("%sok 1 - %s\n1..1\n", is_ok ? "" : "not ", name);
    else
        printf("ok 1 - %s # SKIP varnishtest is missing: install the package varnish\n1..1\n",
               name);
    return is_ok || !is_there ? 0 : 1;
}
