// SPDX-License-Identifier: MIT
// The parent allocates 7 chunks and forks; the child allocates 3, frees those and 2 of the
// parent's, and ends; then the parent frees 1. Prints both process ids, the parent's first. With
// an argument the child lives on for longer than any program that is about to call exec, and says
// when it is there.
#include <signal.h>
#include "expect.h"

enum { SIZE = 40 };

int main(int argc, char **argv)
{
    void *p[7], *q[3];
    for (int i = 0; i < 7; i++)
        EXPECT(p[i] = malloc(SIZE));
    pid_t child = fork();
    if (child == 0) {
        alarm(SECONDS_MAX);
        for (int i = 0; i < 3; i++)
            EXPECT(q[i] = malloc(SIZE));
        for (int i = 0; i < 3; i++)
            free(q[i]);
        free(p[0]);
        free(p[1]);
        if (argc > 1) {
            usleep(150000);
            for (int i = 0; i < 200; i++) // more than the pool has, whatever is cached
                EXPECT(malloc(SIZE));
            kill(getpid(), SIGKILL);
        }
        exit(0);
    }
    int end = end_of(child);
    EXPECT_EQ(end, argc > 1 ? -SIGKILL : 0);
    free(p[6]);
    char text[60];
    int n = snprintf(text, sizeof text, "%d %d\n", getpid(), child);
    return write(1, text, (size_t)n) == n ? 0 : 1;
}
