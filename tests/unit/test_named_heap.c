// SPDX-License-Identifier: MIT
#include <stdlib.h>
#include <sys/resource.h>

#include "named_test.h"

static pm_pool *start_on_heap(size_t count, size_t size)
{
    start("on_invalid_free=ignore; malloc size=16 count=1");
    pm_pool *pool = pm_pool_create("heap", count, size, NULL, PM_POOL_ON_HEAP);
    cr_assert(pool);
    return pool;
}

Test(named_heap, memory_is_mallocs_and_the_count_holds)
{
    pm_pool *pool = start_on_heap(10, 100);
    void *chunks[11];
    cr_assert_eq(drain(pool, chunks), 10);
    for (unsigned i = 0; i < 10; i++) {
        cr_assert_geq(heap_usable_size(chunks[i]), 112); // the next malloc knows them
        cr_assert_eq(pm_pool_of(chunks[i]), pool);
        memset(chunks[i], 0xff, pm_pool_usable_size(pool));
    }
    cr_assert_null(pm_pool_of((char *)chunks[0] + 1));
    give_back(pool, chunks, 10);
    cr_assert_null(pm_pool_of(chunks[0]));
    unsigned char *zeroed = pm_alloc_zeroed(pool);
    for (unsigned i = 0; i < 112; i++)
        cr_assert_eq(zeroed[i], 0);
    struct pm_stats stats = stats_of(pool);
    cr_assert_eq(stats.on_heap, 1);
    cr_assert_eq(stats.used, 1);
    cr_assert_eq(stats.max, 10);
    cr_assert_eq(stats.err, 1);
    cr_assert_eq(stats.allocs, 11);
    cr_assert_eq(stats.frees, 10);
    cr_assert_eq(stats.stride, 112);
}

Test(named_heap, misuse_is_found_without_looking_at_memory)
{
    pm_pool *pool = start_on_heap(3, 100);
    char *a = pm_alloc(pool), *b = pm_alloc(pool);
    pm_free(pool, b);
    pm_free(pool, b);
    pm_free(pool, a + 16);
    pm_free(pool, (void *)16);
    cr_assert_eq(stats_of(pool).illegal, 3);
    cr_assert_eq(stats_of(pool).used, 1);
    pm_free(pool, a);
    cr_assert_eq(stats_of(pool).used, 0);
}

// The table of blocks against a list, as full as it gets, in an order that leaves holes everywhere. Other
// blocks come and go meanwhile: addresses in a regular order would hardly meet in the table.
Test(named_heap, thousands_of_blocks_come_and_go)
{
    enum { COUNT = 4096, OTHERS = 500 };
    static void *chunks[COUNT + 1], *others[OTHERS];
    pm_pool *pool = start_on_heap(COUNT, 24);
    uint64_t dice = 1;
    unsigned used = 0;
    for (unsigned step = 0; step < 100000; step++) {
        dice = dice * 6364136223846793005U + 1442695040888963407U;
        void **chunk = &chunks[(dice >> 33) % COUNT], **other = &others[(dice >> 20) % OTHERS];
        free(*other);
        *other = malloc((dice >> 24) % 300);
        if (!*chunk) {
            cr_assert(*chunk = pm_alloc(pool));
            used++;
        } else if (dice >> 60 == 0) { // of 16 that are met; so most are in use
            cr_assert_eq(pm_pool_of(*chunk), pool);
            pm_free(pool, *chunk);
            *chunk = NULL;
            used--;
        }
    }
    cr_assert_gt(used, COUNT * 3 / 4);
    cr_assert_eq(stats_of(pool).used, used);
    cr_assert_eq(stats_of(pool).illegal, 0);
    for (unsigned i = 0; i < COUNT; i++)
        pm_free(pool, chunks[i]);
    cr_assert_eq(stats_of(pool).illegal, 0);
    cr_assert_eq(drain(pool, chunks), COUNT);
}

Test(named_heap, where_malloc_fails_no_chunk_is_lost)
{
    pm_pool *pool = start_on_heap(2, 1 << 30);
    struct rlimit limit = {1, 1}, before;
    getrlimit(RLIMIT_AS, &before);
    limit.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_AS, &limit);
    for (unsigned i = 0; i < 3; i++) {
        errno = 0;
        cr_assert_null(pm_alloc_timed(pool, PM_FOREVER));
        cr_assert_eq(errno, ENOMEM);
    }
    setrlimit(RLIMIT_AS, &before);
    struct pm_stats stats = stats_of(pool);
    cr_assert_eq(stats.failed, 3);
    cr_assert_eq(stats.err, 0); // it was never empty
    cr_assert_eq(stats.used, 0);
    cr_assert(pm_alloc(pool));
}

static void *wait_for_ever(void *pool)
{
    return pm_alloc_timed(pool, PM_FOREVER);
}

Test(named_heap, threads_wait_for_blocks, .timeout = TIMEOUT_SECONDS)
{
    pm_pool *pool = start_on_heap(2, 100);
    void *chunks[3], *got;
    pthread_t thread;
    cr_assert_eq(drain(pool, chunks), 2);
    pthread_create(&thread, NULL, wait_for_ever, pool);
    await_waiting(pool, 1);
    pm_free(pool, chunks[0]);
    pthread_join(thread, &got);
    cr_assert_eq(pm_pool_of(got), pool);
    cr_assert_eq(stats_of(pool).used, 2);
}
