// SPDX-License-Identifier: MIT
// Shared by the units of named pools: starting with pools, and threads that wait for chunks.
#ifndef NAMED_TEST_H
#define NAMED_TEST_H

#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "core.h"
#include "named.h"
#include "poolmalloc.h"

enum { TIMEOUT_SECONDS = 200 }; // of a test that would otherwise hang

static inline struct pm_stats stats_of(pm_pool *pool)
{
    struct pm_stats stats = {.bytes = sizeof stats};
    cr_assert_eq(pm_pool_stats(pool, &stats), 0);
    return stats;
}

static inline pm_pool *start_with_pool(const char *options, const char *name)
{
    start(options);
    pm_pool *pool = pm_pool_find(name);
    cr_assert(pool);
    return pool;
}

// All free chunks of a pool into chunks[]; how many.
static inline unsigned drain(pm_pool *pool, void **chunks)
{
    unsigned n = 0;
    while ((chunks[n] = pm_alloc(pool)))
        n++;
    cr_assert_eq(errno, ENOMEM);
    return n;
}

static inline void give_back(pm_pool *pool, void **chunks, unsigned n)
{
    while (n > 0)
        pm_free(pool, chunks[--n]);
}

// Until so many threads wait in the pool.
static inline void await_waiting(pm_pool *pool, unsigned n)
{
    while (stats_of(pool).waiting != n)
        sched_yield();
}

#endif
