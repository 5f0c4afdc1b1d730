// SPDX-License-Identifier: MIT
// More threads than chunks: all of them wait, for ever or for a moment, for chunks that the others
// free, themselves or by way of a thread that only frees. A wake-up that is lost leaves a thread
// waiting for ever, and the alarm ends the test. Checked besides: no chunk is in two hands; who
// waits for ever gets a chunk; who waits for a moment gets one or ETIMEDOUT; at the end every chunk
// can be had, nobody waits, and the figures add up. waits [SEED [SCENARIO]]; linked with the core
// as it is, so that sanitizers see it.
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "named.h"
#include "runtime.h"
#include "stats_read.h"
#include "scenarios.h"

enum { THREADS = 8, STEPS = 3000, SHARED = 2, SECONDS_MAX = 240 };
static const uint64_t forever = UINT64_MAX;

static const struct scenario {
    const char *name, *options;
    unsigned count;
    bool on_heap, watched;
} scenarios[] = {
    {"three chunks", "thread_cache=auto", 3, false, false},
    {"three chunks, caches of two", "thread_cache=2", 3, false, false},
    {"seven chunks", "thread_cache=auto", 7, false, false},
    {"one chunk, no caches", "thread_cache=off", 1, false, false},
    {"blocks of the heap", "thread_cache=auto", 3, true, false},
    {"watched", "thread_cache=auto", 3, false, true},
};

static const struct scenario *scenario;
static struct pool *pool;
static _Atomic unsigned long in_hand, timeouts, news;
static _Atomic bool ended;
static _Atomic(uint64_t *) shared[SHARED]; // chunks on their way to the thread that only frees

static void fail(const char *what)
{
    fprintf(stderr, "waits: %s: %s\n", scenario->name, what);
    abort();
}

static void release(uint64_t *chunk)
{
    if (chunk[0] != chunk[1])
        fail("another thread wrote into a chunk");
    atomic_fetch_sub(&in_hand, 1);
    named_free(pool, chunk);
}

static uint64_t *obtain(uint64_t *state)
{
    uint64_t dice = next_random(state), *chunk;
    if (dice % 8 == 0) {
        chunk = named_alloc(pool, pool->size);
    } else if (dice % 8 < 4) {
        chunk = named_alloc_slow(pool, pool->size, false, (dice >> 32) % 200000);
        if (!chunk && errno != ETIMEDOUT && errno != ENOMEM)
            fail("an error of another kind");
    } else {
        chunk = named_alloc_slow(pool, pool->size, false, forever);
        if (!chunk)
            fail("waited for ever, and got nothing");
    }
    if (!chunk) {
        atomic_fetch_add(&timeouts, 1);
        return NULL;
    }
    if (atomic_fetch_add(&in_hand, 1) >= scenario->count)
        fail("more chunks than there are");
    chunk[0] = chunk[1] = next_random(state);
    return chunk;
}

static void *work(void *argument)
{
    uint64_t state = (uint64_t)(uintptr_t)argument | 1;
    for (unsigned step = 0; step < STEPS; step++) {
        uint64_t *chunk = obtain(&state);
        uint64_t dice = next_random(&state);
        if (dice % 4 == 0)
            sched_yield();
        if (chunk && dice % 16 == 1)
            chunk = atomic_exchange(&shared[(dice >> 32) % SHARED], chunk);
        if (chunk)
            release(chunk);
    }
    return NULL;
}

static void *only_free(void *unused)
{
    while (!ended) {
        for (unsigned i = 0; i < SHARED; i++) {
            uint64_t *chunk = atomic_exchange(&shared[i], NULL);
            if (chunk)
                release(chunk);
        }
        sched_yield();
    }
    return unused;
}

static void hear_news(struct pm_pool *of, void *unused)
{
    (void)unused;
    if ((struct pool *)of != pool)
        fail("news of another pool");
    atomic_fetch_add(&news, 1);
}

static void check_at_rest(void)
{
    static void *all[16];
    unsigned n = 0;
    struct stats_pool_figures figures;
    cache_check();
    while ((all[n] = named_alloc(pool, pool->size)))
        n++;
    if (n != scenario->count)
        fail("not every chunk could be had");
    while (n > 0)
        named_free(pool, all[--n]);
    stats_read_pool(stats_file, pool->index, true, &figures);
    if (figures.used != 0 || figures.allocs != figures.frees || figures.illegal != 0)
        fail("the figures do not add up");
    if (pool->waiters || pool->waiting != 0)
        fail("somebody is still in the line");
    if (scenario->watched != (news > 0))
        fail("news where there was none, or none where there was");
}

static int run(uint64_t seed)
{
    char options[128];
    pthread_t threads[THREADS], freer;
    snprintf(options, sizeof options, "dump=off;malloc size=64 count=4;%s", scenario->options);
    setenv("POOLMALLOC", options, 1);
    alarm(SECONDS_MAX);
    if (named_pool_create("waits", scenario->count, 64, "", scenario->on_heap ? NAMED_ON_HEAP : 0, NULL, &pool) != 0)
        fail("the pool cannot be created");
    if (scenario->watched)
        named_pool_on_available(pool, hear_news, NULL);
    pthread_create(&freer, NULL, only_free, NULL);
    for (unsigned i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)next_random(&seed));
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ended = true;
    pthread_join(freer, NULL);
    for (unsigned i = 0; i < SHARED; i++)
        if (shared[i])
            release(shared[i]);
    check_at_rest();
    printf("%s: %lu came away with nothing\n", scenario->name, timeouts);
    runtime_end();
    return 0;
}

int main(int argc, char **argv)
{
    uint64_t seed = seed_of(argc > 1 ? argv[1] : NULL);
    if (argc <= 2)
        return run_scenarios(argv[0], "", seed, ARRAY_LENGTH(scenarios));
    scenario = &scenarios[atoi(argv[2])];
    return run(seed);
}
