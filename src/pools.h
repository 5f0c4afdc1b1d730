// SPDX-License-Identifier: MIT
// The malloc pools together: one reserved range of addresses, cut into equal slices of a power of
// two, one a pool. Ownership is decided by address alone: one subtraction, one shift, one compare.
// Written once at start-up, then only read; all zero means "no pools", and every pointer is foreign.
#ifndef POOLS_H
#define POOLS_H

#include "conf.h"
#include "pool.h"
#include "route.h"

struct pools {
    uintptr_t base;
    uint32_t shift; // log2 of a slice's bytes
    uint32_t count;
    struct route route;
    // By what the route's table says: such requests go to the next malloc at once, because the pool is
    // empty or there is none, and that is the policy. Written under the pool's lock; a hint that may be
    // a moment old.
    _Atomic bool pass_by[ROUTE_VALUES];
    struct pool pool[MALLOC_POOLS_MAX];
};

extern struct pools pools;

// Reserves and sets up the pools of a configuration. On failure nothing is kept, and *ret_problem
// is the sentence that says why.
bool pools_init(const struct conf *conf, struct stats_pool *stats, const char **ret_problem);

// The index of the pool that an address belongs to; at least pools.count when it is foreign.
INLINE uint64_t pools_index(const void *address)
{
    return ((uintptr_t)address - pools.base) >> pools.shift;
}

#endif
