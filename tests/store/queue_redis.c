// SPDX-License-Identifier: Apache-2.0
#include "store/queue_redis.h"

#include "conformance_queue.h"
#include "redis_service.h"

static struct service redis;
static char folder[128];

// Each place is a database of its own, of those that redis_start() asks for.
static void *make_database(void)
{
    static unsigned number;
    char *url = malloc(64);
    assert_non_null(url);
    assert_true(number < REDIS_DATABASES);
    (void)snprintf(url, 64, "redis://127.0.0.1:%u/%u", redis.port, number++);
    return url;
}

static void remove_database(void *place)
{
    free(place);
}

static outcome open_database(void *place, const struct clock *clock, struct queue_store **out,
                             struct why *why)
{
    const struct queue_redis_options options = {place, CONFORMANCE_TRIES, clock};
    return queue_redis_open(&options, out, why);
}

static void push_and_lease(struct queue_store *store, const char *id, struct queue_lease **leases,
                           struct arena *arena, int64_t lease_ms)
{
    const struct queue_job job = {.id = id, .group = "", .payload = slice_of("payload")};
    size_t count = 0;
    assert_ok(store->ops->push(store, "q", &job, 1, &why_));
    const struct queue_taker taker = {.worker = "w", .lease_ms = lease_ms, .max = 1};
    assert_ok(store->ops->lease(store, "q", &taker, arena, leases, &count, &why_));
    assert_int_equal(count, 1);
    assert_string_equal((*leases)->job.id, id);
}

static void a_redis_that_is_killed_is_waited_for_and_keeps_the_jobs(void **state)
{
    (void)state;
    char own[128];
    folder_new(own);
    const unsigned port = port_free();
    struct service mortal = redis_start(port, own);
    char url[64];
    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%u", port);
    const struct queue_redis_options options = {url, 3, NULL};
    struct queue_store *store;
    struct queue_lease *leases;
    struct queue_counts counts;
    autoarena arena = arena_init(1 << 20);
    assert_ok(queue_redis_open(&options, &store, &why_));
    push_and_lease(store, "a", &leases, &arena, 3600000);
    service_stop(&mortal); // SIGKILL
    mortal = redis_start(port, own);
    assert_ok(store->ops->count(store, "q", &counts, &why_));
    assert_int_equal(counts.leased, 1);
    assert_ok(store->ops->ack(store, "q", "a", leases->token, &why_));
    queue_store_close(&store);
    service_stop(&mortal);
    assert_ok(folder_remove(own, &why_));
}

static void a_redis_that_forgot_everything_never_repeats_a_token(void **state)
{
    (void)state;
    const unsigned port = port_free();
    char url[64];
    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%u", port);
    const struct queue_redis_options options = {url, 3, NULL};
    struct queue_store *store;
    struct queue_lease *old, *new;
    autoarena arena = arena_init(1 << 20);
    assert_ok(queue_redis_open(&options, &store, &why_));
    for (int life = 0; life < 2; life++) {
        char own[128];
        folder_new(own);
        struct service mortal = redis_start(port, own);
        push_and_lease(store, "a", life == 0 ? &old : &new, &arena, 1000);
        service_stop(&mortal);
        assert_ok(folder_remove(own, &why_));
    }
    assert_true(new->token > old->token);
    queue_store_close(&store);
}

static void urls_that_name_no_redis_are_refused(void **state)
{
    (void)state;
    static const struct {
        const char *url;
        outcome result;
    } cases[] = {
        {"redis://127.0.0.1", OK},       {"redis://me:p%40ss@h:1/3", OK},
        {"redis://", INVALID},           {"http://127.0.0.1:6379", INVALID},
        {"redis://h/names", INVALID},    {"rediss://h:6379", UNSUPPORTED},
        {"redis://h:6379?a=b", INVALID}, {"redis://h:99999", INVALID},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        const struct queue_redis_options options = {cases[i].url, 3, NULL};
        struct queue_store *store = NULL;
        struct why why = {""};
        assert_int_equal(queue_redis_open(&options, &store, &why), cases[i].result);
        assert_int_equal(why.text[0] == '\0', cases[i].result == OK);
        queue_store_close(&store);
    }
    const struct queue_redis_options none = {"redis://h", 0, NULL};
    struct queue_store *store = NULL;
    assert_int_equal(queue_redis_open(&none, &store, NULL), INVALID);
}

int main(void)
{
    if (!redis_is_installed())
        return service_is_missing("redis-server", "apt install redis-server");
    folder_new(folder);
    redis = redis_start(port_free(), folder);
    const struct queue_place place = {"queue conformance: Redis", make_database, remove_database,
                                      open_database};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_redis_that_is_killed_is_waited_for_and_keeps_the_jobs),
        cmocka_unit_test(a_redis_that_forgot_everything_never_repeats_a_token),
        cmocka_unit_test(urls_that_name_no_redis_are_refused),
    };
    const int failed = run_queue_conformance(&place, tests, sizeof tests / sizeof tests[0]);
    service_stop(&redis);
    assert_ok(folder_remove(folder, &why_));
    return failed;
}
