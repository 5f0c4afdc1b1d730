// SPDX-License-Identifier: MIT
// Of several threads that free one chunk at the same moment, exactly one succeeds.
#include <pthread.h>
#include <sched.h>

#include "cache_list.h"
#include "core.h"
#include "os.h"

enum { ROUNDS = 4000, DELAYS = 1000 };

static void *contended;
static _Atomic int arrived;
static int delay;
static _Atomic int freed;

static void wait_for_nops(int n)
{
    for (int i = 0; i < n; i++)
        __asm__ volatile("nop");
}

// Leaves both threads at about the same moment, as a barrier that sleeps does not: the second to arrive would
// be ahead by the time that the first takes to notice, and waits about as long.
static void meet(void)
{
    bool is_second = arrived++ == 1;
    if (is_second)
        wait_for_nops(delay);
    for (int i = 0; arrived < 2; i++)
        if (i % 1000 == 999) // the other may not be running
            sched_yield();
}

static void *push_at_once(void *unused)
{
    struct bin *bin = &cache_self->bins[0];
    cr_assert(bin_knows(bin, contended)); // both have the line of its state, which they read first
    meet();
    freed += bin_push(bin, contended);
    return unused;
}

static void *warm_and_push_at_once(void *unused)
{
    heap_alloc(64); // kept: the bin has room
    return push_at_once(unused);
}

static void *give_at_once(void *unused)
{
    struct pool *pool = &pools.pool[0];
    uint64_t number;
    pool_number_at(pool->multiplier, (uint64_t)((char *)contended - pool->base), &number);
    meet();
    freed += cache_give_direct(pool, (uint32_t)number);
    return unused;
}

static void *warm_and_give_at_once(void *unused)
{
    heap_free(heap_alloc(64));
    return give_at_once(unused);
}

// Lines that the one thread has, so that the other's stores to them, and those that follow, are not seen at once.
static _Atomic char lines[64][CACHE_LINE];

static void write_lines(void)
{
    for (size_t i = 0; i < ARRAY_LENGTH(lines); i++)
        atomic_store_explicit(&lines[i][0], 1, memory_order_relaxed);
}

static void *free_at_once(void *unused)
{
    write_lines();
    meet();
    heap_free(contended);
    return unused;
}

static void restore_bias(void)
{
    lock_take(&pools.pool[0].lock);
    cache_reclaim(0, 1);
    for (unsigned i = 0; i < cache_count(); i++)
        atomic_store(&caches.list[i]->bins[0].bias, BIAS_HELD);
    lock_drop(&pools.pool[0].lock);
}

static void free_twice(const char *options, void *(*here)(void *), void *(*there)(void *))
{
    start(options);
    for (int i = 0; i < ROUNDS; i++) {
        pthread_t thread;
        freed = arrived = 0;
        delay = i % DELAYS;
        contended = heap_alloc(64);
        pthread_create(&thread, NULL, there, NULL);
        heap_free(heap_alloc(64));
        here(NULL);
        pthread_join(thread, NULL);
        cr_assert_eq(freed, 1);
    }
    cache_check();
}

Test(cache_claim, of_two_threads_that_free_into_their_bins)
{
    free_twice("malloc size=64 count=unlimited", push_at_once, warm_and_push_at_once);
}

Test(cache_claim, of_two_threads_one_of_which_gives_to_the_pool_itself)
{
    free_twice("malloc size=64 count=unlimited", push_at_once, warm_and_give_at_once);
}

Test(cache_claim, of_the_owner_and_a_thread_that_revokes_its_bias)
{
    start("on_invalid_free=ignore; malloc size=64 count=unlimited");
    for (int i = 0; i < ROUNDS; i++) {
        pthread_t thread;
        arrived = delay = 0;
        contended = heap_alloc(64);
        pthread_create(&thread, NULL, free_at_once, NULL);
        heap_free(heap_alloc(64));
        meet();
        wait_for_nops(i % DELAYS); // the other has more to do until it comes to what matters
        write_lines();
        heap_free(contended);
        pthread_join(thread, NULL);
        struct stats_figures all = figures();
        cr_assert_eq(all.pools[0].illegal, (uint64_t)i + 1);
        cr_assert_eq(all.pools[0].used, 0);
        restore_bias();
    }
    cache_check();
}

Test(cache_claim, of_two_threads_where_there_are_no_caches)
{
    free_twice("thread_cache=off; malloc size=64 count=unlimited", give_at_once, give_at_once);
}
