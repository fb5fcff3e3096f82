// SPDX-License-Identifier: Apache-2.0
//
// One thread's loop over epoll: descriptors that become ready, timers that come due, and work that
// other threads hand in.
//
//          epoll_wait -- until the next timer, a descriptor, or a post
//              |
//     sources ready -> timers due -> posts of other threads -> sources that asked for another turn
//              ^                                                               |
//              +---------------------------------------------------------------+
//
// A source that uses up its share of a turn asks for another with loop_again(), so that one fast
// reader cannot keep the others waiting. Everything but loop_post() belongs to the loop's thread.
#ifndef NET_EVENT_LOOP_H
#define NET_EVENT_LOOP_H

#include "base/clock.h"
#include "base/outcome.h"
#include "net/timer_wheel.h"

#include <stddef.h>

// The struct that a member, such as a source or a post, is part of.
#define CONTAINER_OF(pointer, type, member)                                                        \
    ((type *)(void *)((char *)(pointer)-offsetof(type, member)))

struct event_source { // part of whatever owns the descriptor
    int fd;
    // `events` are epoll's; 0 for a turn asked for with loop_again(). The source may remove itself,
    // but its memory must stay until loop_bury()'s callback.
    void (*ready)(struct event_source *source, uint32_t events);
    struct event_source *again_next;
    struct event_source **again_link;
};

struct loop_post { // part of whatever is handed over; in one loop's hands at a time
    struct loop_post *next;
    void (*run)(struct loop_post *post);
};

struct event_loop;

must_check outcome loop_open(const struct clock *clock, struct event_loop **out, struct why *why);
void loop_close(struct event_loop **loop); // tolerates NULL

// Runs until loop_stop(), and closes nothing. Then posts that came meanwhile have been run.
void loop_run(struct event_loop *loop, void (*fire)(void *context, struct timer *timer),
              void *context);
void loop_stop(struct event_loop *loop);

// `events`: EPOLLIN, EPOLLOUT, EPOLLRDHUP, EPOLLET. EXHAUSTED when the kernel watches no more.
must_check outcome loop_add(struct event_loop *loop, struct event_source *source, uint32_t events,
                            struct why *why);
void loop_remove(struct event_loop *loop, struct event_source *source); // before closing its fd

void loop_again(struct event_loop *loop, struct event_source *source);

// Runs `post` when no event of this turn can refer to a removed source any more: free it there.
void loop_bury(struct event_loop *loop, struct loop_post *post);

// Hands `post` to the loop's thread, from any thread. Posts of one thread run in order.
void loop_post(struct event_loop *loop, struct loop_post *post);

// One thing that handlers on this loop find again (its connections to other servers). Borrowed.
void loop_attach(struct event_loop *loop, void *thing);
void *loop_attached(const struct event_loop *loop); // NULL: nothing yet

int64_t loop_now_us(const struct event_loop *loop);  // of the clock, read once per turn
int64_t loop_wall_ms(const struct event_loop *loop); // likewise
int64_t loop_wall_s(const struct event_loop *loop);  // likewise
struct timer_wheel *loop_wheel(struct event_loop *loop);

#endif
