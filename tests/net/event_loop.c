// SPDX-License-Identifier: Apache-2.0
#include "net/event_loop.h"

#include <pthread.h>
#include <unistd.h>

#include <sys/epoll.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

enum { POSTS = 2000, POSTERS = 3 };

struct counted {
    struct loop_post post;
    struct event_loop *loop;
    unsigned poster, number;
};

static unsigned seen[POSTERS], total;

static void count_post(struct loop_post *post)
{
    struct counted *counted = CONTAINER_OF(post, struct counted, post);
    assert_int_equal(seen[counted->poster], counted->number); // in the order of their thread
    seen[counted->poster]++;
    if (++total == POSTS * POSTERS) loop_stop(counted->loop);
}

static void *post_all(void *context)
{
    struct counted *posts = context;
    for (unsigned i = 0; i < POSTS; i++)
        loop_post(posts[i].loop, &posts[i].post);
    return NULL;
}

static void ignore(void *context, struct timer *timer)
{
    (void)context;
    (void)timer;
}

static void posts_of_many_threads_all_arrive_in_order(void **state)
{
    (void)state;
    static struct counted posts[POSTERS][POSTS];
    struct event_loop *loop;
    assert_int_equal(loop_open(clock_system(), &loop, NULL), OK);
    pthread_t threads[POSTERS];
    for (unsigned p = 0; p < POSTERS; p++) {
        for (unsigned i = 0; i < POSTS; i++)
            posts[p][i] = (struct counted){{.run = count_post}, loop, p, i};
        assert_int_equal(pthread_create(&threads[p], NULL, post_all, posts[p]), 0);
    }
    loop_run(loop, ignore, NULL);
    for (unsigned p = 0; p < POSTERS; p++)
        (void)pthread_join(threads[p], NULL);
    assert_int_equal(total, POSTS * POSTERS);
    loop_close(&loop);
    assert_null(loop);
}

// A source that removes the other one of the same turn: the other must not be called.
struct rival {
    struct event_source source;
    struct event_loop *loop;
    struct rival *other;
    struct loop_post burial;
};

static unsigned rivals_called, rivals_buried;

static void bury(struct loop_post *post)
{
    rivals_buried++;
    loop_stop(CONTAINER_OF(post, struct rival, burial)->loop);
}

static void rival_ready(struct event_source *source, uint32_t events)
{
    (void)events;
    struct rival *self = CONTAINER_OF(source, struct rival, source);
    rivals_called++;
    loop_remove(self->loop, &self->other->source);
    self->other->source.fd = -1;
    self->other->burial.run = bury;
    loop_bury(self->loop, &self->other->burial);
    loop_remove(self->loop, &self->source);
}

static void a_source_removed_in_a_turn_is_not_called_in_it(void **state)
{
    (void)state;
    struct event_loop *loop;
    assert_int_equal(loop_open(clock_system(), &loop, NULL), OK);
    int ends[2];
    assert_int_equal(pipe(ends), 0);
    assert_int_equal(write(ends[1], "x", 1), 1);
    const int twin = dup(ends[0]);
    struct rival a = {{.fd = ends[0], .ready = rival_ready}, loop, NULL, {NULL, NULL}};
    struct rival b = {{.fd = twin, .ready = rival_ready}, loop, &a, {NULL, NULL}};
    a.other = &b;
    assert_int_equal(loop_add(loop, &a.source, EPOLLIN, NULL), OK);
    assert_int_equal(loop_add(loop, &b.source, EPOLLIN, NULL), OK);
    loop_run(loop, ignore, NULL);
    assert_int_equal(rivals_called, 1);
    assert_int_equal(rivals_buried, 1);
    loop_close(&loop);
    (void)close(ends[0]);
    (void)close(ends[1]);
    (void)close(twin);
}

static unsigned turns;

static void turn_ready(struct event_source *source, uint32_t events)
{
    struct rival *self = CONTAINER_OF(source, struct rival, source);
    assert_int_equal(events, 0);
    if (++turns < 5)
        loop_again(self->loop, source);
    else
        loop_stop(self->loop);
    loop_again(self->loop, &self->other->source); // is removed at once: never called
    loop_remove(self->loop, &self->other->source);
}

static void another_turn_comes_for_each_time_it_is_asked_for(void **state)
{
    (void)state;
    struct event_loop *loop;
    assert_int_equal(loop_open(clock_system(), &loop, NULL), OK);
    struct rival b = {{.fd = -1, .ready = rival_ready}, loop, NULL, {NULL, NULL}};
    struct rival a = {{.fd = -1, .ready = turn_ready}, loop, &b, {NULL, NULL}};
    rivals_called = 0;
    loop_again(loop, &a.source);
    loop_again(loop, &a.source);
    loop_run(loop, ignore, NULL);
    assert_int_equal(turns, 5);
    assert_int_equal(rivals_called, 0);
    loop_close(&loop);
}

static void stop_at_timer(void *context, struct timer *timer)
{
    (void)timer;
    loop_stop(context);
}

static void timers_fire_while_nothing_else_happens(void **state)
{
    (void)state;
    struct event_loop *loop;
    assert_int_equal(loop_open(clock_system(), &loop, NULL), OK);
    struct timer timer = {0};
    const int64_t due_us = loop_now_us(loop) + 30000;
    timer_set(loop_wheel(loop), &timer, due_us);
    loop_run(loop, stop_at_timer, loop);
    assert_true(loop_now_us(loop) >= due_us);
    assert_null(timer.link);
    loop_close(&loop);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(posts_of_many_threads_all_arrive_in_order),
        cmocka_unit_test(a_source_removed_in_a_turn_is_not_called_in_it),
        cmocka_unit_test(another_turn_comes_for_each_time_it_is_asked_for),
        cmocka_unit_test(timers_fire_while_nothing_else_happens),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
