// SPDX-License-Identifier: MIT
#include "named_test.h"

static pm_pool *create(const char *name, size_t count, size_t size)
{
    pm_pool *pool = pm_pool_create(name, count, size, "", 0);
    cr_assert(pool, "%s", strerror(errno));
    return pool;
}

static void refuses(int error, const char *name, size_t count, size_t size, unsigned flags)
{
    errno = 0;
    cr_assert_null(pm_pool_create(name, count, size, NULL, flags));
    cr_assert_eq(errno, error, "%s: %s", name, strerror(errno));
}

Test(named_pool, what_cannot_be_created_is_refused_with_a_reason)
{
    char longest[PM_NAME_MAX + 1];
    memset(longest, 'x', PM_NAME_MAX);
    longest[PM_NAME_MAX] = '\0';
    start("pool A size=16 count=1");
    refuses(EEXIST, "A", 1, 1, 0);
    refuses(EINVAL, NULL, 1, 1, 0);
    refuses(EINVAL, "", 1, 1, 0);
    refuses(EINVAL, "1A", 1, 1, 0);
    refuses(EINVAL, "a b", 1, 1, 0);
    refuses(EINVAL, longest, 1, 1, 0);
    refuses(EINVAL, "b", 0, 1, 0);
    refuses(EINVAL, "b", 1, 0, 0);
    refuses(EINVAL, "b", (size_t)UINT32_MAX, 1, 0);
    refuses(EINVAL, "b", 1, ((size_t)1 << 30) + 1, 0);
    refuses(EINVAL, "b", 1, 1, 4);
    refuses(ENOMEM, "b", (size_t)UINT32_MAX - 1, (size_t)1 << 30, 0);
    cr_assert_null(pm_pool_find("b"));
    longest[PM_NAME_MAX - 1] = '\0';
    cr_assert_eq(pm_pool_find("A"), pm_pool_next(NULL));
    cr_assert_eq(create(longest, 1, 1), pm_pool_find(longest));
}

Test(named_pool, a_pool_of_packet_buffers_is_shown_as_one)
{
    start("malloc size=16 count=1");
    pm_pool *pool = pm_pool_create("rx", 3, 132, NULL, PM_POOL_PBUF | PM_POOL_ON_HEAP);
    cr_assert_eq(stats_of(pool).kind, PM_KIND_CREATED);
    cr_assert_eq(stats_of(pool).on_heap, 1);
    struct stats_figures all = figures();
    cr_assert_eq(all.pools[1].kind, POOL_PBUF);
    cr_assert_eq(pm_pool_destroy(pool), 0);
}

Test(named_pool, a_pool_in_use_is_not_destroyed)
{
    start("pool A size=16 count=1");
    pm_pool *pool = create("b", 10, 50);
    void *p = pm_alloc(pool);
    cr_assert_eq(pm_pool_destroy(pool), EBUSY);
    cr_assert_eq(pm_pool_find("b"), pool);
    pm_free(pool, p); // into this thread's cache, perhaps
    cr_assert_eq(pm_pool_destroy(pool), 0);
    cr_assert_null(pm_pool_find("b"));
    cr_assert_eq(errno, ENOENT);
    cr_assert_null(pm_pool_of(p));
    cr_assert_eq(pm_pool_destroy(pm_pool_find("A")), EINVAL);
    cr_assert_eq(pm_pool_destroy(NULL), EINVAL);
}

// The entries of 192 pools are used again and again; what a pool counted is not its successor's.
Test(named_pool, a_pool_in_a_used_entry_begins_at_zero_with_a_size_of_its_own)
{
    start("on_invalid_free=ignore; malloc size=16 count=1");
    void *chunks[12];
    for (unsigned i = 1; i <= 3 * NAMED_POOLS_MAX; i++) {
        pm_pool *pool = create("again", i % 10 + 1, i);
        cr_assert_eq(drain(pool, chunks), i % 10 + 1);
        memset(chunks[0], 0xff, pm_pool_usable_size(pool));
        give_back(pool, chunks, i % 10 + 1);
        pm_free(pool, chunks[0]);
        struct pm_stats stats = stats_of(pool);
        cr_assert_eq(stats.allocs, i % 10 + 1);
        cr_assert_eq(stats.frees, i % 10 + 1);
        cr_assert_eq(stats.max, i % 10 + 1);
        cr_assert_eq(stats.err, 1);
        cr_assert_eq(stats.illegal, 1);
        cr_assert_eq(pm_pool_destroy(pool), 0);
    }
    cache_check();
}

static pm_pool *_Atomic shared;
static _Atomic unsigned turn; // odd: the other thread's

static void *use_each_pool(void *unused)
{
    for (unsigned i = 0; i < 2 * NAMED_POOLS_MAX; i++) {
        while (turn % 2 == 0)
            sched_yield();
        for (unsigned k = 0; k < 9; k++)
            pm_free(shared, pm_alloc(shared)); // leaves chunks in this thread's cache
        turn++;
    }
    return unused;
}

Test(named_pool, a_threads_cache_of_a_destroyed_pool_is_not_its_successors, .timeout = TIMEOUT_SECONDS)
{
    start("malloc size=16 count=1");
    pthread_t thread;
    void *chunks[101];
    pthread_create(&thread, NULL, use_each_pool, NULL);
    for (unsigned i = 0; i < 2 * NAMED_POOLS_MAX; i++) {
        shared = create("again", 40 + i % 60, 16 + i * 16 % 160);
        turn++;
        while (turn % 2 == 1)
            sched_yield();
        unsigned n = drain(shared, chunks);
        cr_assert_eq(n, 40 + i % 60);
        give_back(shared, chunks, n);
        cache_check();
        cr_assert_eq(pm_pool_destroy(shared), 0);
    }
    pthread_join(thread, NULL);
}

Test(named_pool, max_begins_anew_at_what_is_used)
{
    pm_pool *pool = start_with_pool("pool A size=64 count=40", "A");
    void *chunks[41];
    cr_assert_eq(drain(pool, chunks), 40);
    give_back(pool, chunks + 5, 35);
    pm_pool_reset_max(pool);
    cr_assert_eq(figures().pools[0].max, 5); // as another process reads it
    cr_assert_eq(stats_of(pool).max, 5);
    cr_assert_eq(stats_of(pool).max_at_least, 5);
    void *one = pm_alloc(pool);
    cr_assert_eq(stats_of(pool).max, 6);
    pm_free(pool, one);
    cr_assert_eq(stats_of(pool).max, 6);
}

Test(named_pool, every_address_has_one_owner)
{
    pm_pool *a = start_with_pool("malloc size=100 count=3; pool A size=100 count=3", "A");
    char *p = pm_alloc(a), *m = heap_alloc(10);
    pm_pool *of_malloc = pm_pool_next(NULL);
    cr_assert_eq(stats_of(of_malloc).kind, PM_KIND_MALLOC);
    cr_assert_eq(pm_pool_of(m), of_malloc);
    cr_assert_eq(pm_pool_of(m + 111), of_malloc);
    cr_assert_null(pm_pool_of(((struct pool *)of_malloc)->base + 3 * 112));
    cr_assert_eq(pm_pool_of(p), a);
    cr_assert_eq(pm_pool_of(((struct pool *)a)->base + 3 * 112 - 1), a);
    cr_assert_neq(pm_pool_of(((struct pool *)a)->base + 3 * 112), a);
    cr_assert_null(pm_pool_of(&a));
    cr_assert_null(pm_pool_of(NULL));
}
