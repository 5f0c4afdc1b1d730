// SPDX-License-Identifier: MIT
// Threads that wait. Each test knows by the pool's figures who waits, and waits for that itself.
#include "named_test.h"

#include "os.h"

enum { WAITERS = 5 };
static pm_pool *pool;
static _Atomic unsigned served; // threads that got a chunk

static void *wait_for_ever(void *unused)
{
    (void)unused;
    void *chunk = pm_alloc_timed(pool, PM_FOREVER);
    served++;
    return chunk;
}

static void *wait_a_little(void *unused)
{
    (void)unused;
    void *chunk = pm_alloc_timed(pool, 20000000);
    return chunk ? chunk : (void *)(intptr_t)-errno;
}

static void start_with(const char *cache)
{
    char options[200];
    snprintf(options, sizeof options, "on_invalid_free=ignore; thread_cache=%s; pool A size=64 count=8",
             cache);
    pool = start_with_pool(options, "A");
}

Test(named_wait, a_thread_that_waits_is_served_by_a_free, .timeout = TIMEOUT_SECONDS)
{
    start_with("auto");
    void *chunks[9], *got;
    pthread_t thread;
    cr_assert_eq(drain(pool, chunks), 8);
    pthread_create(&thread, NULL, wait_for_ever, NULL);
    await_waiting(pool, 1);
    pm_free(pool, chunks[3]);
    pthread_join(thread, &got);
    cr_assert_eq(got, chunks[3]);
    struct pm_stats stats = stats_of(pool);
    cr_assert_eq(stats.used, 8);
    cr_assert_eq(stats.allocs, 9);
    cr_assert_eq(stats.waiting, 0);
    cr_assert_eq(stats.err, 2);
    cr_assert_eq(stats.failed, 1); // of drain
    cache_check();
}

static void *wait_for_zeros(void *unused)
{
    (void)unused;
    struct pool *inner = (struct pool *)pool;
    return named_alloc_slow(inner, inner->size, true, PM_FOREVER);
}

Test(named_wait, a_chunk_that_was_waited_for_can_be_zero, .timeout = TIMEOUT_SECONDS)
{
    start_with("auto");
    void *chunks[9], *got;
    pthread_t thread;
    cr_assert_eq(drain(pool, chunks), 8);
    memset(chunks[3], 0xff, 64);
    pthread_create(&thread, NULL, wait_for_zeros, NULL);
    await_waiting(pool, 1);
    pm_free(pool, chunks[3]);
    pthread_join(thread, &got);
    for (unsigned i = 0; i < 64; i++)
        cr_assert_eq(((char *)got)[i], 0);
}

// Each free serves the one that came first, and wakes nobody else.
Test(named_wait, first_come_first_served, .timeout = TIMEOUT_SECONDS)
{
    start_with("auto");
    void *chunks[9], *got;
    pthread_t threads[WAITERS];
    cr_assert_eq(drain(pool, chunks), 8);
    for (unsigned i = 0; i < WAITERS; i++) {
        pthread_create(&threads[i], NULL, wait_for_ever, NULL);
        await_waiting(pool, i + 1);
    }
    for (unsigned i = 0; i < WAITERS; i++) {
        cr_assert_eq(served, i);
        cr_assert_null(pm_alloc(pool)); // who did not wait comes after those who do
        pm_free(pool, chunks[i]);
        pthread_join(threads[i], &got);
        cr_assert_eq(got, chunks[i]);
        cr_assert_eq(stats_of(pool).waiting, WAITERS - 1 - i);
    }
}

Test(named_wait, a_chunk_in_a_cache_is_not_waited_for, .timeout = TIMEOUT_SECONDS)
{
    start_with("8");
    void *chunks[9];
    cr_assert_eq(drain(pool, chunks), 8);
    pm_free(pool, chunks[0]); // perhaps into this thread's cache
    pthread_t thread;
    void *got;
    pthread_create(&thread, NULL, wait_for_ever, NULL);
    pthread_join(thread, &got);
    cr_assert_eq(got, chunks[0]);
}

Test(named_wait, time_is_over_not_before_it_is, .timeout = TIMEOUT_SECONDS)
{
    start_with("auto");
    void *chunks[9];
    cr_assert_eq(drain(pool, chunks), 8);
    uint64_t before = os_clock_ns();
    cr_assert_null(pm_alloc_timed(pool, 30000000));
    cr_assert_eq(errno, ETIMEDOUT);
    cr_assert_geq(os_clock_ns() - before, 30000000);
    cr_assert_null(pm_alloc_timed(pool, 0));
    cr_assert_eq(errno, ENOMEM);
    struct pm_stats stats = stats_of(pool);
    cr_assert_eq(stats.failed, 3);
    cr_assert_eq(stats.err, 3);
    cr_assert_eq(stats.waiting, 0);
    pm_free(pool, chunks[0]);
    cr_assert_eq(pm_alloc_timed(pool, 1), chunks[0]);
}

