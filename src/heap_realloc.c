// SPDX-License-Identifier: MIT
// realloc: blocks stay, move between pools, and come from and go to the next malloc.
#include <string.h>

#include "heap_slow.h"
#include "next.h"
#include "os.h"
#include "pools_named.h"

// Who asks for the usable size may use all of it.
SLOW static size_t expose(struct pool *pool, const void *p)
{
    uint64_t number;
    if (!heap_find_fault(pool, p, &number))
        heap_check_resize(pool, (uint32_t)number, pool->usable, NULL);
    return pool->usable;
}

size_t heap_usable_size(void *p)
{
    uint64_t pool = pools_index(p);
    if (pool < pools.count)
        return likely(!guard_is_on) ? pools.pool[pool].usable : expose(&pools.pool[pool], p);
    if (unlikely(pools_named_exist())) {
        const struct pool *named = pools_named_at(p);
        if (named)
            return named->usable;
    }
    if (!p)
        return 0;
    return next_is_bootstrap(p) ? next_bootstrap_size(p) : next.malloc_usable_size(p);
}

SLOW static void count_usable_size_call(void)
{
    int saved_errno = errno;
    if (runtime_enter()) // which notices that this is a child of _Fork
        COUNT(process.usable_size_calls, 1);
    errno = saved_errno;
}

size_t heap_tell_usable_size(void *p)
{
    struct stats_block *own = cache_self->stats;
    if (likely(own))
        count_own(&own->process.usable_size_calls, 1);
    else
        count_usable_size_call();
    return heap_usable_size(p);
}

// A new block with the old one's content; NULL leaves the old one as it is.
static void *move(void *p, size_t old_size, size_t size, const void *caller)
{
    void *moved = heap_alloc_for(size, caller);
    if (!moved)
        return NULL;
    memcpy(moved, p, min_u64(old_size, size));
    heap_free_for(p, caller);
    return moved;
}

// A block shrunk below half its chunk moves to the pool where a new one would be served, if that has
// a free chunk at hand; no policy applies, because a shrink never fails.
static void *shrink(struct pool *pool, void *p, size_t size, const void *caller)
{
    unsigned first = route_find(&pools.route, size, ALIGN_MIN, 0);
    if (size > pool->usable / 2
        || pool_chunk_bytes(&pools.pool[first]) >= pool_chunk_bytes(pool)
        || atomic_load_explicit(&pools.pool[first].empty, memory_order_relaxed))
        return p;
    struct request request = {.size = size, .alignment = ALIGN_MIN, .caller = caller};
    void *moved = heap_take(&pools.pool[first], &request);
    if (!moved)
        return p;
    heap_count_request(first, &request);
    memcpy(moved, p, size);
    heap_free_for(p, caller);
    return moved;
}

static void *realloc_chunk(struct pool *pool, void *p, size_t size, const void *caller)
{
    uint64_t number;
    const char *fault = heap_find_fault(pool, p, &number);
    if (fault) {
        heap_invalid_free(pool, p, number, fault);
        return out_of_memory();
    }
    if (size > pool->usable)
        return move(p, pool->usable, size, caller);
    void *shrunk = shrink(pool, p, size, caller);
    if (unlikely(guard_is_on) && shrunk == p)
        heap_check_resize(pool, (uint32_t)number, size, caller);
    return shrunk;
}

// A block too large for the pools got another size where it is. That counts as a request if it may have left
// its size step upwards: on larger pools it would be one. The old size is not known, but what the next malloc
// made of it: in glibc up to a page more where it is large, some bytes where it is small.
static void count_growth(size_t old_usable, size_t size)
{
    unsigned step = size_step(size);
    size_t more = min_u64(os_page_size(), old_usable / 32 + 16);
    if (step <= size_step(old_usable - min_u64(old_usable, more)))
        return;
    COUNT(passed[step].count, 1);
    COUNT(passed[step].bytes, size);
}

// A block of the next malloc that grows is a new request, and comes into a pool when its new size
// has one; otherwise it stays there, where a large one may grow without being copied.
static void *realloc_foreign(void *p, size_t size, const void *caller)
{
    size_t old_size = heap_usable_size(p);
    if (next_is_bootstrap(p))
        return move(p, old_size, size, caller);
    if (!runtime_is_serving())
        return next.realloc(p, size);
    bool fits = route_find(&pools.route, size, ALIGN_MIN, 0) != ROUTE_NONE;
    uint32_t policy = fits ? runtime_conf.on_empty : runtime_conf.on_oversize;
    bool is_request = size > old_size && (fits || policy != POLICY_FALLBACK);
    // Gperftools knows no sizes (0) before its constructors have run, but can still move a block.
    if (old_size > 0 && (is_request || (fits && policy == POLICY_FALLBACK)))
        return move(p, old_size, size, caller);
    COUNT(process.next_reallocs, 1);
    void *resized = next.realloc(p, size);
    if (resized && !fits)
        count_growth(old_size, size);
    return resized;
}

// A block shrunk below half its chunk stays all the same, because a new one would not be served by a
// pool of smaller chunks.
INLINE bool stays(uint64_t index, size_t size)
{
    unsigned first = pools.route.table[size_step(size)];
    return pool_chunk_bytes(&pools.pool[first]) >= pool_chunk_bytes(&pools.pool[index]);
}

// The way of most calls: a chunk that is large enough and not too large, or another one from the
// thread's cache. False: nothing happened.
INLINE bool realloc_fast(void *p, size_t size, const void *caller, void **ret_p)
{
    uint64_t index = pools_index(p);
    if (unlikely(index >= pools.count || !bin_knows(cache_bin(cache_self, index), p)))
        return false;
    size_t usable = pools.route.usable[index];
    if (size <= usable && (size > usable / 2 || (size > 0 && stays(index, size)))) {
        *ret_p = p;
        return true;
    }
    if (unlikely(size == 0 || !heap_alloc_fast(size, ret_p)))
        return false;
    memcpy(*ret_p, p, min_u64(usable, size));
    if (unlikely(!heap_push(index, p)))
        heap_free_slow_for(p, caller);
    return true;
}

void *heap_realloc(void *p, size_t size)
{
    const void *caller = CALLER();
    void *fast;
    if (likely(realloc_fast(p, size, caller, &fast)))
        return fast;
    if (!p)
        return heap_alloc_for(size, caller);
    if (size == 0) {
        heap_free_for(p, caller);
        return NULL;
    }
    if (size > PTRDIFF_MAX)
        return out_of_memory();
    int saved_errno = errno;
    runtime_enter();
    if (unlikely(guard_is_on))
        heap_check_call();
    errno = saved_errno;
    uint64_t pool = pools_index(p);
    if (pool < pools.count)
        return realloc_chunk(&pools.pool[pool], p, size, caller);
    return heap_is_named(p) ? out_of_memory() : realloc_foreign(p, size, caller);
}
