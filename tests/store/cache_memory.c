// SPDX-License-Identifier: Apache-2.0
#include "store/cache_memory.h"

#include "conformance_cache.h"
#include "place.h"

static void *make_clock(void)
{
    return clock_shared();
}

static void remove_clock(void *place)
{
    (void)munmap(place, sizeof(struct clock_manual));
}

static outcome open_memory(void *place, struct cache_store **out, struct why *why)
{
    return cache_memory_open(1 << 20, place, out, why);
}

static void pass_ms(void *place, int64_t ms)
{
    ((struct clock_manual *)place)->now_us += ms * 1000;
}

static void the_least_recently_used_goes_first_and_the_cap_holds(void **state)
{
    (void)state;
    struct clock_manual clock = clock_manual_init(0, 0);
    struct cache_store *cache;
    assert_ok(cache_memory_open(CACHE_MEMORY_BYTES_MIN, &clock.clock, &cache, &why_));
    uint8_t value[1000] = {0};
    const struct slice bytes = {value, sizeof value};
    autobuffer out = buffer_init(1000);
    char key[16];
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(key, sizeof key, "key-%d", i);
        assert_ok(cache->ops->put(cache, key, bytes, 1000000, &why_));
        out.len = 0;
        if (i == 0 || i % 3 != 0) continue;
        assert_ok(
            cache->ops->get(cache, "key-0", &out, &why_)); // in use all the time: never pushed out
    }
    int kept = 0;
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(key, sizeof key, "key-%d", i);
        out.len = 0;
        const bool is_there = cache->ops->get(cache, key, &out, NULL) == OK;
        kept += is_there;
        if (i > 0 && kept > 1) assert_true(is_there); // the rest are the newest ones, without a gap
    }
    assert_true(kept > 100 && kept <= CACHE_MEMORY_BYTES_MIN / 1000);
    uint8_t *large = calloc(1, CACHE_VALUE_BYTES);
    assert_non_null(large);
    assert_ok(cache->ops->put(cache, "large", (struct slice){large, CACHE_VALUE_BYTES}, 1, &why_));
    free(large);
    cache_store_close(&cache);
    assert_int_equal(cache_memory_open(CACHE_MEMORY_BYTES_MIN - 1, &clock.clock, &cache, NULL),
                     INVALID);
}

static void many_small_entries_stay_apart(void **state)
{
    (void)state;
    struct clock_manual clock = clock_manual_init(0, 0);
    struct cache_store *cache;
    assert_ok(cache_memory_open(32 << 20, &clock.clock, &cache, &why_));
    char key[32];
    for (int i = 0; i < 50000; i++) { // the slots grow several times
        (void)snprintf(key, sizeof key, "%d", i * 7919);
        assert_ok(cache->ops->put(cache, key, slice_of(key), 1000, &why_));
    }
    autobuffer out = buffer_init(100);
    for (int i = 0; i < 50000; i++) {
        (void)snprintf(key, sizeof key, "%d", i * 7919);
        out.len = 0;
        assert_ok(cache->ops->get(cache, key, &out, &why_));
        assert_true(slice_is(buffer_slice(&out), key));
    }
    cache_store_close(&cache);
}

int main(void)
{
    const struct cache_place place = {"cache conformance: memory", make_clock, remove_clock,
                                      open_memory, pass_ms};
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(the_least_recently_used_goes_first_and_the_cap_holds),
        cmocka_unit_test(many_small_entries_stay_apart),
    };
    return run_cache_conformance(&place, tests, sizeof tests / sizeof tests[0]);
}
