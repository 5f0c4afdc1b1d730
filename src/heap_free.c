// SPDX-License-Identifier: MIT
// Release: of chunks, of foreign pointers, and what is done about invalid ones.
#include "heap_slow.h"
#include "message.h"
#include "next.h"
#include "pools_named.h"

const char *heap_find_fault(const struct pool *pool, const void *p, uint64_t *ret_number)
{
    uint64_t offset = (uint64_t)((const char *)p - pool->base);
    bool has_number = pool_number_at(pool->multiplier, offset, ret_number);
    uint64_t n = pool_nth(pool, *ret_number);
    if (n >= pool->count)
        return (int64_t)n < 0 ? "pointer before the first chunk" : "pointer beyond the last chunk";
    if (!has_number || *ret_number != pool_number(pool, (uint32_t)n))
        return "pointer into the middle of a chunk";
    chunk_state *state = pool_state(pool, (uint32_t)n);
    if (chunk_is_new(state))
        return "chunk was never handed out";
    return chunk_is_live(state) ? NULL : "double free";
}

void heap_invalid_free(struct pool *pool, const void *p, uint64_t number, const char *fault)
{
    COUNT(pools[pool->index].illegal, 1);
    if (runtime_conf.on_invalid_free == MISUSE_IGNORE)
        return;
    const char *name = stats_file->pools[pool->index].name;
    unsigned long address = (uintptr_t)p, n = pool_nth(pool, number);
    char buffer[HISTORY_MAX];
    struct text history;
    text_init(&history, buffer, sizeof buffer);
    heap_check_history(pool, n, &history);
    void (*say)(const char *format, ...) =
        runtime_conf.on_invalid_free == MISUSE_WARN ? message : message_abort;
    say("invalid free of 0x%lx: pool %s, chunk %lu: %s%s", address, name, n, fault, history.data);
}

bool heap_is_named(void *p)
{
    struct pool *pool = pools_named_exist() ? pools_named_at(p) : NULL;
    if (!pool)
        return false;
    uint64_t number;
    const char *fault = heap_find_fault(pool, p, &number);
    heap_invalid_free(pool, p, number, fault ? fault : "chunk of a named pool, which free is not for");
    return true;
}

static void free_chunk(struct pool *pool, void *p, const void *caller)
{
    if (unlikely(guard_is_on))
        heap_check_call();
    for (;;) {
        uint64_t number;
        const char *fault = heap_find_fault(pool, p, &number);
        if (fault) {
            heap_invalid_free(pool, p, number, fault);
            return;
        }
        struct cache *cache = cache_self;
        bool pushed;
        if (unlikely(guard_is_on) && guard_watches(pool))
            pushed = heap_check_give(pool, (uint32_t)number, caller);
        else if (cache != &cache_none && cache_make_room(cache, pool, (uint32_t)number))
            pushed = bin_push(&cache->bins[pool->index], p);
        else
            pushed = cache_give_direct(pool, (uint32_t)number);
        if (pushed) {
            COUNT(frees[pool->index], 1);
            return;
        }
        // Another thread freed it, or stopped the bin, since we looked.
    }
}

static void free_foreign(void *p)
{
    if (runtime_is_serving())
        COUNT(process.next_frees, 1);
    next.free(p);
}

// To the next malloc in as few instructions as can be.
void heap_free_foreign(void *p)
{
    struct stats_block *stats = cache_self->stats;
    if (unlikely(!stats || pools_named_exist()))
        heap_free_slow(p);
    else if (likely(p)) {
        count_own(&stats->process.next_frees, 1);
        next.free(p);
    }
}

void heap_free_slow(void *p)
{
    heap_free_slow_for(p, CALLER());
}

void heap_free_slow_for(void *p, const void *caller)
{
    if (!p)
        return;
    if (all_pass_by()) {
        next.free(p);
        return;
    }
    int saved_errno = errno;
    bool serving = runtime_enter();
    uint64_t pool = pools_index(p);
    if (serving && pool < pools.count)
        free_chunk(&pools.pool[pool], p, caller);
    else if (!heap_is_named(p))
        free_foreign(p);
    errno = saved_errno;
}
