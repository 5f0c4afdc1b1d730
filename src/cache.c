// SPDX-License-Identifier: MIT
#include <string.h>

#include "cache_list.h"
#include "pools_named.h"
#include "os.h"

struct cache cache_none LARGE;
_Atomic bool cache_is_shared;
TLS struct cache *cache_self = &cache_none;
struct caches caches LARGE;

// A child of a fork that was not announced finds empty bins, and so its way to the slow path. Where
// the kernel cannot do it, such a child works on a copy of the parent's cache.
static struct cache *map_cache(bool *ret_is_wiped)
{
    struct cache *cache = os_map(caches.bytes);
    *ret_is_wiped = cache && os_wipe_on_fork(cache, caches.bytes);
    return cache;
}

// A bin of a malloc pool that grows moves to a larger array, so that those of pools that are used little lie
// together. A named pool's has room from the start for all that it may hold.
static uint64_t grown_room(const struct pool *pool)
{
    bool grows = pool->index < MALLOC_POOLS_MAX && pool->cache_max > pool->cache_capacity;
    return grows ? pool->cache_max : 0;
}

enum { NAMED_SLOTS_BYTES = NAMED_CACHE_MAX * sizeof(uint32_t) };

_Static_assert(NAMED_SLOTS_BYTES % CACHE_LINE == 0, "each bin's slots begin a line");

static uint32_t slots_at(unsigned pool)
{
    return pool < MALLOC_POOLS_MAX ? caches.slots_at[pool]
                                   : caches.named_slots_at + (pool - NAMED_POOLS_FIRST) * NAMED_SLOTS_BYTES;
}

_Atomic uint32_t *cache_init(void)
{
    uint64_t bytes = sizeof(struct cache);
    for (unsigned i = 0; i < pools.count; i++) {
        caches.slots_at[i] = (uint32_t)bytes;
        bytes += align_up(pools.pool[i].cache_capacity * sizeof(uint32_t), CACHE_LINE);
    }
    caches.named_slots_at = (uint32_t)bytes;
    bytes += NAMED_POOLS_MAX * NAMED_SLOTS_BYTES;
    for (unsigned i = 0; i < pools.count; i++) {
        caches.grown_at[i] = (uint32_t)bytes;
        bytes += align_up(grown_room(&pools.pool[i]) * sizeof(uint32_t), CACHE_LINE);
    }
    caches.bytes = (uint32_t)bytes;
    bool is_wiped;
    caches.list[0] = map_cache(&is_wiped);
    return is_wiped ? &caches.list[0]->not_forked : NULL;
}

unsigned cache_count(void)
{
    return atomic_load_explicit(&caches.count, memory_order_acquire);
}

enum {
    // Of an unlimited pool, before a thread has shown that it uses more: chunks at most and at least, and
    // bytes. A thread that only frees what others allocate keeps to that.
    START_MAX = 64,
    START_MIN = 8,
    START_BYTES = 8192,
};

enum { LARGE_BYTES = 64 * 1024 }; // chunks that trim_others takes from the bins

static bool is_shared(void)
{
    return atomic_load_explicit(&cache_is_shared, memory_order_relaxed);
}

static uint32_t start_capacity(const struct pool *pool)
{
    if (!pool->cache_is_auto)
        return pool->cache_capacity;
    uint64_t most = pool->unlimited ? min_u64(START_MAX, max_u64(START_MIN, START_BYTES / pool->stride))
                                    : pool_share(pool, CACHES_START_QUARTERS, pool->caches);
    return (uint32_t)min_u64(most, pool->cache_capacity);
}

// Takes the pool's figures into the bin. Under the pool's lock.
static void bin_start(struct cache *cache, struct pool *pool)
{
    pool->caches++;
    struct bin *bin = &cache->bins[pool->index];
    bin->slots = (uint32_t *)(void *)((char *)cache + slots_at(pool->index));
    bin->base = pool->base;
    bin->state = pool->state;
    bin->multiplier = pool->multiplier;
    bin->pitch = pool->pitch;
    bin->owes = 0;
    bin_set_n(bin, 0);
    atomic_store_explicit(&bin->low, 0, memory_order_relaxed);
    atomic_store_explicit(&bin->stop, 0, memory_order_relaxed);
    cache_bias(cache, bin);
    atomic_store_explicit(&bin->capacity, start_capacity(pool), memory_order_relaxed);
}

