// SPDX-License-Identifier: MIT
// Threads that are the first to need the next malloc, at the same moment, and then end.
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>

enum { THREADS = 2, LARGE = 1 << 20 };
static _Atomic int waiting = THREADS;

static void *allocate(void *unused)
{
    (void)unused;
    atomic_fetch_sub(&waiting, 1);
    while (atomic_load(&waiting) > 0) {}
    free(malloc(LARGE));
    return NULL;
}

int main(void)
{
    pthread_t thread[THREADS];
    for (int i = 0; i < THREADS; i++)
        pthread_create(&thread[i], NULL, allocate, NULL);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    return 0;
}
