// SPDX-License-Identifier: MIT
// Named pools: the entries of pools.pool[] from NAMED_POOLS_FIRST on, what only these pools have,
// and who owns an address outside the malloc pools. Each has memory of its own, exactly as much as
// it needs: pools of pools.conf and of pm_pool_create a mapping, pools of PM_POOL_DECLARE an array
// of the program. Entries come and go under the runtime's lock; who owns an address is asked
// without.
#ifndef POOLS_NAMED_H
#define POOLS_NAMED_H

#include "pools.h"

enum {
    NAMED_CACHE_MAX = 64, // chunks of a named pool that a thread's cache has room for
    PBUF_HEADER_BYTES = 24, // of a packet buffer: lwIP's struct pbuf on a 64-bit machine
};

// What programs know a struct pool as, and what they want to be called for; see poolmalloc.h.
struct pm_pool;
typedef void pools_available(struct pm_pool *pool, void *context);

// What only named pools have. Fixed while the pool is in use.
struct named_pool {
    char name[NAME_MAX_BYTES];
    char desc[CONF_STRING_MAX];
    enum pool_kind kind;
    uint64_t usable;        // bytes of a chunk; of a pool on the heap: of a block
    struct blocks *blocks;  // of a pool on the heap; NULL: chunks are the pool's own memory
    pools_available *available; // or NULL; and its context. Under the pool's lock
    void *context;
};

// A pool to be.
struct named_plan {
    const char *name, *desc;
    enum pool_kind kind;
    uint64_t size, usable, stride;
    uint64_t count;   // or COUNT_UNLIMITED
    char *storage;    // zeros of the program, laid out as PM_POOL_BYTES says; NULL: mapped
    bool is_pbuf;     // shown as a pool of packet buffers, whatever its kind
    bool on_heap;     // the pool only counts: its chunks are addresses without memory
    struct blocks *blocks; // where their blocks will be known
};

// The named pools of a configuration. On failure those before the one that failed stay.
bool pools_named_init(const struct conf *conf, const char **ret_problem);

// Sets up a pool in a free entry, and describes it in the statistics. ENOSPC, ENOMEM, or 0.
int pools_named_add(const struct conf *conf, const struct named_plan *plan, struct pool **ret_pool);

// Empties the entry of a pool that has no chunk in use, in caches or in hand.
void pools_named_remove(struct pool *pool);

struct named_pool *pools_named_of(const struct pool *pool);
struct pool *pools_named_find(const char *name); // NULL: none

// The named pool whose memory the address is in, from its first chunk's start to its last chunk's
// end; NULL if it is in none. Any thread, no lock.
struct pool *pools_named_at(const void *address);

// The entries of named pools that have ever been used are the first so many.
INLINE unsigned pools_named_count(void)
{
    unsigned end = atomic_load_explicit(&pools.named_end, memory_order_relaxed);
    return end > 0 ? end - NAMED_POOLS_FIRST : 0;
}

// There may be named pools: saves the call of pools_named_at.
INLINE bool pools_named_exist(void)
{
    return atomic_load_explicit(&pools.named_end, memory_order_relaxed) > 0;
}

#endif
