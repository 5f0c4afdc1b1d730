// SPDX-License-Identifier: MIT
// Chunks of named pools: the functions behind poolmalloc.h. They use the pools, caches and checks
// of malloc; what they add is that a request may wait (named_wait.c), that a chunk may be a block
// from malloc (named_heap.c), that pools come and go (named_pool.c), and that each chunk has one
// pool that it may be given to.
#ifndef NAMED_H
#define NAMED_H

#include "cache.h"
#include "pools_named.h"
#include "stats.h"

// `bytes`: what the caller asks for, at most what is usable; pool->size is all of it.
NOINLINE void *named_alloc_slow(struct pool *pool, size_t bytes, bool zeroed, uint64_t timeout_ns);
NOINLINE void named_free_slow(struct pool *pool, void *p);

// pm_alloc, pm_alloc_bytes. The way of most calls is that of heap_alloc, but that the pool is
// known.
INLINE void *named_alloc(struct pool *pool, size_t bytes)
{
    struct cache *cache = cache_self;
    void *chunk;
    if (unlikely(!bin_pop(cache_bin(cache, pool->index), &chunk, NULL)))
        return named_alloc_slow(pool, bytes, false, 0);
    struct stats_pool_counts *counts = &cache->stats->pools[pool->index];
    count_own(&counts->direct, 1);
    count_own(&counts->direct_bytes, bytes);
    return chunk;
}

// Whether an address is in the pool's own memory.
INLINE bool named_owns(const struct pool *pool, const void *p)
{
    return (uintptr_t)p - (uintptr_t)pool->base < pool->slice_bytes;
}

// pm_free
INLINE void named_free(struct pool *pool, void *p)
{
    struct cache *cache = cache_self;
    if (likely(named_owns(pool, p)) && likely(bin_push(cache_bin(cache, pool->index), p)))
        count_own(&cache->stats->frees[pool->index], 1);
    else
        named_free_slow(pool, p);
}

// One chunk, for a thread that found the pool empty: waits until one is freed, or `timeout_ns` is
// over; false then.
bool named_wait(struct pool *pool, uint64_t timeout_ns, void **ret_chunk, bool *ret_was_new);

// Gives a chunk back past the caches: to the first thread that waits, or to the pool; and tells who
// wanted to know that the pool has a chunk again. `caller` freed it. False: it is not in the program's hands.
bool named_give(struct pool *pool, uint32_t number, const void *caller);

// Blocks of a pool on the heap.

// Bytes of memory for `count` blocks' whereabouts.
struct blocks *named_heap_init(uint64_t count); // NULL: no memory
void named_heap_fini(struct blocks *blocks);

// A block that belongs to a chunk's number; NULL: malloc has none.
void *named_heap_alloc(struct pool *pool, uint32_t number, bool zeroed);

// Frees a block; false: it is none of the pool's. *ret_number is its chunk's, which is still LIVE.
bool named_heap_free(struct pool *pool, void *p, uint32_t *ret_number);
bool named_heap_has(struct pool *pool, const void *p);

// Pools. What poolmalloc.h says of the function of the same name; the errors are returned.

enum named_flags { NAMED_ON_HEAP = 1, NAMED_PBUF = 2 }; // enum pm_pool_flags

int named_pool_create(const char *name, uint64_t count, uint64_t size, const char *desc,
                      unsigned flags, char *storage, struct pool **ret_pool);
int named_pool_destroy(struct pool *pool);
struct pool *named_pool_of(const void *p);
void named_pool_reset_max(struct pool *pool);
void named_pool_on_available(struct pool *pool, pools_available *callback, void *context);

#endif
