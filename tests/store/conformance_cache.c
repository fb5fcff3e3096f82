// SPDX-License-Identifier: Apache-2.0
#include "conformance_cache.h"

#include "place.h"

#include <pthread.h>

static const struct cache_place *backend;

struct fixture {
    void *place;
    struct cache_store *store;
};

static int set_up(void **state)
{
    struct fixture *fixture = calloc(1, sizeof *fixture);
    assert_non_null(fixture);
    fixture->place = backend->make();
    assert_ok(backend->open(fixture->place, &fixture->store, &why_));
    *state = fixture;
    return 0;
}

static int tear_down(void **state)
{
    struct fixture *fixture = *state;
    cache_store_close(&fixture->store);
    backend->remove(fixture->place);
    free(fixture);
    return 0;
}

static outcome put(struct fixture *fixture, const char *key, const char *value, int64_t ttl_ms)
{
    return fixture->store->ops->put(fixture->store, key, slice_of(value), ttl_ms, NULL);
}

// True when `key` holds `value`; NULL: nothing.
static bool holds(struct fixture *fixture, const char *key, const char *value)
{
    autobuffer out = buffer_init(CACHE_VALUE_BYTES);
    const outcome result = fixture->store->ops->get(fixture->store, key, &out, NULL);
    if (value == NULL) return result == NOT_FOUND && out.len == 0;
    return result == OK && slice_is(buffer_slice(&out), value);
}

static void a_value_is_what_was_put_last(void **state)
{
    struct fixture *fixture = *state;
    assert_true(holds(fixture, "k", NULL));
    assert_int_equal(put(fixture, "k", "one", 1000), OK);
    assert_int_equal(put(fixture, "k2", "", 1000), OK);
    assert_true(holds(fixture, "k", "one"));
    assert_true(holds(fixture, "k2", ""));
    assert_int_equal(put(fixture, "k", "another, longer one", 1000), OK);
    assert_true(holds(fixture, "k", "another, longer one"));
    assert_int_equal(fixture->store->ops->drop(fixture->store, "k", NULL), OK);
    assert_int_equal(fixture->store->ops->drop(fixture->store, "k", NULL), OK);
    assert_true(holds(fixture, "k", NULL));
    assert_true(holds(fixture, "k2", ""));
}

static void a_value_lives_as_long_as_it_was_told(void **state)
{
    struct fixture *fixture = *state;
    assert_int_equal(put(fixture, "short", "x", 1000), OK);
    assert_int_equal(put(fixture, "long", "x", 5000), OK);
    assert_int_equal(put(fixture, "forever", "x", INT64_MAX / 4), OK);
    backend->pass_ms(fixture->place, 900);
    assert_true(holds(fixture, "short", "x"));
    assert_int_equal(put(fixture, "long", "y", 1500), OK); // a new value, a new life
    backend->pass_ms(fixture->place, 200);
    assert_true(holds(fixture, "short", NULL));
    assert_true(holds(fixture, "long", "y"));
    backend->pass_ms(fixture->place, 1400);
    assert_true(holds(fixture, "long", NULL));
    assert_true(holds(fixture, "forever", "x"));
}

static void a_counter_counts_and_starts_anew_after_its_time(void **state)
{
    struct fixture *fixture = *state;
    const struct cache_ops *ops = fixture->store->ops;
    int64_t value = 0;
    assert_int_equal(ops->add(fixture->store, "c", 1, 1000, &value, NULL), OK);
    assert_int_equal(value, 1);
    backend->pass_ms(fixture->place, 600);
    assert_int_equal(ops->add(fixture->store, "c", 41, 1000, &value, NULL), OK);
    assert_int_equal(value, 42);
    assert_true(holds(fixture, "c", "42"));
    backend->pass_ms(fixture->place,
                     600); // past the first count's time: the second did not prolong it
    assert_true(holds(fixture, "c", NULL));
    assert_int_equal(ops->add(fixture->store, "c", -3, 1000, &value, NULL), OK);
    assert_int_equal(value, -3);

    assert_int_equal(put(fixture, "n", "100", 1000), OK);
    assert_int_equal(ops->add(fixture->store, "n", 1, 1000, &value, NULL), OK);
    assert_int_equal(value, 101);
    value = 77;
    static const char *const not_numbers[] = {"", "abc", "1x", "99999999999999999999",
                                              "12345678901234567890123456"};
    for (size_t i = 0; i < sizeof not_numbers / sizeof not_numbers[0]; i++) {
        assert_int_equal(put(fixture, "n", not_numbers[i], 1000), OK);
        assert_int_equal(ops->add(fixture->store, "n", 1, 1000, &value, NULL), INVALID);
        assert_true(holds(fixture, "n", not_numbers[i]));
    }
    assert_int_equal(put(fixture, "n", "9223372036854775807", 1000), OK);
    assert_int_equal(ops->add(fixture->store, "n", 1, 1000, &value, NULL), INVALID);
    assert_int_equal(value, 77);
}

