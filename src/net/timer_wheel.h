// SPDX-License-Identifier: Apache-2.0
//
// Deadlines for many connections: setting one, moving one later and dropping one cost a few writes.
//
//     tick        now        +1          +2              +511
//     slots        |  . a .  |  .......  |  b c  ...      |      16 ms each, 8 s around
//                                          ^ also d, due in 60 s: looked at on the way, put back
//
// A timer fires on the first advance at or after its due time, at most one tick late. Moving a due
// time later only writes it down: the wheel finds out when it meets the timer. Not thread-safe: one
// wheel per event loop.
#ifndef NET_TIMER_WHEEL_H
#define NET_TIMER_WHEEL_H

#include <stdbool.h>
#include <stdint.h>

enum { WHEEL_SLOTS = 512, WHEEL_TICK_US = 16000 };

struct timer { // part of whatever has the deadline; zero at the start
    struct timer *next;
    struct timer **link; // what points to this timer; NULL: not set
    int64_t due_us;
    int64_t tick;                     // at which the wheel meets it
    void (*due)(struct timer *timer); // called in place of the wheel's `fire` when it is not NULL
};

struct timer_wheel {
    int64_t tick; // the last one advanced to
    uint64_t occupied[WHEEL_SLOTS / 64];
    struct timer *slots[WHEEL_SLOTS];
};

void timer_wheel_init(struct timer_wheel *wheel, int64_t now_us);

void timer_set(struct timer_wheel *wheel, struct timer *timer, int64_t due_us);
void timer_drop(struct timer *timer); // OK when it is not set

// Calls `fire` for every timer that is due by `now_us`; it is no longer set then. `fire` may set
// and drop any timer.
void timer_wheel_advance(struct timer_wheel *wheel, int64_t now_us,
                         void (*fire)(void *context, struct timer *timer), void *context);

// Milliseconds, rounded up, until the wheel has to be advanced; -1 when no timer is set.
int timer_wheel_wait_ms(const struct timer_wheel *wheel, int64_t now_us);

#endif
