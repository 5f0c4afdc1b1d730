// SPDX-License-Identifier: MIT
// Allocation: the rules of routing, empty and oversize.
#include <string.h>

#include "heap_slow.h"
#include "message.h"
#include "next.h"

static void *ask_next(const struct request *request)
{
    if (request->alignment > ALIGN_MIN) {
        void *p = next.memalign(request->alignment, request->size);
        return p && request->zeroed ? memset(p, 0, request->size) : p;
    }
    return request->zeroed ? next.calloc(1, request->size) : next.malloc(request->size);
}

static void *zero_if_asked(void *chunk, bool was_new, const struct request *request)
{
    return request->zeroed && !was_new ? memset(chunk, 0, request->size) : chunk;
}

// Whether an empty pool must really be empty, so that other threads' caches are worth taking from.
// Where the next malloc stands in, they are not.
static bool must_be_exact(const struct request *request)
{
    return request->exact || runtime_conf.on_empty != POLICY_FALLBACK;
}

void *heap_take(struct pool *pool, const struct request *request)
{
    struct cache *cache = cache_self;
    void *chunk;
    bool was_new;
    if (atomic_load_explicit(&pool->exhausted, memory_order_relaxed))
        return NULL;
    bool cached = cache != &cache_none && !cache_is_bypassed(pool);
    do {
        if (cached && bin_pop(&cache->bins[pool->index], &chunk, &was_new))
            return zero_if_asked(chunk, was_new, request);
        if (atomic_load_explicit(&pool->empty, memory_order_relaxed) && !must_be_exact(request)
            && !cache_reclaim_grown(pool))
            return NULL;
    } while (cached && cache_refill(cache, pool));
    if (unlikely(guard_is_on) && guard_watches(pool))
        return heap_check_take(pool, request);
    bool taken = must_be_exact(request) ? cache_take_reclaimed(pool, &chunk, &was_new)
                                        : cache_take_direct(pool, &chunk, &was_new);
    return taken ? zero_if_asked(chunk, was_new, request) : NULL;
}

// `first` and all later pools that fit are empty, or only `first` was asked.
static void *on_empty(unsigned first, const struct request *request)
{
    void *p = NULL;
    if (runtime_conf.on_empty == POLICY_FALLBACK)
        p = ask_next(request);
    if (p) {
        COUNT(pools[first].fell_back, 1);
        COUNT(pools[first].direct_bytes, -(uint64_t)request->size);
        return p;
    }
    COUNT(pools[first].failed, 1);
    COUNT(pools[first].direct_bytes, -(uint64_t)request->size);
    if (runtime_conf.on_empty == POLICY_ABORT)
        message_abort("pool %s is empty: all %lu chunks are in use, %lu bytes were asked for",
                      stats_file->pools[first].name, (unsigned long)pools.pool[first].count,
                      (unsigned long)request->size);
    return out_of_memory();
}

static void *on_oversize(const struct request *request)
{
    void *p = NULL;
    COUNT(process.oversize, 1);
    COUNT(process.oversize_bytes, request->size);
    if (runtime_conf.on_oversize == POLICY_FALLBACK)
        p = ask_next(request);
    if (p) {
        COUNT(process.oversize_fell_back, 1);
        return p;
    }
    COUNT(process.oversize_failed, 1);
    if (runtime_conf.on_oversize == POLICY_ABORT)
        message_abort("no pool has chunks for %lu bytes aligned to %lu",
                      (unsigned long)request->size, (unsigned long)request->alignment);
    return out_of_memory();
}

// Later pools that fit, in order (MEM_USE_POOLS_TRY_BIGGER_POOL). Every empty one passed counts an
// err, as in lwIP.
static void *try_bigger(unsigned first, const struct request *request)
{
    unsigned i = first;
    while ((i = route_find(&pools.route, request->size, request->alignment, i + 1)) != ROUTE_NONE) {
        void *chunk = heap_take(&pools.pool[i], request);
        if (chunk) {
            COUNT(pools[first].spilled_out, 1);
            COUNT(pools[first].direct_bytes, -(uint64_t)request->size);
            COUNT(pools[i].spilled_in, 1);
            COUNT(pools[i].direct_bytes, request->size);
            return chunk;
        }
        COUNT(pools[i].err, 1);
    }
    return NULL;
}

// Counts a request that its size step alone would count for another pool, or for none.
static void count_direct(unsigned pool, const struct request *request)
{
    unsigned by_step = pools.route.table[size_step(request->size)];
    if (by_step == pool)
        return;
    if (pool < pools.count) {
        COUNT(pools[pool].direct, 1);
        COUNT(pools[pool].direct_bytes, request->size);
    }
    if (by_step < pools.count) {
        COUNT(pools[by_step].direct, -1ULL);
        COUNT(pools[by_step].direct_bytes, -(uint64_t)request->size);
    }
}

