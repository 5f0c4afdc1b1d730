// SPDX-License-Identifier: MIT
// Threads that wait for a chunk. While any does, the pool's caches are bypassed, so that every free
// comes here, and gives its chunk to the one that has waited longest, under the pool's lock. The
// chunk is never free in between: nobody else can get it, and no wake-up can be lost. A thread
// whose time is over looks under the lock whether it was served after all.
#include "heap_slow.h"
#include "named.h"

#include "os.h"

// Whatever free chunk there is, in whatever cache; caches are bypassed from then on. Under the
// lock.
static bool take_any(struct pool *pool, void **ret_chunk, bool *ret_was_new)
{
    if (cache_take_locked(pool, ret_chunk, ret_was_new))
        return true;
    if (atomic_load_explicit(&pool->scarce, memory_order_relaxed))
        return false; // nothing can have been cached since
    atomic_store_explicit(&pool->scarce, true, memory_order_relaxed);
    pool->calm = 0;
    cache_reclaim(pool->index, 1);
    return cache_take_locked(pool, ret_chunk, ret_was_new);
}

static void enqueue(struct pool *pool, struct waiter *waiter)
{
    if (pool->waiters)
        pool->waiters_end->next = waiter;
    else
        pool->waiters = waiter;
    pool->waiters_end = waiter;
    pool->waiting++;
}

// Out of the list, wherever it is.
static void dequeue(struct pool *pool, struct waiter *waiter)
{
    struct waiter *before = NULL;
    for (struct waiter *w = pool->waiters; w != waiter; w = w->next)
        before = w;
    if (before)
        before->next = waiter->next;
    else
        pool->waiters = waiter->next;
    if (pool->waiters_end == waiter)
        pool->waiters_end = before;
    pool->waiting--;
}

// The waiter may end as soon as it finds itself served.
static void serve(struct pool *pool, struct waiter *waiter, uint32_t number)
{
    dequeue(pool, waiter);
    chunk_hand_out(&pool->state[number], CHUNK_LIVE);
    waiter->number = number;
    atomic_store_explicit(&waiter->served, 1, memory_order_release); // acquire: is_served
}

static bool is_served(const struct waiter *waiter)
{
    return atomic_load_explicit(&waiter->served, memory_order_acquire);
}

bool named_wait(struct pool *pool, uint64_t timeout_ns, void **ret_chunk, bool *ret_was_new)
{
    uint64_t until, now = os_clock_ns();
    if (__builtin_add_overflow(now, timeout_ns, &until))
        until = UINT64_MAX;
    struct waiter self = {0};
    lock_take(&pool->lock);
    bool taken = take_any(pool, ret_chunk, ret_was_new);
    if (!taken)
        enqueue(pool, &self);
    lock_drop(&pool->lock);
    if (taken)
        return true;
    while (!is_served(&self) && os_futex_wait_until(&self.served, 0, until)) {}
    lock_take(&pool->lock);
    if (!is_served(&self))
        dequeue(pool, &self);
    lock_drop(&pool->lock);
    if (!is_served(&self))
        return false;
    *ret_chunk = pool_address(pool, self.number);
    *ret_was_new = false;
    return true;
}

bool named_give(struct pool *pool, uint32_t number, const void *caller)
{
    struct heap_findings found = {0};
    pools_available *available = NULL;
    void *context = NULL;
    _Atomic uint32_t *sleeps_on = NULL;
    lock_take(&pool->lock);
    bool claimed = cache_claim_locked(pool, number);
    if (unlikely(guard_is_on) && claimed && guard_watches(pool))
        heap_check_freed(pool, number, caller, &found);
    if (claimed && pool->waiters) {
        sleeps_on = &pool->waiters->served;
        serve(pool, pool->waiters, number);
    } else if (claimed) {
        if (pool->watched && pool->free == 0 && pool->made == pool->count) {
            available = pools_named_of(pool)->available;
            context = pools_named_of(pool)->context;
        }
        cache_give_locked(pool, number);
    }
    lock_drop(&pool->lock);
    heap_check_report(pool, &found);
    // The waiter may be gone by now, its stack another's: a futex is woken in vain at worst.
    if (sleeps_on)
        os_futex_wake(sleeps_on, 1);
    if (available)
        available((struct pm_pool *)pool, context);
    return claimed;
}
