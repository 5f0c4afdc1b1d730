// SPDX-License-Identifier: MIT
// fork_with_handlers [LIBRARY]: forks 20 times while another thread allocates; LIBRARY is opened
// first. Parent and child allocate at once, and so do the fork handlers of libraries.
#include <dlfcn.h>
#include <pthread.h>
#include <stdatomic.h>
#include "expect.h"

static _Atomic int stop;

static void *allocate_for_ever(void *unused)
{
    while (!stop)
        free(malloc(64));
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    EXPECT(argc < 2 || dlopen(argv[1], RTLD_NOW));
    EXPECT(pthread_create(&thread, NULL, allocate_for_ever, NULL) == 0);
    for (int i = 0; i < 20; i++) {
        pid_t child = fork();
        alarm(SECONDS_MAX);
        free(malloc(64));
        if (child == 0)
            _exit(0);
        EXPECT_EQ(end_of(child), 0);
    }
    stop = 1;
    pthread_join(thread, NULL);
    int *handled = dlsym(RTLD_DEFAULT, "handled_forks");
    EXPECT_EQ(handled ? *handled : 20, 20); // RTLD_LOCAL hides it
    return 0;
}
