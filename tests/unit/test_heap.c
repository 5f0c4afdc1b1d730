// SPDX-License-Identifier: MIT
#include <errno.h>
#include <signal.h>

#include "core.h"
#include "next.h"

static unsigned pool_of(const void *p)
{
    return (unsigned)pools_index(p);
}

Test(heap, requests_go_to_the_first_pool_that_fits)
{
    start("malloc size=256 count=50; malloc size=512 count=50; malloc size=1512 count=50");
    const struct { size_t size; unsigned pool; } cases[] = {
        {0, 0}, {1, 0}, {100, 0}, {256, 0}, {257, 1}, {400, 1}, {512, 1}, {513, 2}, {1000, 2},
        {1512, 2}, {1520, 2},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++)
        cr_assert_eq(pool_of(heap_alloc(cases[i].size)), cases[i].pool, "%lu", cases[i].size);
    cr_assert_geq(pool_of(heap_alloc(1521)), 3);
    cr_assert_eq(figures().oversize, 1);
}

Test(heap, zero_bytes_are_a_chunk_of_their_own)
{
    start("malloc size=64 count=10");
    void *p = heap_alloc(0), *q = heap_alloc(0);
    cr_assert(p && q && p != q);
}

Test(heap, empty_pool_fails_strictly)
{
    start("semantics=lwip; malloc size=64 count=3; malloc size=128 count=3");
    for (int i = 0; i < 3; i++)
        cr_assert(heap_alloc(64));
    errno = 0;
    cr_assert_null(heap_alloc(64));
    cr_assert_eq(errno, ENOMEM);
    cr_assert(heap_alloc(65)); // the bigger pool was not touched
    struct stats_figures all = figures();
    cr_assert_eq(all.pools[0].err, 1);
    cr_assert_eq(all.pools[0].failed, 1);
    cr_assert_eq(all.pools[1].err, 0);
    cr_assert_eq(all.pools[1].used, 1);
}

Test(heap, bigger_pools_are_tried_in_order_when_asked)
{
    start("semantics=lwip; try_bigger=yes; malloc size=64 count=1; malloc size=32 count=1;"
          "malloc size=128 count=1; malloc size=256 count=1");
    void *blocks[3];
    for (int i = 0; i < 3; i++)
        cr_assert(blocks[i] = heap_alloc(50));
    cr_assert_eq(pool_of(blocks[1]), 2); // 32 does not fit
    cr_assert_eq(pool_of(blocks[2]), 3);
    cr_assert_null(heap_alloc(50));
    struct stats_figures all = figures();
    const uint64_t err[] = {3, 0, 2, 1};
    for (int i = 0; i < 4; i++)
        cr_assert_eq(all.pools[i].err, err[i], "pool %d: %lu", i, all.pools[i].err);
    cr_assert_eq(all.pools[0].spilled_out, 2);
    cr_assert_eq(all.pools[2].spilled_in, 1);
    cr_assert_eq(all.pools[0].failed, 1);
    cr_assert_eq(all.pools[0].allocs, 1);
    cr_assert_eq(all.pools[3].allocs, 1);
    cr_assert_eq(all.pools[3].requested_bytes, 50);
}

Test(heap, empty_and_oversize_fall_back_and_are_told_apart)
{
    start("malloc size=64 count=1");
    cr_assert_eq(pool_of(heap_alloc(64)), 0);
    void *fell = heap_alloc(64), *over = heap_alloc(65);
    cr_assert_geq(pool_of(fell), 1);
    cr_assert_geq(pool_of(over), 1);
    heap_free(fell);
    heap_free(over);
    struct stats_figures all = figures();
    cr_assert_eq(all.pools[0].fell_back, 1);
    cr_assert_eq(all.pools[0].requested_bytes, 64);
    cr_assert_eq(all.oversize, 1);
    cr_assert_eq(all.oversize_fell_back, 1);
    cr_assert_eq(all.oversize_bytes, 65);
    cr_assert_eq(all.next_frees, 2);
}

static void *fail_to_allocate(size_t size)
{
    (void)size;
    errno = ENOMEM;
    return NULL;
}

Test(heap, a_next_malloc_that_fails_is_a_failure)
{
    start("malloc size=64 count=1");
    cr_assert(heap_alloc(64));
    cr_assert(heap_alloc(64)); // by the next malloc
    next.malloc = fail_to_allocate;
    cr_assert_null(heap_alloc(64));
    cr_assert_null(heap_alloc(65));
    struct stats_figures all = figures();
    cr_assert_eq(all.pools[0].allocs, 1);
    cr_assert_eq(all.pools[0].err, 2);
    cr_assert_eq(all.pools[0].fell_back, 1);
    cr_assert_eq(all.pools[0].failed, 1);
    cr_assert_eq(all.pools[0].requested_bytes, 64);
    cr_assert_eq(all.oversize, 1);
    cr_assert_eq(all.oversize_failed, 1);
    cr_assert_eq(all.oversize_fell_back, 0);
}

