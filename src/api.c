// SPDX-License-Identifier: MIT
// include/poolmalloc.h.
#include "poolmalloc.h"

#include <errno.h>
#include <string.h>

#include "heap.h"
#include "named.h"
#include "runtime.h"
#include "stats_read.h"

#define STRING(x) #x
#define DOTTED(a, b, c) STRING(a) "." STRING(b) "." STRING(c)

_Static_assert(__builtin_strcmp(PM_VERSION,
                                DOTTED(PM_VERSION_MAJOR, PM_VERSION_MINOR, PM_VERSION_PATCH)) == 0,
               "the version is the same in words and in numbers");

_Static_assert((int)PM_KIND_MALLOC == (int)POOL_MALLOC && (int)PM_KIND_NAMED == (int)POOL_NAMED
               && (int)PM_KIND_PBUF == (int)POOL_PBUF && (int)PM_KIND_CREATED == (int)POOL_CREATED
               && (int)PM_KIND_STATIC == (int)POOL_STATIC, "one list of kinds, in two headers");
_Static_assert((int)PM_POOL_ON_HEAP == (int)NAMED_ON_HEAP && (int)PM_POOL_PBUF == (int)NAMED_PBUF,
               "one list of flags, in two headers");
_Static_assert((int)PM_NAME_MAX == (int)NAME_MAX_BYTES && (int)PM_POOLS_MAX == (int)NAMED_POOLS_MAX,
               "limits are the same in two headers");

EXPORT const char *pm_version(void)
{
    return PM_VERSION;
}

static struct pool *inner(const pm_pool *pool)
{
    return (struct pool *)(uintptr_t)pool;
}

static pm_pool *outer(struct pool *pool)
{
    return (pm_pool *)pool;
}

static void *fail(int error)
{
    errno = error;
    return NULL;
}

// Pools

EXPORT pm_pool *pm_pool_find(const char *name)
{
    struct pool *pool = NULL;
    int saved_errno = errno;
    if (name && runtime_enter()) {
        runtime_lock();
        pool = pools_named_find(name);
        runtime_unlock();
    }
    if (!pool)
        return fail(ENOENT);
    errno = saved_errno;
    return outer(pool);
}

EXPORT pm_pool *pm_pool_create(const char *name, size_t count, size_t size, const char *desc,
                               unsigned flags)
{
    struct pool *pool;
    int saved_errno = errno, error = EINVAL;
    if ((flags & ~(unsigned)(PM_POOL_ON_HEAP | PM_POOL_PBUF)) == 0)
        error = named_pool_create(name, count, size, desc, flags, NULL, &pool);
    if (error)
        return fail(error);
    errno = saved_errno;
    return outer(pool);
}

EXPORT int pm_pool_destroy(pm_pool *pool)
{
    int saved_errno = errno;
    int error = named_pool_destroy(inner(pool));
    errno = saved_errno;
    return error;
}

EXPORT pm_pool *pm_static_init(struct pm_static *declared)
{
    struct pool *pool;
    int saved_errno = errno;
    if (declared->pool)
        return declared->pool;
    if (declared->storage_bytes < PM_POOL_BYTES(declared->count, declared->size)
        || (uintptr_t)declared->storage % ALIGN_MIN != 0)
        return fail(EINVAL);
    int error = named_pool_create(declared->name, declared->count, declared->size, declared->desc,
                                  0, declared->storage, &pool);
    if (error)
        return fail(error);
    errno = saved_errno;
    return declared->pool = outer(pool);
}

EXPORT pm_pool *pm_pool_next(const pm_pool *pool)
{
    int saved_errno = errno;
    bool serving = runtime_enter();
    errno = saved_errno;
    unsigned index = serving ? pools_from(pool ? inner(pool)->index + 1 : 0) : POOLS_MAX;
    return index < POOLS_MAX ? outer(&pools.pool[index]) : NULL;
}

EXPORT pm_pool *pm_pool_of(const void *address)
{
    return outer(named_pool_of(address));
}

EXPORT size_t pm_pool_usable_size(const pm_pool *pool)
{
    return pool ? inner(pool)->usable : 0;
}

// Chunks

EXPORT void *pm_alloc(pm_pool *pool)
{
    return likely(pool) ? named_alloc(inner(pool), inner(pool)->size) : fail(EINVAL);
}

EXPORT void *pm_alloc_bytes(pm_pool *pool, size_t bytes)
{
    if (unlikely(!pool || bytes > inner(pool)->usable))
        return fail(EINVAL);
    return named_alloc(inner(pool), bytes);
}

EXPORT void *pm_alloc_zeroed(pm_pool *pool)
{
    return pool ? named_alloc_slow(inner(pool), inner(pool)->size, true, 0) : fail(EINVAL);
}

EXPORT void *pm_alloc_timed(pm_pool *pool, uint64_t timeout_ns)
{
    if (!pool || inner(pool)->index < NAMED_POOLS_FIRST)
        return fail(EINVAL);
    return named_alloc_slow(inner(pool), inner(pool)->size, false, timeout_ns);
}

EXPORT void pm_free(pm_pool *pool, void *chunk)
{
    if (likely(pool))
        named_free(inner(pool), chunk);
}

// Checks

EXPORT size_t pm_check(void)
{
    return heap_check_all();
}

// Statistics

static void describe(const struct pool *pool, const struct stats_pool_figures *figures,
                     struct pm_stats *stats)
{
    const struct named_pool *named =
        pool->index >= NAMED_POOLS_FIRST ? pools_named_of(pool) : NULL;
    *stats = (struct pm_stats){
        .name = named ? named->name : stats_file->pools[pool->index].name,
        .desc = named ? named->desc : "",
        .kind = named ? named->kind : POOL_MALLOC,
        .on_heap = named && named->blocks,
        .size = pool->size,
        .usable = pool->usable,
        .stride = figures->stride,
        .avail = figures->avail,
        .used = figures->used,
        .max = figures->max,
        .err = figures->err,
        .illegal = figures->illegal,
        .allocs = figures->allocs,
        .frees = figures->frees,
        .cached = figures->cached,
        .failed = figures->failed,
        .requested_bytes = figures->requested_bytes,
        .max_at_least = figures->max_at_least,
        .corrupt = figures->corrupt,
    };
}

EXPORT int pm_pool_stats(pm_pool *pool, struct pm_stats *stats)
{
    if (!pool || !stats || stats->bytes < offsetof(struct pm_stats, name))
        return EINVAL;
    int saved_errno = errno;
    runtime_enter();
    cache_note_used(inner(pool));
    struct stats_pool_figures figures;
    struct pm_stats all;
    stats_read_pool(stats_file, inner(pool)->index, true, &figures);
    describe(inner(pool), &figures, &all);
    lock_take(&inner(pool)->lock);
    all.waiting = inner(pool)->waiting;
    lock_drop(&inner(pool)->lock);
    all.bytes = min_u64(stats->bytes, sizeof all);
    memcpy(stats, &all, all.bytes);
    errno = saved_errno;
    return 0;
}

EXPORT void pm_pool_reset_max(pm_pool *pool)
{
    int saved_errno = errno;
    if (pool)
        named_pool_reset_max(inner(pool));
    errno = saved_errno;
}

EXPORT void pm_pool_on_available(pm_pool *pool, pm_available *callback, void *context)
{
    int saved_errno = errno;
    if (pool)
        named_pool_on_available(inner(pool), callback, context);
    errno = saved_errno;
}
