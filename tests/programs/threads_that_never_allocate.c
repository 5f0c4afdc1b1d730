// SPDX-License-Identifier: MIT
// threads_that_never_allocate ROUNDS: in each, 20 detached threads are alive at once and end
// together. They call nothing, but libc frees the stacks and thread-local blocks of those that
// ended earlier, in a thread whose key destructors are over.
#include <pthread.h>
#include <stdatomic.h>
#include "expect.h"

static _Atomic int running, go;

static void *end(void *unused)
{
    running++;
    while (!go)
        usleep(100);
    running--;
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    pthread_attr_t detached;
    pthread_attr_init(&detached);
    pthread_attr_setdetachstate(&detached, PTHREAD_CREATE_DETACHED);
    pthread_attr_setstacksize(&detached, 8 << 20); // libc keeps 40 MiB of stacks for later threads
    for (int i = atoi(argv[1]); i > 0; i--) {
        go = 0;
        for (int n = 0; n < 20; n++)
            EXPECT(pthread_create(&thread, &detached, end, NULL) == 0);
        while (running < 20)
            usleep(100);
        go = 1;
        while (running > 0)
            usleep(100);
    }
    return 0;
}
