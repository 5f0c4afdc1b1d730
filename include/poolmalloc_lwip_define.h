// SPDX-License-Identifier: MIT
// Part of poolmalloc_lwip.h: the functions, in the one source file that defines the pools.
#ifndef POOLMALLOC_LWIP_DEFINE_H
#define POOLMALLOC_LWIP_DEFINE_H

#include <sched.h>

#ifdef __cplusplus
extern "C" {
#endif

extern const struct pm_lwip_entry *const __start_pm_lwip_entries[]
    __attribute__((weak, visibility("hidden")));
extern const struct pm_lwip_entry *const __stop_pm_lwip_entries[]
    __attribute__((weak, visibility("hidden")));

enum { PM_LWIP_NOT_STARTED, PM_LWIP_STARTING, PM_LWIP_STARTED };

static struct {
    int state; // release of PM_LWIP_STARTED publishes the rest; acquire in pm_lwip_start
    pm_pool *pool[MEMP_MAX + 1]; // by MEMP_name; NULL: it has no chunks
    // Malloc pools in the order of lwippools.h.
    struct {
        pm_pool *pool;
        size_t usable;
        memp_t type;
    } malloc_pool[MEMP_MAX + 1];
    unsigned malloc_pools;
    uint64_t mem_err; // relaxed: a counter alone
} pm_lwip;

#ifdef LWIP_HOOK_MEMP_AVAILABLE
static void pm_lwip_available(pm_pool *pool, void *type)
{
    (void)pool;
    LWIP_HOOK_MEMP_AVAILABLE((memp_t)(uintptr_t)type);
}
#endif

// The pool of this name in pools.conf.
static pm_pool *pm_lwip_find(const char *name, size_t bytes)
{
    struct pm_stats stats;
    memset(&stats, 0, sizeof stats);
    stats.bytes = sizeof stats;
    pm_pool *pool = pm_pool_find(name);
    if (!pool || pm_pool_stats(pool, &stats) != 0 || stats.usable < bytes
        || (stats.kind != PM_KIND_NAMED && stats.kind != PM_KIND_PBUF))
        pm_lwip_die(name, "another pool has this name, and is not of pools.conf or has smaller chunks");
    return pool;
}

static int pm_lwip_is_name(const char *text)
{
    static const char letters[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_";
    return text[strspn(text, letters)] == '\0' && strlen(text) < PM_NAME_MAX - 20;
}

// A malloc pool has lwIP's name, made of the text of its size; with the number instead, where that text
// makes no name; and another number behind it, where there is such a pool already.
static pm_pool *pm_lwip_create(const struct pm_lwip_entry *entry, size_t bytes)
{
    char size[24], name[PM_NAME_MAX];
    snprintf(size, sizeof size, "%zu", entry->size);
    for (unsigned attempt = 1;; attempt++) {
        if (entry->kind != PM_LWIP_MALLOC)
            snprintf(name, sizeof name, "%s", entry->name);
        else if (attempt == 1)
            snprintf(name, sizeof name, "MALLOC_%s", pm_lwip_is_name(entry->name) ? entry->name : size);
        else
            snprintf(name, sizeof name, "MALLOC_%s_%u", size, attempt);
        unsigned flags = (MEMP_MEM_MALLOC ? (unsigned)PM_POOL_ON_HEAP : 0U)
                         | (entry->kind == PM_LWIP_PBUF ? (unsigned)PM_POOL_PBUF : 0U);
        pm_pool *pool = pm_pool_create(name, entry->count, bytes, entry->desc, flags);
        if (pool)
            return pool;
        if (errno != EEXIST)
            pm_lwip_die(name, strerror(errno));
        if (entry->kind != PM_LWIP_MALLOC)
            return pm_lwip_find(name, bytes);
    }
}

static void pm_lwip_start_slow(void)
{
    int none = PM_LWIP_NOT_STARTED;
    if (!__atomic_compare_exchange_n(&pm_lwip.state, &none, PM_LWIP_STARTING, 0, __ATOMIC_RELAXED,
                                     __ATOMIC_RELAXED)) {
        while (__atomic_load_n(&pm_lwip.state, __ATOMIC_ACQUIRE) != PM_LWIP_STARTED)
            sched_yield();
        return;
    }
    const struct pm_lwip_entry *in_order[MEMP_MAX + 1] = {NULL};
    size_t entries = (size_t)(__stop_pm_lwip_entries - __start_pm_lwip_entries);
    if (entries != MEMP_MAX)
        pm_lwip_die(__BASE_FILE__, "something in lwippools.h uses __COUNTER__");
    for (size_t i = 0; i < entries; i++)
        in_order[__start_pm_lwip_entries[i]->index] = __start_pm_lwip_entries[i];
    for (unsigned i = 0; i != MEMP_MAX; i++) {
        const struct pm_lwip_entry *entry = in_order[i];
        size_t usable = LWIP_MEM_ALIGN_SIZE(entry->size);
        size_t bytes = entry->kind == PM_LWIP_PBUF ? pm_pbuf_chunk_size(usable) : usable;
        if (entry->count > 0)
            pm_lwip.pool[i] = pm_lwip_create(entry, bytes > 0 ? bytes : 1);
        if (entry->kind == PM_LWIP_MALLOC) {
            pm_lwip.malloc_pool[pm_lwip.malloc_pools].type = i;
            pm_lwip.malloc_pool[pm_lwip.malloc_pools].pool = pm_lwip.pool[i];
            pm_lwip.malloc_pool[pm_lwip.malloc_pools++].usable = usable;
        }
#ifdef LWIP_HOOK_MEMP_AVAILABLE
        if (pm_lwip.pool[i])
            pm_pool_on_available(pm_lwip.pool[i], pm_lwip_available, (void *)(uintptr_t)i);
#endif
    }
    __atomic_store_n(&pm_lwip.state, PM_LWIP_STARTED, __ATOMIC_RELEASE);
}

static inline void pm_lwip_start(void)
{
    if (__builtin_expect(__atomic_load_n(&pm_lwip.state, __ATOMIC_ACQUIRE) != PM_LWIP_STARTED, 0))
        pm_lwip_start_slow();
}

void pm_lwip_agree(unsigned entries, const char *file)
{
    if (entries != MEMP_MAX)
        pm_lwip_die(file, "sees other entries in lwippools.h than " __BASE_FILE__);
}

void memp_init(void)
{
    pm_lwip_start();
}

void mem_init(void)
{
    pm_lwip_start();
}

pm_pool *pm_lwip_pool(memp_t type)
{
    pm_lwip_start();
    unsigned pools = MEMP_MAX; // which may be 0: not compared as a constant
    return type < pools ? pm_lwip.pool[type] : NULL;
}

memp_t pm_lwip_malloc_pool_first(void)
{
    pm_lwip_start();
    return pm_lwip.malloc_pools > 0 ? pm_lwip.malloc_pool[0].type : 1;
}

memp_t pm_lwip_malloc_pool_last(void)
{
    pm_lwip_start();
    return pm_lwip.malloc_pools > 0 ? pm_lwip.malloc_pool[pm_lwip.malloc_pools - 1].type : 0;
}

void *memp_malloc(memp_t type)
{
    return pm_alloc(pm_lwip_pool(type));
}

void memp_free(memp_t type, void *chunk)
{
    if (chunk)
        pm_free(pm_lwip_pool(type), chunk);
}

uint64_t pm_lwip_mem_err(void)
{
    return __atomic_load_n(&pm_lwip.mem_err, __ATOMIC_RELAXED);
}

#if MEM_USE_POOLS
static void *pm_lwip_mem_malloc_from_pools(size_t size)
{
    unsigned i = 0;
    while (i < pm_lwip.malloc_pools && pm_lwip.malloc_pool[i].usable < size)
        i++;
    if (i == pm_lwip.malloc_pools) {
#ifndef LWIP_NOASSERT
        LWIP_PLATFORM_ASSERT("mem_malloc: no pool has chunks of this size");
#endif
        errno = ENOMEM;
        return NULL;
    }
    void *block = pm_alloc_bytes(pm_lwip.malloc_pool[i].pool, size);
    while (MEM_USE_POOLS_TRY_BIGGER_POOL && !block && ++i < pm_lwip.malloc_pools)
        if (size <= pm_lwip.malloc_pool[i].usable)
            block = pm_alloc_bytes(pm_lwip.malloc_pool[i].pool, size);
    return block;
}

void *mem_malloc(mem_size_t size)
{
    pm_lwip_start();
    void *block = pm_lwip_mem_malloc_from_pools(size);
    if (!block)
        __atomic_fetch_add(&pm_lwip.mem_err, 1, __ATOMIC_RELAXED);
    return block;
}

void mem_free(void *block)
{
    if (!block)
        return;
    pm_lwip_start();
    pm_pool *owner = pm_pool_of(block);
    for (unsigned i = 0; i < pm_lwip.malloc_pools; i++)
        if (pm_lwip.malloc_pool[i].pool == owner && owner) {
            pm_free(owner, block);
            return;
        }
    for (unsigned i = 0; i < pm_lwip.malloc_pools; i++)
        if (pm_lwip.malloc_pool[i].pool) {
            pm_free(pm_lwip.malloc_pool[i].pool, block); // an invalid free
            return;
        }
}
#else
void *mem_malloc(mem_size_t size)
{
    return malloc(size);
}

void mem_free(void *block)
{
    free(block);
}
#endif

void *mem_calloc(mem_size_t count, mem_size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes)) {
        errno = ENOMEM;
        return NULL;
    }
    void *block = mem_malloc(bytes);
    return block ? memset(block, 0, bytes) : NULL;
}

void *mem_trim(void *block, mem_size_t size)
{
    (void)size;
    return block;
}

#ifdef __cplusplus
}
#endif

#endif
