// SPDX-License-Identifier: MIT
// thread_local_plugin LIBRARY: ten times, opens libthread_local, whose thread-local memory four threads
// touch at the same time, and closes it before they end.
#include <dlfcn.h>
#include <pthread.h>
#include "expect.h"

enum { THREADS = 4 };

static pthread_barrier_t all;
static char *(*touch)(void);

static void *work(void *unused)
{
    pthread_barrier_wait(&all);
    EXPECT_EQ(touch()[99999], 1);
    pthread_barrier_wait(&all); // then the library is closed
    pthread_barrier_wait(&all);
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread[THREADS];
    EXPECT(pthread_barrier_init(&all, NULL, THREADS + 1) == 0);
    for (int round = 0; round < 10; round++) {
        void *library = dlopen(argv[1], RTLD_NOW);
        EXPECT(library && (touch = (char *(*)(void))dlsym(library, "touch")));
        for (int i = 0; i < THREADS; i++)
            EXPECT(pthread_create(&thread[i], NULL, work, NULL) == 0);
        pthread_barrier_wait(&all);
        pthread_barrier_wait(&all);
        EXPECT(dlclose(library) == 0);
        pthread_barrier_wait(&all);
        for (int i = 0; i < THREADS; i++)
            pthread_join(thread[i], NULL);
    }
    return 0;
}
