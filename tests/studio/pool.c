// SPDX-License-Identifier: Apache-2.0
#include "studio/pool.h"

#include "studio_place.h"

#include <sched.h>

static void log_in(const char *folder, char *out)
{
    (void)snprintf(out, PATH_MAX, "%s/log", folder);
}

static size_t count_words(const char *path, const char *word)
{
    autobuffer text = buffer_init(1 << 20);
    if (file_read(path, &text, NULL) != OK) return 0;
    size_t count = 0;
    for (const char *at = buffer_text(&text); (at = strstr(at, word)) != NULL; at++)
        count++;
    return count;
}

static void workers_are_started_replaced_when_killed_and_ended(void **state)
{
    (void)state;
    char folder[128], log[PATH_MAX];
    folder_new(folder);
    log_in(folder, log);
    const char *const waiting[] = {"/bin/sh", "-c",
                                   "trap 'echo ended >&2; exit 0' TERM; echo began $$ >&2;"
                                   " while :; do sleep 0.01; done",
                                   NULL};
    struct pool *pool = NULL;
    const struct pool_options options = {waiting, 3, log};
    assert_ok(pool_open(&options, &pool, &why_));
    while (count_words(log, "began") < 3)
        (void)sched_yield();
    autobuffer text = buffer_init(1 << 16);
    assert_ok(file_read(log, &text, &why_));
    const long victim = strtol(strstr(buffer_text(&text), "began ") + 6, NULL, 10);
    assert_true(victim > 1);
    assert_int_equal(kill((pid_t)victim, SIGKILL), 0);
    while (count_words(log, "began") < 4) {
        assert_ok(pool_tend(pool, &why_));
        (void)sched_yield();
    }
    assert_int_equal(pool_deaths(pool), 1);
    pool_close(&pool);
    assert_null(pool);
    assert_int_equal(count_words(log, "ended"), 3);
    assert_ok(folder_remove(folder, &why_));
}

static void workers_that_cannot_live_are_given_up_with_the_log_named(void **state)
{
    (void)state;
    static const char *const commands[][3] = {{"/bin/false", NULL, NULL},
                                              {"/nowhere/primrose", "worker", NULL}};
    for (size_t i = 0; i < 2; i++) {
        char folder[128], log[PATH_MAX];
        folder_new(folder);
        log_in(folder, log);
        struct pool *pool = NULL;
        struct why why = {""};
        const struct pool_options options = {commands[i], 2, log};
        assert_ok(pool_open(&options, &pool, &why_));
        outcome result = OK;
        while ((result = pool_tend(pool, &why)) == OK)
            (void)sched_yield();
        assert_int_equal(result, UNAVAILABLE);
        assert_non_null(strstr(why.text, log));
        pool_close(&pool);
        assert_ok(folder_remove(folder, &why_));
    }
}

static void no_workers_and_too_many(void **state)
{
    (void)state;
    static const char *const command[] = {"/bin/true", NULL};
    struct pool *pool = NULL;
    const struct pool_options none = {command, 0, "/dev/null"};
    assert_ok(pool_open(&none, &pool, &why_));
    assert_ok(pool_tend(pool, &why_));
    pool_close(&pool);
    const struct pool_options many = {command, POOL_WORKERS_MAX + 1, "/dev/null"};
    assert_int_equal(pool_open(&many, &pool, NULL), TOO_LARGE);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(workers_are_started_replaced_when_killed_and_ended),
        cmocka_unit_test(workers_that_cannot_live_are_given_up_with_the_log_named),
        cmocka_unit_test(no_workers_and_too_many),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
