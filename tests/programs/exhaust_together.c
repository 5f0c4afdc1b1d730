// SPDX-License-Identifier: MIT
// exhaust_together ROUNDS: in each, four threads take from one pool until NULL: together exactly
// as many chunks as one thread alone could have. Then all are given back, half of them by another
// thread.
#include <pthread.h>
#include "expect.h"

enum { SIZE = 64, THREADS = 4 };
static pthread_barrier_t barrier;
static void *chunks[THREADS];
static long had, taken[THREADS];
static int rounds;

static void *exhaust(void *index)
{
    long me = (long)index;
    for (int round = 0; round < rounds; round++) {
        pthread_barrier_wait(&barrier);
        taken[me] = take_all(SIZE, &chunks[me]);
        pthread_barrier_wait(&barrier);
        if (me == 0)
            EXPECT_EQ(taken[0] + taken[1] + taken[2] + taken[3], had);
        give_all(&chunks[round % 2 ? me : (me + 1) % THREADS]);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread[THREADS];
    rounds = atoi(argv[1]);
    pthread_barrier_init(&barrier, NULL, THREADS);
    had = count_free(SIZE);
    for (long i = 0; i < THREADS; i++)
        EXPECT(pthread_create(&thread[i], NULL, exhaust, (void *)i) == 0);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    EXPECT_EQ(count_free(SIZE), had);
    return 0;
}
