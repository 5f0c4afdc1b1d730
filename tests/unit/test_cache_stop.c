// SPDX-License-Identifier: MIT
#include <pthread.h>

#include "core.h"

static pthread_barrier_t barrier;

// Allocates 20 chunks and frees 10, so that 10 are held and some cached; stays until told.
static void *hold_some(void *held)
{
    void **p = held;
    for (int i = 0; i < 20; i++)
        p[i] = heap_alloc(64);
    for (int i = 10; i < 20; i++)
        heap_free(p[i]);
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return NULL;
}

Test(cache_stop, reclaim_brings_back_what_other_threads_have_cached)
{
    start("on_empty=fail; malloc size=64 count=800");
    pthread_t thread;
    void *held[20];
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, hold_some, held);
    pthread_barrier_wait(&barrier);
    cr_assert_gt(pools.pool[0].made, 20);
    lock_take(&pools.pool[0].lock);
    cache_reclaim(0, 1);
    lock_drop(&pools.pool[0].lock);
    cr_assert_eq(pool_out(&pools.pool[0]), 10);
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
}

Test(cache_stop, a_pool_fails_only_when_all_its_chunks_are_out)
{
    start("on_empty=fail; malloc size=64 count=800");
    pthread_t thread;
    void *held[20];
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, hold_some, held);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 790; i++)
        cr_assert(heap_alloc(64), "request %d of 790 failed", i + 1);
    cr_assert_null(heap_alloc(64));
    cr_assert(atomic_load(&pools.pool[0].scarce));
    cache_check();
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
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
    pthread_barrier_wait(&barrier);
    pthread_barrier_wait(&barrier);
    return unused;
}

Test(cache_stop, what_an_idle_thread_keeps_of_much_is_brought_back_before_the_next_malloc_stands_in)
{
    start("malloc size=64 count=10000");
    pthread_t thread;
    pthread_barrier_init(&barrier, NULL, 2);
    pthread_create(&thread, NULL, keep_many, NULL);
    pthread_barrier_wait(&barrier);
    for (int i = 0; i < 10000; i++)
        heap_alloc(64);
    cr_assert_eq(figures().pools[0].used, 10000);
    cr_assert_eq(figures().pools[0].fell_back, 0);
    cr_assert(atomic_load(&pools.pass_by[0]));
    heap_free(heap_alloc(64)); // which does now
    cr_assert_eq(figures().pools[0].fell_back, 1);
    cache_check();
    pthread_barrier_wait(&barrier);
    pthread_join(thread, NULL);
}
