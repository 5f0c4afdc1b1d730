// SPDX-License-Identifier: MIT
// Writes that go astray, one by one: each is found, once, and no other is.
#include <errno.h>
#include <pthread.h>
#include <signal.h>

#include "stray.h"

// Sizes around each step of 16 bytes and of each pool, up to what the pools take.
static size_t next_size(size_t size)
{
    if (size < 128)
        return size + 1;
    size_t at = size % 16;
    return at == 15 || at == 0 ? size + 1 : size < 2000 ? size + 15 - at : size + 511 - size % 512;
}

static void stray(size_t size, long offset)
{
    char *p = heap_alloc(size);
    cr_assert(p);
    memset(p, (int)size, size); // all that was asked for
    p[offset] ^= 0x55;
    expect(0, "before free", size, offset);
    heap_free(p);
    bool inside = offset >= 0 && offset < (long)size;
    expect(!inside, "after free", size, offset);
    heap_free(heap_alloc(size));
    expect(0, "afterwards", size, offset);
}

static void stray_everywhere(const char *options)
{
    start(options);
    unsigned cases = 0;
    for (size_t size = 0; size <= 8192; size = next_size(size)) {
        const struct pool *pool = &pools.pool[route_find(&pools.route, size, ALIGN_MIN, 0)];
        long end = (long)pool_chunk_bytes(pool);
        const long offsets[] = {-16, -2, -1, 0, (long)size - 1, (long)size, (long)size + 1, end - 1,
                                end, end + 15};
        for (unsigned i = 0; i < ARRAY_LENGTH(offsets); i++, cases++)
            stray(size, offsets[i]);
    }
    cr_assert_gt(cases, 3000);
    cr_assert_eq(heap_check_all(), 0);
    cache_check();
}

Test(heap_check, every_stray_byte_is_found_at_free)
{
    stray_everywhere(OPTIONS "overflow_check=1; " POOLS);
}

Test(heap_check, every_stray_byte_is_found_at_free_with_poison)
{
    stray_everywhere(OPTIONS "overflow_check=1; poison=yes; " POOLS);
}

Test(heap_check, every_stray_byte_is_found_at_free_in_unlimited_pools)
{
    stray_everywhere(OPTIONS "overflow_check=1; malloc size=32 count=unlimited;"
                     "malloc size=1K count=unlimited; malloc size=9000 count=unlimited");
}

// At level 2 whatever is called next finds it, in every pool.
static void call(unsigned kind)
{
    void *p;
    switch (kind) {
    case 0: p = heap_alloc(10); break;
    case 1: p = heap_alloc_zeroed(3, 5); break;
    case 2: p = heap_alloc_aligned(64, 100); break;
    case 3: p = heap_alloc(1 << 20); break; // oversize
    case 4: p = heap_realloc(NULL, 50); break;
    default: cr_assert_eq(kind, 5); return;
    }
    heap_free(p);
}

Test(heap_check, level_2_finds_it_at_the_next_call)
{
    start(OPTIONS "overflow_check=2; " POOLS);
    char *held = heap_alloc(20);
    for (size_t size = 1; size <= 8192; size = size * 2 + 3) {
        for (unsigned kind = 0; kind < 5; kind++) {
            char *p = heap_alloc(size);
            p[-1] ^= 1;
            call(kind);
            expect(1, "underflow", size, -1);
            p[size] ^= 1;
            call(kind);
            expect(1, "overflow", size, (long)size);
            p[size] ^= 1;
            cr_assert_eq(heap_realloc(held, 20), held);
            expect(1, "realloc", size, (long)size);
            p[size] ^= 1;
            heap_free(p);
            expect(1, "free", size, (long)size);
        }
    }
}

Test(heap_check, level_1_leaves_other_chunks_alone)
{
    start(OPTIONS "overflow_check=1; " POOLS);
    char *p = heap_alloc(20), *q = heap_alloc(20);
    p[20] = 1;
    heap_free(heap_alloc(20));
    heap_free(q);
    expect(0, "others", 20, 20);
    cr_assert_eq(heap_check_all(), 1);
    expect(1, "on demand", 20, 20);
    cr_assert_eq(heap_check_all(), 0); // it was repaired
    heap_free(p);
    expect(0, "free", 20, 20);
}

