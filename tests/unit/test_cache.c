// SPDX-License-Identifier: MIT
#include <pthread.h>
#include <signal.h>

#include "core.h"

static struct bin *own_bin(unsigned pool)
{
    return &cache_self->bins[pool];
}

Test(cache, bins_that_were_not_started_miss)
{
    void *chunk;
    bool was_new;
    cr_assert_not(bin_pop(&cache_none.bins[0], &chunk, &was_new));
    cr_assert_not(bin_push(&cache_none.bins[0], &chunk));
    cr_assert_eq(cache_none.bins[0].n_and_busy, 0);
}

Test(cache, refill_pops_in_address_order)
{
    start("malloc size=64 count=3200");
    cr_assert(cache_refill(cache_self, &pools.pool[0]));
    cr_assert_eq(own_bin(0)->n, 128); // whole lines of states
    void *first, *second;
    bool was_new;
    cr_assert(bin_pop(own_bin(0), &first, &was_new) && was_new);
    cr_assert(bin_pop(own_bin(0), &second, &was_new) && was_new);
    cr_assert_eq((char *)second - (char *)first, 64);
    cr_assert(bin_push(own_bin(0), second));
    cr_assert(bin_pop(own_bin(0), &first, &was_new) && !was_new);
    cr_assert_eq(first, second); // last in, first out
    cache_check();
}

Test(cache, push_refuses_what_is_not_a_live_chunk)
{
    start("malloc size=64 count=800");
    char *p = heap_alloc(64);
    struct bin *bin = own_bin(0);
    uint32_t n = bin->n;
    cr_assert_not(bin_push(bin, p + 16));
    cr_assert_not(bin_push(bin, p + 64)); // cached, never handed out
    cr_assert(bin_push(bin, p));
    cr_assert_not(bin_push(bin, p));
    cr_assert_eq(bin->n, n + 1);
    cr_assert_eq(bin->busy, 0);
}

Test(cache, full_bin_gives_its_older_half_back)
{
    start("thread_cache=256; malloc size=64 count=800");
    struct pool *pool = &pools.pool[0];
    void *held[800];
    for (int i = 0; i < 800; i++)
        held[i] = heap_alloc(64);
    cr_assert(atomic_load(&pool->empty));
    uint32_t capacity = own_bin(0)->capacity;
    for (uint32_t i = 0; i <= capacity; i++)
        heap_free(held[i]);
    cr_assert_eq(own_bin(0)->n, capacity / 2 + 1);
    cr_assert_eq(pool->free, capacity / 2);
    cr_assert_not(atomic_load(&pool->empty));
    cache_check();
}

enum { MANY = 5000 };
static void *many[MANY];

static void *take_many(void *unused)
{
    for (int i = 0; i < MANY; i++)
        many[i] = heap_alloc(64);
    return unused;
}

static void free_many(void)
{
    for (int i = 0; i < MANY; i++)
        heap_free(many[i]);
}

Test(cache, a_thread_keeps_as_many_chunks_of_an_unlimited_pool_as_it_took)
{
    start("malloc size=64 count=unlimited");
    take_many(NULL);
    cr_assert_eq(own_bin(0)->capacity, 64);
    uint32_t left = own_bin(0)->n;
    free_many();
    cr_assert_eq(own_bin(0)->n, MANY + left);
    cr_assert_eq(pools.pool[0].free, 0);
    cache_check();
    take_many(NULL); // and none is lost or there twice on the way to the larger array
    for (int i = 1; i < MANY; i++)
        cr_assert_neq(many[i], many[i - 1]);
    cache_check();
}

// The bin begins smaller than the first run of chunks that it takes, and grows with more in it.
Test(cache, new_chunks_come_in_whole_runs_and_none_is_lost)
{
    enum { SIZE = 1024, RUN = 32 };
    void *blocks[4 * RUN];
    start("malloc size=1024 count=unlimited");
    void *first = heap_alloc(SIZE);
    cr_assert_eq(pool_run(&pools.pool[0]), RUN);
    cr_assert_eq(own_bin(0)->capacity, 8);
    uint32_t left = own_bin(0)->n;
    cr_assert_gt(left, 8);
    heap_free(first);
    cr_assert_eq(own_bin(0)->n, left + 1);
    for (int round = 0; round < 3; round++) {
        for (unsigned i = 0; i < ARRAY_LENGTH(blocks); i++)
            blocks[i] = heap_alloc(SIZE);
        for (unsigned i = 0; i < ARRAY_LENGTH(blocks); i++)
            heap_free(blocks[i]);
        cache_check();
    }
    cr_assert_gt(own_bin(0)->capacity, pools.pool[0].cache_capacity); // it moved to the larger array
}

