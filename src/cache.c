// SPDX-License-Identifier: MIT
#include "cache.h"

#include <string.h>

#include "os.h"
#include "stats.h"

struct cache cache_none;
TLS struct cache *cache_self = &cache_none;

// Append-only: a cache is used again by later threads, never unmapped. Written under the runtime's
// lock; `count` is the release that publishes an entry to stoppers, which hold only a pool's lock.
static struct {
    struct cache *list[CACHES_MAX];
    _Atomic uint32_t count;
    size_t bytes;                         // of one cache with its slots
    size_t slots_at[MALLOC_POOLS_MAX];    // where each bin's slots begin
} caches;

void cache_init(void)
{
    caches.bytes = sizeof(struct cache);
    for (unsigned i = 0; i < pools.count; i++) {
        caches.slots_at[i] = caches.bytes;
        caches.bytes += align_up(pools.pool[i].cache_capacity * sizeof(uint32_t), CACHE_LINE);
    }
}

unsigned cache_count(void)
{
    return atomic_load_explicit(&caches.count, memory_order_acquire);
}

struct cache *cache_attach(struct stats_file *stats)
{
    unsigned count = cache_count();
    unsigned i = 0;
    while (i < count && caches.list[i]->taken)
        i++;
    if (i == CACHES_MAX || i + 1 >= stats->header.block_count)
        return NULL;
    if (i == count) {
        struct cache *fresh = os_map(caches.bytes);
        if (!fresh)
            return NULL;
        // A child of a fork that was not announced finds empty bins, and so its way to the slow
        // path. Where the kernel cannot do it, such a child works on a copy of the parent's cache.
        os_wipe_on_fork(fresh, caches.bytes);
        caches.list[i] = fresh;
        atomic_store_explicit(&caches.count, i + 1, memory_order_release);
    }
    struct cache *cache = caches.list[i];
    cache->index = i;
    cache->taken = true;
    cache->stats = &stats->blocks[i + 1];
    if (count_read(&stats->header.blocks_used) < i + 2)
        atomic_store_explicit(&stats->header.blocks_used, i + 2, memory_order_relaxed);
    return cache;
}

static void bin_set_n(struct bin *bin, uint32_t n)
{
    atomic_store_explicit(&bin->n_and_busy, n, memory_order_relaxed);
}

// Takes the pool's figures into the bin. Under the pool's lock.
static void bin_start(struct cache *cache, struct pool *pool)
{
    struct bin *bin = &cache->bins[pool->index];
    bin->slots = (uint32_t *)(void *)((char *)cache + caches.slots_at[pool->index]);
    bin->base = pool->base;
    bin->counts = &cache->stats->pools[pool->index];
    bin->state = pool->state;
    bin->multiplier = pool->multiplier;
    bin->stride = (uint32_t)pool->stride;
    bin_set_n(bin, 0);
    atomic_store_explicit(&bin->low, 0, memory_order_relaxed);
    atomic_store_explicit(&bin->stop, 0, memory_order_relaxed);
    atomic_store_explicit(&bin->capacity, pool->cache_capacity, memory_order_relaxed);
    pool->caches++;
}

static bool bin_is_started(const struct bin *bin)
{
    return atomic_load_explicit(&bin->capacity, memory_order_relaxed) > 0;
}

// Saves a lock where the answer of bin_ready would be no.
static bool is_bypassed(const struct pool *pool)
{
    return pool->cache_capacity == 0 || atomic_load_explicit(&pool->scarce, memory_order_relaxed);
}

// The bin, started if it was not; NULL when this pool's caches are not in use. Under the lock.
static struct bin *bin_ready(struct cache *cache, struct pool *pool)
{
    struct bin *bin = &cache->bins[pool->index];
    if (bin_is_started(bin))
        return bin;
    if (is_bypassed(pool))
        return NULL;
    bin_start(cache, pool);
    return bin;
}

// Ends an epoch of the high-water mark: since the last one, at most out - low chunks were used.
static void bin_note_used(struct bin *bin, struct pool *pool)
{
    pool_note_used(pool, atomic_load_explicit(&bin->low, memory_order_relaxed), pool->caches - 1);
}

void cache_note_used(struct pool *pool)
{
    lock_take(&pool->lock);
    struct bin *own = &cache_self->bins[pool->index];
    if (bin_is_started(own))
        bin_note_used(own, pool);
    else
        pool_note_used(pool, 0, pool->caches);
    lock_drop(&pool->lock);
}

bool cache_refill(struct cache *cache, struct pool *pool)
{
    if (is_bypassed(pool))
        return false;
    uint32_t taken = 0;
    lock_take(&pool->lock);
    struct bin *bin = bin_ready(cache, pool);
    if (bin && atomic_load_explicit(&bin->n, memory_order_relaxed) == 0) {
        bin_note_used(bin, pool);
        taken = pool_take(pool, bin->slots, pool->cache_capacity / 2);
        bin_set_n(bin, taken);
        atomic_store_explicit(&bin->low, taken, memory_order_relaxed);
    }
    lock_drop(&pool->lock);
    return taken > 0;
}