// One whose time is over in the middle of the line leaves the others in it.
Test(named_wait, who_leaves_the_line_leaves_it_whole, .timeout = TIMEOUT_SECONDS)
{
    start_with("auto");
    void *chunks[9], *got;
    pthread_t first, impatient, last;
    cr_assert_eq(drain(pool, chunks), 8);
    pthread_create(&first, NULL, wait_for_ever, NULL);
    await_waiting(pool, 1);
    pthread_create(&impatient, NULL, wait_a_little, NULL);
    while (stats_of(pool).err < 3) // it has come, and may be gone already
        sched_yield();
    pthread_create(&last, NULL, wait_for_ever, NULL);
    pthread_join(impatient, &got);
    cr_assert_eq((intptr_t)got, -ETIMEDOUT);
    await_waiting(pool, 2);
    pm_free(pool, chunks[0]);
    pthread_join(first, &got);
    cr_assert_eq(got, chunks[0]);
    pm_free(pool, chunks[1]);
    pthread_join(last, &got);
    cr_assert_eq(got, chunks[1]);
    cr_assert_eq(stats_of(pool).waiting, 0);
}

Test(named_wait, the_pool_uses_caches_again_when_nobody_waits, .timeout = TIMEOUT_SECONDS)
{
    start_with("auto");
    void *chunks[9];
    pthread_t thread;
    cr_assert_eq(drain(pool, chunks), 8);
    pthread_create(&thread, NULL, wait_for_ever, NULL);
    await_waiting(pool, 1);
    pm_free(pool, chunks[0]);
    pthread_join(thread, &chunks[0]);
    give_back(pool, chunks, 8);
    for (unsigned i = 0; i < 1000; i++)
        pm_free(pool, pm_alloc(pool));
    cr_assert_gt(stats_of(pool).cached, 0);
    cr_assert_eq(stats_of(pool).used, 0);
    cache_check();
}

Test(named_wait, a_pool_is_not_destroyed_while_a_thread_waits, .timeout = TIMEOUT_SECONDS)
{
    start("malloc size=16 count=1");
    pool = pm_pool_create("waited", 2, 64, "", 0);
    void *chunks[3], *got;
    pthread_t thread;
    cr_assert_eq(drain(pool, chunks), 2);
    pthread_create(&thread, NULL, wait_for_ever, NULL);
    await_waiting(pool, 1);
    cr_assert_eq(pm_pool_destroy(pool), EBUSY);
    pm_free(pool, chunks[0]);
    pthread_join(thread, &got);
    cr_assert_eq(pm_pool_destroy(pool), EBUSY);
    pm_free(pool, got);
    pm_free(pool, chunks[1]);
    cr_assert_eq(pm_pool_destroy(pool), 0);
}

// lwIP's LWIP_HOOK_MEMP_AVAILABLE.

static unsigned calls;
static pm_pool *called_for;
static void *taken; // in the call

static void use_the_pool(pm_pool *of, void *context)
{
    calls++;
    called_for = of;
    cr_assert_str_eq(context, "context");
    cr_assert_eq(stats_of(of).used, 7); // the free is done, and no lock is held
    taken = pm_alloc_timed(of, PM_FOREVER);
}

Test(named_wait, who_wants_to_know_is_called_when_an_empty_pool_has_a_chunk_again)
{
    static char context[] = "context";
    start_with("auto");
    void *chunks[9];
    cr_assert_eq(drain(pool, chunks), 8);
    give_back(pool, chunks, 8); // caches are filled
    pm_pool_on_available(pool, use_the_pool, context);
    for (unsigned i = 0; i < 8; i++)
        chunks[i] = pm_alloc(pool); // the last free chunk goes, and nobody asks for one more
    cr_assert_eq(calls, 0);
    pm_free(pool, chunks[0]);
    cr_assert_eq(calls, 1);
    cr_assert_eq(called_for, pool);
    cr_assert_eq(taken, chunks[0]);
    pm_free(pool, chunks[1]); // empty before once more
    cr_assert_eq(calls, 2);
    cr_assert_eq(taken, chunks[1]);
    pm_pool_on_available(pool, NULL, NULL);
    give_back(pool, chunks, 8);
    cr_assert_eq(calls, 2);
}

static void count_calls(pm_pool *of, void *count)
{
    (void)of;
    ++*(unsigned *)count;
}

Test(named_wait, only_the_first_chunk_that_comes_back_is_news)
{
    unsigned count = 0;
    start_with("auto");
    void *chunks[9];
    pm_pool_on_available(pool, count_calls, &count);
    cr_assert_eq(drain(pool, chunks), 8);
    give_back(pool, chunks, 8);
    cr_assert_eq(count, 1);
    for (unsigned i = 0; i < 8; i++)
        chunks[i] = pm_alloc(pool); // nobody asks for one more, and so no cache is looked for
    pm_free(pool, chunks[3]);
    pm_free(pool, chunks[3]); // invalid: no news
    cr_assert_eq(count, 2);
}

Test(named_wait, a_chunk_that_goes_to_a_waiting_thread_is_not_available, .timeout = TIMEOUT_SECONDS)
{
    unsigned count = 0;
    start_with("auto");
    void *chunks[9], *got;
    pthread_t thread;
    pm_pool_on_available(pool, count_calls, &count);
    cr_assert_eq(drain(pool, chunks), 8);
    pthread_create(&thread, NULL, wait_for_ever, NULL);
    await_waiting(pool, 1);
    pm_free(pool, chunks[0]);
    pthread_join(thread, &got);
    cr_assert_eq(count, 0);
    pm_free(pool, got);
    cr_assert_eq(count, 1);
}
