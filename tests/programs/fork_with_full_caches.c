// SPDX-License-Identifier: MIT
// fork_with_full_caches KIND: threads that rest with chunks in their caches and two each in hand.
// The child (of fork, _Fork, or a fork inside a child of _Fork) can take exactly what is not in
// use.
#include <pthread.h>
#include "expect.h"

enum { SIZE = 64, THREADS = 4, CACHED = 12, KEPT = 2 };
static pthread_barrier_t filled, done;

static void *fill_cache(void *unused)
{
    void *p[CACHED];
    for (int i = 0; i < CACHED; i++)
        EXPECT(p[i] = malloc(SIZE));
    for (int i = KEPT; i < CACHED; i++)
        free(p[i]);
    pthread_barrier_wait(&filled);
    pthread_barrier_wait(&done);
    for (int i = 0; i < KEPT; i++)
        free(p[i]);
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread[THREADS];
    long had = count_free(SIZE);
    pthread_barrier_init(&filled, NULL, THREADS + 1);
    pthread_barrier_init(&done, NULL, THREADS + 1);
    for (int i = 0; i < THREADS; i++)
        EXPECT(pthread_create(&thread[i], NULL, fill_cache, NULL) == 0);
    pthread_barrier_wait(&filled);
    pid_t child = strcmp(argv[1], "fork") == 0 ? fork() : _Fork();
    if (child == 0) {
        alarm(SECONDS_MAX);
        if (strcmp(argv[1], "fork_in_Fork") == 0 && (child = fork()) != 0)
            EXPECT_EQ(end_of(child), 0);
        EXPECT_EQ(count_free(SIZE), had - THREADS * KEPT);
        _exit(0);
    }
    EXPECT_EQ(end_of(child), 0);
    pthread_barrier_wait(&done);
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    EXPECT_EQ(count_free(SIZE), had);
    return 0;
}
