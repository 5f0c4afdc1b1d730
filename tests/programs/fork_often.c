// SPDX-License-Identifier: MIT
// fork_often FORKS [PROGRAM]: one child after another in a program with a thread that allocates;
// each allocates at once and ends by _exit, or runs PROGRAM.
#include <pthread.h>
#include <stdatomic.h>
#include "expect.h"

static _Atomic int stop;

static void *allocate_for_ever(void *unused)
{
    while (!stop) {
        free(malloc(64));
        usleep(50);
    }
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    EXPECT(pthread_create(&thread, NULL, allocate_for_ever, NULL) == 0);
    for (int i = atoi(argv[1]); i > 0; i--) {
        pid_t child = fork();
        if (child == 0) {
            for (int n = 0; n < 100; n++)
                free(malloc((size_t)n * 10));
            if (argc > 2)
                execl(argv[2], argv[2], "0", NULL);
            _exit(0);
        }
        EXPECT_EQ(end_of(child), 0);
    }
    stop = 1;
    pthread_join(thread, NULL);
    return 0;
}