Test(heap, empty_pool_aborts_when_asked, .signal = SIGABRT)
{
    start("on_empty=abort; malloc size=64 count=1");
    heap_alloc(1);
    heap_alloc(1);
}

Test(heap, oversize_aborts_when_asked, .signal = SIGABRT)
{
    start("on_oversize=abort; malloc size=64 count=1");
    heap_alloc(65);
}

Test(heap, zeroed_memory_is_zero_new_and_used)
{
    start("malloc size=256 count=4");
    for (int round = 0; round < 8; round++) {
        char *p = heap_alloc_zeroed(16, 16);
        for (int i = 0; i < 256; i++)
            cr_assert_eq(p[i], 0);
        memset(p, 0xff, 256);
        heap_free(p);
    }
    errno = 0;
    cr_assert_null(heap_alloc_zeroed(SIZE_MAX / 2, 3));
    cr_assert_eq(errno, ENOMEM);
}

Test(heap, alignment_finds_the_first_pool_that_has_it)
{
    start("malloc size=96 count=8; malloc size=256 count=8; malloc size=8192 count=8");
    cr_assert_eq(pool_of(heap_alloc_aligned(32, 50)), 0);
    cr_assert_eq(pool_of(heap_alloc_aligned(64, 50)), 1);
    cr_assert_eq(pool_of(heap_alloc_aligned(4096, 50)), 2);
    void *p = heap_alloc_aligned(1 << 20, 50);
    cr_assert_geq(pool_of(p), 3);
    cr_assert_eq((uintptr_t)p % (1 << 20), 0);
    struct stats_figures all = figures();
    cr_assert_eq(all.oversize, 1);
    for (int i = 0; i < 3; i++) {
        cr_assert_eq(all.pools[i].allocs, 1);
        cr_assert_eq(all.pools[i].requested_bytes, 50);
    }
}

Test(heap, realloc_stays_moves_and_keeps_content)
{
    start("malloc size=64 count=8; malloc size=256 count=8; malloc size=1024 count=8");
    char *p = heap_alloc(40);
    memset(p, 'a', 40);
    cr_assert_eq(heap_realloc(p, 64), p);
    char *q = heap_realloc(p, 200);
    cr_assert_eq(pool_of(q), 1);
    for (int i = 0; i < 40; i++)
        cr_assert_eq(q[i], 'a');
    cr_assert_eq(heap_realloc(q, 130), q); // above half
    char *r = heap_realloc(q, 20);
    cr_assert_eq(pool_of(r), 0);
    cr_assert_eq(r[19], 'a');
    char *far = heap_realloc(r, 5000); // to the next malloc
    cr_assert_geq(pool_of(far), 3);
    cr_assert_eq(far[19], 'a');
    char *back = heap_realloc(far, 30); // and home again
    cr_assert_eq(pool_of(back), 0);
    cr_assert_eq(back[19], 'a');
    cr_assert_null(heap_realloc(back, 0));
    for (int i = 0; i < 3; i++)
        cr_assert_eq(figures().pools[i].used, 0);
}

static size_t unknown_size(void *p)
{
    (void)p;
    return 0;
}

Test(heap, a_block_whose_size_the_next_malloc_does_not_know_keeps_its_content)
{
    start("malloc size=64 count=8");
    char *p = heap_alloc(100);
    strcpy(p, "kept");
    next.malloc_usable_size = unknown_size; // as tcmalloc's is before its constructor has run
    p = heap_realloc(p, 50);
    cr_assert_str_eq(p, "kept");
    p = heap_realloc(p, 5000);
    cr_assert_str_eq(p, "kept");
}

Test(heap, a_shrink_never_fails)
{
    start("semantics=lwip; malloc size=64 count=1; malloc size=1024 count=2");
    heap_alloc(64); // now the small pool is empty
    char *p = heap_alloc(1000);
    p[0] = 'x';
    cr_assert_eq(heap_realloc(p, 10), p);
    cr_assert_eq(p[0], 'x');
    cr_assert_eq(figures().pools[0].err, 0); // nobody asked it
}

Test(heap, failed_growth_leaves_the_block)
{
    start("semantics=lwip; malloc size=64 count=2; malloc size=128 count=1");
    char *p = heap_alloc(64);
    strcpy(p, "still here");
    heap_alloc(128);
    errno = 0;
    cr_assert_null(heap_realloc(p, 100));
    cr_assert_eq(errno, ENOMEM);
    cr_assert_null(heap_realloc(p, 1000));
    cr_assert_null(heap_realloc(p, (size_t)PTRDIFF_MAX + 1));
    cr_assert_str_eq(p, "still here");
    heap_free(p);
    cr_assert_eq(figures().pools[0].illegal, 0);
}

