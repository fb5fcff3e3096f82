// SPDX-License-Identifier: Apache-2.0
#include "delivery/storage_space.h"

#include <assert.h>
#include <stdlib.h>

#define NO_SLAB UINT32_MAX

enum { WORDS = SPACE_SLAB_BYTES / SPACE_PAGE_BYTES / 64 };

// Pages a slot; a slab holds 256 pages. Steps of about a quarter, so that little is wasted.
static const uint16_t class_pages[SPACE_CLASSES] = {1,  2,  3,  4,  5,  6,  8,  10,  12,
                                                    16, 20, 25, 32, 42, 64, 85, 128, 256};

enum { SLAB_PAGES = SPACE_SLAB_BYTES / SPACE_PAGE_BYTES, CLASS_NONE = 255 };

struct slab {
    uint64_t taken[WORDS]; // a bit a slot
    uint32_t next, before; // of the slabs of its class with room; or of the free ones (next alone)
    uint16_t count;        // taken
    uint8_t class;
    bool is_known; // in use, or in the list of free ones: not fresh
};

struct storage_space {
    uint32_t slab_count;
    uint32_t free;                 // slabs without a class, those given back
    uint32_t fresh;                // slabs from here on have never been used
    uint32_t roomy[SPACE_CLASSES]; // first slab with room
    uint64_t used_bytes;
    struct slab slabs[];
};

outcome space_open(uint64_t bytes, struct storage_space **out, struct why *why)
{
    const uint64_t slabs = bytes / SPACE_SLAB_BYTES;
    if (slabs == 0 || slabs >= NO_SLAB)
        return fail(why, INVALID, "a cache holds from 1 MiB to 4 PiB");
    struct storage_space *space = calloc(1, sizeof *space + slabs * sizeof space->slabs[0]);
    if (space == NULL) return fail(why, NO_MEMORY, "no memory for a cache of this size");
    space->slab_count = (uint32_t)slabs;
    space->free = NO_SLAB;
    for (size_t i = 0; i < SPACE_CLASSES; i++)
        space->roomy[i] = NO_SLAB;
    for (size_t i = 0; i < slabs; i++)
        space->slabs[i].class = CLASS_NONE;
    *out = space;
    return OK;
}

void space_close(struct storage_space **space)
{
    free(*space);
    *space = NULL;
}

static uint8_t class_of(uint32_t bytes)
{
    assert(bytes > 0 && bytes <= SPACE_SLAB_BYTES);
    const uint32_t pages = (bytes + SPACE_PAGE_BYTES - 1) / SPACE_PAGE_BYTES;
    uint8_t class = 0;
    while (class_pages[class] < pages)
        class ++;
    return class;
}

uint32_t space_slot_bytes(uint32_t bytes)
{
    return (uint32_t)class_pages[class_of(bytes)] * SPACE_PAGE_BYTES;
}

static uint32_t slots_of(uint8_t class)
{
    return SLAB_PAGES / class_pages[class];
}

static void roomy_put(struct storage_space *space, uint32_t at)
{
    struct slab *slab = &space->slabs[at];
    slab->before = NO_SLAB;
    slab->next = space->roomy[slab->class];
    if (slab->next != NO_SLAB) space->slabs[slab->next].before = at;
    space->roomy[slab->class] = at;
}

static void roomy_take(struct storage_space *space, uint32_t at)
{
    struct slab *slab = &space->slabs[at];
    if (slab->before == NO_SLAB)
        space->roomy[slab->class] = slab->next;
    else
        space->slabs[slab->before].next = slab->next;
    if (slab->next != NO_SLAB) space->slabs[slab->next].before = slab->before;
}

static uint32_t slab_begin(struct storage_space *space, uint8_t class)
{
    while (space->fresh < space->slab_count && space->slabs[space->fresh].is_known)
        space->fresh++; // claimed at the start
    uint32_t at = space->free;
    if (at != NO_SLAB)
        space->free = space->slabs[at].next;
    else if (space->fresh < space->slab_count)
        at = space->fresh++;
    else
        return NO_SLAB;
    space->slabs[at].is_known = true;
    space->slabs[at].class = class;
    roomy_put(space, at);
    return at;
}

static void take_slot(struct storage_space *space, uint32_t at, uint32_t slot)
{
    struct slab *slab = &space->slabs[at];
    slab->taken[slot / 64] |= 1ull << (slot % 64);
    slab->count++;
    space->used_bytes += (uint64_t)class_pages[slab->class] * SPACE_PAGE_BYTES;
    if (slab->count == slots_of(slab->class)) roomy_take(space, at);
}

bool space_take(struct storage_space *space, uint32_t bytes, uint64_t *at)
{
    const uint8_t class = class_of(bytes);
    uint32_t slab = space->roomy[class];
    if (slab == NO_SLAB) slab = slab_begin(space, class);
    if (slab == NO_SLAB) return false;
    uint32_t slot = 0;
    while (space->slabs[slab].taken[slot / 64] == UINT64_MAX)
        slot += 64;
    slot += (uint32_t)__builtin_ctzll(~space->slabs[slab].taken[slot / 64]);
    assert(slot < slots_of(class));
    take_slot(space, slab, slot);
    *at =
        (uint64_t)slab * SPACE_SLAB_BYTES + (uint64_t)slot * class_pages[class] * SPACE_PAGE_BYTES;
    return true;
}

// Finds slab and slot of an address; false when no slot of that class starts there.
static bool locate(const struct storage_space *space, uint8_t class, uint64_t at, uint32_t *slab,
                   uint32_t *slot)
{
    const uint32_t slot_bytes = (uint32_t)class_pages[class] * SPACE_PAGE_BYTES;
    const uint64_t inside = at % SPACE_SLAB_BYTES;
    if (at / SPACE_SLAB_BYTES >= space->slab_count || inside % slot_bytes != 0) return false;
    *slab = (uint32_t)(at / SPACE_SLAB_BYTES);
    *slot = (uint32_t)(inside / slot_bytes);
    return *slot < slots_of(class);
}

static bool is_taken(const struct slab *slab, uint32_t slot)
{
    return (slab->taken[slot / 64] >> (slot % 64) & 1) != 0;
}

bool space_claim(struct storage_space *space, uint32_t bytes, uint64_t at)
{
    const uint8_t class = class_of(bytes);
    uint32_t index, slot;
    if (!locate(space, class, at, &index, &slot)) return false;
    struct slab *slab = &space->slabs[index];
    if (slab->class == CLASS_NONE) {
        if (slab->is_known) return false; // claims come before anything is given
        slab->is_known = true;
        slab->class = class;
        roomy_put(space, index);
    }
    if (slab->class != class || is_taken(slab, slot)) return false;
    take_slot(space, index, slot);
    return true;
}

void space_give(struct storage_space *space, uint32_t bytes, uint64_t at)
{
    const uint8_t class = class_of(bytes);
    uint32_t index = 0, slot = 0;
    const bool is_there = locate(space, class, at, &index, &slot);
    assert(is_there);
    struct slab *slab = &space->slabs[index];
    assert(slab->class == class && is_taken(slab, slot));
    const bool was_full = slab->count == slots_of(class);
    slab->taken[slot / 64] &= ~(1ull << (slot % 64));
    slab->count--;
    space->used_bytes -= (uint64_t)class_pages[class] * SPACE_PAGE_BYTES;
    if (was_full) roomy_put(space, index);
    if (slab->count > 0) return;
    roomy_take(space, index);
    slab->class = CLASS_NONE;
    slab->next = space->free;
    space->free = index;
}

uint64_t space_used_bytes(const struct storage_space *space)
{
    return space->used_bytes;
}
