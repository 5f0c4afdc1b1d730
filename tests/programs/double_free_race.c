// SPDX-License-Identifier: MIT
// Two threads free the same chunk at the same moment, ROUNDS times, and then allocate at the same
// moment: no chunk may be in two hands. Prints the number of double frees. The second argument is
// how many chunks each of them takes before it frees them again.
#include <malloc.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include "say.h"

enum { TAKEN_MAX = 64 };
static atomic_uint arrived;
static unsigned rounds, taken;
static void *victim, *got[2][TAKEN_MAX];

static void meet(unsigned *meetings)
{
    atomic_fetch_add(&arrived, 1);
    *meetings += 2;
    while (atomic_load(&arrived) < *meetings)
        ;
}

static void check(void)
{
    for (unsigned i = 0; i < 2 * taken; i++)
        for (unsigned j = 0; j < i; j++)
            if (got[i / taken][i % taken] == got[j / taken][j % taken]) {
                dprintf(2, "a chunk is in two hands\n");
                _exit(1);
            }
}

static void *run(void *argument)
{
    unsigned me = argument != NULL, meetings = 0;
    for (unsigned round = 0; round < rounds; round++) {
        if (me == 0)
            victim = malloc(64);
        meet(&meetings);
        free(victim);
        meet(&meetings);
        for (unsigned i = 0; i < taken; i++)
            got[me][i] = malloc(64);
        meet(&meetings);
        if (me == 0)
            check();
        meet(&meetings);
        for (unsigned i = 0; i < taken; i++)
            free(got[me][i]);
        meet(&meetings);
    }
    return NULL;
}

int main(int argc, char **argv)
{
    pthread_t other;
    rounds = strtoul(argv[1], NULL, 0);
    taken = strtoul(argv[2], NULL, 0);
    pthread_create(&other, NULL, run, &other);
    run(NULL);
    pthread_join(other, NULL);
    say("%u\n", rounds);
    return say_all();
}
