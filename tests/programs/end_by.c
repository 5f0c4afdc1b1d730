// SPDX-License-Identifier: MIT
// end_by HOW [PROGRAM]: allocates 7 chunks of 40 bytes, frees 2, and ends: return, exit, _exit,
// quick_exit, abort, kill, thread (exit in another thread), or exec of PROGRAM.
#include <pthread.h>
#include <signal.h>
#include "expect.h"

static void *end_process(void *unused)
{
    exit(0);
}

int main(int argc, char **argv)
{
    void *p[7];
    pthread_t thread;
    for (int i = 0; i < 7; i++)
        EXPECT(p[i] = malloc(40));
    free(p[3]);
    free(p[5]);
    switch (argv[1][0] == '_' ? '_' : argv[1][1]) {
    case 'e': return 0;
    case 'x': argv[1][2] == 'i' ? exit(0) : execl(argv[2], argv[2], NULL);
    case '_': _exit(0);
    case 'u': quick_exit(0);
    case 'b': abort();
    case 'i': raise(SIGKILL);
    case 'h': pthread_create(&thread, NULL, end_process, NULL), pause();
    }
    return 1;
}
