// SPDX-License-Identifier: MIT
// Taking chunks back from other threads' caches; the protocol is in cache.h.
#include "cache_list.h"
#include "os.h"

enum { PATIENCE_MAX = 1 << 16 };

// S1 for every started bin of the pools. The number of other threads' bins that it had to stop.
static unsigned stop_bins(unsigned first, unsigned count)
{
    unsigned stopped = 0;
    for (unsigned i = 0; i < cache_count(); i++) {
        for (unsigned pool = first; pool < first + count; pool++) {
            struct bin *bin = &caches.list[i]->bins[pool];
            bool started = bin_is_started(bin);
            bool undone = atomic_load_explicit(&bin->stop, memory_order_relaxed)
                          && atomic_load_explicit(&bin->low, memory_order_relaxed) != BIN_STOPPED;
            if (!started && !undone)
                continue;
            atomic_store_explicit(&bin->stop, 1, memory_order_relaxed);
            // Ends the epoch of the high-water mark, which would be forgotten otherwise.
            uint32_t low = atomic_exchange_explicit(&bin->low, BIN_STOPPED, memory_order_relaxed);
            if (low != BIN_STOPPED)
                pool_note_used(&pools.pool[pool], low, pools.pool[pool].caches - 1);
            atomic_store_explicit(&bin->capacity, 0, memory_order_relaxed);
            stopped += caches.list[i] != cache_self; // this thread's own needs no waiting for
        }
    }
    return stopped;
}

// The whole word, because that is what O5 stores.
static bool bin_is_busy(const struct bin *bin)
{
    return atomic_load_explicit(&bin->n_and_busy, memory_order_acquire) >> 32 != 0;
}

bool cache_is_interrupted(void)
{
    if (lock_depth > 0)
        return true;
    if (cache_self == &cache_none) // whose bins others may be asking, too; nobody waits for them
        return false;
    for (unsigned pool = 0; pool < pools_bound(); pool++)
        if (bin_is_busy(&cache_self->bins[pool]))
            return true;
    return false;
}

void bin_wait_for_owner(struct bin *bin)
{
    for (unsigned round = 0; bin_is_busy(bin); round++)
        os_wait_for_other(round); // it is a few instructions from its end, but may not be running
}

// S3 for every stopped bin of the pools [first, first + count).
static void wait_for_owners(unsigned first, unsigned count)
{
    for (unsigned i = 0; i < cache_count(); i++)
        for (unsigned pool = first; pool < first + count; pool++)
            bin_wait_for_owner(&caches.list[i]->bins[pool]);
}

// Chunks of the pool in all caches. Exact when they stand still.
static uint64_t cached_chunks(unsigned pool)
{
    uint64_t cached = 0;
    for (unsigned i = 0; i < cache_count(); i++)
        cached += atomic_load_explicit(&caches.list[i]->bins[pool].n, memory_order_relaxed);
    return cached;
}

// The caller's own thread is in a slow path and so not busy.
void cache_reclaim(unsigned first, unsigned count)
{
    while (stop_bins(first, count) > 0) {
        os_barrier(); // S2
        wait_for_owners(first, count);
    }
    for (unsigned pool = first; pool < first + count; pool++) {
        struct pool *of = &pools.pool[pool];
        if (of->caches == 0)
            continue;
        uint64_t cached = cached_chunks(pool);
        pool_note_used(of, (uint32_t)cached, 0);
        for (unsigned i = 0; i < cache_count(); i++) {
            struct bin *bin = &caches.list[i]->bins[pool];
            uint32_t n = atomic_load_explicit(&bin->n, memory_order_relaxed);
            if (n > 0)
                pool_give(of, bin->slots, n);
            bin_set_n(bin, 0);
        }
        of->caches = 0;
        pool_set_grown(of, false);
    }
}

bool cache_reclaim_grown(struct pool *pool)
{
    if (!atomic_load_explicit(&pool->has_grown, memory_order_relaxed))
        return false;
    lock_take(&pool->lock);
    if (atomic_load_explicit(&pool->has_grown, memory_order_relaxed))
        cache_reclaim(pool->index, 1);
    bool empty = atomic_load_explicit(&pool->empty, memory_order_relaxed);
    lock_drop(&pool->lock);
    return !empty;
}

bool cache_take_reclaimed(struct pool *pool, void **ret_chunk, bool *ret_was_new)
{
    lock_take(&pool->lock);
    bool taken = cache_take_locked(pool, ret_chunk, ret_was_new);
    if (!taken && !atomic_load_explicit(&pool->scarce, memory_order_relaxed)) {
        bool fought_over = pool->caches > 1;
        cache_reclaim(pool->index, 1);
        pool->calm = 0;
        pool->patience = fought_over ? (uint32_t)min_u64(2 * pool->patience + 1, PATIENCE_MAX) : 0;
        atomic_store_explicit(&pool->scarce, !pool->unlimited, memory_order_relaxed);
        taken = cache_take_locked(pool, ret_chunk, ret_was_new);
    }
    lock_drop(&pool->lock);
    return taken;
}

void cache_check(void)
{
    for (unsigned i = pools_from(0); i < POOLS_MAX; i = pools_from(i + 1)) {
        struct pool *pool = &pools.pool[i];
        lock_take(&pool->lock);
        pool_check(pool, cached_chunks(i));
        lock_drop(&pool->lock);
    }
}
