// SPDX-License-Identifier: MIT
// threads_at_once THREADS: so many alive at the same time, each with a chunk in hand and others
// freed. All requests are served, and after their end no chunk is missing.
#include <limits.h>
#include <pthread.h>
#include "expect.h"

enum { SIZE = 64, THREADS_MAX = 5000 };
static pthread_barrier_t all;

static void *allocate(void *unused)
{
    void *p = malloc(SIZE), *q = malloc(SIZE);
    EXPECT(p && q);
    free(q);
    pthread_barrier_wait(&all);
    EXPECT(q = malloc(SIZE));
    free(p);
    free(q);
    return unused;
}

int main(int argc, char **argv)
{
    static pthread_t thread[THREADS_MAX];
    int threads = atoi(argv[1]);
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    pthread_barrier_init(&all, NULL, (unsigned)threads + 1);
    long had = count_free(SIZE);
    for (int i = 0; i < threads; i++)
        if (pthread_create(&thread[i], &small, allocate, NULL) != 0)
            return SKIPPED; // the kernel allows no more
    pthread_barrier_wait(&all);
    for (int i = 0; i < threads; i++)
        pthread_join(thread[i], NULL);
    EXPECT_EQ(count_free(SIZE), had);
    return 0;
}
