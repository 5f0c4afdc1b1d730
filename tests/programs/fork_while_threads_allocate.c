// SPDX-License-Identifier: MIT
// fork_while_threads_allocate FORKS KIND: three threads allocate and free all the time while this
// one makes children, by KIND: fork, _Fork or clone. Each child takes every chunk of the pool:
// all but the 10 in use and the one that each thread may have had in hand.
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include "expect.h"

enum { SIZE = 64, THREADS = 3, IN_USE = 10 };
static _Atomic int stop, running;

static void *allocate_for_ever(void *unused)
{
    for (running++; !stop;)
        free(malloc(SIZE));
    return unused;
}

static pid_t make_child(const char *kind)
{
    if (strcmp(kind, "fork") == 0)
        return fork();
    return strcmp(kind, "_Fork") == 0 ? _Fork() : syscall(SYS_clone, SIGCHLD, 0, 0, 0, 0);
}

int main(int argc, char **argv)
{
    pthread_t thread[THREADS];
    long had = count_free(SIZE);
    for (int i = 0; i < THREADS; i++)
        EXPECT(pthread_create(&thread[i], NULL, allocate_for_ever, NULL) == 0);
    for (int i = 0; i < IN_USE; i++)
        EXPECT(malloc(SIZE));
    while (running < THREADS)
        sched_yield();
    for (int i = atoi(argv[1]); i > 0; i--) {
        pid_t child = make_child(argv[2]);
        if (child == 0) {
            alarm(SECONDS_MAX);
            long lost = had - IN_USE - count_free(SIZE);
            EXPECT(lost >= 0 && lost <= THREADS);
            _exit(0);
        }
        EXPECT_EQ(end_of(child), 0);
    }
    stop = 1;
    for (int i = 0; i < THREADS; i++)
        pthread_join(thread[i], NULL);
    EXPECT_EQ(count_free(SIZE), had - IN_USE);
    return 0;
}
