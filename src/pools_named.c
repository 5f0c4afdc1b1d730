// SPDX-License-Identifier: MIT
#include "pools_named.h"

#include <errno.h>
#include <string.h>

#include "guard.h"
#include "os.h"
#include "stats.h"
#include "text.h"

enum { SLICE_SHIFT_MAX = 36, SLICE_SHIFT_MIN = 20 }; // of an unlimited pool: 64 GiB to 1 MiB

static struct named_pool named[NAMED_POOLS_MAX] FAR;

// Densely, so that a search touches few cache lines. An end of 0 fits no address. A reader may find
// the start of one pool and the end of the next in the same place; it looks again, see below.
static struct {
    _Atomic uintptr_t start, end;
} ranges[NAMED_POOLS_MAX] FAR;

struct named_pool *pools_named_of(const struct pool *pool)
{
    return &named[pool->index - NAMED_POOLS_FIRST];
}

struct pool *pools_named_find(const char *name)
{
    for (unsigned i = pools_from(NAMED_POOLS_FIRST); i < POOLS_MAX; i = pools_from(i + 1))
        if (strcmp(named[i - NAMED_POOLS_FIRST].name, name) == 0)
            return &pools.pool[i];
    return NULL;
}

struct pool *pools_named_at(const void *address)
{
    uintptr_t at = (uintptr_t)address;
    unsigned end = atomic_load_explicit(&pools.named_end, memory_order_acquire);
    for (unsigned i = 0; i + NAMED_POOLS_FIRST < end; i++) {
        if (at >= atomic_load_explicit(&ranges[i].end, memory_order_relaxed)
            || at < atomic_load_explicit(&ranges[i].start, memory_order_relaxed))
            continue;
        // Who has a chunk of a pool knows that it is in use; and whose range was read half old and
        // half new is found out by the second look.
        struct pool *pool = &pools.pool[i + NAMED_POOLS_FIRST];
        if (pools_named_in_use(i + NAMED_POOLS_FIRST, memory_order_acquire)
            && at - (uintptr_t)pool->base < pool->slice_bytes)
            return pool;
    }
    return NULL;
}

// The entry of a new pool: one that was never used, else the first that is free. POOLS_MAX: none.
static unsigned free_entry(void)
{
    unsigned end = atomic_load_explicit(&pools.named_end, memory_order_relaxed);
    if (end < POOLS_MAX)
        return end > 0 ? end : NAMED_POOLS_FIRST;
    unsigned i = NAMED_POOLS_FIRST;
    while (i < POOLS_MAX && pools_named_in_use(i, memory_order_relaxed))
        i++;
    return i;
}

// Address space for the chunks; of an unlimited pool as much as can be had. NULL: none.
static char *reserve(const struct named_plan *plan, uint64_t gap, uint64_t *ret_bytes)
{
    *ret_bytes = (plan->count + (gap > 0)) * (plan->stride + gap); // one more: see pool.h, `first`
    if (plan->storage)
        return plan->storage;
    if (plan->count != COUNT_UNLIMITED)
        return os_reserve(*ret_bytes, 1);
    uint64_t share = os_address_space_limit() / 16;
    for (unsigned shift = SLICE_SHIFT_MAX; shift >= SLICE_SHIFT_MIN; shift--) {
        *ret_bytes = 1ULL << shift;
        bool too_much = *ret_bytes > share && shift > SLICE_SHIFT_MIN;
        char *base = too_much ? NULL : os_reserve(*ret_bytes, 1);
        if (base)
            return base;
    }
    return NULL;
}

static void copy_text(char *to, size_t size, const char *from)
{
    struct text text;
    text_init(&text, to, size);
    text_add(&text, from);
}

static void fill_entry(struct pool *pool, const struct named_plan *plan)
{
    struct named_pool *entry = pools_named_of(pool);
    *entry = (struct named_pool){
        .kind = plan->kind, .usable = plan->usable, .blocks = plan->blocks};
    copy_text(entry->name, sizeof entry->name, plan->name);
    copy_text(entry->desc, sizeof entry->desc, plan->desc);
    stats_describe_pool(pool->index, &(struct stats_description){
        .kind = plan->is_pbuf ? POOL_PBUF : plan->kind, .name = entry->name, .desc = entry->desc,
        .size = plan->size, .usable = plan->usable,
        .stride = plan->on_heap ? plan->usable : plan->stride,
        .count = pool->unlimited ? COUNT_UNLIMITED : pool->count});
}

