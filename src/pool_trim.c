// SPDX-License-Identifier: MIT
// Memory that an unlimited pool no longer needs goes back to the system: whole pages of chunks that
// lie in the pool and were not asked for since it was last trimmed, which is a second ago at least, or 3 ms
// while other pools take memory.
#include <string.h>

#include "os.h"
#include "pool.h"

enum {
    TRIM_BYTES = 1024 * 1024, // less is not worth the work
    TRIM_UNUSED_BYTES = 256 * 1024, // the same while other pools need memory, or
    TRIM_UNUSED_PART = 8,           // this part of a pool's chunks: all of them are looked at
};
#define TRIM_INTERVAL_NS 1000000000U
#define TRIM_UNUSED_NS 3000000U

static uintptr_t chunk_start(const struct pool *pool, uint32_t n)
{
    return (uintptr_t)pool_address(pool, pool_number(pool, n));
}

// Gives back the whole pages between two chunks' starts. Chunks that lie in them wholly are NEW again.
static void purge(struct pool *pool, uint32_t from, uint32_t to)
{
    uintptr_t page = os_page_size();
    uintptr_t start = align_up(chunk_start(pool, from), page);
    uintptr_t end = chunk_start(pool, to) & -page;
    if (start >= end || !os_purge((void *)start, end - start))
        return;
    for (uint32_t i = from; i < to; i++) {
        uintptr_t chunk = chunk_start(pool, i);
        if (chunk >= start && chunk + pool->stride <= end)
            *pool_state(pool, i) = CHUNK_IDLE | CHUNK_NEW;
    }
}

// Purges every run of CHUNK_IDLE chunks that has anything to give back.
static void purge_runs(struct pool *pool)
{
    for (uint32_t i = 0; i < pool->made; i++) {
        uint32_t from = i;
        bool used_before = false;
        for (; i < pool->made && *pool_state(pool, i) & CHUNK_IDLE; i++)
            used_before |= *pool_state(pool, i) != (CHUNK_IDLE | CHUNK_NEW);
        if (used_before)
            purge(pool, from, i);
    }
}

// Puts the marked chunks back on the stack's bottom, the lowest addresses uppermost so that they are
// used first, and takes the marks away.
static void restack(struct pool *pool)
{
    uint32_t n = 0;
    for (uint32_t i = pool->made; i-- > 0;) {
        if (*pool_state(pool, i) & CHUNK_IDLE) {
            *pool_state(pool, i) &= ~CHUNK_IDLE;
            pool->stack[n++] = pool_number(pool, i);
        }
    }
}

void pool_trim(struct pool *pool, uint32_t chunks)
{
    if (!pool->unlimited || pool->keeps_memory || chunks == 0)
        return;
    for (uint32_t i = 0; i < chunks; i++)
        pool->state[pool->stack[i]] |= CHUNK_IDLE;
    purge_runs(pool);
    restack(pool);
}

// If it is worth as much.
static void trim_low(struct pool *pool, uint64_t now_ns, uint64_t worth_bytes)
{
    pool->trimmed_ns = now_ns;
    uint32_t low = pool->free_low;
    pool->trimmed = (uint32_t)min_u64(pool->trimmed, low);
    if ((low - pool->trimmed) * pool->stride >= worth_bytes) {
        pool_trim(pool, low);
        pool->trimmed = low;
    }
    pool->free_low = pool->free;
}

void pool_trim_idle(struct pool *pool)
{
    if (!pool->unlimited || pool->free * pool->stride < TRIM_BYTES)
        return;
    uint64_t now = os_clock_ns();
    if (now - pool->trimmed_ns >= TRIM_INTERVAL_NS)
        trim_low(pool, now, TRIM_BYTES);
}

bool pool_trim_is_due(const struct pool *pool, uint64_t now_ns)
{
    return pool->unlimited && now_ns - pool->trimmed_ns >= TRIM_UNUSED_NS;
}

void pool_trim_unused(struct pool *pool, uint64_t now_ns)
{
    uint64_t part = pool->made * pool->stride / TRIM_UNUSED_PART;
    trim_low(pool, now_ns, max_u64(TRIM_UNUSED_BYTES, part));
}