Test(heap_check, a_write_after_free_is_found_at_reuse)
{
    start(OPTIONS "poison=yes; " POOLS);
    for (size_t size = 1; size <= 8192; size = size * 2 + 3) {
        const struct pool *pool = &pools.pool[route_find(&pools.route, size, ALIGN_MIN, 0)];
        for (size_t offset = 0; offset < pool_chunk_bytes(pool); offset = offset * 2 + 1) {
            char *p = heap_alloc(size);
            heap_free(p);
            p[offset] = 1;
            char *again = heap_alloc_zeroed(1, size);
            cr_assert_eq(again, p);
            expect(1, "reuse", size, (long)offset);
            for (size_t i = 0; i < size; i++)
                cr_assert_eq(again[i], 0);
            heap_free(again);
        }
    }
    heap_free(heap_alloc(5));
    expect(0, "at the end", 5, 0);
}

Test(heap_check, a_write_after_free_is_found_on_demand)
{
    start(OPTIONS "overflow_check=1; poison=yes; " POOLS);
    char *p = heap_alloc(100);
    heap_free(p);
    p[50] = 1;
    p[-1] = 1;
    cr_assert_eq(heap_check_all(), 2);
    cr_assert_eq(heap_alloc(100), p);
    expect(2, "all", 100, 50);
}

Test(heap_check, a_write_into_a_chunk_that_was_never_handed_out_is_found)
{
    start(OPTIONS "overflow_check=1; poison=yes; malloc size=64 count=4");
    char *p = heap_alloc(64);
    p[2 * (long)pools.pool[0].stride + 10] = 1;
    heap_alloc(64);
    expect(0, "the neighbour", 64, 0);
    char *victim = heap_alloc_zeroed(1, 64);
    expect(1, "the victim", 64, 10);
    for (int i = 0; i < 64; i++)
        cr_assert_eq(victim[i], 0);
}

Test(heap_check, realloc_in_place_moves_the_border)
{
    start(OPTIONS "overflow_check=1; " POOLS);
    char *p = heap_alloc(300);
    cr_assert_eq(heap_realloc(p, 500), p);
    memset(p, 'x', 500);
    cr_assert_eq(heap_realloc(p, 300), p);
    expect(0, "valid", 300, 0);
    p[300] = 1;
    cr_assert_eq(heap_realloc(p, 400), p);
    expect(1, "found by realloc", 300, 300);
    p[400] = 1;
    p = heap_realloc(p, 1000); // moves
    expect(1, "found by moving", 400, 400);
    cr_assert_eq(p[299], 'x');
    p[1000] = 1;
    cr_assert_null(heap_realloc(p, 0));
    expect(1, "found by realloc(p, 0)", 1000, 1000);
}

Test(heap_check, who_asks_for_the_usable_size_may_use_it)
{
    start(OPTIONS "overflow_check=1; mem_alignment=4; malloc size=100 count=5");
    char *p = heap_alloc(10);
    size_t usable = heap_usable_size(p);
    cr_assert_eq(usable, 100);
    memset(p, 1, usable);
    cr_assert_eq(heap_check_all(), 0);
    p[usable] = 1;
    heap_free(p);
    expect(1, "beyond", 10, 100);
    cr_assert_eq(heap_usable_size(p), 100); // of a freed chunk: as before, and nothing is changed
    cr_assert_eq(heap_usable_size(p + 1), 100);
    heap_alloc(10);
    expect(0, "again", 10, 0);
}

Test(heap_check, aligned_chunks_have_guards_too)
{
    start(OPTIONS "overflow_check=1; malloc size=96 count=5; malloc size=8K count=5");
    for (size_t alignment = 32; alignment <= 8192; alignment *= 2) {
        char *p = heap_alloc_aligned(alignment, 60);
        cr_assert(p && (uintptr_t)p % alignment == 0);
        p[60] = 1;
        p[-1] = 1;
        heap_free(p);
        expect(2, "aligned", alignment, 60);
    }
}

