// SPDX-License-Identifier: Apache-2.0
//
// Room inside one large file, in slots of fixed sizes: which are taken, and nothing else. The same
// book-keeping serves the memory of a cache (a memfd) and its disk.
//
//     |<------- slab, 1 MiB ------->|
//     [ 24K | 24K | 24K | ...  | -  ][           1024K            ][ 4K|4K|4K ... ]
//       one class a slab; a slab that becomes empty may take another class
//
// Slots start at multiples of a page, so that the pages of one can be given back to the kernel
// without touching its neighbours: bytes that are still on their way to a socket stay what they
// were. Pure: no I/O. Not thread-safe.
#ifndef DELIVERY_STORAGE_SPACE_H
#define DELIVERY_STORAGE_SPACE_H

#include "base/outcome.h"

#include <stdint.h>

enum {
    SPACE_PAGE_BYTES = 4096,
    SPACE_SLAB_BYTES = 1024 * 1024,
    SPACE_CLASSES = 18,
};

struct storage_space;

// Room for whole slabs of `bytes`, at least one. NO_MEMORY.
must_check outcome space_open(uint64_t bytes, struct storage_space **out, struct why *why);
void space_close(struct storage_space **space); // tolerates NULL

// The slot that `bytes` (1 .. SPACE_SLAB_BYTES) get: its size.
uint32_t space_slot_bytes(uint32_t bytes);

// Takes a slot. False: there is none of that size.
bool space_take(struct storage_space *space, uint32_t bytes, uint64_t *at);

// Takes the slot at `at`, as it was taken before a restart. False: it cannot be there.
bool space_claim(struct storage_space *space, uint32_t bytes, uint64_t at);

void space_give(struct storage_space *space, uint32_t bytes, uint64_t at);

uint64_t space_used_bytes(const struct storage_space *space); // in slots taken

#endif
