// SPDX-License-Identifier: MIT
// Loads in which blocks go from thread to thread, or threads come and go.
#include "bench.h"

#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>

// Producer and consumer: even threads allocate, the odd one after each frees all of it. An
// operation is one block on its way.

enum { RING_SLOTS = 1024 };

struct ring {
    _Atomic uint64_t written __attribute__((aligned(CACHE_LINE))); // by the producer
    _Atomic uint64_t read __attribute__((aligned(CACHE_LINE)));    // by the consumer
    void *slots[RING_SLOTS] __attribute__((aligned(CACHE_LINE)));
};

static struct ring rings[THREADS_MAX / 2];

// Waits until `counter` has reached `value`.
static void await(_Atomic uint64_t *counter, uint64_t value)
{
    while (atomic_load_explicit(counter, memory_order_acquire) < value)
        sched_yield(); // threads may be more than processors
}

static void produce(struct worker *self, struct ring *ring, uint64_t blocks)
{
    for (uint64_t i = 0; i < blocks; i++) {
        void *p = malloc(random_size(&self->random, self->size));
        touch(p);
        if (i >= RING_SLOTS && i % (RING_SLOTS / 4) == 0)
            await(&ring->read, i + RING_SLOTS / 4 - RING_SLOTS);
        ring->slots[i % RING_SLOTS] = p;
        atomic_store_explicit(&ring->written, i + 1, memory_order_release);
    }
}

static void consume(struct ring *ring, uint64_t blocks)
{
    uint64_t available = 0;
    for (uint64_t i = 0; i < blocks; i++) {
        if (i == available) {
            atomic_store_explicit(&ring->read, i, memory_order_release);
            await(&ring->written, i + 1);
            available = atomic_load_explicit(&ring->written, memory_order_acquire);
        }
        void *p = ring->slots[i % RING_SLOTS];
        keep(p);
        free(p);
    }
    atomic_store_explicit(&ring->read, blocks, memory_order_release);
}

void run_producer_consumer(struct worker *self)
{
    if (self->threads % 2 != 0)
        abort();
    struct ring *ring = &rings[self->index / 2];
    uint64_t blocks = self->operations * 2; // the pair's share
    if (self->index % 2 == 0)
        produce(self, ring, blocks);
    else
        consume(ring, blocks);
}

// Server, after Larson and Krishnan (1998): sets of `live` blocks wait in a queue. A thread takes a
// set, replaces blocks of it at random, puts it back, and ends; another is started for the next
// set. So most blocks are freed by a thread that has not allocated them. An operation replaces one.

enum { SERVED_PER_THREAD = 10000 };

struct set {
    struct set *next;
    void *blocks[];
};

static struct {
    pthread_mutex_t lock;
    struct set *first, **end;
} queue = {PTHREAD_MUTEX_INITIALIZER, NULL, &queue.first};

static void queue_put(struct set *set)
{
    pthread_mutex_lock(&queue.lock);
    set->next = NULL;
    *queue.end = set;
    queue.end = &set->next;
    pthread_mutex_unlock(&queue.lock);
}

// There are more sets than threads: the queue is never empty here.
static struct set *queue_take(void)
{
    pthread_mutex_lock(&queue.lock);
    struct set *set = queue.first;
    queue.first = set->next;
    if (!queue.first)
        queue.end = &queue.first;
    pthread_mutex_unlock(&queue.lock);
    return set;
}

void prepare_server(struct worker *self)
{
    for (unsigned n = 0; n < 2; n++) {
        struct set *set = own_memory(sizeof *set + self->live * sizeof(void *));
        for (size_t i = 0; i < self->live; i++) {
            set->blocks[i] = malloc(random_size(&self->random, self->size));
            touch(set->blocks[i]);
        }
        queue_put(set);
    }
}

static void *serve(void *argument)
{
    struct worker *self = argument;
    struct set *set = queue_take();
    for (unsigned i = 0; i < SERVED_PER_THREAD; i++) {
        void **slot = &set->blocks[random_below(&self->random, self->live)];
        free(*slot);
        *slot = malloc(random_size(&self->random, self->size));
        touch(*slot);
    }
    queue_put(set);
    return NULL;
}

static void run_thread(void *(*function)(void *), void *argument)
{
    pthread_t thread;
    if (pthread_create(&thread, NULL, function, argument) != 0)
        abort();
    pthread_join(thread, NULL);
}

void run_server(struct worker *self)
{
    for (uint64_t done = 0; done < self->operations; done += SERVED_PER_THREAD)
        run_thread(serve, self);
}

// Thread churn: an operation starts a thread, which allocates `live` blocks and frees every other
// one of them; its starter frees the rest.

static void *short_life(void *argument)
{
    struct worker *self = argument;
    for (size_t i = 0; i < self->live; i++) {
        self->blocks[i] = malloc(random_size(&self->random, self->size));
        touch(self->blocks[i]);
    }
    for (size_t i = 0; i < self->live; i += 2)
        free(self->blocks[i]);
    return NULL;
}

void run_churn(struct worker *self)
{
    for (uint64_t i = 0; i < self->operations; i++) {
        run_thread(short_life, self);
        for (size_t block = 1; block < self->live; block += 2)
            free(self->blocks[block]);
    }
}
