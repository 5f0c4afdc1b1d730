// SPDX-License-Identifier: MIT
// Of several threads that free one chunk at the same moment, exactly one succeeds.
#include <pthread.h>

#include "core.h"
#include "os.h"

enum { ROUNDS = 4000, DELAYS = 1000 };

static void *contended;
static _Atomic int arrived;
static int delay;
static _Atomic int freed;

// Leaves both threads at about the same moment, as a barrier that sleeps does not: the second to arrive would
// be ahead by the time that the first takes to notice, and waits about as long.
static void meet(void)
{
    bool is_second = arrived++ == 1;
    for (int i = 0; is_second && i < delay; i++)
        __asm__ volatile("nop");
    for (int i = 0; arrived < 2; i++)
        if (i % 1000 == 999) // the other may not be running
            os_yield();
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

Test(cache_claim, of_two_threads_where_there_are_no_caches)
{
    free_twice("thread_cache=off; malloc size=64 count=unlimited", give_at_once, give_at_once);
}
