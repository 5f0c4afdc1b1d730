// SPDX-License-Identifier: MIT
// Chunks that are biased to the thread that took them, and how that ends; the protocol is in cache.h.
#include "cache_list.h"
#include "os.h"

enum { REVOKED_MAX = 3 }; // bins of a thread, one at a time; then it is taken for one that passes chunks on

static uint8_t bias_of(const struct bin *bin)
{
    return atomic_load_explicit(&bin->bias, memory_order_acquire);
}

void cache_bias(const struct cache *cache, struct bin *bin)
{
    bool biased = bias_of(bin) == BIAS_HELD && cache->index < CHUNK_BIASES;
    uint8_t live = biased ? (uint8_t)(CHUNK_BIASED + cache->index) : CHUNK_LIVE;
    atomic_store_explicit(&bin->live, live, memory_order_relaxed);
    atomic_store_explicit(&bin->claimable, biased ? live : CHUNK_NONE, memory_order_relaxed);
}

// R1, under the pool's lock.
static void revoke(struct bin *bin)
{
    if (bias_of(bin) != BIAS_HELD)
        return;
    atomic_store_explicit(&bin->live, CHUNK_LIVE, memory_order_relaxed);
    atomic_store_explicit(&bin->claimable, CHUNK_NONE, memory_order_relaxed);
    atomic_store_explicit(&bin->bias, BIAS_ENDS, memory_order_relaxed);
}

// R3 and R4.
static void end_bias(struct bin *bin)
{
    bin_wait_for_owner(bin);
    uint8_t ends = BIAS_ENDS; // no more so in a child of a fork in a signal handler since R1
    atomic_compare_exchange_strong_explicit(&bin->bias, &ends, BIAS_ENDED,
                                            memory_order_release, memory_order_relaxed);
}

// The cache that a chunk in this state is biased to. Its thread may have ended: then what is revoked is
// the bias to the next one that gets it.
static struct cache *biased_cache(uint8_t state)
{
    return caches.list[state - CHUNK_BIASED];
}

// The bias of one bin, or of those of all malloc pools, whose number never changes: so what ends below has
// been revoked above, by this thread or another, before the barrier.
static void revoke_some(struct cache *cache, unsigned first, unsigned count)
{
    for (unsigned i = first; i < first + count; i++) {
        lock_take(&pools.pool[i].lock);
        revoke(&cache->bins[i]);
        lock_drop(&pools.pool[i].lock);
    }
    os_barrier(); // R2
    for (unsigned i = first; i < first + count; i++)
        end_bias(&cache->bins[i]);
}

bool cache_unbias(struct cache *cache, struct pool *pool, uint32_t number)
{
    uint8_t state = chunk_read(&pool->state[number]);
    if (!chunk_is_biased(state))
        return false;
    struct cache *owner = biased_cache(state);
    uint8_t bias = bias_of(&owner->bins[pool->index]);
    if (owner == cache && bias == BIAS_HELD)
        return false; // bin_push claims it
    if (owner != cache && bias != BIAS_ENDED) { // until it has ended only the owner changes the state
        if (pool->index >= pools.count
            || atomic_fetch_add_explicit(&owner->revocations, 1, memory_order_relaxed) < REVOKED_MAX)
            revoke_some(owner, pool->index, 1);
        else
            revoke_some(owner, 0, pools.count);
    }
    chunk_change(&pool->state[number], state, CHUNK_LIVE); // unless another thread was faster
    return true;
}

// Chunks of this thread's own need no revoking: it is here, and not about to store.
bool cache_claim_locked(struct pool *pool, uint32_t number)
{
    uint8_t state = chunk_read(&pool->state[number]);
    if (chunk_is_biased(state)) {
        struct bin *bin = &biased_cache(state)->bins[pool->index];
        if (bin != &cache_self->bins[pool->index] && bias_of(bin) != BIAS_ENDED) {
            revoke(bin);
            os_barrier(); // R2
            end_bias(bin);
        }
        chunk_change(&pool->state[number], state, CHUNK_LIVE);
    }
    return pool_claim(pool, number);
}