Test(heap, usable_size_is_the_chunks)
{
    start("mem_alignment=4; malloc size=20 count=2; malloc size=100 count=2");
    cr_assert_eq(heap_usable_size(heap_alloc(1)), 20);
    cr_assert_eq(heap_usable_size(heap_alloc(21)), 100);
    cr_assert_eq(heap_usable_size(NULL), 0);
    cr_assert_geq(heap_usable_size(heap_alloc(500)), 500);
}

Test(heap, the_programs_questions_for_usable_sizes_are_counted_and_the_librarys_are_not)
{
    start("malloc size=64 count=2");
    void *inside = heap_alloc(1), *foreign = heap_alloc(500);
    cr_assert_eq(heap_tell_usable_size(inside), 64);
    cr_assert_geq(heap_tell_usable_size(foreign), 500);
    heap_free(heap_realloc(foreign, 600));
    heap_usable_size(inside);
    cr_assert_eq(figures().usable_size_calls, 2);
}

static void *no_memory(void *p, size_t size)
{
    (void)p;
    (void)size;
    return NULL;
}

Test(heap, a_block_too_large_for_the_pools_that_grows_out_of_its_size_step_is_a_request)
{
    start("malloc size=64 count=2");
    char *p = heap_alloc(5 << 20); // a whole step
    p = heap_realloc(p, (5 << 20) + 9000);
    cr_assert_eq(figures().oversize, 2);
    p = heap_realloc(p, 6 << 20); // the end of the next
    p = heap_realloc(p, 4 << 20);
    cr_assert(figures().oversize == 2 && figures().next_reallocs == 3);
    p = heap_realloc(p, 7 << 20);
    cr_assert(figures().oversize == 3 && figures().oversize_fell_back == 3);
    cr_assert_eq(figures().oversize_bytes, (17 << 20) + 9000);
    heap_free(heap_realloc(heap_alloc(2000), 2100));
    cr_assert_eq(figures().oversize, 5);
    heap_free(heap_realloc(heap_alloc(2000), 1900));
    cr_assert_eq(figures().oversize, 6);
    next.realloc = no_memory;
    cr_assert_null(heap_realloc(p, 70 << 20));
    cr_assert_eq(figures().oversize, 6);
    heap_free(p);
}

Test(heap, success_and_free_leave_errno_alone)
{
    start("malloc size=64 count=1000");
    void *held[1000];
    errno = EDOM;
    for (int i = 0; i < 1000; i++)
        held[i] = heap_alloc(64);
    for (int i = 0; i < 1000; i++)
        heap_free(held[i]);
    heap_free(heap_alloc(100000));
    heap_free(NULL);
    cr_assert_eq(errno, EDOM);
}

Test(heap, free_of_null_counts_nothing_even_where_there_are_named_pools)
{
    start("malloc size=64 count=10; pool X size=64 count=8");
    heap_free(heap_alloc(1)); // the thread has its counters
    heap_free(NULL);
    cr_assert_eq(figures().next_frees, 0);
    heap_free(heap_alloc(100000));
    cr_assert_eq(figures().next_frees, 1);
}

Test(heap, sizes_above_ptrdiff_max_fail_and_are_no_request)
{
    start("malloc size=64 count=10");
    errno = 0;
    cr_assert_null(heap_alloc((size_t)PTRDIFF_MAX + 1));
    cr_assert_null(heap_alloc(SIZE_MAX));
    cr_assert_eq(errno, ENOMEM);
    cr_assert_null(heap_alloc_aligned(64, SIZE_MAX - 100));
    cr_assert_null(heap_alloc_zeroed(2, PTRDIFF_MAX));
}

Test(heap, misuse_is_counted_and_changes_nothing)
{
    start("on_invalid_free=ignore; malloc size=1512 count=10");
    char *p = heap_alloc(10), *q = heap_alloc(10);
    heap_free(p);
    heap_free(p);
    heap_free(q + 16);
    heap_free(q + 1);
    heap_free(q + 1520 * 5);      // never handed out
    heap_free(pools.pool[0].base + 1520 * 10); // beyond the last
    cr_assert_null(heap_realloc(p, 100));
    cr_assert_eq(figures().pools[0].illegal, 6);
    cr_assert_eq(figures().pools[0].used, 1);
    heap_free(q);
    cr_assert_eq(figures().pools[0].used, 0);
    cache_check();
}

Test(heap, double_free_aborts_by_default, .signal = SIGABRT)
{
    start("malloc size=64 count=10");
    void *p = heap_alloc(1);
    heap_free(p);
    heap_free(p);
}
