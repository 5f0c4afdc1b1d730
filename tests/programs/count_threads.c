// SPDX-License-Identifier: MIT
// THREADS threads take PEAK chunks of 64 bytes each, meet, and free them; then each allocates and
// frees at random, fewer than that, and frees what others allocated. Prints what they counted at the
// end, when all threads but main are gone: peak, allocs, frees, used, requested bytes.
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "say.h"

enum { THREADS_MAX = 8, PEAK_MAX = 1000, EXCHANGE = 40 };
static unsigned threads, peak, operations;
static pthread_barrier_t barrier;
static _Atomic(void *) exchange[EXCHANGE];
static struct { size_t allocs, frees, bytes; } counts[THREADS_MAX];

static void *allocate(size_t me, size_t size)
{
    counts[me].allocs++;
    counts[me].bytes += size;
    void *p = malloc(size);
    if (!p)
        abort();
    return p;
}

static void release(size_t me, void *p)
{
    counts[me].frees += p != NULL;
    free(p);
}

static void *run(void *argument)
{
    static void *held[THREADS_MAX][PEAK_MAX];
    size_t me = (size_t)argument;
    unsigned random = (unsigned)me;
    for (unsigned i = 0; i < peak; i++)
        held[me][i] = allocate(me, 64);
    pthread_barrier_wait(&barrier);
    for (unsigned i = 0; i < peak; i++)
        release(me, held[me][i]);
    pthread_barrier_wait(&barrier);
    for (unsigned i = 0; i < operations; i++) {
        random = random * 1103515245 + 12345;
        void *p = random & 0x40000 ? allocate(me, (random >> 20) % 65) : NULL;
        release(me, atomic_exchange(&exchange[(random >> 8) % EXCHANGE], p));
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread[THREADS_MAX];
    size_t allocs = 0, frees = 0, bytes = 0;
    threads = strtoul(argv[1], NULL, 0);
    peak = strtoul(argv[2], NULL, 0);
    operations = strtoul(argv[3], NULL, 0);
    pthread_barrier_init(&barrier, NULL, threads);
    for (size_t i = 1; i < threads; i++)
        pthread_create(&thread[i], NULL, run, (void *)i);
    run((void *)0);
    for (size_t i = 0; i < threads; i++) {
        if (i > 0)
            pthread_join(thread[i], NULL);
        allocs += counts[i].allocs;
        frees += counts[i].frees;
        bytes += counts[i].bytes;
    }
    say("%u %zu %zu %zu %zu\n", threads * peak, allocs, frees, allocs - frees, bytes);
    return say_all();
}
