// SPDX-License-Identifier: MIT
// unannounced_child WHAT: a child of _Fork, which runs no fork handlers, does a single thing and
// ends by exit(). Then the parent, whose file of statistics must be as it was, is killed.
#include <malloc.h>
#include <signal.h>
#include "expect.h"

int main(int argc, char **argv)
{
    void *p = malloc(40), *q = malloc(40);
    EXPECT(p && q);
    pid_t child = _Fork();
    if (child == 0) {
        alarm(SECONDS_MAX);
        if (strcmp(argv[1], "malloc") == 0)
            EXPECT(malloc(40));
        else if (strcmp(argv[1], "free") == 0)
            free(p);
        else if (strcmp(argv[1], "realloc") == 0)
            EXPECT(realloc(p, 500));
        else if (strcmp(argv[1], "usable") == 0)
            EXPECT(malloc_usable_size(p) >= 40);
        else if (strcmp(argv[1], "fork") == 0 && (child = fork()) != 0)
            EXPECT_EQ(end_of(child), 0);
        exit(0);
    }
    EXPECT_EQ(end_of(child), 0);
    return kill(getpid(), SIGKILL);
}
