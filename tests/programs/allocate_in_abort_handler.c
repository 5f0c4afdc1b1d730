// SPDX-License-Identifier: MIT
// allocate_in_abort_handler double | empty: has the library abort the program, whose handler of SIGABRT
// allocates and frees in every pool, and ends with status 7.
#include <signal.h>
#include "expect.h"

static void *taken;

static void allocate(int unused)
{
    if (taken)
        free(taken);
    for (int i = 0; i < 100; i++)
        free(malloc((size_t)i * 10));
    _exit(7);
}

int main(int argc, char **argv)
{
    signal(SIGABRT, allocate);
    void *p = malloc(40);
    if (strcmp(argv[1], "double") == 0) {
        free(p);
        free(p);
    }
    for (;;)
        taken = malloc(40);
}
