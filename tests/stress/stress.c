// SPDX-License-Identifier: MIT
// Threads allocate and free at random in a small strict pool, and the rules are checked without
// trusting the library's own figures:
//   - no chunk is in two hands: each holds a stamp that only its holder writes
//   - no request fails while fewer than `count` chunks are out: there are `count` tickets, and who
//     holds one must be served
//   - between rounds, when all stand still, cache_check executes the pools' equations
// In some scenarios another thread takes the caches' chunks back all the time, as fork and an empty pool
// do: without the membarrier of cache_stop.c these end within a second on two processors.
// stress [SECONDS [SEED]]; prints the seed. Linked with the core as it is, so that sanitizers see it.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "heap.h"
#include "named.h"
#include "runtime.h"
#include "scenarios.h"

enum { THREADS = 6, HELD_MAX = 64, STEPS = 4000, SHARED = 32 };

static const struct scenario {
    const char *name, *options;
    long count; // chunks of the pool that must be exact; 0: none is finite
    bool take_back; // the caches' chunks, all the time
} scenarios[] = {
    {"tiny strict pool", "on_empty=fail;malloc size=64 count=40", 40, false},
    {"strict pool", "on_empty=fail;malloc size=64 count=200", 200, false},
    {"strict pool without caches", "on_empty=fail;thread_cache=off;malloc size=64 count=100", 100, false},
    {"strict pool, odd caches", "on_empty=fail;thread_cache=7;malloc size=48 count=120", 120, false},
    {"strict pool with checks", "on_empty=fail;overflow_check=1;poison=yes;malloc size=64 count=60", 60,
     false},
    {"strict pool with all checks", "on_empty=fail;overflow_check=2;poison=yes;malloc size=64 count=20", 20,
     false},
    {"unlimited pools", "malloc size=32 count=unlimited;malloc size=64 count=unlimited", 0, false},
    {"named pool", "malloc size=16 count=1;pool NAMED size=64 count=40", 40, false},
    {"strict pool, caches taken back", "on_empty=fail;malloc size=64 count=500", 500, true},
    {"unlimited pool, caches taken back", "malloc size=64 count=unlimited", 0, true},
};

static const struct scenario *scenario;
static struct pool *named; // what the scenario is about; NULL: malloc
static _Atomic long tickets;               // never fewer than chunks are out
static _Atomic long refusals;              // times that no ticket was to be had
static _Atomic(uint64_t *) shared[SHARED]; // blocks on their way to another thread

static void fail(const char *what)
{
    fprintf(stderr, "stress: %s: %s\n", scenario->name, what);
    abort();
}

static void *take(size_t size)
{
    return named ? named_alloc(named, size) : heap_alloc(size);
}

static void give(void *block)
{
    if (named)
        named_free(named, block);
    else
        heap_free(block);
}

static void release(uint64_t *block, uint64_t stamp)
{
    if (block[0] != stamp || block[3] != stamp)
        fail("another thread wrote into a block");
    block[0] = block[3] = 0;
    give(block);
    atomic_fetch_sub(&tickets, 1);
}

// A ticket for each chunk, taken before the request and given back after the free: who holds one
// must be served. NULL: no ticket.
static uint64_t *obtain(uint64_t stamp)
{
    if (atomic_fetch_add(&tickets, 1) >= scenario->count && scenario->count > 0) {
        atomic_fetch_sub(&tickets, 1);
        atomic_fetch_add(&refusals, 1);
        return NULL;
    }
    uint64_t *block = take(32 + stamp % 17);
    if (!block)
        fail("a request failed though a chunk was free");
    block[0] = block[3] = stamp;
    return block;
}

static void *work(void *argument)
{
    uint64_t state = (uint64_t)(uintptr_t)argument | 1;
    struct { uint64_t *block, stamp; } held[HELD_MAX];
    unsigned n = 0;
    for (unsigned step = 0; step < STEPS; step++) {
        uint64_t dice = next_random(&state);
        if (n < HELD_MAX && dice % 100 < 52) {
            uint64_t stamp = next_random(&state) | 1;
            uint64_t *block = obtain(stamp);
            if (block)
                held[n].block = block, held[n++].stamp = stamp;
        } else if (n > 0 && dice % 100 < 90) {
            unsigned i = (unsigned)(dice >> 32) % n;
            release(held[i].block, held[i].stamp);
            held[i] = held[--n];
        } else if (n > 0) { // to whoever finds it
            n--;
            uint64_t *found = atomic_exchange(&shared[(dice >> 32) % SHARED], held[n].block);
            if (found)
                release(found, found[0]);
        }
    }
    while (n > 0 && n-- > 0)
        release(held[n].block, held[n].stamp);
    return NULL;
}

static void check_at_rest(long still_out)
{
    cache_check();
    if (still_out != atomic_load(&tickets))
        fail("the tickets do not add up");
    if (scenario->count == 0)
        return;
    // Every chunk that is not out can be had by this one thread, wherever it was cached.
    static uint64_t *all[1024];
    long n = 0;
    while ((all[n] = take(40)) != NULL)
        n++;
    if (n + still_out != scenario->count)
        fail("not every free chunk could be had");
    cache_check();
    while (n > 0)
        give(all[--n]);
    cache_check();
}

// Until the threads are done.
static void *take_back(void *working)
{
    struct pool *pool = named ? named : &pools.pool[0];
    while (atomic_load((_Atomic bool *)working)) {
        lock_take(&pool->lock);
        cache_reclaim(pool->index, 1);
        lock_drop(&pool->lock);
    }
    return NULL;
}

static void round_of_threads(uint64_t *seed)
{
    pthread_t threads[THREADS], taker;
    _Atomic bool working = true;
    if (scenario->take_back && pthread_create(&taker, NULL, take_back, &working) != 0)
        fail("pthread_create");
    for (unsigned i = 0; i < THREADS; i++)
        if (pthread_create(&threads[i], NULL, work, (void *)(uintptr_t)next_random(seed)) != 0)
            fail("pthread_create");
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    atomic_store(&working, false);
    if (scenario->take_back)
        pthread_join(taker, NULL);
    long out = 0;
    for (unsigned i = 0; i < SHARED; i++)
        out += atomic_load(&shared[i]) != NULL;
    check_at_rest(out);
    for (unsigned i = 0; i < SHARED; i++) {
        uint64_t *block = atomic_exchange(&shared[i], NULL);
        if (block)
            release(block, block[0]);
    }
    check_at_rest(0);
}

// One scenario in a process of its own: the library starts once in a process.
static int run(uint64_t seed, double seconds)
{
    char options[256];
    snprintf(options, sizeof options, "dump=off;%s", scenario->options);
    setenv("POOLMALLOC", options, 1);
    if (!runtime_enter())
        fail("the library does not serve");
    named = pools_named_find("NAMED");
    unsigned rounds = 0;
    time_t end = time(NULL) + (time_t)seconds;
    do {
        round_of_threads(&seed);
        rounds++;
    } while (time(NULL) < end);
    printf("%s: %u rounds, the pool was exhausted %ld times\n", scenario->name, rounds,
           atomic_load(&refusals));
    runtime_end();
    return 0;
}

int main(int argc, char **argv)
{
    const char *seconds = argc > 1 ? argv[1] : "1";
    uint64_t seed = seed_of(argc > 2 ? argv[2] : NULL);
    if (argc <= 3)
        return run_scenarios(argv[0], seconds, seed, ARRAY_LENGTH(scenarios));
    scenario = &scenarios[atoi(argv[3])];
    return run(seed, atof(seconds));
}
