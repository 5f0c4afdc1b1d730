// SPDX-License-Identifier: MIT
// A pool that takes memory from the system makes others give back what lies idle in them.
#include "core.h"

enum { SMALLER = 256 * 1024, LARGER = 512 * 1024 };

static char *touched(size_t size)
{
    char *p = heap_alloc(size);
    *p = 1;
    return p;
}

// As if some milliseconds had passed.
static void wait_no_longer(void)
{
    for (unsigned i = 0; i < pools.count; i++)
        pools.pool[i].trimmed_ns = 0;
}

// Larger chunks until the pool has asked the system for more of them.
static void take_memory(void)
{
    uint32_t committed = pools.pool[1].committed;
    while (pools.pool[1].committed == committed)
        touched(LARGER);
    wait_no_longer();
}

Test(cache_trim, a_chunk_that_nobody_needs_gives_its_memory_to_another_pool)
{
    start("malloc size=256K count=unlimited; malloc size=512K count=unlimited");
    char *p = touched(SMALLER);
    heap_free(p);
    take_memory();
    cr_assert(is_resident(p)); // it was used before
    take_memory();
    cr_assert_not(is_resident(p));
    cache_check();
    cr_assert_eq(*(char *)heap_alloc_zeroed(1, SMALLER), 0);
    cache_check();
}

Test(cache_trim, a_chunk_that_is_used_in_between_keeps_it)
{
    start("malloc size=256K count=unlimited; malloc size=512K count=unlimited");
    char *p = touched(SMALLER);
    heap_free(p);
    for (int i = 0; i < 3; i++) {
        take_memory();
        cr_assert_eq(heap_alloc(SMALLER), p);
        cr_assert(is_resident(p));
        heap_free(p);
    }
    // One at a time is no reason to keep many.
    cr_assert_leq(cache_self->bins[0].capacity, pools.pool[0].cache_capacity);
    cr_assert_leq(cache_self->bins[0].owes, 2 * pools.pool[0].cache_capacity);
}

Test(cache_trim, what_is_little_of_a_large_pool_is_not_looked_for)
{
    static void *blocks[400000];
    start("malloc size=16 count=unlimited; malloc size=512K count=unlimited");
    for (unsigned i = 0; i < ARRAY_LENGTH(blocks); i++)
        *(char *)(blocks[i] = heap_alloc(16)) = 1;
    take_memory();
    for (unsigned i = 0; i < 45000; i++) // more than 256 KiB beside what is cached, but 6 MiB are in use
        heap_free(blocks[i]);
    take_memory();
    take_memory();
    cr_assert_gt(pools.pool[0].free, 256 * 1024 / 16);
    cr_assert_eq(pools.pool[0].trimmed, 0);
    for (unsigned i = 45000; i < 300000; i++)
        heap_free(blocks[i]);
    take_memory();
    take_memory();
    cr_assert_gt(pools.pool[0].trimmed, 0);
    cache_check();
}

Test(cache_trim, finite_pools_keep_theirs)
{
    start("malloc size=256K count=4; malloc size=512K count=unlimited");
    char *p = touched(SMALLER);
    heap_free(p);
    for (int i = 0; i < 3; i++)
        take_memory();
    cr_assert(is_resident(p));
}
