// SPDX-License-Identifier: Apache-2.0
#include "net/http_server.h"

#include "base/file.h"
#include "net/file_cache.h"
#include "net/http_connection.h"
#include "net/listener.h"
#include "net/tls.h"

#include <assert.h>
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/socket.h>

enum {
    ACCEPTS_PER_TURN = 64,
    ACCEPT_PAUSE_MS = 100, // when descriptors run out
    WORK_QUEUE_MAX = 1024,
    FILE_TTL_MS = 10000,
};

struct http_server {
    struct http_server_options options;
    char address[LISTEN_TEXT_BYTES];
    struct work_pool *pool;
    size_t loop_count, running;
    struct http_loop *loops[HTTP_LOOPS_MAX];
    pthread_t threads[HTTP_LOOPS_MAX];
};

struct http_limits http_limits_default(void)
{
    return (struct http_limits){
        .connections_max = 16384,
        .body_bytes_max = 1024 * 1024,
        .head_ms = 10000,
        .idle_ms = 75000,
        .stall_ms = 20000,
        .stall_bytes = 8192,
        .handler_ms = 30000,
        .linger_ms = 2000,
        .drain_ms = 10000,
    };
}

static unsigned core_count(void)
{
    cpu_set_t cores;
    if (sched_getaffinity(0, sizeof cores, &cores) != 0) return 1;
    const int count = CPU_COUNT(&cores);
    return count > HTTP_LOOPS_MAX ? HTTP_LOOPS_MAX : (unsigned)count;
}

static void start_accepting(struct http_loop *home)
{
    if (home->is_accepting || home->listener.fd < 0) return;
    home->is_accepting = loop_add(home->loop, &home->listener, EPOLLIN, NULL) == OK;
}

// Connections wait in the kernel's queue meanwhile.
static void stop_accepting(struct http_loop *home)
{
    if (home->is_accepting) loop_remove(home->loop, &home->listener);
    home->is_accepting = false;
}

static void pause_accepting(struct http_loop *home)
{
    stop_accepting(home);
    timer_set(loop_wheel(home->loop), &home->accept_timer,
              loop_now_us(home->loop) + ACCEPT_PAUSE_MS * 1000);
}

static uint64_t open_count(const struct http_loop *home)
{
    return atomic_load_explicit(&home->counters.open, memory_order_relaxed);
}

static void listener_ready(struct event_source *source, uint32_t events)
{
    (void)events;
    struct http_loop *home = CONTAINER_OF(source, struct http_loop, listener);
    for (int i = 0; i < ACCEPTS_PER_TURN; i++) {
        if (open_count(home) >= home->open_max) {
            stop_accepting(home); // until one closes
            return;
        }
        union {
            struct sockaddr plain;
            struct sockaddr_storage room;
        } peer = {.room = {0}};
        socklen_t peer_bytes = sizeof peer;
        const int fd = accept4(source->fd, &peer.plain, &peer_bytes, SOCK_NONBLOCK | SOCK_CLOEXEC);
        if (fd < 0) {
            const bool is_out =
                errno == EMFILE || errno == ENFILE || errno == ENOBUFS || errno == ENOMEM;
            if (is_out) pause_accepting(home);
            if (errno != ECONNABORTED && errno != EINTR) return;
            continue;
        }
        if (connection_open(home, fd, address_of(&peer.plain), NULL) != OK) {
            (void)close(fd);
            pause_accepting(home);
            return;
        }
        count(&home->counters.accepted, 1);
        count(&home->counters.open, 1);
    }
}

void http_loop_closed(struct http_loop *home)
{
    count(&home->counters.open, UINT64_MAX); // less one
    if (home->is_draining) {
        if (home->connections == NULL) loop_stop(home->loop);
        return;
    }
    if (home->accept_timer.link == NULL) start_accepting(home);
}

static void close_all(struct http_loop *home, void (*close_one)(struct http_connection *connection))
{
    struct http_connection *next;
    for (struct http_connection *c = home->connections; c != NULL; c = next) {
        next = c->next; // stays valid: one connection's end does not end another
        close_one(c);
    }
}

static void drain(struct loop_post *post)
{
    struct http_loop *home = CONTAINER_OF(post, struct http_loop, drain);
    stop_accepting(home);
    timer_drop(&home->accept_timer);
    fd_close(&home->listener.fd);
    home->is_draining = true;
    timer_set(loop_wheel(home->loop), &home->drain_timer,
              loop_now_us(home->loop) + home->options->limits.drain_ms * 1000);
    close_all(home, connection_drain);
    if (home->connections == NULL) loop_stop(home->loop);
}

static void fire(void *context, struct timer *timer)
{
    struct http_loop *home = context;
    if (timer == &home->accept_timer)
        start_accepting(home);
    else if (timer == &home->drain_timer)
        close_all(home, connection_close);
    else
        connection_expire(CONTAINER_OF(timer, struct http_connection, timer));
}

static void *run_loop(void *context)
{
    struct http_loop *home = context;
    if (home->options->begin != NULL) home->options->begin(home->options->context, home->loop);
    loop_run(home->loop, fire, home);
    return NULL;
}

static void close_loop(struct http_loop *home)
{
    if (home == NULL) return;
    assert(home->connections == NULL);
    while (home->free_exchanges != NULL) {
        struct http_exchange *exchange = home->free_exchanges;
        home->free_exchanges = exchange->free_next;
        arena_release(&exchange->arena);
        free(exchange);
    }
    file_cache_close(&home->files);
    free(home->tls_room);
    fd_close(&home->listener.fd);
    loop_close(&home->loop);
    buffer_release(&home->out);
    free(home);
}

