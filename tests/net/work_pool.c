// SPDX-License-Identifier: Apache-2.0
#include "net/work_pool.h"

#include <pthread.h>
#include <stdatomic.h>

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

struct task {
    struct work_job job;
    pthread_mutex_t *gate;
};

static atomic_uint done;

static void run_task(struct work_job *job)
{
    struct task *task = (struct task *)job;
    if (task->gate != NULL) {
        (void)pthread_mutex_lock(task->gate);
        (void)pthread_mutex_unlock(task->gate);
    }
    atomic_fetch_add(&done, 1);
}

static void closing_runs_what_is_queued(void **state)
{
    (void)state;
    enum { TASKS = 300 };
    static struct task tasks[TASKS];
    struct work_pool *pool;
    assert_int_equal(work_pool_open(3, TASKS, &pool, NULL), OK);
    for (size_t i = 0; i < TASKS; i++) {
        tasks[i] = (struct task){{.run = run_task}, NULL};
        assert_int_equal(work_submit(pool, &tasks[i].job, NULL), OK);
    }
    work_pool_close(&pool);
    assert_int_equal(atomic_load(&done), TASKS);
    assert_null(pool);
}

static void a_full_queue_says_so_at_once(void **state)
{
    (void)state;
    pthread_mutex_t gate = PTHREAD_MUTEX_INITIALIZER;
    struct task tasks[5];
    struct work_pool *pool;
    atomic_store(&done, 0);
    assert_int_equal(work_pool_open(1, 2, &pool, NULL), OK);
    (void)pthread_mutex_lock(&gate);
    outcome result = OK;
    unsigned taken = 0;
    for (size_t i = 0; i < 5 && result == OK; i++) {
        tasks[i] = (struct task){{.run = run_task}, &gate};
        struct why why = {""};
        result = work_submit(pool, &tasks[i].job, &why);
        if (result == OK)
            taken++;
        else
            assert_non_null(strstr(why.text, "2 requests"));
    }
    assert_int_equal(result, EXHAUSTED);
    assert_in_range(taken, 2, 3); // one may be at the gate already
    (void)pthread_mutex_unlock(&gate);
    work_pool_close(&pool);
    assert_int_equal(atomic_load(&done), taken);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(closing_runs_what_is_queued),
        cmocka_unit_test(a_full_queue_says_so_at_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
