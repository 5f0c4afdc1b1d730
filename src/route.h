// SPDX-License-Identifier: MIT
// Which pool a request goes to: the first, in the order of the file, whose chunks are large enough.
// Order decides, never size (lwIP, mem_malloc with MEM_USE_POOLS). Pure functions over a table that
// is built once and then only read; any thread may read it.
#ifndef ROUTE_H
#define ROUTE_H

#include "size_step.h"

enum {
    // What the table says besides a pool's index. Thread caches have a bin for each, for ever empty,
    // so that the fast path needs no test for them.
    ROUTE_NONE = MALLOC_POOLS_MAX, // no pool is large enough: oversize
    ROUTE_SPLIT,                   // sizes within this step lead to different pools
    ROUTE_VALUES = NAMED_POOLS_FIRST,
};

_Static_assert(ROUTE_SPLIT == ROUTE_VALUES - 1, "named pools begin behind the last value");

// All zero: no pools, and every step leads to pool 0, whose bins are empty then.
struct route {
    uint8_t table[SIZE_STEPS]; // by size_step(size)
    unsigned pools;
    uint64_t usable[MALLOC_POOLS_MAX];
    uint64_t alignment[ROUTE_VALUES]; // that all chunks of the pool have; 0 of no pool
};

// Adds the next pool of the file; `alignment` is a power of two.
void route_add(struct route *route, uint64_t usable, uint64_t alignment);

// Fills the table, after the last route_add.
void route_finish(struct route *route);

// The first pool at or after `from` whose chunks take `size` bytes at `alignment`; ROUTE_NONE.
unsigned route_find(const struct route *route, uint64_t size, uint64_t alignment, unsigned from);

// An earlier pool takes every size that this one takes, so it is never first.
bool route_is_shadowed(const struct route *route, unsigned pool);

#endif