// lwIP's check of an empty pool read through NULL (git b99b7577, mbed-os 3884), and a failed request
// returned the header's size instead of NULL (20478).
Test(heap_check, an_empty_pool_is_null_and_nothing_is_looked_at)
{
    start("semantics=lwip; overflow_check=2; poison=yes; malloc size=64 count=2");
    void *p = heap_alloc(64), *q = heap_alloc(64);
    for (int i = 0; i < 3; i++) {
        errno = 0;
        cr_assert_null(heap_alloc(64));
        cr_assert_eq(errno, ENOMEM);
    }
    heap_free(p);
    heap_free(q);
    cr_assert_eq(figures().pools[0].err, 3);
    cr_assert_eq(corrupt(), 0);
}

// With lwIP's overflow check on, a double free made a circle of the free list, whose check then never
// ended (37166).
Test(heap_check, a_double_free_ends_and_harms_nothing)
{
    start("semantics=lwip; on_invalid_free=ignore; overflow_check=2; poison=yes; malloc size=64 count=3");
    char *p = heap_alloc(64), *q = heap_alloc(64);
    heap_free(p);
    heap_free(p);
    heap_free(q);
    heap_free(p);
    heap_free(q);
    heap_free(p - 16); // before the first chunk
    heap_free(p + 80); // between two
    cr_assert_eq(figures().pools[0].illegal, 5);
    cr_assert_eq(heap_check_all(), 0);
    void *all[3];
    for (int i = 0; i < 3; i++)
        cr_assert(all[i] = heap_alloc(64));
    cr_assert(all[0] != all[1] && all[1] != all[2] && all[0] != all[2]);
    cr_assert_null(heap_alloc(64));
    cache_check();
}

Test(heap_check, freed_memory_stays_poisoned_when_memory_is_given_back)
{
    start(OPTIONS "overflow_check=1; poison=yes; malloc size=64 count=unlimited");
    static char *held[40000];
    for (int i = 0; i < 40000; i++)
        held[i] = heap_alloc(64);
    for (int i = 0; i < 40000; i++)
        heap_free(held[i]);
    pool_trim(&pools.pool[0], pools.pool[0].free);
    cr_assert_eq(heap_check_all(), 0);
    held[77][3] = 1;
    cr_assert_eq(heap_check_all(), 1);
}

Test(heap_check, stray_writes_abort_by_default, .signal = SIGABRT)
{
    start("overflow_check=1; malloc size=64 count=2");
    char *p = heap_alloc(10);
    p[10] = 1;
    cr_assert_eq(heap_check_all(), 1); // says so, but goes on
    p[10] = 1;
    heap_free(p);
}

static void *churn(void *argument)
{
    unsigned state = (unsigned)(uintptr_t)argument;
    unsigned char *held[16] = {NULL};
    size_t size[16];
    for (int step = 0; step < 3000; step++) {
        state = state * 1103515245 + 12345;
        unsigned i = state >> 28;
        if (held[i]) {
            for (size_t at = 0; at < size[i]; at++)
                if (held[i][at] != (unsigned char)i)
                    abort();
            heap_free(held[i]);
            held[i] = NULL;
        } else if ((held[i] = heap_alloc(size[i] = (state >> 16) % 600))) {
            memset(held[i], (int)i, size[i]);
        }
    }
    for (int i = 0; i < 16; i++)
        heap_free(held[i]);
    return NULL;
}

static void churn_in_threads(const char *options)
{
    pthread_t threads[4];
    start(options);
    for (uintptr_t i = 0; i < 4; i++)
        cr_assert_eq(pthread_create(&threads[i], NULL, churn, (void *)(i + 1)), 0);
    for (int i = 0; i < 4; i++)
        pthread_join(threads[i], NULL);
    cr_assert_eq(heap_check_all(), 0);
    cr_assert_eq(corrupt(), 0);
    for (unsigned i = 0; i < pools.count; i++)
        cr_assert_eq(figures().pools[i].used, 0);
    cache_check();
}

Test(heap_check, threads_find_nothing_where_nothing_is_wrong)
{
    churn_in_threads("overflow_check=1; poison=yes; on_empty=fail; malloc size=64 count=20;"
                     "malloc size=640 count=30");
}

Test(heap_check, threads_find_nothing_at_level_2)
{
    churn_in_threads("overflow_check=2; poison=yes; on_empty=fail; malloc size=64 count=20;"
                     "malloc size=640 count=30");
}