void heap_count_request(unsigned first, const struct request *request)
{
    unsigned step = size_step(request->size);
    COUNT(sizes[step].count, 1);
    COUNT(sizes[step].bytes, request->size);
    count_direct(first, request);
}

static void *serve(const struct request *request)
{
    unsigned first = route_find(&pools.route, request->size, request->alignment, 0);
    heap_count_request(first, request);
    if (first == ROUTE_NONE)
        return on_oversize(request);
    void *chunk = heap_take(&pools.pool[first], request);
    if (chunk)
        return chunk;
    COUNT(pools[first].err, 1);
    if (runtime_conf.try_bigger)
        chunk = try_bigger(first, request);
    return chunk ? chunk : on_empty(first, request);
}

INLINE void count_passed(size_t step, uint64_t requests, uint64_t bytes)
{
    struct stats_size *counts = &cache_self->stats->passed[step];
    count_own(&counts->count, requests);
    count_own(&counts->bytes, bytes);
}

// Requests that the next malloc serves anyway: nothing is locked for them, nothing is looked for in
// other threads' caches. The calling thread must have counters.
INLINE bool passes_by(size_t step)
{
    return atomic_load_explicit(&pools.pass_by[pools.route.table[step]], memory_order_relaxed)
           && likely(cache_self->stats);
}

// Every slow allocation. A success leaves errno as it was.
static void *allocate(const struct request *request)
{
    if (request->size > PTRDIFF_MAX)
        return out_of_memory();
    int saved_errno = errno;
    bool serving = runtime_enter();
    if (unlikely(guard_is_on))
        heap_check_call();
    void *p = serving ? serve(request) : ask_next(request);
    if (p)
        errno = saved_errno;
    return p;
}

NOINLINE static void *alloc_slower(size_t size, const void *caller)
{
    if (all_pass_by())
        return next.malloc(size);
    struct request request = {.size = size, .alignment = ALIGN_MIN, .caller = caller};
    return allocate(&request);
}

// The next malloc failed. It may do so again, and is counted then.
SLOW static void *passed_in_vain(size_t size, const void *caller)
{
    count_passed(size_step(size), -1ULL, -(uint64_t)size);
    return alloc_slower(size, caller);
}

// With small pools this is the way of most requests. False: nothing happened.
INLINE bool alloc_passed(size_t size, size_t step, void **ret_block)
{
    if (!passes_by(step))
        return false;
    count_passed(step, 1, size);
    *ret_block = next.malloc(size);
    return true;
}

void *heap_alloc_miss(size_t size, size_t step)
{
    void *p;
    if (!alloc_passed(size, step, &p))
        return alloc_slower(size, CALLER());
    return likely(p) ? p : passed_in_vain(size, CALLER());
}

void *heap_alloc_slow_for(size_t size, const void *caller)
{
    void *p;
    unsigned step = size_step(size);
    if (unlikely(size > PTRDIFF_MAX)) // is no request: not the next malloc's either
        return out_of_memory();
    if (size > SIZE_FINE_MAX && heap_pop(step, size, &p, NULL))
        return p;
    if (!alloc_passed(size, step, &p))
        return alloc_slower(size, caller);
    return likely(p) ? p : passed_in_vain(size, caller);
}

void *heap_alloc_slow(size_t size)
{
    return heap_alloc_slow_for(size, CALLER());
}

NOINLINE static void *alloc_zeroed_slow(size_t size)
{
    unsigned step = size_step(size);
    if (passes_by(step)) {
        void *p = next.calloc(1, size);
        if (p) { // otherwise it may fail again, and is counted then
            count_passed(step, 1, size);
            return p;
        }
    }
    struct request request = {
        .size = size, .alignment = ALIGN_MIN, .zeroed = true, .caller = CALLER()};
    return allocate(&request);
}

void *heap_alloc_zeroed(size_t count, size_t size)
{
    size_t bytes;
    void *chunk;
    bool was_new;
    if (unlikely(__builtin_mul_overflow(count, size, &bytes) || bytes > PTRDIFF_MAX))
        return out_of_memory();
    if (likely(heap_pop(size_step(bytes), bytes, &chunk, &was_new)))
        return was_new ? chunk : memset(chunk, 0, bytes);
    return alloc_zeroed_slow(bytes);
}

void *heap_alloc_aligned_for(size_t alignment, size_t size, const void *caller)
{
    if (alignment <= ALIGN_MIN)
        return heap_alloc_for(size, caller);
    // A bin of the pool that has both size and alignment, where it is also the one of the step.
    unsigned step = size_step(size);
    void *chunk;
    if (likely(alignment <= pools.route.alignment[pools.route.table[step]]
               && heap_pop(step, size, &chunk, NULL)))
        return chunk;
    struct request request = {
        .size = size, .alignment = alignment, .caller = caller};
    return allocate(&request);
}
