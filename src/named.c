// SPDX-License-Identifier: MIT
#include "named.h"

#include <string.h>

#include "heap_slow.h"
#include "message.h"

// A chunk, waited for if need be; counts how often the pool was empty.
static void *take(struct pool *pool, const struct request *request, uint64_t timeout_ns)
{
    void *chunk = heap_take(pool, request);
    if (chunk)
        return chunk;
    COUNT(pools[pool->index].err, 1);
    bool was_new;
    if (timeout_ns == 0 || !named_wait(pool, timeout_ns, &chunk, &was_new))
        return NULL;
    if (unlikely(guard_is_on) && guard_watches(pool))
        return heap_check_taken(pool, chunk, request);
    return request->zeroed && !was_new ? memset(chunk, 0, pool->usable) : chunk;
}

static uint32_t number_of(const struct pool *pool, const void *chunk)
{
    return (uint32_t)(((uintptr_t)chunk - (uintptr_t)pool->base) / pool->pitch);
}

// A block for a chunk that is an address only. NULL: malloc has none, and the chunk is free again.
static void *block_for(struct pool *pool, const void *chunk, bool zeroed)
{
    void *block = named_heap_alloc(pool, number_of(pool, chunk), zeroed);
    if (!block)
        named_give(pool, number_of(pool, chunk), NULL);
    return block;
}

static bool is_on_heap(const struct pool *pool)
{
    return pool->index >= NAMED_POOLS_FIRST && pools_named_of(pool)->blocks;
}

void *named_alloc_slow(struct pool *pool, size_t bytes, bool zeroed, uint64_t timeout_ns)
{
    int saved_errno = errno;
    runtime_enter();
    if (unlikely(guard_is_on))
        heap_check_call();
    COUNT(pools[pool->index].direct, 1);
    bool on_heap = is_on_heap(pool);
    struct request request = {.size = bytes == pool->size ? pool->usable : bytes,
                              .alignment = ALIGN_MIN, .zeroed = zeroed && !on_heap, .exact = true,
                              .caller = CALLER()};
    void *p = take(pool, &request, timeout_ns);
    int error = p || timeout_ns == 0 ? ENOMEM : ETIMEDOUT;
    if (p && on_heap)
        p = block_for(pool, p, zeroed);
    COUNT(pools[pool->index].direct_bytes, p ? bytes : 0);
    COUNT(pools[pool->index].failed, p ? 0 : 1);
    errno = p ? saved_errno : error;
    return p;
}

// A pointer that is not in the pool's memory at all.
static void refuse_stranger(struct pool *pool, const void *p)
{
    COUNT(pools[pool->index].illegal, 1);
    if (runtime_conf.on_invalid_free == MISUSE_IGNORE)
        return;
    const struct pool *owner = named_pool_of(p);
    const char *name = stats_file->pools[pool->index].name;
    const char *of = owner ? stats_file->pools[owner->index].name : "no pool";
    const char *format = "invalid free of 0x%lx: pool %s: it belongs to %s";
    if (runtime_conf.on_invalid_free == MISUSE_WARN)
        message(format, (unsigned long)(uintptr_t)p, name, of);
    else
        message_abort(format, (unsigned long)(uintptr_t)p, name, of);
}

// The block goes first: never are there more than `count` of them.
static void free_block(struct pool *pool, void *p)
{
    uint32_t number;
    if (!named_heap_free(pool, p, &number)) {
        refuse_stranger(pool, p);
        return;
    }
    COUNT(frees[pool->index], 1);
    named_give(pool, number, NULL);
}

static void free_chunk(struct pool *pool, void *p, const void *caller)
{
    struct cache *cache = cache_self;
    for (;;) {
        uint64_t number;
        const char *fault = heap_find_fault(pool, p, &number);
        if (fault) {
            heap_invalid_free(pool, p, number, fault);
            return;
        }
        bool by_cache = cache != &cache_none && cache_make_room(cache, pool, (uint32_t)number);
        COUNT(frees[pool->index], 1); // first: who hears of the free finds it counted
        if (by_cache ? bin_push(&cache->bins[pool->index], p)
                     : named_give(pool, (uint32_t)number, caller))
            return;
        COUNT(frees[pool->index], -1ULL);
        // Another thread freed it, or stopped the bin, since we looked.
    }
}

void named_free_slow(struct pool *pool, void *p)
{
    if (!p)
        return;
    int saved_errno = errno;
    runtime_enter();
    if (unlikely(guard_is_on))
        heap_check_call();
    if (is_on_heap(pool))
        free_block(pool, p);
    else if (!named_owns(pool, p))
        refuse_stranger(pool, p);
    else
        free_chunk(pool, p, CALLER());
    errno = saved_errno;
}
