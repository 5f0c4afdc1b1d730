// SPDX-License-Identifier: MIT
// overflow_check and poison in named pools.
#include <errno.h>
#include <pthread.h>
#include <sched.h>

#include "named.h"
#include "stray.h"

// Every kind of named pool, at both levels. (lwIP's level 2 leaves private pools out.)
static void stray_in(struct pool *pool, int level)
{
    const long offsets[] = {-16, -1, 0, (long)pool->usable - 1, (long)pool->usable,
                            (long)pool_chunk_bytes(pool) + 15};
    cr_assert_geq(pool->count, 2);
    for (unsigned i = 0; i < ARRAY_LENGTH(offsets); i++) {
        bool inside = offsets[i] >= 0 && offsets[i] < (long)pool->usable;
        char *p = named_alloc(pool, pool->size);
        cr_assert(p);
        memset(p, 1, pool->usable);
        p[offsets[i]] ^= 0x55;
        if (level == 2) {
            heap_free(heap_alloc(10));
            expect(!inside, "elsewhere", pool->size, offsets[i]);
        }
        named_free(pool, p);
        expect(!inside && level == 1, "free", pool->size, offsets[i]);
        p[5] ^= 1; // now it is poison
        cr_assert_eq(named_alloc(pool, pool->size), p);
        expect(1, "reuse", pool->size, offsets[i]);
        named_free(pool, p);
    }
}

static void stray_in_named_pools(int level)
{
    static char storage[16384] __attribute__((aligned(64)));
    struct pool *made, *declared, *on_heap;
    cr_assert_eq(named_pool_create("MADE", 5, 100, "", 0, NULL, &made), 0);
    cr_assert_eq(named_pool_create("DECLARED", 5, 200, "", 0, storage, &declared), 0);
    cr_assert_eq(named_pool_create("ON_HEAP", 5, 64, "", NAMED_ON_HEAP, NULL, &on_heap), 0);
    stray_in(pools_named_find("LINE"), level);
    stray_in(pools_named_find("PACKETS"), level);
    stray_in(made, level);
    stray_in(declared, level);
    void *block = named_alloc(on_heap, 64);
    cr_assert(block);
    named_free(on_heap, block);
    cr_assert_eq(named_pool_of(named_alloc(made, 100)), made);
    cr_assert_eq(named_pool_destroy(made), EBUSY);
    cr_assert_eq(heap_check_all(), 0);
}

#define NAMED "poison=yes; pool LINE size=60 count=3; pbuf PACKETS payload=1514 count=2; " POOLS

Test(heap_check_named, named_pools_are_watched)
{
    start(OPTIONS "overflow_check=1; " NAMED);
    stray_in_named_pools(1);
}

Test(heap_check_named, named_pools_are_watched_at_level_2)
{
    start(OPTIONS "overflow_check=2; " NAMED);
    stray_in_named_pools(2);
}

Test(heap_check_named, a_pool_that_ended_is_watched_no_more)
{
    struct pool *pool;
    start(OPTIONS "overflow_check=2; poison=yes; malloc size=64 count=2");
    for (int round = 0; round < 300; round++) { // more than there are entries
        cr_assert_eq(named_pool_create("AGAIN", 1 + (uint64_t)round, 100, "", 0, NULL, &pool), 0);
        char *p = named_alloc(pool, 100);
        p[-1] = 1;
        named_free(pool, p);
        expect(1, "round", 100, -1);
        cr_assert_eq(named_pool_destroy(pool), 0);
        expected = corrupt(); // its counts ended with it
    }
}

static _Atomic bool stop;

static void *look_at_all(void *unused)
{
    while (!stop)
        cr_assert_eq(heap_check_all(), 0);
    return unused;
}

Test(heap_check_named, a_pool_may_end_while_another_thread_looks_at_all)
{
    struct pool *pool;
    pthread_t looker;
    start(OPTIONS "overflow_check=1; poison=yes; malloc size=64 count=2");
    pthread_create(&looker, NULL, look_at_all, NULL);
    for (int round = 0; round < 2000; round++) {
        void *chunks[20];
        cr_assert_eq(named_pool_create("AGAIN", ARRAY_LENGTH(chunks), 100, "", 0, NULL, &pool), 0);
        for (unsigned i = 0; i < ARRAY_LENGTH(chunks); i++)
            chunks[i] = named_alloc(pool, 100);
        for (unsigned i = 0; i < ARRAY_LENGTH(chunks); i++)
            named_free(pool, chunks[i]);
        cr_assert_eq(named_pool_destroy(pool), 0);
    }
    stop = true;
    pthread_join(looker, NULL);
}

static void *wait_for_one(void *pool)
{
    char *p = named_alloc_slow(pool, 64, true, UINT64_MAX);
    for (int i = 0; i < 64; i++)
        if (p[i])
            abort();
    memset(p, 2, 64);
    return p;
}

Test(heap_check_named, a_chunk_that_was_waited_for_is_watched)
{
    struct pool *pool;
    pthread_t waiter;
    void *got;
    start(OPTIONS "overflow_check=1; poison=yes; malloc size=64 count=2");
    cr_assert_eq(named_pool_create("SMALL", 1, 64, "", 0, NULL, &pool), 0);
    char *p = named_alloc(pool, 64);
    cr_assert_eq(pthread_create(&waiter, NULL, wait_for_one, pool), 0);
    for (uint32_t waiting = 0; waiting == 0; sched_yield()) {
        lock_take(&pool->lock);
        waiting = pool->waiting;
        lock_drop(&pool->lock);
    }
    p[64] = 1;
    named_free(pool, p);
    pthread_join(waiter, &got);
    expect(1, "given to a waiter", 64, 64);
    cr_assert_eq(got, p);
    p[-1] = 1;
    named_free(pool, p);
    expect(1, "freed by another", 64, -1);
}
