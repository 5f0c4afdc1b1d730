// SPDX-License-Identifier: MIT
// Frees and reallocs pointers that are not the start of a live chunk, in every way there is, between
// valid traffic whose contents it checks: CASES COUNT SIZE..., for pools of COUNT chunks (0:
// unlimited) of these sizes. Prints how many invalid frees each pool got and how many chunks of it
// are in use, in the end; run it with on_invalid_free = ignore and, if finite, on_empty = fail.
#include <errno.h>
#include <malloc.h>
#include <pthread.h>
#include <semaphore.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "say.h"

enum { SLOTS = 24, POOLS = 16 };
static struct pool {
    size_t size, stride, gap, illegal, used; // stride: measured; gap: what overflow_check makes of it
    char *base, *slot[SLOTS];
} pools[POOLS];
static size_t count, pool_count, slice, far;
static void *handed;
static sem_t request, done;

#define REQUIRE(condition) \
    do { \
        if (!(condition)) { \
            dprintf(2, "misuse.c:%d: %s\n", __LINE__, #condition); \
            _exit(1); \
        } \
    } while (0)

static unsigned next_random(void)
{
    static uint64_t state = 1;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (unsigned)(state >> 33);
}

static void *other_thread(void *unused)
{
    for (;;) {
        sem_wait(&request);
        free(handed);
        sem_post(&done);
    }
}

static void free_elsewhere(void *p)
{
    handed = p;
    sem_post(&request);
    sem_wait(&done);
}

static void toggle(struct pool *pool, unsigned i)
{
    char *p = pool->slot[i];
    if (!p) {
        REQUIRE(p = malloc(pool->size));
        for (unsigned j = 0; j < SLOTS; j++)
            REQUIRE(pool->slot[j] != p);
        memset(p, 'a' + i, pool->size);
        pool->slot[i] = p;
        return;
    }
    REQUIRE(p[0] == 'a' + (char)i && memcmp(p, p + 1, pool->size - 1) == 0);
    i % 2 ? free(p) : free_elsewhere(p);
    pool->slot[i] = NULL;
}

static int is_live(const struct pool *pool, const void *p)
{
    int live = 0;
    for (unsigned i = 0; i < SLOTS; i++)
        live |= pool->slot[i] == p;
    return live;
}

static void *freed(struct pool *pool, int elsewhere)
{
    void *p = malloc(pool->size);
    REQUIRE(p);
    elsewhere ? free_elsewhere(p) : free(p);
    return p;
}

static void bad_realloc(struct pool *pool, void *p, size_t size)
{
    errno = 0;
    REQUIRE(!realloc(p, size) && (size == 0 || errno == ENOMEM));
    pool->illegal++;
}

static void bad_free(struct pool *pool, void *p)
{
    errno = 77;
    next_random() % 2 ? free(p) : free_elsewhere(p);
    REQUIRE(errno == 77);
    pool->illegal++;
}

static char *slice_end(const struct pool *pool)
{
    size_t offset = (size_t)(pool->base - pools[0].base);
    return pools[0].base + (offset / slice + 1) * slice;
}

static void misuse(struct pool *pool)
{
    void *p;
    char *inside = pool->slot[0] + 1 + next_random() % (pool->stride - 1);
    switch (next_random() % 9) {
    case 0: bad_free(pool, freed(pool, 0)); break;
    case 1: bad_free(pool, freed(pool, 1)); break;
    case 2: // flushed from the cache, or moved to the other thread's
        p = freed(pool, next_random() % 2);
        for (unsigned i = 0; i < 2 * SLOTS; i++)
            toggle(pool, 1 + next_random() % (SLOTS - 1));
        if (!is_live(pool, p))
            bad_free(pool, p);
        break;
    case 3: // handed out again, and freed again
        p = freed(pool, 0);
        if (freed(pool, 0) == p)
            bad_free(pool, p);
        break;
    case 4: bad_free(pool, inside); break;
    case 5: bad_free(pool, pool->base + far * pool->stride); break; // never handed out
    case 6: // slack before the first chunk, or behind the last
        bad_free(pool, (pool->gap > 0 ? pool->base : slice_end(pool)) - 1 - next_random() % 16);
        break;
    case 7:
        bad_realloc(pool, freed(pool, next_random() % 2), next_random() % 3000);
        bad_realloc(pool, inside, next_random() % 3000);
        break;
    case 8:
        malloc_usable_size(inside);
        malloc_usable_size(freed(pool, 0));
        p = pool->base + (count + next_random() % 2) * pool->stride;
        if (count > 0 && (char *)p + 4096 < slice_end(pool)) // not behind all slices
            bad_free(pool, p);
        break;
    }
}

static void sweep(struct pool *pool)
{
    for (size_t at = 16; at < pool->stride; at += 16)
        bad_free(pool, pool->slot[0] + at);
    for (size_t at = 1; at < pool->stride && at < 2000; at += 2)
        bad_free(pool, pool->slot[0] + at);
}

static void finish(struct pool *pool)
{
    for (unsigned i = 0; i < SLOTS; i++)
        if (pool->slot[i] && i > 0)
            toggle(pool, i);
    toggle(pool, 0);
    while (pool->used < count && malloc(pool->size))
        pool->used++;
    say("MALLOC_%zu illegal %zu used %zu\n", pool->size, pool->illegal, pool->used);
}

int main(int argc, char **argv)
{
    pthread_t thread;
    count = strtoul(argv[2], NULL, 0);
    for (pool_count = 0; argv[3 + pool_count]; pool_count++) {
        struct pool *pool = &pools[pool_count];
        pool->size = strtoul(argv[3 + pool_count], NULL, 0);
        pool->stride = SIZE_MAX;
        char *first[SLOTS];
        for (unsigned i = 0; i < SLOTS; i++) {
            REQUIRE(first[i] = malloc(pool->size));
            pool->base = !pool->base || first[i] < pool->base ? first[i] : pool->base;
            size_t distance = labs(first[i] - first[0]);
            pool->stride = distance > 0 && distance < pool->stride ? distance : pool->stride;
        }
        pool->gap = pool->stride - (pool->size + 15) / 16 * 16;
        for (unsigned i = 0; i < SLOTS; i++)
            free(first[i]);
        toggle(pool, 0);
    }
    pthread_create(&thread, NULL, other_thread, NULL); // after the first chunks: it allocates
    far = count > 0 ? count - 1 : 10000;
    for (slice = 1; slice <= (size_t)(pools[1].base - pools[0].base) / 2; slice *= 2)
        ; // the second pool may begin some way into its slice
    for (unsigned i = 0; i < pool_count; i++)
        sweep(&pools[i]);
    for (unsigned i = strtoul(argv[1], NULL, 0); i > 0; i--) {
        misuse(&pools[next_random() % pool_count]);
        toggle(&pools[next_random() % pool_count], 1 + next_random() % (SLOTS - 1));
    }
    for (unsigned i = 0; i < pool_count; i++)
        finish(&pools[i]);
    return say_all();
}
