// SPDX-License-Identifier: MIT
#include <pthread.h>

#include "core.h"

static pthread_barrier_t barrier; // of main and another thread

static void meet(void)
{
    pthread_barrier_wait(&barrier);
}

// Until the thread meets main the first time; main lets it end by the second.
static pthread_t run_beside(void *(*work)(void *), void *argument)
{
    pthread_t thread;
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, work, argument);
    meet();
    return thread;
}

static void let_end(pthread_t thread)
{
    meet();
    pthread_join(thread, NULL);
}

// Allocates 20 chunks and frees 10, so that 10 are held and some cached; stays until told.
static void *hold_some(void *held)
{
    void **p = held;
    for (int i = 0; i < 20; i++)
        p[i] = heap_alloc(64);
    for (int i = 10; i < 20; i++)
        heap_free(p[i]);
    meet();
    meet();
    return NULL;
}

Test(cache_stop, reclaim_brings_back_what_other_threads_have_cached)
{
    start("on_empty=fail; malloc size=64 count=800");
    void *held[20];
    pthread_t thread = run_beside(hold_some, held);
    cr_assert_gt(pools.pool[0].made, 20);
    lock_take(&pools.pool[0].lock);
    cache_reclaim(0, 1);
    lock_drop(&pools.pool[0].lock);
    cr_assert_eq(pool_out(&pools.pool[0]), 10);
    let_end(thread);
}

Test(cache_stop, a_pool_fails_only_when_all_its_chunks_are_out)
{
    start("on_empty=fail; malloc size=64 count=800");
    void *held[20];
    pthread_t thread = run_beside(hold_some, held);
    for (int i = 0; i < 790; i++)
        cr_assert(heap_alloc(64), "request %d of 790 failed", i + 1);
    cr_assert_null(heap_alloc(64));
    cr_assert(atomic_load(&pools.pool[0].scarce));
    cache_check();
    let_end(thread);
}

Test(cache_stop, scarce_pools_use_their_caches_again_when_half_is_free)
{
    start("on_empty=fail; malloc size=64 count=100");
    void *held[100];
    for (int i = 0; i < 100; i++)
        held[i] = heap_alloc(64);
    cr_assert_null(heap_alloc(64));
    cr_assert(atomic_load(&pools.pool[0].scarce));
    for (int i = 0; i < 49; i++)
        heap_free(held[i]);
    cr_assert_eq(cache_self->bins[0].n, 0); // straight to the pool
    for (int i = 49; i < 100; i++)
        heap_free(held[i]);
    cr_assert_gt(cache_self->bins[0].n, 0);
    cr_assert_not(atomic_load(&pools.pool[0].scarce));
    cache_check();
}

// Holds nothing, and may keep thousands.
static void *keep_many(void *unused)
{
    static void *p[5000];
    for (unsigned i = 0; i < ARRAY_LENGTH(p); i++)
        p[i] = heap_alloc(64);
    for (unsigned i = 0; i < ARRAY_LENGTH(p); i++)
        heap_free(p[i]);
    cr_assert_gt(cache_self->bins[0].n, pools.pool[0].cache_capacity);
    meet();
    meet();
    return unused;
}

Test(cache_stop, what_an_idle_thread_keeps_of_much_is_brought_back_before_the_next_malloc_stands_in)
{
    start("malloc size=64 count=10000");
    pthread_t thread = run_beside(keep_many, NULL);
    for (int i = 0; i < 10000; i++)
        heap_alloc(64);
    cr_assert_eq(figures().pools[0].used, 10000);
    cr_assert_eq(figures().pools[0].fell_back, 0);
    cr_assert(atomic_load(&pools.pass_by[0]));
    heap_free(heap_alloc(64)); // which does now
    cr_assert_eq(figures().pools[0].fell_back, 1);
    cache_check();
    let_end(thread);
}

Test(cache_stop, a_thread_that_kept_much_and_ended_keeps_nothing)
{
    start("malloc size=64 count=10000");
    let_end(run_beside(keep_many, NULL));
    cr_assert_not(atomic_load(&pools.pool[0].has_grown));
    for (int i = 0; i < 10000; i++)
        heap_alloc(64);
    cr_assert(atomic_load(&pools.pass_by[0])); // what is asked for from now on needs no lock
}

static void *ask_in_vain(void *ret_p)
{
    heap_alloc(64); // has its counters
    meet();
    meet();
    *(void **)ret_p = heap_alloc(64);
    return NULL;
}

Test(cache_stop, an_empty_pool_without_caches_answers_without_its_lock, .timeout = 20)
{
    start("thread_cache=off; try_bigger=yes; malloc size=64 count=1; malloc size=128 count=1");
    void *p;
    heap_alloc(64);
    heap_alloc(64); // from the bigger one
    pthread_t thread = run_beside(ask_in_vain, &p);
    lock_take(&pools.pool[0].lock);
    lock_take(&pools.pool[1].lock);
    let_end(thread); // or it waits for ever
    lock_drop(&pools.pool[1].lock);
    lock_drop(&pools.pool[0].lock);
    cr_assert(pools_index(p) >= pools.count);
}
