// SPDX-License-Identifier: MIT
// Three threads allocate and free, the fourth to allocate at all is a child of vfork, on their memory, and nobody's
// blocks change. (POSIX allows such a child no malloc; glibc's does it no harm.)
#include <pthread.h>
#include <stdatomic.h>
#include "expect.h"

enum { SIZE = 40, THREADS = 3, CHILDREN = 40 };
static pthread_barrier_t all_have_allocated;
static _Atomic int stop;

static void *allocate(void *unused)
{
    free(malloc(SIZE));
    pthread_barrier_wait(&all_have_allocated);
    while (!stop) {
        char *p = malloc(SIZE), *q = malloc(SIZE);
        EXPECT(p && q && p != q);
        memset(p, 1, SIZE);
        memset(q, 2, SIZE);
        for (int i = 0; i < SIZE; i++)
            EXPECT(p[i] == 1 && q[i] == 2);
        free(p);
        free(q);
    }
    return unused;
}

static void *make_child(void *unused)
{
    pid_t child = vfork();
    if (child == 0) {
        void *volatile p = malloc(SIZE);
        free(p);
        _exit(0);
    }
    EXPECT_EQ(end_of(child), 0);
    return unused;
}

int main(void)
{
    pthread_t threads[THREADS], parent;
    pthread_barrier_init(&all_have_allocated, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++)
        EXPECT(pthread_create(&threads[i], NULL, allocate, NULL) == 0);
    pthread_barrier_wait(&all_have_allocated);
    for (int i = 0; i < CHILDREN; i++) {
        EXPECT(pthread_create(&parent, NULL, make_child, NULL) == 0);
        pthread_join(parent, NULL);
    }
    stop = 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    return 0;
}
