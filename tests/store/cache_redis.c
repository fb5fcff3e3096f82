// SPDX-License-Identifier: Apache-2.0
#include "store/cache_redis.h"

#include "conformance_cache.h"
#include "redis_service.h"
#include "store/redis.h"

static struct service redis;
static char folder[128];

enum { PATIENCE_MS = 10000 };

struct database {
    char url[64];
    struct redis *redis; // the test's own connection
};

static void *make_database(void)
{
    static unsigned number;
    struct database *database = calloc(1, sizeof *database);
    assert_non_null(database);
    (void)snprintf(database->url, sizeof database->url, "redis://127.0.0.1:%u/%u", redis.port,
                   number++);
    assert_ok(redis_open(database->url, PATIENCE_MS, &database->redis, &why_));
    autoreply *reply = NULL; // the cache itself does not wait for a Redis that starts
    assert_ok(
        redis_call(database->redis, REDIS_ASK_AGAIN, REDIS_WORDS(slice_of("PING")), &reply, &why_));
    return database;
}

static void remove_database(void *place)
{
    struct database *database = place;
    redis_close(&database->redis);
    free(database);
}

static outcome open_database(void *place, struct cache_store **out, struct why *why)
{
    return cache_redis_open(((struct database *)place)->url, out, why);
}

// Redis has a clock of its own: instead of waiting, every key's time to live is cut.
static void pass_ms(void *place, int64_t ms)
{
    static const struct redis_script script = {
        "for _, key in ipairs(redis.call('KEYS', '*')) do"
        " local left = redis.call('PTTL', key) - tonumber(ARGV[1])"
        " if left <= 0 then redis.call('DEL', key)"
        " else redis.call('PEXPIRE', key, string.format('%.0f', left)) end "
        "end return 1"};
    struct database *database = place;
    char number[24];
    (void)snprintf(number, sizeof number, "%lld", (long long)ms);
    autoreply *reply = NULL;
    assert_ok(redis_run(database->redis, REDIS_GIVE_UP, &script, slice_of("any"),
                        REDIS_WORDS(slice_of(number)), &reply, &why_));
}

static void a_redis_that_is_away_is_unavailable_at_once(void **state)
{
    (void)state;
    char url[64];
    (void)snprintf(url, sizeof url, "redis://127.0.0.1:%u", port_free());
    struct cache_store *store;
    struct why why = {""};
    autobuffer out = buffer_init(10);
    assert_ok(cache_redis_open(url, &store, &why_));
    assert_int_equal(store->ops->get(store, "k", &out, &why), UNAVAILABLE);
    assert_non_null(strstr(why.text, "127.0.0.1"));
    cache_store_close(&store);
}

int main(void)
{
    if (!redis_is_installed())
        return service_is_missing("redis-server", "apt install redis-server");
    folder_new(folder);
    redis = redis_start(port_free(), folder);
    const struct cache_place place = {"cache conformance: Redis", make_database, remove_database,
                                      open_database, pass_ms};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_redis_that_is_away_is_unavailable_at_once),
    };
    const int failed = run_cache_conformance(&place, tests, sizeof tests / sizeof tests[0]);
    service_stop(&redis);
    assert_ok(folder_remove(folder, &why_));
    return failed;
}