static void caps_and_bad_keys_are_refused(void **state)
{
    struct fixture *fixture = *state;
    char key[CACHE_KEY_BYTES + 2];
    memset(key, 'k', sizeof key - 1);
    key[sizeof key - 1] = '\0';
    const char *const bad[] = {"", "a\nb", "\xff", key};
    int64_t value;
    autobuffer out = buffer_init(100);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        const struct cache_ops *ops = fixture->store->ops;
        assert_int_equal(put(fixture, bad[i], "x", 1000), INVALID);
        assert_int_equal(ops->get(fixture->store, bad[i], &out, NULL), INVALID);
        assert_int_equal(ops->drop(fixture->store, bad[i], NULL), INVALID);
        assert_int_equal(ops->add(fixture->store, bad[i], 1, 1, &value, NULL), INVALID);
    }
    assert_int_equal(put(fixture, "k", "x", 0), INVALID);
    assert_int_equal(put(fixture, "k", "x", -1), INVALID);
    key[CACHE_KEY_BYTES] = '\0';
    uint8_t *bytes = calloc(1, CACHE_VALUE_BYTES + 1);
    assert_non_null(bytes);
    struct slice large = {bytes, CACHE_VALUE_BYTES + 1};
    struct why why = {""};
    assert_int_equal(fixture->store->ops->put(fixture->store, key, large, 1000, &why), TOO_LARGE);
    assert_true(why.text[0] != '\0');
    large.len--;
    assert_int_equal(fixture->store->ops->put(fixture->store, key, large, 1000, NULL), OK);
    assert_int_equal(fixture->store->ops->get(fixture->store, key, &out, NULL), TOO_LARGE);
    assert_int_equal(out.len, 0);
    free(bytes);
}

enum { THREADS = 4, ROUNDS = 2000 };

static void *count_up(void *argument)
{
    struct fixture *fixture = argument;
    const struct cache_ops *ops = fixture->store->ops;
    for (int i = 0; i < ROUNDS; i++) {
        char key[16];
        int64_t value;
        (void)snprintf(key, sizeof key, "key-%d", i % 50);
        if (ops->add(fixture->store, "total", 1, 100000, &value, NULL) != OK) return NULL;
        if (put(fixture, key, "x", 100000) != OK) return NULL;
        if (!holds(fixture, key, "x")) return NULL;
    }
    return fixture;
}

static void threads_lose_no_count(void **state)
{
    struct fixture *fixture = *state;
    pthread_t threads[THREADS];
    for (int i = 0; i < THREADS; i++)
        assert_int_equal(pthread_create(&threads[i], NULL, count_up, fixture), 0);
    for (int i = 0; i < THREADS; i++) {
        void *result = NULL;
        assert_int_equal(pthread_join(threads[i], &result), 0);
        assert_non_null(result);
    }
    char expected[16];
    (void)snprintf(expected, sizeof expected, "%d", THREADS * ROUNDS);
    assert_true(holds(fixture, "total", expected));
}

int run_cache_conformance(const struct cache_place *place, const struct CMUnitTest *own,
                          size_t own_count)
{
    backend = place;
#define CASE(test) cmocka_unit_test_setup_teardown(test, set_up, tear_down)
    const struct CMUnitTest tests[] = {
        CASE(a_value_is_what_was_put_last),
        CASE(a_value_lives_as_long_as_it_was_told),
        CASE(a_counter_counts_and_starts_anew_after_its_time),
        CASE(caps_and_bad_keys_are_refused),
        CASE(threads_lose_no_count),
    };
#undef CASE
    return run_with_own(place->name, tests, sizeof tests / sizeof tests[0], own, own_count);
}
