// SPDX-License-Identifier: MIT
// What poolmalloc.h adds to named.h: pools of the program's own memory, and the form of what is told.
#include "named_test.h"

PM_POOL_DECLARE(small, 7, 1, "smallest");
PM_POOL_DECLARE(odd, 100, 100, "");

Test(api, a_declared_pool_gives_nothing_before_it_is_ready)
{
    errno = 0;
    cr_assert_null(PM_POOL_ALLOC(small));
    cr_assert_eq(errno, EINVAL);
    PM_POOL_FREE(small, NULL);
    cr_assert_null(PM_POOL(small));
}

static void all_of_it(struct pm_static *declared)
{
    unsigned char *storage = declared->storage;
    void *chunks[101];
    pm_pool *pool = pm_static_init(declared);
    cr_assert(pool);
    cr_assert_eq(pm_static_init(declared), pool);
    unsigned n = drain(pool, chunks);
    cr_assert_eq(n, declared->count);
    for (unsigned i = 0; i < n; i++) {
        cr_assert_eq((uintptr_t)chunks[i] % 16, 0);
        cr_assert((unsigned char *)chunks[i] >= storage);
        cr_assert((unsigned char *)chunks[i] + pm_pool_usable_size(pool) <= storage + declared->storage_bytes);
        cr_assert_geq(pm_pool_usable_size(pool), declared->size);
        memset(chunks[i], (int)i, pm_pool_usable_size(pool));
    }
    for (unsigned i = 0; i < n; i++)
        for (size_t k = 0; k < pm_pool_usable_size(pool); k++)
            cr_assert_eq(((unsigned char *)chunks[i])[k], i);
    cache_check(); // states and stack are intact
    give_back(pool, chunks, n);
    cr_assert_eq(drain(pool, chunks), n);
    cr_assert_eq(stats_of(pool).kind, PM_KIND_STATIC);
    cr_assert_eq(pm_pool_destroy(pool), EINVAL);
}

Test(api, a_declared_pool_lies_in_its_storage)
{
    start("malloc size=16 count=1");
    all_of_it(&small);
    all_of_it(&odd);
    cr_assert_eq(pm_pool_find("odd"), PM_POOL(odd));
    cr_assert_str_eq(stats_of(PM_POOL(small)).desc, "smallest");
}

Test(api, large_alignments_of_the_configuration_do_not_reach_declared_pools)
{
    start("mem_alignment=4096; malloc size=16 count=1");
    all_of_it(&odd);
    cr_assert_eq(pm_pool_usable_size(PM_POOL(odd)), 112);
}

// Nothing of the array beyond what the macro counts, and nothing before it.
Test(api, storage_is_as_large_as_the_macro_says)
{
    enum { COUNT = 37, SIZE = 24, GUARD = 64 };
    static unsigned char memory[GUARD + PM_POOL_BYTES(COUNT, SIZE) + GUARD] __attribute__((aligned(64)));
    struct pm_static declared = {"guarded", "", memory + GUARD, PM_POOL_BYTES(COUNT, SIZE), COUNT, SIZE,
                                 NULL};
    start("thread_cache=off; malloc size=16 count=1"); // so that all free chunks are in the pool's stack
    memset(memory, 0xcd, GUARD);
    memset(memory + sizeof memory - GUARD, 0xcd, GUARD);
    all_of_it(&declared);
    for (unsigned i = 0; i < GUARD; i++)
        cr_assert(memory[i] == 0xcd && memory[sizeof memory - 1 - i] == 0xcd);
    declared.pool = NULL;
    declared.name = "too_small";
    declared.storage_bytes--;
    cr_assert_null(pm_static_init(&declared));
    cr_assert_eq(errno, EINVAL);
    declared.storage_bytes++;
    declared.storage = memory + GUARD + 8; // the chunks would not be aligned
    errno = 0;
    cr_assert_null(pm_static_init(&declared));
    cr_assert_eq(errno, EINVAL);
}

Test(api, pools_of_the_program_work_where_the_configuration_has_mistakes)
{
    setenv("POOLMALLOC", "dump=off; stats_dir=/dev/null; pool A size=0 count=1", 1);
    cr_assert_not(runtime_enter());
    cr_assert_null(pm_pool_find("A"));
    cr_assert_null(pm_pool_next(NULL));
    all_of_it(&small);
    cr_assert_null(pm_pool_find("A"));
    cr_assert_eq(pm_pool_next(NULL), PM_POOL(small));
    void *p = heap_alloc(10); // by the next malloc, as before
    cr_assert_geq(pools_index(p), pools.count);
    heap_free(p);
}

