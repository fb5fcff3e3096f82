// SPDX-License-Identifier: Apache-2.0
#include "store/queue_sqlite.h"

#include "conformance_queue.h"
#include "place.h"

static void *make_file(void)
{
    char *path = malloc(160);
    assert_non_null(path);
    folder_new(path);
    return path;
}

static void remove_file(void *place)
{
    assert_ok(folder_remove(place, &why_));
    free(place);
}

static outcome open_file(void *place, const struct clock *clock, struct queue_store **out,
                         struct why *why)
{
    char path[200];
    (void)snprintf(path, sizeof path, "%s/queue.db", (const char *)place);
    return queue_sqlite_open(path, (struct queue_sqlite_options){CONFORMANCE_TRIES}, clock, out,
                             why);
}

static void a_queue_without_tries_is_refused(void **state)
{
    (void)state;
    struct queue_store *store = NULL;
    struct why why = {""};
    assert_int_equal(queue_sqlite_open("/nowhere/queue.db", (struct queue_sqlite_options){0},
                                       clock_system(), &store, &why),
                     INVALID);
    assert_int_not_equal(queue_sqlite_open("/nowhere/queue.db", (struct queue_sqlite_options){1},
                                           clock_system(), &store, &why),
                         OK);
    assert_non_null(strstr(why.text, "/nowhere/queue.db"));
    assert_null(store);
}

int main(void)
{
    const struct queue_place place = {"queue conformance: SQLite", make_file, remove_file,
                                      open_file};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_queue_without_tries_is_refused),
    };
    return run_queue_conformance(&place, tests, sizeof tests / sizeof tests[0]);
}
