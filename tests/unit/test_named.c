// SPDX-License-Identifier: MIT
#include <unistd.h>

#include "named_test.h"

#define OPTIONS "on_invalid_free=ignore; malloc size=64 count=9; "

Test(named, every_chunk_can_be_had_and_every_byte_written)
{
    pm_pool *pool = start_with_pool(OPTIONS "pool A size=100 count=20; pool B size=100 count=1", "A");
    pm_pool *next = pm_pool_find("B");
    unsigned char *canary = pm_alloc(next);
    memset(canary, 0x11, 112);
    void *chunks[21];
    cr_assert_eq(drain(pool, chunks), 20);
    for (unsigned i = 0; i < 20; i++) {
        cr_assert_eq((uintptr_t)chunks[i] % 16, 0);
        memset(chunks[i], (int)i, pm_pool_usable_size(pool));
    }
    for (unsigned i = 0; i < 20; i++)
        for (unsigned k = 0; k < 112; k++)
            cr_assert_eq(((unsigned char *)chunks[i])[k], i);
    for (unsigned k = 0; k < 112; k++)
        cr_assert_eq(canary[k], 0x11);
    give_back(pool, chunks, 20);
    cr_assert_eq(drain(pool, chunks), 20);
    cache_check();
}

static void thousands_come_and_go(pm_pool *pool)
{
    enum { CHUNKS = 5000 };
    static unsigned *chunks[CHUNKS];
    for (int round = 0; round < 3; round++) {
        for (unsigned i = 0; i < CHUNKS; i++) {
            chunks[i] = pm_alloc(pool);
            *chunks[i] = i;
        }
        for (unsigned i = 0; i < CHUNKS; i++) {
            cr_assert_eq(*chunks[i], i);
            pm_free(pool, chunks[i]);
            heap_free(heap_alloc(64)); // the same cache
        }
        cache_check();
    }
    cr_assert_eq(stats_of(pool).used, 0);
    cr_assert_leq(stats_of(pool).cached, NAMED_CACHE_MAX);
}

Test(named, thousands_of_small_chunks_of_an_unlimited_pool_come_and_go)
{
    thousands_come_and_go(start_with_pool(OPTIONS "pool A size=64 count=9; pool B size=64 count=unlimited", "B"));
}

Test(named, thousands_of_large_chunks_of_an_unlimited_pool_come_and_go)
{
    thousands_come_and_go(start_with_pool(OPTIONS "pool A size=64 count=9; pool B size=4K count=unlimited", "B"));
}

Test(named, an_empty_pool_asks_no_other_and_no_malloc_whatever_the_policy)
{
    pm_pool *pool = start_with_pool("on_empty=abort; try_bigger=yes; malloc size=1K count=9; "
                                    "pool A size=64 count=2; pool B size=64 count=2", "A");
    void *chunks[3];
    cr_assert_eq(drain(pool, chunks), 2);
    errno = 0;
    cr_assert_null(pm_alloc(pool));
    cr_assert_eq(errno, ENOMEM);
    struct pm_stats stats = stats_of(pool);
    cr_assert_eq(stats.err, 2);
    cr_assert_eq(stats.failed, 2);
    cr_assert_eq(stats.allocs, 2);
    cr_assert_eq(stats.requested_bytes, 128);
    cr_assert_eq(stats_of(pm_pool_find("B")).allocs, 0);
}

Test(named, bytes_asked_for_are_counted_and_must_fit)
{
    pm_pool *pool = start_with_pool(OPTIONS "pool A size=100 count=2", "A");
    void *chunks[] = {pm_alloc_bytes(pool, 7), pm_alloc_bytes(pool, 112)};
    cr_assert(chunks[0] && chunks[1]);
    errno = 0;
    cr_assert_null(pm_alloc_bytes(pool, 1));
    cr_assert_eq(errno, ENOMEM);
    cr_assert_null(pm_alloc_bytes(pool, 113));
    cr_assert_eq(errno, EINVAL);
    cr_assert_null(pm_alloc_bytes(NULL, 1));
    cr_assert_eq(stats_of(pool).requested_bytes, 7 + 112);
    cr_assert_eq(stats_of(pool).err, 1);
    give_back(pool, chunks, 2);
}

static void *take_and_cache(void *pool) // ends with chunks in its cache, until the test ends
{
    void *chunks[8];
    for (unsigned i = 0; i < 8; i++)
        chunks[i] = pm_alloc(pool);
    for (unsigned i = 0; i < 8; i++)
        pm_free(pool, chunks[i]);
    pause();
    return NULL;
}

Test(named, chunks_in_another_threads_cache_are_free_chunks, .timeout = TIMEOUT_SECONDS)
{
    pm_pool *pool = start_with_pool(OPTIONS "pool A size=64 count=40", "A");
    pthread_t thread;
    pthread_create(&thread, NULL, take_and_cache, pool);
    while (stats_of(pool).frees < 8)
        sched_yield();
    cr_assert_gt(stats_of(pool).cached, 0);
    void *chunks[41];
    cr_assert_eq(drain(pool, chunks), 40);
}

