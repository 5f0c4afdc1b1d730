// SPDX-License-Identifier: MIT
// Pools that come and go, and whose address is whose.
#include <errno.h>
#include <string.h>

#include "guard.h"
#include "named.h"
#include "os.h"
#include "runtime.h"

enum { SIZE_MAX_BYTES = 1 << 30 }; // of a chunk, as in pools.conf
#define COUNT_MAX (UINT32_MAX - 1)

// Pools on the heap. Written under the runtime's lock; who holds a block of one finds it above 0.
static _Atomic unsigned on_heap_count;

static bool is_name(const char *name)
{
    size_t length = name ? strnlen(name, NAME_MAX_BYTES) : 0;
    if (length == 0 || length == NAME_MAX_BYTES || (*name >= '0' && *name <= '9'))
        return false;
    for (const char *p = name; *p; p++)
        if (!((*p >= 'a' && *p <= 'z') || (*p >= 'A' && *p <= 'Z') || (*p >= '0' && *p <= '9')
              || *p == '_'))
            return false;
    return true;
}

// The caller holds the runtime's lock.
static int create_locked(struct named_plan *plan, struct pool **ret_pool)
{
    if (pools_named_find(plan->name))
        return EEXIST;
    struct blocks *blocks = plan->on_heap ? named_heap_init(plan->count) : NULL;
    if (plan->on_heap && !blocks)
        return ENOMEM;
    plan->blocks = blocks;
    int error = pools_named_add(&runtime_conf, plan, ret_pool);
    if (error && blocks)
        named_heap_fini(blocks);
    on_heap_count += !error && blocks;
    return error;
}

int named_pool_create(const char *name, uint64_t count, uint64_t size, const char *desc,
                      unsigned flags, char *storage, struct pool **ret_pool)
{
    bool on_heap = flags & NAMED_ON_HEAP;
    if (!is_name(name) || count == 0 || count > COUNT_MAX || size == 0 || size > SIZE_MAX_BYTES)
        return EINVAL;
    if (!runtime_enter_own())
        return ENODEV;
    uint64_t stride = storage ? align_up(size, ALIGN_MIN) : conf_stride(&runtime_conf, size);
    struct named_plan plan = {
        .name = name,
        .desc = desc ? desc : "",
        .kind = storage ? POOL_STATIC : POOL_CREATED,
        .size = size,
        .usable = min_u64(conf_usable(&runtime_conf, size), stride),
        .stride = on_heap ? ALIGN_MIN : stride,
        .count = count,
        .storage = guard_is_on ? NULL : storage, // where there is no room for guards
        .is_pbuf = flags & NAMED_PBUF,
        .on_heap = on_heap,
    };
    if (pools_min_slice(&runtime_conf, plan.stride, count) == UINT64_MAX)
        return ENOMEM;
    runtime_lock();
    int error = create_locked(&plan, ret_pool);
    runtime_unlock();
    return error;
}

int named_pool_destroy(struct pool *pool)
{
    if (!pool || pool->index < NAMED_POOLS_FIRST || pools_named_of(pool)->kind != POOL_CREATED)
        return EINVAL;
    runtime_enter();
    runtime_lock();
    lock_take(&pool->lock);
    cache_reclaim(pool->index, 1);
    bool is_idle = pool_out(pool) == 0 && !pool->waiters;
    struct blocks *blocks = pools_named_of(pool)->blocks;
    if (is_idle)
        pools_named_of(pool)->blocks = NULL;
    lock_drop(&pool->lock);
    if (is_idle) {
        pools_named_remove(pool);
        on_heap_count -= blocks != NULL;
        if (blocks)
            named_heap_fini(blocks);
    }
    runtime_unlock();
    return is_idle ? 0 : EBUSY;
}

static struct pool *find_on_heap(const void *p)
{
    int saved_errno = errno;
    runtime_enter();
    runtime_lock(); // no pool ends meanwhile
    unsigned i = pools_from(NAMED_POOLS_FIRST);
    while (i < POOLS_MAX && !named_heap_has(&pools.pool[i], p))
        i = pools_from(i + 1);
    runtime_unlock();
    errno = saved_errno;
    return i < POOLS_MAX ? &pools.pool[i] : NULL;
}

struct pool *named_pool_of(const void *p)
{
    // Before malloc pools: a block of a pool on the heap may be a chunk of one.
    struct pool *on_heap = on_heap_count > 0 ? find_on_heap(p) : NULL;
    if (on_heap)
        return on_heap;
    uint64_t index = pools_index(p);
    if (index >= pools.count)
        return pools_named_at(p);
    struct pool *pool = &pools.pool[index];
    uintptr_t start = (uintptr_t)pool_address(pool, pool_number(pool, 0));
    return (uintptr_t)p - start < pool->count * pool->stride ? pool : NULL;
}

void named_pool_reset_max(struct pool *pool)
{
    runtime_enter();
    lock_take(&pool->lock);
    cache_reclaim(pool->index, 1); // so that all that is out is used
    atomic_store_explicit(&pool->stats->max, 0, memory_order_relaxed);
    pool_note_used(pool, 0, 0);
    lock_drop(&pool->lock);
}

void named_pool_on_available(struct pool *pool, pools_available *callback, void *context)
{
    if (pool->index < NAMED_POOLS_FIRST)
        return;
    runtime_enter();
    struct named_pool *entry = pools_named_of(pool);
    lock_take(&pool->lock);
    entry->available = callback;
    entry->context = context;
    pool->watched = callback != NULL;
    if (callback) {
        atomic_store_explicit(&pool->scarce, true, memory_order_relaxed);
        cache_reclaim(pool->index, 1);
    }
    lock_drop(&pool->lock);
}