Test(cache, a_thread_that_takes_many_new_chunks_gets_more_and_more_at_a_time)
{
    static const uint32_t refills[] = {64, 64, 128, 256, 256}; // as many as it has, to the capacity
    start("malloc size=64 count=unlimited");
    for (unsigned i = 0; i < ARRAY_LENGTH(refills); i++) {
        char *first = heap_alloc(64);
        cr_assert_eq(own_bin(0)->n, refills[i] - 1);
        for (unsigned n = 1; n < refills[i]; n++)
            cr_assert_eq(heap_alloc(64), first + n * 64);
    }
    cache_check();
}

Test(cache, what_other_threads_took_goes_back_to_the_pool)
{
    pthread_t thread;
    start("malloc size=64 count=unlimited");
    pthread_create(&thread, NULL, take_many, NULL);
    pthread_join(thread, NULL);
    free_many();
    cr_assert_eq(own_bin(0)->capacity, 64); // as it started
    cr_assert_leq(own_bin(0)->n, own_bin(0)->capacity);
    cr_assert_geq(pools.pool[0].free, MANY - own_bin(0)->capacity);
    cache_check();
}

static void take_and_free_all(void)
{
    void *held[100];
    for (int i = 0; i < 100; i++)
        cr_assert(held[i] = heap_alloc(64));
    for (int i = 0; i < 100; i++)
        heap_free(held[i]);
}

static pthread_barrier_t second_has_its_cache;
static uint32_t seconds; // chunks in its cache

static void *get_second_cache(void *unused)
{
    heap_free(heap_alloc(64));
    seconds = own_bin(0)->capacity; // half the pool, an even number of runs
    cr_assert(seconds <= 50 && seconds > 50 - 2 * pool_run(&pools.pool[0]));
    cr_assert_eq(own_bin(0)->n, seconds);
    pthread_barrier_wait(&second_has_its_cache);
    pthread_barrier_wait(&second_has_its_cache);
    return unused;
}

static void use_pool(void)
{
    heap_free(heap_alloc(64));
}

// Of main and other threads.
static pthread_barrier_t with_second, with_others;

static void meet(pthread_barrier_t *other)
{
    pthread_barrier_wait(other);
}

enum { OTHERS = 8 };

static void *keep_a_share(void *unused)
{
    use_pool();
    meet(&with_second); // main uses the pool again
    meet(&with_second);
    take_many(NULL);
    free_many();
    uint32_t of_two = own_bin(0)->capacity;
    cr_assert_gt(of_two, 10000 / (2 * 2)); // more than a thread that uses few
    cr_assert_leq(of_two, 3 * 10000 / (4 * 2));
    meet(&with_second); // others come
    meet(&with_second);
    take_many(NULL);
    free_many();
    cr_assert_leq(own_bin(0)->capacity, 3 * 10000 / (4 * (2 + OTHERS)));
    cr_assert_lt(own_bin(0)->capacity, of_two);
    return unused;
}

static void *be_another(void *unused)
{
    use_pool();
    meet(&with_others);
    meet(&with_others); // the second has looked
    return unused;
}

Test(cache, threads_that_use_many_chunks_of_a_finite_pool_keep_three_quarters_of_it_together)
{
    pthread_t second, others[OTHERS];
    start("malloc size=64 count=10000");
    pthread_barrier_init(&with_second, NULL, 2);
    pthread_barrier_init(&with_others, NULL, 1 + OTHERS);
    use_pool();
    pthread_create(&second, NULL, keep_a_share, NULL);
    meet(&with_second);
    use_pool();
    meet(&with_second);
    meet(&with_second); // it has its share
    for (int i = 0; i < OTHERS; i++)
        pthread_create(&others[i], NULL, be_another, NULL);
    meet(&with_others);
    meet(&with_second);
    pthread_join(second, NULL);
    meet(&with_others);
    for (int i = 0; i < OTHERS; i++)
        pthread_join(others[i], NULL);
    cache_check();
}

Test(cache, the_only_thread_may_keep_all_of_a_finite_pool_until_there_is_another)
{
    pthread_t thread;
    start("malloc size=64 count=100");
    take_and_free_all();
    cr_assert_eq(own_bin(0)->n, 100);
    pthread_barrier_init(&second_has_its_cache, NULL, 2);
    pthread_create(&thread, NULL, get_second_cache, NULL);
    pthread_barrier_wait(&second_has_its_cache);
    cr_assert_eq(own_bin(0)->n, 0);
    cr_assert_eq(pools.pool[0].free, 100 - seconds);
    heap_free(heap_alloc(64)); // leaves three quarters of what is there
    cr_assert(own_bin(0)->capacity > 0 && own_bin(0)->capacity <= 25);
    cr_assert(own_bin(0)->n > 0 && own_bin(0)->n <= (100 - seconds) / 4);
    take_and_free_all(); // the other's as well
    cr_assert_leq(own_bin(0)->capacity, 37);
    pthread_barrier_wait(&second_has_its_cache);
    pthread_join(thread, NULL);
    cache_check();
}

