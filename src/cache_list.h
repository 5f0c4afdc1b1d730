// SPDX-License-Identifier: MIT
// All caches, and what the files of this module share: cache.c (the owners' side) and cache_stop.c (the
// stoppers').
#ifndef CACHE_LIST_H
#define CACHE_LIST_H

#include "cache.h"
#include "stats.h"

// Append-only: a cache is used again by later threads, never unmapped. (A forked child counts from 0
// again, and finds those of its parent in the list.) Written under the runtime's
// lock; `count` is the release that publishes an entry to stoppers, which hold only a pool's lock.
struct caches {
    _Atomic uint32_t count;
    bool used;                            // a thread has had a cache
    uint32_t bytes;                       // of one cache with its slots
    uint32_t slots_at[MALLOC_POOLS_MAX];  // where each malloc pool's bin's slots begin
    uint32_t named_slots_at;              // and those of all named pools' bins, of one size
    uint32_t grown_at[MALLOC_POOLS_MAX];  // and when a bin needs more: untouched until then
    struct cache *list[CACHES_MAX];
};

extern struct caches caches;

// S3 and R3: waits until the owner is not busy.
void bin_wait_for_owner(struct bin *bin);

// Chunks that leave the bin from now on are biased to its thread, unless that was revoked. Under the lock.
void cache_bias(const struct cache *cache, struct bin *bin);

// Makes a chunk LIVE that is biased to another thread, or to this one in a bin whose bias was revoked. False:
// it is neither.
bool cache_unbias(struct cache *cache, struct pool *pool, uint32_t number);

INLINE void bin_set_n(struct bin *bin, uint32_t n)
{
    atomic_store_explicit(&bin->n_and_busy, n, memory_order_relaxed);
}

INLINE bool bin_is_started(const struct bin *bin)
{
    return atomic_load_explicit(&bin->capacity, memory_order_relaxed) > 0;
}

// Ends an epoch of the high-water mark: since the last one, at most out - low chunks were used.
INLINE void bin_note_used(struct bin *bin, struct pool *pool)
{
    pool_note_used(pool, atomic_load_explicit(&bin->low, memory_order_relaxed), pool->caches - 1);
}

#endif
