// SPDX-License-Identifier: Apache-2.0
#include "delivery/cache.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

static struct cache *open_cache(uint64_t memory_mib)
{
    struct cache *cache = NULL;
    struct why why = {""};
    const struct cache_limits limits = {memory_mib << 20, 0};
    assert_int_equal(cache_open(&limits, NULL, &cache, &why), OK);
    return cache;
}

static struct cache_head *strong_head(void)
{
    const struct http_field etag = {slice_of("ETag"), slice_of("\"a\""), FIELD_OTHER};
    const struct freshness freshness = {.lifetime_ms = 1000000};
    struct cache_head *head = NULL;
    assert_int_equal(head_make(200, &etag, 1, &freshness, NULL, &head, NULL), OK);
    return head;
}

static struct cache_object *add(struct cache *cache, const char *key, uint64_t size)
{
    struct cache_object *object =
        object_add(cache, cache_hash(cache, slice_of(key)), slice_of(key));
    assert_non_null(object);
    object_keep(cache, object, strong_head(), NULL);
    object->size = size;
    object->has_size = true;
    return object;
}

static void fill(struct cache *cache, struct cache_slice *slice, uint32_t len, uint8_t byte)
{
    memset(slice_memory(cache, slice), byte, len);
    slice->len = len;
    slice_complete(cache, slice);
}

static void slices_leave_one_by_one_and_readers_keep_theirs(void **state)
{
    (void)state;
    struct cache *cache = open_cache(16);
    cache_lock(cache);
    struct cache_object *film = add(cache, "/film", 64ull << 20);
    struct cache_slice *first = NULL;
    for (uint32_t i = 0; i < 64; i++) {
        struct cache_slice *slice = slice_add(cache, film, i, CACHE_SLICE_BYTES);
        assert_non_null(slice);
        fill(cache, slice, CACHE_SLICE_BYTES, (uint8_t)(i + 1));
        if (i == 0) {
            first = slice;
            slice_hold_ram(first);
        }
    }
    assert_in_range(film->slice_count, 1, 15); // asked for once: small alone
    assert_null(slice_find(film, 0));
    const uint8_t *bytes = slice_memory(cache, first);
    assert_int_equal(bytes[0], 1);
    assert_int_equal(bytes[CACHE_SLICE_BYTES - 1], 1);
    slice_drop_ram(cache, first);
    object_drop(cache, film);
    cache_unlock(cache);
    cache_close(&cache);
}

static void a_reader_who_goes_on_is_not_a_second_request(void **state)
{
    (void)state;
    struct cache *cache = open_cache(16);
    cache_lock(cache);
    struct cache_object *film = add(cache, "/film", 1 << 20);
    struct cache_slice *slice = slice_add(cache, film, 0, CACHE_SLICE_BYTES);
    assert_non_null(slice);
    fill(cache, slice, CACHE_SLICE_BYTES, 7);
    for (uint32_t at = 0; at < 1000000; at += 100000)
        slice_use(cache, slice, at, at + 100000);
    assert_int_equal(slice->item.uses, 0);
    slice_use(cache, slice, 0, 100000);
    assert_int_equal(slice->item.uses, 1);
    slice_use(cache, slice, 100000, 200000);
    assert_int_equal(slice->item.uses, 1);
    object_drop(cache, film);
    cache_unlock(cache);
    cache_close(&cache);
}

static void a_slice_moves_to_a_slot_of_its_size(void **state)
{
    (void)state;
    struct cache *cache = open_cache(16);
    cache_lock(cache);
    struct cache_object *page = add(cache, "/page", 0);
    struct cache_slice *slice = slice_add(cache, page, 0, CACHE_SLICE_BYTES);
    assert_non_null(slice);
    memcpy(slice_memory(cache, slice), "hello", 5);
    slice->len = 5;
    slice_shrink(cache, slice);
    assert_int_equal(slice->room, SPACE_PAGE_BYTES);
    assert_memory_equal(slice_memory(cache, slice), "hello", 5);
    slice_complete(cache, slice);
    object_drop(cache, page);
    cache_unlock(cache);
    assert_int_equal(cache_counters(cache).memory_bytes, SPACE_PAGE_BYTES);
    cache_close(&cache);
}

static bool is_film(const void *context, const struct cache_object *object)
{
    return slice_starts(object->key, context);
}

static void what_is_meant_is_removed_and_nothing_else(void **state)
{
    (void)state;
    struct cache *cache = open_cache(16);
    cache_lock(cache);
    char key[40];
    for (int i = 0; i < 1000; i++) {
        (void)snprintf(key, sizeof key, "%s/%d", i % 4 == 0 ? "/film" : "/page", i);
        struct cache_object *object = add(cache, key, 0);
        struct cache_slice *slice = slice_add(cache, object, 0, 0);
        assert_non_null(slice);
        slice_complete(cache, slice);
        object_drop(cache, object);
    }
    cache_unlock(cache);
    assert_int_equal(cache_remove_if(cache, is_film, "/film"), 250);
    assert_int_equal(cache_counters(cache).objects, 750);
    assert_int_equal(cache_remove_if(cache, is_film, "/"), 750);
    assert_int_equal(cache_counters(cache).slices, 0);
    cache_close(&cache);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(slices_leave_one_by_one_and_readers_keep_theirs),
        cmocka_unit_test(a_reader_who_goes_on_is_not_a_second_request),
        cmocka_unit_test(a_slice_moves_to_a_slot_of_its_size),
        cmocka_unit_test(what_is_meant_is_removed_and_nothing_else),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
