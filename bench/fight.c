// SPDX-License-Identifier: MIT
// One small pool, and more threads than its chunks can satisfy: conf/fight.strict.conf declares
// FIGHT_CHUNKS of them. Each thread wants 1 to `live` blocks, frees those it got, and begins again.
// An operation is a request, whether it got a block or NULL. The same is done with the simplest
// pool there is, an array under one mutex.
#include "bench.h"

#include <pthread.h>

enum { FIGHT_CHUNKS = 32, FIGHT_BYTES = 64, WANT_MAX = 16 };

static struct {
    pthread_mutex_t lock;
    unsigned free;
    void *chunks[FIGHT_CHUNKS];
    char memory[FIGHT_CHUNKS][FIGHT_BYTES];
} array = {.lock = PTHREAD_MUTEX_INITIALIZER};

static void *array_take(size_t size)
{
    (void)size;
    pthread_mutex_lock(&array.lock);
    void *chunk = array.free > 0 ? array.chunks[--array.free] : NULL;
    pthread_mutex_unlock(&array.lock);
    return chunk;
}

static void array_give(void *chunk)
{
    pthread_mutex_lock(&array.lock);
    array.chunks[array.free++] = chunk;
    pthread_mutex_unlock(&array.lock);
}

static inline void fight(struct worker *self, void *(*take)(size_t), void (*give)(void *))
{
    void *got[WANT_MAX];
    for (uint64_t done = 0; done < self->operations;) {
        uint64_t want = 1 + random_below(&self->random, self->live);
        uint64_t n = 0;
        for (uint64_t i = 0; i < want; i++) {
            void *p = take(self->size);
            if (p) {
                touch(p);
                got[n++] = p;
            }
        }
        self->failed += want - n;
        done += want;
        while (n > 0)
            give(got[--n]);
    }
}

void run_fight(struct worker *self)
{
    fight(self, malloc, free);
}

// After the fight all chunks are free again: as many can be had as were declared, no more, no less.
void finish_fight(struct worker *all)
{
    void *got[2 * FIGHT_CHUNKS];
    unsigned n = 0;
    while (n < 2 * FIGHT_CHUNKS && (got[n] = malloc(all->size)))
        n++;
    report_number("left", n);
    while (n > 0)
        free(got[--n]);
}

void prepare_fight_mutex(struct worker *self)
{
    if (self->index != 0)
        return;
    for (unsigned i = 0; i < FIGHT_CHUNKS; i++)
        array_give(array.memory[i]);
}

void run_fight_mutex(struct worker *self)
{
    fight(self, array_take, array_give);
}