// From here on the pool is known to everybody.
static void publish(struct pool *pool)
{
    unsigned i = pool->index - NAMED_POOLS_FIRST;
    uintptr_t base = (uintptr_t)pool->base;
    atomic_store_explicit(&ranges[i].start, base, memory_order_relaxed);
    atomic_store_explicit(&ranges[i].end, base + pool->slice_bytes, memory_order_relaxed);
    atomic_store_explicit(&pools.named_in_use[i], true, memory_order_release);
    if (atomic_load_explicit(&pools.named_end, memory_order_relaxed) <= pool->index)
        atomic_store_explicit(&pools.named_end, pool->index + 1, memory_order_release);
}

int pools_named_add(const struct conf *conf, const struct named_plan *plan, struct pool **ret_pool)
{
    unsigned index = free_entry();
    if (index == POOLS_MAX)
        return ENOSPC;
    bool own_memory = !plan->storage && !plan->on_heap;
    uint64_t bytes, gap = own_memory ? conf_gap(conf, plan->stride) : 0;
    char *base = reserve(plan, gap, &bytes);
    if (!base)
        return ENOMEM;
    struct pool *pool = &pools.pool[index];
    struct pool_plan own = {
        .size = plan->size,
        .usable = plan->usable,
        .stride = plan->stride,
        .gap = gap,
        .count = plan->count,
        .slice_bytes = bytes,
        .processors = os_processors(),
        .cache_limit = plan->on_heap ? THREAD_CACHE_OFF : conf->thread_cache,
        .cache_room = NAMED_CACHE_MAX,
        .index = index,
        .keeps_memory = guard_is_on,
        .without_memory = plan->on_heap,
        .is_borrowed = plan->storage != NULL,
        .tables = plan->storage ? plan->storage + bytes : NULL,
    };
    if (!pool_init(pool, &own, base, &stats_file->pools[index])) {
        os_unmap(base, bytes); // never the program's storage, with which nothing can fail
        return ENOMEM;
    }
    if (own_memory && (!pools_prepare_memory(conf, pool) || !guard_attach(pool))) {
        pool_fini(pool);
        os_unmap(base, bytes);
        return ENOMEM;
    }
    fill_entry(pool, plan);
    publish(pool);
    *ret_pool = pool;
    return 0;
}

void pools_named_remove(struct pool *pool)
{
    unsigned i = pool->index - NAMED_POOLS_FIRST;
    atomic_store_explicit(&pools.named_in_use[i], false, memory_order_release);
    atomic_store_explicit(&ranges[i].end, 0, memory_order_relaxed);
    guard_detach(pool);
    pool_fini(pool);
    if (!pool->is_borrowed)
        os_unmap(pool->base, pool->slice_bytes);
}

bool pools_named_init(const struct conf *conf, const char **ret_problem)
{
    for (unsigned i = 0; i < conf->named_pool_count; i++) {
        const struct conf_named *named_line = &conf->named_pools[i];
        const struct conf_pool *line = &named_line->pool;
        // lwIP rounds header and payload up one by one (memp_std.h, LWIP_PBUF_MEMPOOL).
        uint64_t header = line->kind == POOL_PBUF ? conf_usable(conf, PBUF_HEADER_BYTES) : 0;
        struct named_plan plan = {
            .name = named_line->name,
            .desc = named_line->desc,
            .kind = line->kind,
            .size = header + line->size,
            .usable = header + conf_usable(conf, line->size),
            .stride = conf_stride(conf, header + conf_usable(conf, line->size)),
            .count = line->count,
        };
        struct pool *pool;
        bool possible = pools_min_slice(conf, plan.stride, plan.count) != UINT64_MAX;
        if (!possible || pools_named_add(conf, &plan, &pool) != 0) {
            *ret_problem = possible ? "the kernel refused the memory of the named pools"
                                    : "the named pools are larger than the address space";
            return false;
        }
    }
    return true;
}