Test(api, pools_of_the_program_work_where_it_is_not_to_be_served)
{
    setenv("POOLMALLOC", "programs=another; stats_dir=/dev/null; on_empty=abort; pool A size=16 count=1", 1);
    cr_assert_not(runtime_enter());
    pm_pool *pool = pm_pool_create("mine", 2, 2, NULL, 0);
    cr_assert(pool);
    cr_assert(pm_alloc(pool));
    cr_assert_null(pm_pool_find("A"));
}

Test(api, a_caller_compiled_with_fewer_statistics_gets_those)
{
    pm_pool *pool = start_with_pool("pool A size=16 count=3", "A");
    struct pm_stats stats;
    memset(&stats, 0xff, sizeof stats);
    stats.bytes = offsetof(struct pm_stats, err);
    cr_assert_eq(pm_pool_stats(pool, &stats), 0);
    cr_assert_eq(stats.bytes, offsetof(struct pm_stats, err));
    cr_assert_str_eq(stats.name, "A");
    cr_assert_eq(stats.max, 0);
    cr_assert_eq(stats.err, UINT64_MAX);
    struct { struct pm_stats stats; uint64_t more; } later = {{.bytes = sizeof later}, 42};
    cr_assert_eq(pm_pool_stats(pool, &later.stats), 0);
    cr_assert_eq(later.stats.bytes, sizeof stats);
    cr_assert_eq(later.more, 42);
    stats.bytes = 1;
    cr_assert_eq(pm_pool_stats(pool, &stats), EINVAL);
    cr_assert_eq(pm_pool_stats(NULL, &stats), EINVAL);
    cr_assert_eq(pm_pool_stats(pool, NULL), EINVAL);
}

Test(api, pools_follow_one_another)
{
    start("malloc size=16 count=1; malloc size=32 count=1; pool A size=16 count=3; pbuf B payload=1 count=1");
    pm_pool *created = pm_pool_create("c", 1, 1, NULL, 0);
    const char *names[] = {"MALLOC_16", "MALLOC_32", "A", "B", "c"};
    unsigned n = 0;
    for (pm_pool *pool = NULL; (pool = pm_pool_next(pool)); n++)
        cr_assert_str_eq(stats_of(pool).name, names[n]);
    cr_assert_eq(n, 5);
    cr_assert_eq(pm_pool_destroy(created), 0);
    cr_assert_null(pm_pool_next(pm_pool_find("B")));
}

Test(api, a_malloc_pool_may_be_asked_and_free_takes_its_chunk)
{
    start("on_empty=fail; malloc size=64 count=4");
    pm_pool *pool = pm_pool_next(NULL);
    void *a = pm_alloc(pool), *b = heap_alloc(64);
    pm_free(pool, b);
    heap_free(a);
    errno = 0;
    cr_assert_null(pm_alloc_timed(pool, PM_FOREVER)); // free would not wake it
    cr_assert_eq(errno, EINVAL);
    pm_pool_on_available(pool, NULL, NULL); // nothing
    struct pm_stats stats = stats_of(pool);
    cr_assert_eq(stats.allocs, 2);
    cr_assert_eq(stats.used, 0);
    cr_assert_eq(stats.requested_bytes, 128);
}

Test(api, no_pool_is_an_error_and_no_crash)
{
    errno = 0;
    cr_assert_null(pm_alloc(NULL));
    cr_assert_eq(errno, EINVAL);
    cr_assert_null(pm_alloc_zeroed(NULL));
    pm_free(NULL, &errno);
    cr_assert_null(pm_alloc_timed(NULL, 1));
    cr_assert_eq(pm_pool_usable_size(NULL), 0);
    cr_assert_null(pm_pool_find(NULL));
    pm_pool_reset_max(NULL);
    pm_pool_on_available(NULL, NULL, NULL);
    cr_assert_str_eq(pm_version(), PM_VERSION);
}

Test(api, check_says_how_much_it_found_and_goes_on)
{
    pm_pool *pool = start_with_pool("overflow_check=1; poison=yes; malloc size=32 count=3; "
                                    "pool A size=32 count=3", "A");
    char *kept = pm_alloc(pool), *freed = pm_alloc(pool), *block = heap_alloc(20);
    pm_free(pool, freed);
    cr_assert_eq(pm_check(), 0);
    kept[32] = freed[4] = block[-1] = block[20] = 1;
    cr_assert_eq(pm_check(), 4); // though on_corruption = abort
    cr_assert_eq(pm_check(), 0);
    cr_assert_eq(stats_of(pool).corrupt, 2);
    pm_free(pool, kept);
}