// The bin, started if it was not; NULL when this pool's caches are not in use. Under the lock.
static struct bin *bin_ready(struct cache *cache, struct pool *pool)
{
    struct bin *bin = &cache->bins[pool->index];
    if (bin_is_started(bin))
        return bin;
    if (cache_is_bypassed(pool))
        return NULL;
    bin_start(cache, pool);
    return bin;
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

// Gives k chunks of the bin back, those that were not used for longest. Under the lock.
static void give_back(struct bin *bin, struct pool *pool, uint32_t k)
{
    uint32_t left = atomic_load_explicit(&bin->n, memory_order_relaxed) - k;
    bin->owes -= (uint16_t)min_u64(bin->owes, k);
    bin_note_used(bin, pool);
    pool_give(pool, bin->slots, k);
    memmove(bin->slots, bin->slots + k, left * sizeof *bin->slots);
    bin_set_n(bin, left);
    atomic_store_explicit(&bin->low, left, memory_order_relaxed);
}

// A pool takes more memory from the system, which happens in large steps. What others did not use since they
// were trimmed last goes back: a program that has done with many blocks of one size needs others now, and a
// block that grows by realloc leaves a chunk in one pool after the other. Of large chunks, also from this
// thread's bins: a few hold much memory.
static void trim_others(struct cache *cache, const struct pool *growing)
{
    uint64_t now_ns = os_clock_ns();
    for (unsigned i = 0; i < pools.count; i++) {
        struct pool *pool = &pools.pool[i];
        struct bin *bin = &cache->bins[i];
        if (pool == growing)
            continue;
        lock_take(&pool->lock);
        if (pool_trim_is_due(pool, now_ns)) {
            if (pool->stride >= LARGE_BYTES && bin_is_started(bin))
                give_back(bin, pool, atomic_load_explicit(&bin->n, memory_order_relaxed));
            pool_trim_unused(pool, now_ns);
        }
        lock_drop(&pool->lock);
    }
}

bool cache_refill(struct cache *cache, struct pool *pool)
{
    if (cache_is_bypassed(pool))
        return false;
    uint32_t taken = 0;
    lock_take(&pool->lock);
    uint32_t committed = pool->committed;
    struct bin *bin = bin_ready(cache, pool);
    if (bin && atomic_load_explicit(&bin->n, memory_order_relaxed) == 0) {
        bin_note_used(bin, pool);
        uint32_t capacity = (uint32_t)min_u64(
            atomic_load_explicit(&bin->capacity, memory_order_relaxed), pool->cache_capacity);
        // New chunks come in whole runs, even if the bin is too small to keep them: see pool_run. A thread
        // that has taken many gets as many runs side by side, because the processor fetches lines next to
        // those in use, which should not be another thread's.
        bool are_new = pool->unlimited && pool->cache_is_auto && pool->free == 0;
        uint64_t want = are_new ? min_u64(max_u64(START_MAX, bin->owes), pool->cache_capacity)
                                : min_u64(START_MAX, capacity);
        if (!pool->unlimited && pool->cache_is_auto && pool->caches > 1) // leaves others most of what is left
            want = min_u64(want, pool_whole_runs(pool, (pool->count - pool_out(pool)) / 4));
        want = max_u64(want, (capacity + 1) / 2); // but takes no lock for chunk after chunk
        taken = pool_take(pool, bin->slots, (uint32_t)want);
        bin->owes = (uint16_t)min_u64(bin->owes + taken, UINT16_MAX);
        bin_set_n(bin, taken);
        atomic_store_explicit(&bin->low, taken, memory_order_relaxed);
    }
    bool takes_memory = pool->committed > committed;
    lock_drop(&pool->lock);
    if (takes_memory)
        trim_others(cache, pool);
    return taken > 0;
}

// Lets a full bin hold more, as many as this thread has taken, for it may take them again; but not what
// others have taken and it frees, nor what others may want. Under the lock.
static bool bin_grow(struct cache *cache, struct bin *bin, struct pool *pool)
{
    uint32_t capacity = atomic_load_explicit(&bin->capacity, memory_order_relaxed);
    uint64_t limit = bin->owes > pool->cache_capacity ? pool->cache_max : pool->cache_capacity;
    if (is_shared())
        limit = min_u64(limit, pool_share(pool, CACHES_GROWN_QUARTERS, pool->caches));
    if (capacity >= limit || bin->owes < capacity / 2)
        return false;
    uint32_t more = (uint32_t)min_u64(2 * (uint64_t)capacity, limit);
    if (more > pool->cache_capacity && grown_room(pool) > 0) {
        uint32_t *grown = (uint32_t *)(void *)((char *)cache + caches.grown_at[pool->index]);
        memmove(grown, bin->slots, bin->n * sizeof *grown);
        bin->slots = grown;
    }
    if (more > pool->cache_capacity)
        pool_set_grown(pool, true);
    atomic_store_explicit(&bin->capacity, more, memory_order_relaxed);
    return true;
}

// Gives the half of the bin back that was not used for longest. Under the lock.
static void flush_half(struct bin *bin, struct pool *pool)
{
    uint32_t n = atomic_load_explicit(&bin->n, memory_order_relaxed);
    uint32_t capacity = atomic_load_explicit(&bin->capacity, memory_order_relaxed);
    if (is_shared()) // with more threads than there were when the bin grew
        capacity = (uint32_t)min_u64(capacity, pool_share(pool, CACHES_GROWN_QUARTERS, pool->caches));
    atomic_store_explicit(&bin->capacity, capacity, memory_order_relaxed);
    give_back(bin, pool, (n + 1) / 2);
    pool_trim_idle(pool);
}

bool cache_make_room(struct cache *cache, struct pool *pool, uint32_t number)
{
    if (cache_is_bypassed(pool))
        return false;
    if (cache_unbias(cache, pool, number))
        return true;
    lock_take(&pool->lock);
    struct bin *bin = bin_ready(cache, pool);
    if (bin) {
        uint32_t capacity = atomic_load_explicit(&bin->capacity, memory_order_relaxed);
        bool full = atomic_load_explicit(&bin->n, memory_order_relaxed) >= capacity;
        if (full && !bin_grow(cache, bin, pool))
            flush_half(bin, pool);
    }
    lock_drop(&pool->lock);
    return bin != NULL;
}

bool cache_take_locked(struct pool *pool, void **ret_chunk, bool *ret_was_new)
{
    uint32_t number;
    if (pool_take(pool, &number, 1) == 0)
        return false;
    pool_note_used(pool, 0, pool->caches);
    *ret_was_new = chunk_is_new(&pool->state[number]);
    chunk_hand_out(&pool->state[number], CHUNK_LIVE);
    *ret_chunk = pool_address(pool, number);
    return true;
}

bool cache_take_direct(struct pool *pool, void **ret_chunk, bool *ret_was_new)
{
    lock_take(&pool->lock);
    bool taken = cache_take_locked(pool, ret_chunk, ret_was_new);
    lock_drop(&pool->lock);
    return taken;
}

void cache_give_locked(struct pool *pool, uint32_t number)
{
    pool_give(pool, &number, 1);
    pool_trim_idle(pool);
    if (atomic_load_explicit(&pool->scarce, memory_order_relaxed) && !pool->watched
        && ++pool->calm >= pool->patience && pool->free >= pool->count / 2)
        atomic_store_explicit(&pool->scarce, false, memory_order_relaxed);
}

bool cache_give_direct(struct pool *pool, uint32_t number)
{
    lock_take(&pool->lock);
    bool claimed = cache_claim_locked(pool, number);
    if (claimed)
        cache_give_locked(pool, number);
    lock_drop(&pool->lock);
    return claimed;
}

// From one thread to two: the first one's bins of finite pools are started anew, and keep less. One that is
// started after its pool's lock is dropped here sees that they are shared.
static void share(void)
{
    if (atomic_exchange_explicit(&cache_is_shared, true, memory_order_relaxed))
        return;
    for (unsigned i = pools_from(0); i < POOLS_MAX; i = pools_from(i + 1)) {
        if (pools.pool[i].unlimited || !pools.pool[i].cache_is_auto)
            continue;
        lock_take(&pools.pool[i].lock);
        cache_reclaim(i, 1);
        lock_drop(&pools.pool[i].lock);
    }
}

// A thread that called malloc or free for the first time after its destructors had run, as glibc does
// at the end of threads that never allocated, could not detach its cache.
static void detach_gone(void)
{
    for (unsigned i = 0; i < cache_count(); i++)
        if (caches.list[i]->taken && os_thread_is_gone(caches.list[i]->thread))
            cache_detach(caches.list[i]);
}

static unsigned first_untaken(void)
{
    unsigned i = 0;
    while (i < cache_count() && caches.list[i]->taken)
        i++;
    return i;
}

struct cache *cache_attach(struct stats_file *stats)
{
    if (caches.used)
        share(); // even if there is no cache for this thread: it frees all the same
    unsigned count = cache_count();
    unsigned i = first_untaken();
    if (i == count && (is_power_of_two(count) || i == CACHES_MAX)) { // seldom, for it asks the kernel
        detach_gone();
        i = first_untaken();
    }
    if (i == CACHES_MAX || i + 1 >= stats->header.block_count)
        return NULL;
    if (i == count) {
        bool is_wiped;
        if (!caches.list[i] && !(caches.list[i] = map_cache(&is_wiped)))
            return NULL;
        atomic_store_explicit(&caches.count, i + 1, memory_order_release);
    }
    caches.used = true;
    struct cache *cache = caches.list[i];
    cache->index = i;
    cache->taken = true;
    cache->thread = os_thread_id();
    cache->stats = &stats->blocks[i + 1];
    cache->sizes = cache->stats->sizes;
    if (count_read(&stats->header.blocks_used) < i + 2) {
        stats_make_room();
        atomic_store_explicit(&stats->header.blocks_used, i + 2, memory_order_relaxed);
    }
    return cache;
}

void cache_populate(struct cache *cache)
{
    uintptr_t counters = (uintptr_t)cache->stats & -os_page_size();
    os_populate(cache, pools.count > 0 ? caches.grown_at[0] : caches.bytes);
    os_populate((void *)counters, (uintptr_t)(cache->stats + 1) - counters);
    for (unsigned i = 0; i < pools.count; i++) {
        uint64_t room = pools.pool[i].unlimited ? 0 : grown_room(&pools.pool[i]);
        uintptr_t start = ((uintptr_t)cache + caches.grown_at[i]) & -os_page_size();
        uintptr_t end = (uintptr_t)cache + caches.grown_at[i] + room * sizeof(uint32_t);
        if (room > 0)
            os_populate((void *)start, end - start);
    }
}

void cache_detach(struct cache *cache)
{
    for (unsigned i = pools_from(0); i < POOLS_MAX; i = pools_from(i + 1)) {
        struct bin *bin = &cache->bins[i];
        struct pool *pool = &pools.pool[i];
        if (!bin->slots)
            continue; // never started
        lock_take(&pool->lock);
        if (bin_is_started(bin)) {
            bin_note_used(bin, pool);
            pool_give(pool, bin->slots, atomic_load_explicit(&bin->n, memory_order_relaxed));
            if (--pool->caches == 0)
                pool_set_grown(pool, false);
        }
        memset(bin, 0, offsetof(struct bin, bias)); // what is biased to this cache remains so
        lock_drop(&pool->lock);
    }
    cache->taken = false;
}

void cache_forget_all(void)
{
    for (unsigned i = 0; i < cache_count(); i++)
        memset(caches.list[i], 0, offsetof(struct cache, bins) + pools_bound() * sizeof(struct bin));
    atomic_store_explicit(&caches.count, 0, memory_order_relaxed);
    caches.used = false;
    atomic_store_explicit(&cache_is_shared, false, memory_order_relaxed);
    for (unsigned i = pools_from(0); i < POOLS_MAX; i = pools_from(i + 1))
        pools.pool[i].caches = 0;
}
