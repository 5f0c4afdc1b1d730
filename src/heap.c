// SPDX-License-Identifier: MIT
#include "heap.h"

#include <errno.h>
#include <string.h>

#include "message.h"
#include "next.h"
#include "runtime.h"

// A request on its way through the slow path.
struct request {
    size_t size;
    size_t alignment;
    bool zeroed;
};

// Adds to a counter of the calling thread's block: COUNT(pools[i].err, 1).
#define COUNT(field, n) \
    do { \
        bool count_is_shared; \
        struct stats_block *count_block = runtime_counts(&count_is_shared); \
        if (likely(!count_is_shared)) \
            count_own(&count_block->field, n); \
        else \
            count_shared(&count_block->field, n); \
    } while (0)

static void *out_of_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

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
static bool must_be_exact(void)
{
    return runtime_conf.on_empty != POLICY_FALLBACK;
}

// One chunk of the pool, by cache if possible; NULL when the pool is empty.
static void *take(struct pool *pool, const struct request *request)
{
    struct cache *cache = cache_self;
    void *chunk;
    bool was_new;
    if (cache != &cache_none) {
        struct bin *bin = &cache->bins[pool->index];
        while (!bin_pop(bin, &chunk, &was_new)) {
            if (cache_drop_duplicate(cache, pool)) {
                COUNT(pools[pool->index].illegal, 1);
                continue;
            }
            if (atomic_load_explicit(&pool->empty, memory_order_relaxed) && !must_be_exact())
                return NULL;
            if (!cache_refill(cache, pool))
                goto direct;
        }
        return zero_if_asked(chunk, was_new, request);
    }
direct:
    if (cache_take_direct(pool, &chunk, &was_new)
        || (must_be_exact() && cache_take_reclaimed(pool, &chunk, &was_new)))
        return zero_if_asked(chunk, was_new, request);
    return NULL;
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
        void *chunk = take(&pools.pool[i], request);
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
    unsigned by_step = ROUTE_NONE;
    if (request->size <= ROUTE_FINE_MAX)
        by_step = pools.route.table[(request->size + ROUTE_STEP - 1) / ROUTE_STEP];
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

static void count_request(unsigned first, const struct request *request)
{
    unsigned step = stats_size_step(request->size);
    COUNT(sizes[step].count, 1);
    COUNT(sizes[step].bytes, request->size);
    count_direct(first, request);
}

static void *serve(const struct request *request)
{
    unsigned first = route_find(&pools.route, request->size, request->alignment, 0);
    count_request(first, request);
    if (first == ROUTE_NONE)
        return on_oversize(request);
    void *chunk = take(&pools.pool[first], request);
    if (chunk)
        return chunk;
    COUNT(pools[first].err, 1);
    if (runtime_conf.try_bigger)
        chunk = try_bigger(first, request);
    return chunk ? chunk : on_empty(first, request);
}

// Every slow allocation. A success leaves errno as it was.
static void *allocate(const struct request *request)
{
    if (request->size > PTRDIFF_MAX)
        return out_of_memory();
    int saved_errno = errno;
    void *p = runtime_enter() ? serve(request) : ask_next(request);
    if (p)
        errno = saved_errno;
    return p;
}

void *heap_alloc_slow(size_t size)
{
    return allocate(&(struct request){.size = size, .alignment = ALIGN_MIN});
}

void *heap_alloc_zeroed_slow(size_t size)
{
    return allocate(&(struct request){.size = size, .alignment = ALIGN_MIN, .zeroed = true});
}

void *heap_alloc_aligned(size_t alignment, size_t size)
{
    return allocate(&(struct request){.size = size, .alignment = max_u64(alignment, ALIGN_MIN)});
}

void *heap_alloc_zeroed(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return out_of_memory();
    if (likely(bytes <= ROUTE_FINE_MAX)) {
        unsigned step = (unsigned)((bytes + ROUTE_STEP - 1) / ROUTE_STEP);
        struct cache *cache = cache_self;
        void *chunk;
        bool was_new;
        if (likely(bin_pop(&cache->bins[pools.route.table[step]], &chunk, &was_new))) {
            count_own(&cache->stats->sizes[step].count, 1);
            count_own(&cache->stats->sizes[step].bytes, bytes);
            return was_new ? chunk : memset(chunk, 0, bytes);
        }
    }
    return heap_alloc_zeroed_slow(bytes);
}

// What is wrong with freeing p, in words; NULL if it is a LIVE chunk, whose number goes to *ret_chunk.
static const char *find_fault(const struct pool *pool, const void *p, uint64_t *ret_chunk)
{
    uint64_t offset = (uint64_t)((const char *)p - pool->base);
    bool is_start = pool_chunk_at(pool->multiplier, offset, ret_chunk);
    if (*ret_chunk >= pool->count)
        return "pointer beyond the last chunk";
    if (!is_start)
        return "pointer into the middle of a chunk";
    if (pool->state[*ret_chunk] == CHUNK_NEW)
        return "chunk was never handed out";
    return pool->state[*ret_chunk] == CHUNK_LIVE ? NULL : "double free";
}

static void invalid_free(const struct pool *pool, const void *p, uint64_t chunk, const char *fault)
{
    COUNT(pools[pool->index].illegal, 1);
    if (runtime_conf.on_invalid_free == INVALID_IGNORE)
        return;
    const char *name = stats_file->pools[pool->index].name;
    unsigned long address = (uintptr_t)p;
    if (runtime_conf.on_invalid_free == INVALID_WARN)
        message("invalid free of 0x%lx: pool %s, chunk %lu: %s", address, name,
                (unsigned long)chunk, fault);
    else
        message_abort("invalid free of 0x%lx: pool %s, chunk %lu: %s", address, name,
                      (unsigned long)chunk, fault);
}

static void free_chunk(struct pool *pool, void *p)
{
    for (;;) {
        uint64_t chunk;
        const char *fault = find_fault(pool, p, &chunk);
        if (fault) {
            invalid_free(pool, p, chunk, fault);
            return;
        }
        struct cache *cache = cache_self;
        bool pushed = cache != &cache_none && cache_make_room(cache, pool)
                          ? bin_push(&cache->bins[pool->index], p)
                          : cache_give_direct(pool, (uint32_t)chunk);
        if (pushed) {
            COUNT(pools[pool->index].frees, 1);
            return;
        }
        // Another thread freed it, or stopped the bin, since we looked.
    }
}

static void free_foreign(void *p)
{
    if (next_is_bootstrap(p))
        return;
    if (runtime_is_serving())
        COUNT(process.next_frees, 1);
    next.free(p);
}

void heap_free_slow(void *p)
{
    if (!p)
        return;
    int saved_errno = errno;
    bool serving = runtime_enter();
    uint64_t pool = pools_index(p);
    if (serving && pool < pools.count)
        free_chunk(&pools.pool[pool], p);
    else
        free_foreign(p);
    errno = saved_errno;
}

size_t heap_usable_size(void *p)
{
    if (!p)
        return 0;
    uint64_t pool = pools_index(p);
    if (pool < pools.count)
        return pools.pool[pool].usable;
    return next_is_bootstrap(p) ? next_bootstrap_size(p) : next.malloc_usable_size(p);
}

// A new block with the old one's content; NULL leaves the old one as it is.
static void *move(void *p, size_t old_size, size_t size)
{
    void *moved = heap_alloc(size);
    if (!moved)
        return NULL;
    memcpy(moved, p, min_u64(old_size, size));
    heap_free(p);
    return moved;
}

// A block shrunk below half its chunk moves to the pool where a new one would be served, if that has
// a free chunk at hand; no policy applies, because a shrink never fails.
static void *shrink(struct pool *pool, void *p, size_t size)
{
    unsigned first = route_find(&pools.route, size, ALIGN_MIN, 0);
    if (size > pool->usable / 2 || pools.pool[first].stride >= pool->stride
        || atomic_load_explicit(&pools.pool[first].empty, memory_order_relaxed))
        return p;
    struct request request = {.size = size, .alignment = ALIGN_MIN};
    void *moved = take(&pools.pool[first], &request);
    if (!moved)
        return p;
    count_request(first, &request);
    memcpy(moved, p, size);
    heap_free(p);
    return moved;
}

static void *realloc_chunk(struct pool *pool, void *p, size_t size)
{
    uint64_t chunk;
    const char *fault = find_fault(pool, p, &chunk);
    if (fault) {
        invalid_free(pool, p, chunk, fault);
        return out_of_memory();
    }
    if (size > pool->usable)
        return move(p, pool->usable, size);
    return shrink(pool, p, size);
}

// A block of the next malloc that grows is a new request, and comes into a pool when its new size
// has one; otherwise it stays there, where a large one may grow without being copied.
static void *realloc_foreign(void *p, size_t size)
{
    size_t old_size = heap_usable_size(p);
    if (next_is_bootstrap(p))
        return move(p, old_size, size);
    if (!runtime_is_serving())
        return next.realloc(p, size);
    bool fits = route_find(&pools.route, size, ALIGN_MIN, 0) != ROUTE_NONE;
    uint32_t policy = fits ? runtime_conf.on_empty : runtime_conf.on_oversize;
    bool is_request = size > old_size && (fits || policy != POLICY_FALLBACK);
    if (is_request || (fits && policy == POLICY_FALLBACK))
        return move(p, old_size, size);
    COUNT(process.next_reallocs, 1);
    return next.realloc(p, size);
}

void *heap_realloc(void *p, size_t size)
{
    if (!p)
        return heap_alloc(size);
    if (size == 0) {
        heap_free(p);
        return NULL;
    }
    if (size > PTRDIFF_MAX)
        return out_of_memory();
    int saved_errno = errno;
    runtime_enter();
    errno = saved_errno;
    uint64_t pool = pools_index(p);
    return pool < pools.count ? realloc_chunk(&pools.pool[pool], p, size) : realloc_foreign(p, size);
}
