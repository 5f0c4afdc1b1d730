// SPDX-License-Identifier: MIT
// A library whose fork handlers allocate and free, registered by its constructor.
#include <pthread.h>
#include <stdlib.h>

int handled_forks;
static void *kept;

static void before(void)
{
    kept = malloc(64);
    free(malloc(200));
}

static void after(void)
{
    free(kept);
    free(malloc(64));
    handled_forks++;
}

__attribute__((constructor)) static void start(void)
{
    pthread_atfork(before, after, after);
}
