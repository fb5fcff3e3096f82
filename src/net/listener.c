// SPDX-License-Identifier: Apache-2.0
#include "net/listener.h"

#include "base/file.h"
#include "base/slice.h"

#include <errno.h>
#include <netdb.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include <arpa/inet.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>

struct address {
    struct sockaddr_storage storage;
    socklen_t len;
};

enum sharing { ALONE, SHARED };

static outcome bad_address(const char *text, struct why *why)
{
    return fail(why, INVALID,
                "\"%.100s\" is no address to listen on: write HOST:PORT, such as 127.0.0.1:8080",
                text);
}

static outcome resolve(const char *text, struct address *out, struct why *why)
{
    const char *colon = strrchr(text, ':');
    char host[LISTEN_TEXT_BYTES];
    uint64_t port;
    if (colon == NULL || (size_t)(colon - text) >= sizeof host ||
        slice_u64(slice_of(colon + 1), 65535, &port, NULL) != OK)
        return bad_address(text, why);
    size_t len = (size_t)(colon - text);
    const char *start = text;
    if (len >= 2 && text[0] == '[' && text[len - 1] == ']') {
        start++;
        len -= 2;
    }
    memcpy(host, start, len);
    host[len] = '\0';
    const struct addrinfo hints = {.ai_socktype = SOCK_STREAM, .ai_flags = AI_PASSIVE};
    struct addrinfo *found;
    const char *name = len == 0 ? "::" : host;
    if (strcasecmp(name, "localhost") == 0)
        name = "127.0.0.1"; // RFC 6761 section 6.3: the loopback, even where no hosts file says so
    const int error = getaddrinfo(name, colon + 1, &hints, &found);
    if (error != 0)
        return fail(why, INVALID, "\"%.100s\" is no address to listen on: %s", text,
                    gai_strerror(error));
    memcpy(&out->storage, found->ai_addr, found->ai_addrlen);
    out->len = found->ai_addrlen;
    freeaddrinfo(found);
    return OK;
}

static outcome bind_failure(const char *text, int error, struct why *why)
{
    if (error == EADDRINUSE)
        return fail(why, CONFLICT,
                    "%s is in use by another program: stop that one, or choose another port with "
                    "--listen HOST:PORT",
                    text);
    if (error == EACCES)
        return fail(why, DENIED,
                    "%s needs a right this user does not have: choose a port of 1024 or above",
                    text);
    if (error == EADDRNOTAVAIL)
        return fail(why, INVALID,
                    "%s is no address of this machine: listen on 127.0.0.1 or on all with :PORT",
                    text);
    return fail_errno(why, error, "cannot listen on %s", text);
}

static outcome open_one(const struct address *address, enum sharing sharing, const char *text,
                        int *out, struct why *why)
{
    autofd fd = socket(address->storage.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (fd < 0) return fail_errno(why, errno, "no socket to listen on %s", text);
    const int on = 1, off = 0;
    (void)setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
    if (sharing == SHARED) (void)setsockopt(fd, SOL_SOCKET, SO_REUSEPORT, &on, sizeof on);
    (void)setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on); // accepted sockets inherit it
    if (address->storage.ss_family == AF_INET6)
        (void)setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
    const bool is_bound = bind(fd, (const struct sockaddr *)&address->storage, address->len) == 0;
    if (!is_bound || (sharing == SHARED && listen(fd, LISTEN_BACKLOG) != 0))
        return bind_failure(text, errno, why);
    *out = fd_take(&fd);
    return OK;
}

static void format_address(const struct address *address, char *out)
{
    char host[INET6_ADDRSTRLEN] = "";
    if (address->storage.ss_family == AF_INET6) {
        const struct sockaddr_in6 *v6 = (const struct sockaddr_in6 *)&address->storage;
        (void)inet_ntop(AF_INET6, &v6->sin6_addr, host, sizeof host);
        const bool is_any = memcmp(&v6->sin6_addr, &in6addr_any, sizeof in6addr_any) == 0;
        const unsigned port = ntohs(v6->sin6_port);
        if (is_any)
            (void)snprintf(out, LISTEN_TEXT_BYTES, "127.0.0.1:%u", port);
        else
            (void)snprintf(out, LISTEN_TEXT_BYTES, "[%s]:%u", host, port);
        return;
    }
    const struct sockaddr_in *v4 = (const struct sockaddr_in *)&address->storage;
    const bool is_any = v4->sin_addr.s_addr == htonl(INADDR_ANY);
    (void)inet_ntop(AF_INET, &v4->sin_addr, host, sizeof host);
    (void)snprintf(out, LISTEN_TEXT_BYTES, "%s:%u", is_any ? "127.0.0.1" : host,
                   (unsigned)ntohs(v4->sin_port));
}

// Sockets that share a port would also share it with another program of this user that shares. So
// it is first bound alone, which fails when anyone listens there.
static outcome claim_port(struct address *address, const char *text, struct why *why)
{
    autofd probe = -1;
    TRY(open_one(address, ALONE, text, &probe, why));
    if (getsockname(probe, (struct sockaddr *)&address->storage, &address->len) != 0)
        return fail_errno(why, errno, "cannot listen on %s", text);
    return OK;
}

outcome listeners_open(const char *text, size_t count, int *fds, char *address, struct why *why)
{
    struct address where = {.len = 0};
    TRY(resolve(text, &where, why));
    TRY(claim_port(&where, text, why));
    for (size_t i = 0; i < count; i++) {
        const outcome result = open_one(&where, SHARED, text, &fds[i], why);
        if (result == OK) continue;
        while (i-- > 0)
            fd_close(&fds[i]);
        return result;
    }
    format_address(&where, address);
    return OK;
}

void listener_pace(int fd, uint64_t bytes_s)
{
    (void)setsockopt(fd, SOL_SOCKET, SO_MAX_PACING_RATE, &bytes_s, sizeof bytes_s);
}