bool cache_make_room(struct cache *cache, struct pool *pool)
{
    if (is_bypassed(pool))
        return false;
    lock_take(&pool->lock);
    struct bin *bin = bin_ready(cache, pool);
    if (bin) {
        uint32_t n = atomic_load_explicit(&bin->n, memory_order_relaxed);
        if (n == pool->cache_capacity) {
            // The lower half was not used for longest.
            uint32_t half = n / 2;
            bin_note_used(bin, pool);
            pool_give(pool, bin->slots, half);
            memmove(bin->slots, bin->slots + half, (n - half) * sizeof *bin->slots);
            bin_set_n(bin, n - half);
            atomic_store_explicit(&bin->low, n - half, memory_order_relaxed);
            pool_trim_idle(pool);
        }
    }
    lock_drop(&pool->lock);
    return bin != NULL;
}

bool cache_drop_duplicate(struct cache *cache, struct pool *pool)
{
    struct bin *bin = &cache->bins[pool->index];
    if (atomic_load_explicit(&bin->n, memory_order_relaxed) == 0)
        return false;
    bool dropped = false;
    lock_take(&pool->lock);
    uint32_t n = atomic_load_explicit(&bin->n, memory_order_relaxed);
    if (n > 0 && pool->state[bin->slots[n - 1]] == CHUNK_LIVE) {
        bin_set_n(bin, n - 1);
        if (atomic_load_explicit(&bin->low, memory_order_relaxed) >= n)
            atomic_store_explicit(&bin->low, n - 1, memory_order_relaxed);
        dropped = true;
    }
    lock_drop(&pool->lock);
    return dropped;
}

// Under the lock.
static bool take_one(struct pool *pool, void **ret_chunk, bool *ret_was_new)
{
    uint32_t chunk;
    if (pool_take(pool, &chunk, 1) == 0)
        return false;
    pool_note_used(pool, 0, pool->caches);
    *ret_was_new = pool->state[chunk] == CHUNK_NEW;
    pool->state[chunk] = CHUNK_LIVE;
    *ret_chunk = pool_address(pool, chunk);
    return true;
}

bool cache_take_direct(struct pool *pool, void **ret_chunk, bool *ret_was_new)
{
    lock_take(&pool->lock);
    bool taken = take_one(pool, ret_chunk, ret_was_new);
    lock_drop(&pool->lock);
    return taken;
}

bool cache_give_direct(struct pool *pool, uint32_t chunk)
{
    lock_take(&pool->lock);
    bool live = pool->state[chunk] == CHUNK_LIVE;
    if (live) {
        pool->state[chunk] = CHUNK_FREE;
        pool_give(pool, &chunk, 1);
        pool_trim_idle(pool);
        if (atomic_load_explicit(&pool->scarce, memory_order_relaxed)
            && pool->free >= pool->count / 2)
            atomic_store_explicit(&pool->scarce, false, memory_order_relaxed);
    }
    lock_drop(&pool->lock);
    return live;
}

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
            atomic_store_explicit(&bin->low, BIN_STOPPED, memory_order_relaxed);
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

// S3 for every stopped bin.
static void wait_for_owners(unsigned first, unsigned count)
{
    for (unsigned i = 0; i < cache_count(); i++)
        for (unsigned pool = first; pool < first + count; pool++)
            while (bin_is_busy(&caches.list[i]->bins[pool]))
                os_yield(); // the owner is a few instructions from its end, but may not be running
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
    }
}

void cache_trim(void)
{
    for (unsigned i = 0; i < pools.count; i++) {
        struct pool *pool = &pools.pool[i];
        lock_take(&pool->lock);
        if (pool->unlimited)
            cache_reclaim(i, 1);
        pool_trim(pool, pool->free);
        lock_drop(&pool->lock);
    }
}

bool cache_take_reclaimed(struct pool *pool, void **ret_chunk, bool *ret_was_new)
{
    lock_take(&pool->lock);
    bool taken = take_one(pool, ret_chunk, ret_was_new);
    if (!taken && !atomic_load_explicit(&pool->scarce, memory_order_relaxed)) {
        cache_reclaim(pool->index, 1);
        atomic_store_explicit(&pool->scarce, !pool->unlimited, memory_order_relaxed);
        taken = take_one(pool, ret_chunk, ret_was_new);
    }
    lock_drop(&pool->lock);
    return taken;
}

void cache_detach(struct cache *cache)
{
    for (unsigned i = 0; i < pools.count; i++) {
        struct bin *bin = &cache->bins[i];
        struct pool *pool = &pools.pool[i];
        lock_take(&pool->lock);
        if (bin_is_started(bin)) {
            bin_note_used(bin, pool);
            pool_give(pool, bin->slots, atomic_load_explicit(&bin->n, memory_order_relaxed));
            pool->caches--;
        }
        memset(bin, 0, sizeof *bin);
        lock_drop(&pool->lock);
    }
    cache->taken = false;
}

void cache_forget_all(void)
{
    for (unsigned i = 0; i < cache_count(); i++)
        memset(caches.list[i], 0, sizeof(struct cache));
    for (unsigned i = 0; i < pools.count; i++)
        pools.pool[i].caches = 0;
}

void cache_check(void)
{
    for (unsigned i = 0; i < pools.count; i++) {
        struct pool *pool = &pools.pool[i];
        lock_take(&pool->lock);
        pool_check(pool, cached_chunks(i));
        lock_drop(&pool->lock);
    }
}
