// SPDX-License-Identifier: Apache-2.0
#include "net/timer_wheel.h"

#include <assert.h>
#include <stddef.h>

void timer_wheel_init(struct timer_wheel *wheel, int64_t now_us)
{
    *wheel = (struct timer_wheel){.tick = now_us / WHEEL_TICK_US};
}

static void timer_link(struct timer_wheel *wheel, struct timer *timer)
{
    int64_t tick = (timer->due_us + WHEEL_TICK_US - 1) / WHEEL_TICK_US;
    if (tick <= wheel->tick) tick = wheel->tick + 1;
    if (tick > wheel->tick + WHEEL_SLOTS - 1) tick = wheel->tick + WHEEL_SLOTS - 1;
    const size_t slot = (size_t)(tick % WHEEL_SLOTS);
    timer->tick = tick;
    timer->next = wheel->slots[slot];
    timer->link = &wheel->slots[slot];
    if (timer->next != NULL) timer->next->link = &timer->next;
    wheel->slots[slot] = timer;
    wheel->occupied[slot / 64] |= 1ull << (slot % 64);
}

void timer_drop(struct timer *timer)
{
    if (timer->link == NULL) return;
    *timer->link = timer->next;
    if (timer->next != NULL) timer->next->link = timer->link;
    timer->link = NULL;
    timer->next = NULL;
}

void timer_set(struct timer_wheel *wheel, struct timer *timer, int64_t due_us)
{
    timer->due_us = due_us;
    const bool is_met_in_time = timer->link != NULL && timer->tick * WHEEL_TICK_US <= due_us;
    if (is_met_in_time) return;
    timer_drop(timer);
    timer_link(wheel, timer);
}

void timer_wheel_advance(struct timer_wheel *wheel, int64_t now_us,
                         void (*fire)(void *context, struct timer *timer), void *context)
{
    const int64_t last = now_us / WHEEL_TICK_US;
    if (last - wheel->tick > WHEEL_SLOTS) wheel->tick = last - WHEEL_SLOTS; // once around is all
    while (wheel->tick < last) {
        wheel->tick++;
        const size_t slot = (size_t)(wheel->tick % WHEEL_SLOTS);
        wheel->occupied[slot / 64] &= ~(1ull << (slot % 64));
        struct timer *met = wheel->slots[slot];
        wheel->slots[slot] = NULL;
        if (met != NULL) met->link = &met;
        while (met != NULL) {
            struct timer *timer = met;
            timer_drop(timer);
            if (timer->due_us > now_us)
                timer_link(wheel, timer);
            else if (timer->due != NULL)
                timer->due(timer);
            else
                fire(context, timer);
        }
    }
}

int timer_wheel_wait_ms(const struct timer_wheel *wheel, int64_t now_us)
{
    for (int64_t ahead = 1; ahead <= WHEEL_SLOTS; ahead++) {
        const size_t slot = (size_t)((wheel->tick + ahead) % WHEEL_SLOTS);
        if (wheel->occupied[slot / 64] == 0) {
            ahead += 63 - (int64_t)(slot % 64); // nothing in the rest of this word
            continue;
        }
        if (wheel->slots[slot] == NULL) continue;
        const int64_t wait_us = (wheel->tick + ahead) * WHEEL_TICK_US - now_us;
        return wait_us <= 0 ? 0 : (int)((wait_us + 999) / 1000);
    }
    return -1;
}
