// SPDX-License-Identifier: MIT
// Chunks are biased to the thread that took them, until another one frees a chunk of its bin.
#include <pthread.h>
#include <sched.h>

#include "cache_list.h"
#include "core.h"
#include "os.h"

enum { POOLS = 6 };

static const char *const CONF =
    "on_invalid_free=ignore; malloc size=64 count=unlimited; malloc size=128 count=unlimited;"
    "malloc size=192 count=unlimited; malloc size=256 count=unlimited; malloc size=320 count=unlimited;"
    "malloc size=384 count=unlimited";

static struct bin *own_bin(unsigned pool)
{
    return &cache_self->bins[pool];
}

static chunk_state *state_of(void *p)
{
    struct pool *pool = &pools.pool[pools_index(p)];
    uint64_t number;
    cr_assert(pool_number_at(pool->multiplier, (uint64_t)((char *)p - pool->base), &number));
    return &pool->state[number];
}

static void *free_it(void *p)
{
    heap_free(p);
    return NULL;
}

static void in_another_thread(void *(*function)(void *), void *argument)
{
    pthread_t thread;
    cr_assert_eq(pthread_create(&thread, NULL, function, argument), 0);
    pthread_join(thread, NULL);
}

static uint64_t illegal(unsigned pool)
{
    return figures().pools[pool].illegal;
}

static bool is_biased(unsigned pool)
{
    return chunk_is_biased(atomic_load(&own_bin(pool)->claimable));
}

Test(cache_bias, a_chunk_is_biased_to_the_thread_that_took_it)
{
    start(CONF);
    void *p = heap_alloc(64);
    cr_assert_eq(atomic_load(state_of(p)), CHUNK_BIASED + cache_self->index);
    cr_assert(bin_knows(own_bin(0), p));
    heap_free(p);
    cr_assert_eq(atomic_load(state_of(p)), CHUNK_FREE);
    heap_free(p);
    cr_assert_eq(illegal(0), 1);
}

Test(cache_bias, ends_when_another_thread_frees_a_chunk)
{
    start(CONF);
    heap_free(heap_alloc(128));
    void *passed_on = heap_alloc(64), *before = heap_alloc(64), *too = heap_alloc(64);
    in_another_thread(free_it, passed_on);
    cr_assert_eq(illegal(0), 0);
    cr_assert_not(is_biased(0));
    cr_assert(is_biased(1), "of that pool only");
    void *after = heap_alloc(64);
    cr_assert_eq(atomic_load(state_of(after)), CHUNK_LIVE);
    // Whoever frees, each is freed once.
    in_another_thread(free_it, before);
    heap_free(too);
    heap_free(after);
    cr_assert_eq(illegal(0), 0);
    cr_assert_eq(figures().pools[0].used, 0);
    heap_free(before);
    in_another_thread(free_it, too);
    cr_assert_eq(illegal(0), 2);
    cache_check();
}

Test(cache_bias, does_not_end_while_the_owner_may_be_about_to_store)
{
    start(CONF);
    void *p = heap_alloc(64);
    pthread_t thread;
    atomic_store(&own_bin(0)->busy, 1);
    pthread_create(&thread, NULL, free_it, p);
    while (atomic_load(&own_bin(0)->bias) == BIAS_HELD)
        sched_yield();
    for (int i = 0; i < 1000; i++) {
        sched_yield();
        cr_assert_eq(atomic_load(&own_bin(0)->bias), BIAS_ENDS);
        cr_assert_eq(atomic_load(state_of(p)), CHUNK_BIASED + cache_self->index);
    }
    atomic_store(&own_bin(0)->busy, 0);
    pthread_join(thread, NULL);
    cr_assert_eq(atomic_load(&own_bin(0)->bias), BIAS_ENDED);
    cr_assert_eq(atomic_load(state_of(p)), CHUNK_FREE);
}

Test(cache_bias, of_a_thread_that_passes_on_chunks_of_many_pools_ends_everywhere)
{
    start(CONF);
    for (unsigned i = 0; i < POOLS; i++)
        heap_free(heap_alloc(64 * (i + 1)));
    for (unsigned i = 0; i < 3; i++)
        in_another_thread(free_it, heap_alloc(64 * (i + 1)));
    for (unsigned i = 3; i < POOLS; i++)
        cr_assert(is_biased(i));
    in_another_thread(free_it, heap_alloc(64 * 4));
    for (unsigned i = 0; i < POOLS; i++) {
        cr_assert_not(is_biased(i));
        cr_assert_eq(atomic_load(&own_bin(i)->bias), BIAS_ENDED);
    }
}

static void *allocate_and_end(void *ret_p)
{
    *(void **)ret_p = heap_alloc(64);
    return NULL;
}

static void *index_and_bias(void *ret_index)
{
    heap_free(heap_alloc(64));
    *(int *)ret_index = is_biased(0) ? (int)cache_self->index : -1;
    return NULL;
}

Test(cache_bias, of_a_thread_that_has_ended_ends_for_those_that_get_its_cache)
{
    start(CONF);
    heap_free(heap_alloc(64));
    void *left;
    int index;
    in_another_thread(allocate_and_end, &left);
    in_another_thread(index_and_bias, &index);
    cr_assert_eq(index, 1, "as long as nobody has freed one of its chunks");
    heap_free(left);
    in_another_thread(index_and_bias, &index);
    cr_assert_eq(index, -1);
    in_another_thread(index_and_bias, &index);
    cr_assert_eq(index, -1);
    cr_assert_eq(illegal(0), 0);
    heap_free(left);
    cr_assert_eq(illegal(0), 1);
}

Test(cache_bias, more_threads_than_states_can_tell_are_not_biased)
{
    start(CONF);
    struct bin bin = {0};
    struct cache cache = {.index = CHUNK_BIASES - 1};
    cache_bias(&cache, &bin);
    cr_assert_eq(bin.live, CHUNK_IDLE - 1);
    cr_assert_eq(bin.claimable, CHUNK_IDLE - 1);
    cache.index++;
    cache_bias(&cache, &bin);
    cr_assert_eq(bin.live, CHUNK_LIVE);
    cr_assert_eq(bin.claimable, CHUNK_NONE);
}

// Without caches, so under the pool's lock.
static void *free_it_directly(void *p)
{
    atomic_store(&pools.pool[0].scarce, true);
    heap_free(p);
    return NULL;
}

Test(cache_bias, ends_where_the_other_thread_frees_without_a_cache)
{
    start(CONF);
    void *passed_on = heap_alloc(64), *own = heap_alloc(64);
    in_another_thread(free_it_directly, passed_on);
    cr_assert_not(is_biased(0));
    heap_free(own);
    cr_assert_eq(illegal(0), 0);
    heap_free(passed_on);
    heap_free(own);
    cr_assert_eq(illegal(0), 2);
    cache_check();
}

Test(cache_bias, a_thread_frees_its_own_chunks_without_a_cache_and_keeps_the_bias)
{
    start(CONF);
    void *own = heap_alloc(64);
    atomic_store(&pools.pool[0].scarce, true);
    lock_take(&pools.pool[0].lock);
    cache_reclaim(0, 1);
    lock_drop(&pools.pool[0].lock);
    heap_free(own);
    heap_free(own);
    cr_assert_eq(illegal(0), 1);
    cr_assert_eq(figures().pools[0].used, 0);
    atomic_store(&pools.pool[0].scarce, false);
    heap_free(heap_alloc(64));
    cr_assert(is_biased(0));
}
