// SPDX-License-Identifier: Apache-2.0
#include "net/timer_wheel.h"

#include "base/random.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct alarm {
    struct timer timer;
    int64_t due_us, fired_us;
};

static int64_t now_us;
static size_t fired;

static void fire(void *context, struct timer *timer)
{
    (void)context;
    struct alarm *alarm = (struct alarm *)timer;
    alarm->fired_us = now_us;
    fired++;
}

static void every_timer_fires_once_and_within_a_tick(void **state)
{
    (void)state;
    enum { COUNT = 500 };
    static struct alarm alarms[COUNT];
    static struct timer_wheel wheel;
    struct prng prng = prng_init(7);
    now_us = 5000000;
    fired = 0;
    timer_wheel_init(&wheel, now_us);
    for (size_t i = 0; i < COUNT; i++) { // up to 100 s ahead: a dozen times around
        alarms[i] = (struct alarm){.due_us = now_us + (int64_t)prng_below(&prng, 100000000)};
        timer_set(&wheel, &alarms[i].timer, alarms[i].due_us);
    }
    while (fired < COUNT) {
        const int wait_ms = timer_wheel_wait_ms(&wheel, now_us);
        assert_in_range(wait_ms, 0, WHEEL_SLOTS * WHEEL_TICK_US / 1000);
        now_us += (int64_t)wait_ms * 1000;
        timer_wheel_advance(&wheel, now_us, fire, NULL);
    }
    assert_int_equal(timer_wheel_wait_ms(&wheel, now_us), -1);
    for (size_t i = 0; i < COUNT; i++) {
        assert_true(alarms[i].fired_us >= alarms[i].due_us);
        assert_true(alarms[i].fired_us <= alarms[i].due_us + WHEEL_TICK_US + 1000);
    }
}

static void moves_later_and_sooner_and_drops(void **state)
{
    (void)state;
    static struct timer_wheel wheel;
    struct alarm a = {0}, b = {0}, c = {0};
    now_us = 0;
    fired = 0;
    timer_wheel_init(&wheel, now_us);
    timer_set(&wheel, &a.timer, 1000000);
    timer_set(&wheel, &b.timer, 60000000);
    timer_set(&wheel, &c.timer, 1000000);
    timer_set(&wheel, &a.timer, 2000000); // later
    timer_set(&wheel, &b.timer, 500000);  // sooner
    timer_drop(&c.timer);
    timer_drop(&c.timer);
    now_us = 600000;
    timer_wheel_advance(&wheel, now_us, fire, NULL);
    assert_int_equal(b.fired_us, 600000);
    now_us = 1500000;
    timer_wheel_advance(&wheel, now_us, fire, NULL);
    assert_int_equal(fired, 1);
    now_us = 90000000; // a long sleep
    timer_wheel_advance(&wheel, now_us, fire, NULL);
    assert_int_equal(fired, 2);
    assert_int_equal(c.fired_us, 0);
    assert_int_equal(timer_wheel_wait_ms(&wheel, now_us), -1);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_timer_fires_once_and_within_a_tick),
        cmocka_unit_test(moves_later_and_sooner_and_drops),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