static void *use_pool_and_stay(void *unused)
{
    use_pool();
    meet(&with_second);
    meet(&with_second);
    return unused;
}

// Else a small pool of which most is in use would be asked for chunk after chunk.
Test(cache, a_thread_takes_half_of_its_bin_even_where_that_is_most_of_what_is_left)
{
    pthread_t second;
    void *held[100];
    uint32_t others[100], left = 12, n = 0;
    struct pool *pool = &pools.pool[0];
    start("malloc size=64 count=100");
    pthread_barrier_init(&with_second, NULL, 2);
    use_pool();
    pthread_create(&second, NULL, use_pool_and_stay, NULL);
    meet(&with_second);
    use_pool();
    while (own_bin(0)->n > 0)
        held[n++] = heap_alloc(64);
    lock_take(&pool->lock);
    uint32_t out = pool_take(pool, others, pool->free + (pool->count - pool->made) - left);
    lock_drop(&pool->lock);
    uint32_t half = own_bin(0)->capacity / 2;
    cr_assert(half > left / 4 && half < left);
    held[n++] = heap_alloc(64);
    cr_assert_eq(own_bin(0)->n, half - 1);
    while (n > 0)
        heap_free(held[--n]);
    lock_take(&pool->lock);
    pool_give(pool, others, out);
    lock_drop(&pool->lock);
    meet(&with_second);
    pthread_join(second, NULL);
    cache_check();
}

Test(cache, a_number_of_chunks_is_taken_literally)
{
    start("thread_cache=7; malloc size=64 count=100; malloc size=128 count=unlimited");
    heap_free(heap_alloc(64));
    heap_free(heap_alloc(128));
    cr_assert_eq(own_bin(0)->capacity, 7);
    cr_assert_eq(own_bin(1)->capacity, 7);
}

static void *use_and_end(void *unused)
{
    heap_free(heap_alloc(64));
    return unused;
}

Test(cache, a_thread_that_ends_gives_its_cache_to_the_next)
{
    start("malloc size=64 count=800");
    for (int i = 0; i < 50; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, use_and_end, NULL);
        pthread_join(thread, NULL);
        cr_assert_eq(pool_out(&pools.pool[0]), pool_out(&pools.pool[0]));
    }
    cr_assert_leq(cache_count(), 2);
    lock_take(&pools.pool[0].lock);
    cr_assert_eq(pool_out(&pools.pool[0]), own_bin(0)->n);
    lock_drop(&pools.pool[0].lock);
}

Test(cache, is_shared_from_the_second_thread_on)
{
    pthread_t thread;
    start("malloc size=64 count=unlimited");
    heap_free(heap_alloc(64));
    cr_assert_not(atomic_load(&cache_is_shared));
    pthread_create(&thread, NULL, use_and_end, NULL);
    pthread_join(thread, NULL);
    cr_assert(atomic_load(&cache_is_shared));
}

static void *use_without_cache(void *unused)
{
    heap_free(heap_alloc(64));
    cr_assert_eq(cache_self, &cache_none);
    return unused;
}

Test(cache, is_shared_even_if_the_second_thread_gets_none)
{
    pthread_t thread;
    start("malloc size=64 count=800");
    heap_free(heap_alloc(64));
    stats_file->header.block_count = 2; // the process's own, and the first thread's
    pthread_create(&thread, NULL, use_without_cache, NULL);
    pthread_join(thread, NULL);
    cr_assert(atomic_load(&cache_is_shared));
}

Test(cache, no_caches_when_they_are_off)
{
    start("thread_cache=off; malloc size=64 count=100");
    void *p = heap_alloc(64);
    cr_assert_eq(pool_out(&pools.pool[0]), 1);
    heap_free(p);
    cr_assert_eq(pool_out(&pools.pool[0]), 0);
    cr_assert_eq(own_bin(0)->capacity, 0);
}

Test(cache, forgotten_caches_are_not_started)
{
    start("malloc size=64 count=100");
    heap_free(heap_alloc(64));
    struct cache *before = cache_self;
    lock_take(&pools.pool[0].lock);
    cache_reclaim(0, 1);
    lock_drop(&pools.pool[0].lock);
    cache_forget_all();
    cr_assert_eq(before->bins[0].capacity, 0);
    cr_assert_eq(before->taken, false);
    cr_assert_eq(pools.pool[0].caches, 0);
    cr_assert_eq(pool_out(&pools.pool[0]), 0);
}
