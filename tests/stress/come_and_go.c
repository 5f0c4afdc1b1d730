// SPDX-License-Identifier: MIT
// Threads create pools, use them, hand chunks to each other and destroy the pools, under names and in
// entries that others have just given up, while short-lived threads leave caches behind, others ask
// whose an address is, and the process forks. Checked: of several that create one name at a time, one
// succeeds; a pool has its count, whatever was in its entry before; every chunk is its pool's as long
// as it is in hand; a pool in use is not destroyed, an idle one always is; a child can do the same.
// come_and_go [SEED [SCENARIO]]; linked with the core as it is, so that sanitizers see it.
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "heap.h"
#include "named.h"
#include "runtime.h"
#include "scenarios.h"

enum { THREADS = 4, STEPS = 600, NAMES = 6, COUNT_MAX = 40, CHILDREN = 8, SECONDS_MAX = 240 };

static const char *const scenarios[] = {
    "malloc size=64 count=20",
    "malloc size=64 count=20;thread_cache=8;pool FIXED size=32 count=2",
    "malloc size=64 count=20;overflow_check=1;poison=yes",
};

static _Atomic bool ended;
static _Atomic unsigned long created, refused;

// A chunk that another thread shall free. Who took it says so at last: no pool ends before.
static _Atomic(struct gift *) shared;
static struct gift {
    struct pool *pool;
    void *chunk;
    _Atomic bool freed; // release: the giver may end the pool
} gifts[THREADS];

static void expect(bool holds, const char *what)
{
    if (holds)
        return;
    fprintf(stderr, "come_and_go: %s\n", what);
    abort();
}

static void free_gift(struct gift *gift)
{
    if (!gift)
        return;
    named_free(gift->pool, gift->chunk);
    atomic_store_explicit(&gift->freed, true, memory_order_release);
}

// Gives a chunk to whoever comes, and waits for its end, taking what others give meanwhile.
static void give_away(struct gift *gift, struct pool *pool, void *chunk)
{
    gift->pool = pool;
    gift->chunk = chunk;
    atomic_store(&gift->freed, false);
    free_gift(atomic_exchange(&shared, gift));
    while (!atomic_load_explicit(&gift->freed, memory_order_acquire)) {
        free_gift(atomic_exchange(&shared, NULL));
        sched_yield();
    }
}

static void use(struct pool *pool, unsigned count, uint64_t *state, struct gift *gift)
{
    uint64_t *chunks[COUNT_MAX], stamp = next_random(state);
    for (unsigned i = 0; i < count; i++) {
        expect((chunks[i] = named_alloc(pool, pool->size)) != NULL, "a pool has fewer chunks than it should");
        expect(named_pool_of(chunks[i]) == pool, "a chunk is another pool's");
        *chunks[i] = stamp + i;
    }
    expect(named_alloc(pool, pool->size) == NULL, "a pool has more chunks than it should");
    expect(named_pool_destroy(pool) == EBUSY, "a pool in use was destroyed");
    for (unsigned i = 0; i < count; i++)
        expect(*chunks[i] == stamp + i && named_pool_of(chunks[i]) == pool, "a chunk changed hands");
    for (unsigned i = 1; i < count; i++)
        named_free(pool, chunks[i]);
    if (gift)
        give_away(gift, pool, chunks[0]);
    else
        named_free(pool, chunks[0]);
}

static void create_and_destroy(uint64_t *state, struct gift *gift)
{
    char name[16];
    uint64_t dice = next_random(state);
    unsigned count = 1 + (unsigned)(dice >> 40) % COUNT_MAX;
    struct pool *pool;
    snprintf(name, sizeof name, "P%u", (unsigned)(dice >> 20) % NAMES);
    int error = named_pool_create(name, count, 8 + (dice >> 8) % 500, "", dice % 4 == 0 ? NAMED_ON_HEAP : 0, NULL, &pool);
    if (error) {
        expect(error == EEXIST, "a pool cannot be created");
        atomic_fetch_add(&refused, 1);
        return;
    }
    atomic_fetch_add(&created, 1);
    use(pool, count, state, gift);
    expect(named_pool_destroy(pool) == 0, "an idle pool was not destroyed");
}

static void *work(void *argument)
{
    unsigned self = (unsigned)(uintptr_t)argument;
    uint64_t state = (self + 1) * 0x9e3779b97f4a7c15U + created;
    for (unsigned step = 0; step < STEPS; step++) {
        create_and_destroy(&state, step % 3 == 0 ? &gifts[self] : NULL);
        heap_free(heap_alloc(next_random(&state) % 200)); // of a malloc pool, or foreign
    }
    return NULL;
}

// Ends with chunks of a pool in its cache, whose pool may end before the thread has.
static void *live_shortly(void *argument)
{
    uint64_t state = (uint64_t)(uintptr_t)argument | 1;
    create_and_destroy(&state, NULL);
    return NULL;
}

static void *start_short_lives(void *seed)
{
    uint64_t state = (uint64_t)(uintptr_t)seed | 1;
    while (!ended) {
        pthread_t thread;
        expect(pthread_create(&thread, NULL, live_shortly, (void *)(uintptr_t)next_random(&state)) == 0,
               "pthread_create");
        expect(!named_pool_of(&thread), "a stack is a pool's");
        heap_check_all();
        pthread_join(thread, NULL);
    }
    return NULL;
}

static void fork_once(uint64_t seed)
{
    pid_t child = fork();
    if (child == 0) {
        struct pool *pool; // under a name that no thread of the parent has
        bool works = named_pool_create("CHILD", 9, 100, "", 0, NULL, &pool) == 0;
        if (works)
            use(pool, 9, &seed, NULL);
        _exit(works && named_pool_destroy(pool) == 0 ? 0 : 1);
    }
    int status;
    expect(waitpid(child, &status, 0) == child && status == 0, "a child failed");
    free_gift(atomic_exchange(&shared, NULL));
}

static int run(uint64_t seed, const char *options)
{
    char all[200];
    pthread_t threads[THREADS], starter;
    snprintf(all, sizeof all, "dump=off;%s", options);
    setenv("POOLMALLOC", all, 1);
    alarm(SECONDS_MAX);
    expect(runtime_enter(), "the library does not serve");
    pthread_create(&starter, NULL, start_short_lives, (void *)(uintptr_t)seed);
    for (uintptr_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, work, (void *)i);
    for (unsigned i = 0; i < CHILDREN; i++)
        fork_once(next_random(&seed));
    for (unsigned i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    ended = true;
    pthread_join(starter, NULL);
    cache_check();
    expect(pools_from(NAMED_POOLS_FIRST) == POOLS_MAX || strstr(options, "FIXED"), "a pool is left");
    printf("%s: %lu pools came and went, %lu names were taken\n", options, created, refused);
    runtime_end();
    return 0;
}

int main(int argc, char **argv)
{
    uint64_t seed = seed_of(argc > 1 ? argv[1] : NULL);
    if (argc > 2)
        return run(seed, scenarios[atoi(argv[2])]);
    return run_scenarios(argv[0], "", seed, ARRAY_LENGTH(scenarios));
}