Test(named, zeroed_chunks_are_zero_new_or_used)
{
    pm_pool *pool = start_with_pool(OPTIONS "pool A size=100 count=2", "A");
    for (unsigned round = 0; round < 3; round++) {
        unsigned char *a = pm_alloc_zeroed(pool), *b = pm_alloc_zeroed(pool);
        for (unsigned i = 0; i < 112; i++)
            cr_assert(a[i] == 0 && b[i] == 0);
        memset(a, 0xff, 112);
        memset(b, 0xff, 112);
        pm_free(pool, a);
        pm_free(pool, b);
    }
    cr_assert_eq(stats_of(pool).requested_bytes, 600);
}

Test(named, free_of_null_is_nothing_and_the_pool_lives_on) // lwIP a82ec449
{
    pm_pool *pool = start_with_pool(OPTIONS "pool A size=64 count=3", "A");
    void *chunks[4];
    pm_free(pool, NULL);
    pm_free(NULL, NULL);
    cr_assert_eq(drain(pool, chunks), 3);
    cr_assert_eq(stats_of(pool).frees, 0);
    cr_assert_eq(stats_of(pool).illegal, 0);
}

Test(named, misuse_is_counted_where_it_was_named_and_changes_nothing)
{
    pm_pool *a = start_with_pool(OPTIONS "pool A size=64 count=3; pool B size=64 count=3", "A");
    pm_pool *b = pm_pool_find("B");
    char *of_a = pm_alloc(a), *of_b = pm_alloc(b), *freed = pm_alloc(a);
    char outside;
    pm_free(a, freed);
    pm_free(a, freed);         // twice
    pm_free(a, of_a + 1);      // inside
    pm_free(a, of_a + 16);
    pm_free(a, of_b);          // another's
    pm_free(a, &outside);      // nobody's
    pm_free(a, heap_alloc(1)); // malloc's
    cr_assert_eq(stats_of(a).illegal, 6);
    pm_free(b, ((struct pool *)b)->base + 2 * 64); // never handed out
    cr_assert_eq(stats_of(b).illegal, 1);
    cr_assert_eq(stats_of(a).used, 1);
    cr_assert_eq(stats_of(b).used, 1);
    void *chunks[4];
    cr_assert_eq(drain(a, chunks), 2);
    cr_assert_eq(drain(b, chunks), 2);
    cache_check();
}

Test(named, free_and_realloc_of_a_named_chunk_are_misuse)
{
    pm_pool *pool = start_with_pool(OPTIONS "pool A size=64 count=3", "A");
    void *p = pm_alloc(pool);
    heap_free(p);
    errno = 0;
    cr_assert_null(heap_realloc(p, 1000));
    cr_assert_eq(errno, ENOMEM);
    cr_assert_eq(heap_usable_size(p), 64);
    cr_assert_eq(stats_of(pool).illegal, 2);
    cr_assert_eq(stats_of(pool).used, 1);
    pm_free(pool, p);
    cr_assert_eq(stats_of(pool).used, 0);
}

Test(named, errno_stays_where_nothing_failed)
{
    pm_pool *pool = start_with_pool(OPTIONS "pool A size=64 count=3", "A");
    errno = 77;
    void *p = pm_alloc(pool);
    pm_free(pool, p);
    pm_free(pool, p);
    pm_free(pool, pm_alloc_zeroed(pool));
    pm_free(pool, pm_alloc_timed(pool, 1000));
    cr_assert_eq(errno, 77);
}

// Names and counters belong together, with pools of every kind (lwIP ebcb46cd).
Test(named, each_pool_has_its_own_figures)
{
    start(OPTIONS "malloc size=128 count=9; pool A size=64 count=3 desc=\"of A\"; "
          "pbuf B payload=100 count=4; pool MALLOC_64 size=16 count=5");
    const char *names[] = {"MALLOC_64", "MALLOC_128", "A", "B", "MALLOC_64"};
    uint64_t usable[] = {64, 128, 64, 32 + 112, 16}, allocs[] = {1, 2, 1, 2, 3};
    heap_alloc(64);
    heap_alloc(128), heap_alloc(100);
    pm_alloc(pm_pool_find("A"));
    for (unsigned i = 0; i < 2; i++)
        pm_alloc(pm_pool_find("B"));
    for (unsigned i = 0; i < 3; i++)
        pm_alloc(pm_pool_find("MALLOC_64")); // the named one
    struct stats_figures all = figures();
    cr_assert_eq(all.pool_count, 5);
    for (unsigned i = 0; i < 5; i++) {
        cr_assert_str_eq(all.pools[i].name, names[i]);
        cr_assert_eq(all.pools[i].usable, usable[i]);
        cr_assert_eq(all.pools[i].allocs, allocs[i]);
        cr_assert_eq(all.pools[i].used, allocs[i]);
    }
    cr_assert_str_eq(all.pools[2].desc, "of A");
    cr_assert_eq(all.pools[3].kind, POOL_PBUF);
}
