// SPDX-License-Identifier: Apache-2.0
#include "license/shelf.h"

#include "base/slice.h"

#include <assert.h>
#include <pthread.h>
#include <stdalign.h>
#include <stdlib.h>
#include <string.h>

#include <openssl/crypto.h>

enum {
    WAYS = 4,
    LOCKS = 16, // more than the loops of a machine: they seldom wait for each other
    COUNT_MAX = 1 << 20,
};

struct slot {
    uint8_t key[SHELF_KEY_BYTES];
    int64_t until_ms; // 0: empty
    alignas(max_align_t) uint8_t value[];
};

struct shelf {
    pthread_mutex_t locks[LOCKS];
    size_t sets; // a power of two
    size_t value_bytes, slot_bytes;
    uint8_t *slots;
};

outcome shelf_open(size_t count, size_t value_bytes, struct shelf **out, struct why *why)
{
    assert(count > 0 && count <= COUNT_MAX);
    struct shelf *shelf = calloc(1, sizeof *shelf);
    if (shelf == NULL) return fail(why, NO_MEMORY, "no memory for the licence service's cache");
    shelf->sets = 1;
    while (shelf->sets * WAYS < count)
        shelf->sets *= 2;
    const size_t unit = alignof(struct slot);
    shelf->value_bytes = value_bytes;
    shelf->slot_bytes = (sizeof(struct slot) + value_bytes + unit - 1) / unit * unit;
    for (size_t i = 0; i < LOCKS; i++)
        (void)pthread_mutex_init(&shelf->locks[i], NULL);
    shelf->slots = calloc(shelf->sets * WAYS, shelf->slot_bytes);
    if (shelf->slots == NULL) {
        shelf_close(&shelf);
        return fail(why, NO_MEMORY, "no memory for the licence service's cache");
    }
    *out = shelf;
    return OK;
}

void shelf_close(struct shelf **out)
{
    struct shelf *shelf = *out;
    if (shelf == NULL) return;
    for (size_t i = 0; i < LOCKS; i++)
        (void)pthread_mutex_destroy(&shelf->locks[i]);
    if (shelf->slots != NULL) explicit_bzero(shelf->slots, shelf->sets * WAYS * shelf->slot_bytes);
    free(shelf->slots);
    free(shelf);
    *out = NULL;
}

static size_t set_of(const struct shelf *shelf, const uint8_t *key)
{
    return read_u32be(key) & (shelf->sets - 1);
}

static struct slot *slot_at(const struct shelf *shelf, size_t set, size_t way)
{
    return (struct slot *)(void *)(shelf->slots + (set * WAYS + way) * shelf->slot_bytes);
}

static struct slot *slot_find(const struct shelf *shelf, size_t set, const uint8_t *key)
{
    for (size_t way = 0; way < WAYS; way++) {
        struct slot *slot = slot_at(shelf, set, way);
        if (slot->until_ms != 0 && CRYPTO_memcmp(slot->key, key, SHELF_KEY_BYTES) == 0) return slot;
    }
    return NULL;
}

static pthread_mutex_t *lock_set(struct shelf *shelf, size_t set)
{
    pthread_mutex_t *lock = &shelf->locks[set % LOCKS];
    (void)pthread_mutex_lock(lock);
    return lock;
}

bool shelf_get(struct shelf *shelf, const uint8_t key[SHELF_KEY_BYTES], int64_t now_ms, void *out)
{
    const size_t set = set_of(shelf, key);
    pthread_mutex_t *lock = lock_set(shelf, set);
    const struct slot *slot = slot_find(shelf, set, key);
    const bool is_found = slot != NULL && slot->until_ms > now_ms;
    if (is_found) memcpy(out, slot->value, shelf->value_bytes);
    (void)pthread_mutex_unlock(lock);
    return is_found;
}

void shelf_put(struct shelf *shelf, const uint8_t key[SHELF_KEY_BYTES], int64_t now_ms,
               int64_t until_ms, const void *value)
{
    if (until_ms <= now_ms || until_ms <= 0) return;
    const size_t set = set_of(shelf, key);
    pthread_mutex_t *lock = lock_set(shelf, set);
    struct slot *slot = slot_find(shelf, set, key);
    for (size_t way = 0; slot == NULL && way < WAYS; way++)
        if (slot_at(shelf, set, way)->until_ms <= now_ms) slot = slot_at(shelf, set, way);
    if (slot == NULL) {
        slot = slot_at(shelf, set, 0);
        for (size_t way = 1; way < WAYS; way++)
            if (slot_at(shelf, set, way)->until_ms < slot->until_ms)
                slot = slot_at(shelf, set, way);
    }
    memcpy(slot->key, key, SHELF_KEY_BYTES);
    memcpy(slot->value, value, shelf->value_bytes);
    slot->until_ms = until_ms;
    (void)pthread_mutex_unlock(lock);
}

void shelf_drop(struct shelf *shelf, const uint8_t key[SHELF_KEY_BYTES])
{
    const size_t set = set_of(shelf, key);
    pthread_mutex_t *lock = lock_set(shelf, set);
    struct slot *slot = slot_find(shelf, set, key);
    if (slot != NULL) explicit_bzero(slot, shelf->slot_bytes);
    (void)pthread_mutex_unlock(lock);
}
