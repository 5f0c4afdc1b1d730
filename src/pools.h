// SPDX-License-Identifier: MIT
// All pools together. The malloc pools lie in one reserved range of addresses, cut into equal slices
// of a power of two, one a pool. Ownership is decided by address alone: one subtraction, one shift, one
// compare. Written once at start-up, then only read; all zero means "no pools", and every pointer is
// foreign. Named pools have memory of their own, and may come and go: pools_named.h.
#ifndef POOLS_H
#define POOLS_H

#include "conf.h"
#include "pool.h"
#include "route.h"

struct pools {
    uintptr_t base;
    uint64_t count; // of malloc pools
    uint32_t shift; // log2 of a slice's bytes
    _Atomic uint32_t named_end; // no named pool has this index or a higher one; only grows
    struct route route;
    // By what the route's table says: such requests go to the next malloc at once, because the pool is
    // empty or there is none, and that is the policy. Written under the pool's lock; a hint that may be
    // a moment old.
    _Atomic bool pass_by[ROUTE_VALUES];
    struct pool pool[POOLS_MAX]; // malloc pools at 0, named ones at NAMED_POOLS_FIRST
    // Release, when everything else of the pool is set up; acquire: pools_from. Beside the pools, because
    // it is read while an entry is filled again.
    _Atomic bool named_in_use[NAMED_POOLS_MAX];
};

extern struct pools pools;

// Reserves and sets up the malloc pools of a configuration. On failure nothing is kept, and
// *ret_problem is the sentence that says why.
bool pools_init(const struct conf *conf, struct stats_pool *stats, const char **ret_problem);

// pool_min_slice for chunks of this stride in this configuration.
uint64_t pools_min_slice(const struct conf *conf, uint64_t stride, uint64_t count);

// What prefault, lock_memory and huge_pages ask for. False: the kernel refused.
bool pools_prepare_memory(const struct conf *conf, const struct pool *pool);

// The index of the pool that an address belongs to; at least pools.count when it is foreign.
INLINE uint64_t pools_index(const void *address)
{
    return ((uintptr_t)address - pools.base) >> pools.shift;
}

// Every pool in use has a smaller index.
INLINE unsigned pools_bound(void)
{
    unsigned named_end = atomic_load_explicit(&pools.named_end, memory_order_acquire);
    return named_end > 0 ? named_end : pools.count;
}

INLINE bool pools_named_in_use(unsigned index, memory_order order)
{
    return atomic_load_explicit(&pools.named_in_use[index - NAMED_POOLS_FIRST], order);
}

// The index of the first pool in use at `from` or after it; POOLS_MAX when there is none.
//     for (unsigned i = pools_from(0); i < POOLS_MAX; i = pools_from(i + 1))
INLINE unsigned pools_from(unsigned from)
{
    if (from < pools.count)
        return from;
    for (unsigned i = from < NAMED_POOLS_FIRST ? NAMED_POOLS_FIRST : from; i < pools_bound(); i++)
        if (pools_named_in_use(i, memory_order_acquire))
            return i;
    return POOLS_MAX;
}

#endif
