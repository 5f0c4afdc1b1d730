// SPDX-License-Identifier: MIT
// free_in_thread_destructors FIRST: threads whose pthread_key destructors allocate and free in
// every round, from round FIRST on (0: the thread itself allocates before). Then no chunk is
// missing.
#include <pthread.h>
#include "expect.h"

enum { SIZE = 64, THREADS = 200, KEYS = 3, ROUNDS = 4 };
static pthread_key_t key[KEYS];
static int first, ran;
static __thread int round_of[KEYS];
static __thread void *kept;

static void destroy(int i)
{
    int round = ++round_of[i];
    if (round >= first) {
        void *p = malloc(SIZE), *q = malloc(SIZE);
        EXPECT(p && q);
        free(kept);
        free(p);
        kept = q;
    }
    if (round < ROUNDS) {
        EXPECT(pthread_setspecific(key[i], &key[i]) == 0);
    } else if (i == KEYS - 1) {
        free(kept);
        __atomic_fetch_add(&ran, 1, __ATOMIC_RELAXED);
    }
}

static void destroy_0(void *unused) { destroy(0); }
static void destroy_1(void *unused) { destroy(1); }
static void destroy_2(void *unused) { destroy(2); }

static void *run(void *unused)
{
    for (int i = 0; i < KEYS; i++)
        EXPECT(pthread_setspecific(key[i], &key[i]) == 0);
    if (first == 0)
        EXPECT(kept = malloc(SIZE));
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    first = atoi(argv[1]);
    long had = count_free(SIZE);
    EXPECT(pthread_key_create(&key[0], destroy_0) == 0 && pthread_key_create(&key[1], destroy_1) == 0
           && pthread_key_create(&key[2], destroy_2) == 0);
    for (int i = 0; i < THREADS; i++) {
        EXPECT(pthread_create(&thread, NULL, run, NULL) == 0);
        pthread_join(thread, NULL);
    }
    EXPECT_EQ(ran, THREADS);
    EXPECT_EQ(count_free(SIZE), had);
    return 0;
}
