// SPDX-License-Identifier: Apache-2.0
#include "net/event_loop.h"

#include "base/file.h"

#include <assert.h>
#include <errno.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <unistd.h>

#include <sys/epoll.h>
#include <sys/eventfd.h>

enum { EVENTS_PER_TURN = 128 }; // so that timers and posts are never far away

struct event_loop {
    int epoll_fd;
    struct event_source wake; // an eventfd that loop_post() writes to
    const struct clock *clock;
    int64_t now_us, wall_ms;
    bool is_stopped;
    void *attached;
    struct event_source *again, **again_end;
    struct loop_post *buried;
    _Atomic(struct loop_post *) posted; // newest first
    struct timer_wheel wheel;
};

static void read_clock(struct event_loop *loop)
{
    loop->now_us = clock_us(loop->clock);
    loop->wall_ms = clock_wall_ms(loop->clock);
}

static void wake_ready(struct event_source *source, uint32_t events)
{
    (void)events;
    uint64_t count;
    const ssize_t got = read(source->fd, &count, sizeof count); // posts are taken every turn anyway
    (void)got;
}

outcome loop_open(const struct clock *clock, struct event_loop **out, struct why *why)
{
    struct event_loop *loop = calloc(1, sizeof *loop);
    if (loop == NULL) return fail(why, NO_MEMORY, "no memory for an event loop");
    loop->clock = clock;
    loop->again_end = &loop->again;
    loop->wake.ready = wake_ready;
    loop->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
    loop->wake.fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
    outcome result = OK;
    if (loop->epoll_fd < 0 || loop->wake.fd < 0)
        result = fail_errno(why, errno, "no descriptors for an event loop");
    else
        result = loop_add(loop, &loop->wake, EPOLLIN, why);
    if (result != OK) {
        loop_close(&loop);
        return result;
    }
    read_clock(loop);
    timer_wheel_init(&loop->wheel, loop->now_us);
    *out = loop;
    return OK;
}

void loop_close(struct event_loop **loop)
{
    if (*loop == NULL) return;
    fd_close(&(*loop)->wake.fd);
    fd_close(&(*loop)->epoll_fd);
    free(*loop);
    *loop = NULL;
}

static void run_posts(struct loop_post *newest_first)
{
    struct loop_post *in_order = NULL;
    while (newest_first != NULL) {
        struct loop_post *post = newest_first;
        newest_first = post->next;
        post->next = in_order;
        in_order = post;
    }
    while (in_order != NULL) {
        struct loop_post *post = in_order;
        in_order = post->next;
        post->run(post); // may free it
    }
}

// Those that ask again during the pass wait for the next turn.
static void run_again(struct event_loop *loop)
{
    struct event_source *list = loop->again;
    if (list == NULL) return;
    list->again_link = &list;
    loop->again = NULL;
    loop->again_end = &loop->again;
    while (list != NULL) {
        struct event_source *source = list;
        list = source->again_next;
        if (list != NULL) list->again_link = &list;
        source->again_link = NULL;
        source->ready(source, 0);
    }
}

static void run_buried(struct event_loop *loop)
{
    struct loop_post *buried = loop->buried;
    loop->buried = NULL;
    run_posts(buried);
}

void loop_again(struct event_loop *loop, struct event_source *source)
{
    if (source->again_link != NULL) return;
    source->again_next = NULL;
    source->again_link = loop->again_end;
    *loop->again_end = source;
    loop->again_end = &source->again_next;
}

static int wait_ms(const struct event_loop *loop)
{
    if (loop->again != NULL || atomic_load(&loop->posted) != NULL) return 0;
    return timer_wheel_wait_ms(&loop->wheel, loop->now_us);
}

void loop_run(struct event_loop *loop, void (*fire)(void *context, struct timer *timer),
              void *context)
{
    struct epoll_event events[EVENTS_PER_TURN];
    while (!loop->is_stopped) {
        const int count = epoll_wait(loop->epoll_fd, events, EVENTS_PER_TURN, wait_ms(loop));
        assert(count >= 0 || errno == EINTR);
        read_clock(loop);
        for (int i = 0; i < count; i++) {
            struct event_source *source = events[i].data.ptr;
            if (source->fd >= 0) source->ready(source, events[i].events);
        }
        timer_wheel_advance(&loop->wheel, loop->now_us, fire, context);
        run_posts(atomic_exchange(&loop->posted, NULL));
        run_again(loop);
        run_buried(loop);
    }
    run_posts(atomic_exchange(&loop->posted, NULL));
    run_buried(loop);
}

void loop_stop(struct event_loop *loop)
{
    loop->is_stopped = true;
}

outcome loop_add(struct event_loop *loop, struct event_source *source, uint32_t events,
                 struct why *why)
{
    struct epoll_event event = {.events = events, .data.ptr = source};
    if (epoll_ctl(loop->epoll_fd, EPOLL_CTL_ADD, source->fd, &event) != 0)
        return fail_errno(why, errno, "a descriptor cannot be watched");
    return OK;
}

void loop_remove(struct event_loop *loop, struct event_source *source)
{
    (void)epoll_ctl(loop->epoll_fd, EPOLL_CTL_DEL, source->fd, NULL);
    if (source->again_link == NULL) return;
    if (loop->again_end == &source->again_next) loop->again_end = source->again_link;
    *source->again_link = source->again_next;
    if (source->again_next != NULL) source->again_next->again_link = source->again_link;
    source->again_link = NULL;
}

void loop_bury(struct event_loop *loop, struct loop_post *post)
{
    post->next = loop->buried;
    loop->buried = post;
}

void loop_post(struct event_loop *loop, struct loop_post *post)
{
    struct loop_post *newest = atomic_load(&loop->posted);
    do
        post->next = newest;
    while (!atomic_compare_exchange_weak(&loop->posted, &newest, post));
    if (newest != NULL) return; // whoever found the list empty has woken the loop
    const uint64_t one = 1;
    const ssize_t put = write(loop->wake.fd, &one, sizeof one); // full means it is awake already
    (void)put;
}

void loop_attach(struct event_loop *loop, void *thing)
{
    loop->attached = thing;
}

void *loop_attached(const struct event_loop *loop)
{
    return loop->attached;
}

int64_t loop_now_us(const struct event_loop *loop)
{
    return loop->now_us;
}

int64_t loop_wall_ms(const struct event_loop *loop)
{
    return loop->wall_ms;
}

int64_t loop_wall_s(const struct event_loop *loop)
{
    return loop->wall_ms / 1000;
}

struct timer_wheel *loop_wheel(struct event_loop *loop)
{
    return &loop->wheel;
}