static outcome fill_loop(struct http_server *server, struct http_loop *home, struct why *why)
{
    const uint32_t share = server->options.limits.connections_max / (uint32_t)server->loop_count;
    home->server = server;
    home->options = &server->options;
    home->pool = server->pool;
    home->open_max = share > 0 ? share : 1;
    home->date_s = -1;
    home->drain.run = drain;
    home->listener.ready = listener_ready;
    home->out = buffer_init(OUT_BYTES);
    TRY(buffer_reserve(&home->out, OUT_BYTES, why)); // once, so that requests need none
    if (server->options.tls != NULL) {
        home->tls_room = calloc(1, sizeof *home->tls_room);
        if (home->tls_room == NULL) return fail(why, NO_MEMORY, "no memory for TLS records");
    }
    TRY(loop_open(server->options.clock, &home->loop, why));
    TRY(file_cache_open(FILE_CACHE_ENTRIES_MAX, FILE_TTL_MS, &home->files, why));
    TRY(loop_add(home->loop, &home->listener, EPOLLIN, why));
    home->is_accepting = true;
    return OK;
}

// Takes over `fd` in either case.
static outcome open_loop(struct http_server *server, int fd, struct http_loop **out,
                         struct why *why)
{
    struct http_loop *home = calloc(1, sizeof *home);
    if (home == NULL) {
        fd_close(&fd);
        return fail(why, NO_MEMORY, "no memory for a loop of connections");
    }
    home->listener.fd = fd;
    const outcome result = fill_loop(server, home, why);
    if (result != OK) {
        close_loop(home);
        return result;
    }
    *out = home;
    return OK;
}

static outcome open_loops(struct http_server *server, struct why *why)
{
    int fds[HTTP_LOOPS_MAX];
    TRY(listeners_open(server->options.listen, server->loop_count, fds, server->address, why));
    outcome result = OK;
    for (size_t i = 0; i < server->loop_count; i++) {
        if (server->options.pace_bytes_s > 0) listener_pace(fds[i], server->options.pace_bytes_s);
        if (result == OK)
            result = open_loop(server, fds[i], &server->loops[i], why);
        else
            fd_close(&fds[i]);
    }
    return result;
}

outcome http_server_open(const struct http_server_options *options, struct http_server **out,
                         struct why *why)
{
    assert(options->handle != NULL && options->clock != NULL && options->loops <= HTTP_LOOPS_MAX);
    struct http_server *server = calloc(1, sizeof *server);
    if (server == NULL) return fail(why, NO_MEMORY, "no memory for an HTTP server");
    server->options = *options;
    server->loop_count = options->loops > 0 ? options->loops : core_count();
    size_t workers = options->workers > 0 ? options->workers : 2 * server->loop_count;
    if (options->workers == 0 && workers < 4) workers = 4;
    if (workers > WORK_THREADS_MAX) workers = WORK_THREADS_MAX;
    outcome result = work_pool_open(workers, WORK_QUEUE_MAX, &server->pool, why);
    if (result == OK) result = open_loops(server, why);
    if (result != OK) {
        http_server_close(&server);
        return result;
    }
    *out = server;
    return OK;
}

const char *http_server_address(const struct http_server *server)
{
    return server->address;
}

outcome http_server_start(struct http_server *server, struct why *why)
{
    // Signals are the main thread's; and sendfile(2) to a client that has gone raises SIGPIPE.
    sigset_t all, before;
    (void)sigfillset(&all);
    (void)pthread_sigmask(SIG_SETMASK, &all, &before);
    int error = 0;
    while (server->running < server->loop_count && error == 0) {
        struct http_loop *home = server->loops[server->running];
        error = pthread_create(&server->threads[server->running], NULL, run_loop, home);
        if (error == 0) server->running++;
    }
    (void)pthread_sigmask(SIG_SETMASK, &before, NULL);
    if (error == 0) return OK;
    http_server_stop(server);
    return fail_errno(why, error, "threads for %zu loops cannot be started", server->loop_count);
}

void http_server_stop(struct http_server *server)
{
    for (size_t i = 0; i < server->running; i++) {
        struct http_loop *home = server->loops[i];
        if (!atomic_exchange(&home->is_stopping, true)) loop_post(home->loop, &home->drain);
    }
}

void http_server_wait(struct http_server *server)
{
    for (; server->running > 0; server->running--)
        (void)pthread_join(server->threads[server->running - 1], NULL);
}

void http_server_close(struct http_server **server)
{
    if (*server == NULL) return;
    http_server_stop(*server);
    http_server_wait(*server);
    work_pool_close(&(*server)->pool); // what is under way posts to loops that still exist
    for (size_t i = 0; i < (*server)->loop_count; i++) {
        struct http_loop *home = (*server)->loops[i];
        if (home == NULL) continue;
        loop_stop(home->loop);
        loop_run(home->loop, fire, home); // those posts alone
        close_loop(home);
    }
    free(*server);
    *server = NULL;
}

struct http_counters http_server_counters(const struct http_server *server)
{
    struct http_counters sum = {0};
    for (size_t i = 0; i < server->loop_count; i++) {
        const struct http_loop *home = server->loops[i];
        sum.accepted += atomic_load(&home->counters.accepted);
        sum.open += atomic_load(&home->counters.open);
        sum.requests += atomic_load(&home->counters.requests);
        sum.refused += atomic_load(&home->counters.refused);
        sum.timed_out += atomic_load(&home->counters.timed_out);
        sum.bytes_sent += atomic_load(&home->counters.bytes_sent);
    }
    return sum;
}
