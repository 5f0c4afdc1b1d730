// SPDX-License-Identifier: MIT
// fork_in_handler FORKS: a signal handler forks, at any moment of malloc and free. The blocks stay whole
// in the parent, and the child can allocate. (POSIX had fork among what handlers may call until 2024.)
#include <signal.h>
#include <sys/time.h>
#include "expect.h"

enum { HELD = 64, SIZE = 48 };
static volatile sig_atomic_t forks;

static void fork_now(int signal)
{
    pid_t child = fork();
    if (child == 0) {
        for (int n = 0; n < 100; n++)
            free(malloc(SIZE));
        _exit(0);
    }
    EXPECT_EQ(end_of(child), 0);
    forks++;
}

int main(int argc, char **argv)
{
    static int *held[HELD];
    struct sigaction action = {.sa_handler = fork_now, .sa_flags = SA_RESTART};
    struct itimerval soon = {{0, 300}, {0, 300}}, never = {{0, 0}, {0, 0}};
    sigaction(SIGALRM, &action, NULL);
    setitimer(ITIMER_REAL, &soon, NULL);
    for (unsigned step = 1; forks < atoi(argv[1]); step = step * 1103515245 + 12345) {
        int i = step >> 16 & HELD - 1;
        if (held[i]) {
            EXPECT(held[i][0] == i && held[i][SIZE / sizeof(int) - 1] == i);
            held[i][0] = held[i][SIZE / sizeof(int) - 1] = -1;
            free(held[i]);
            held[i] = NULL;
        } else {
            held[i] = malloc(SIZE);
            EXPECT(held[i]);
            held[i][0] = held[i][SIZE / sizeof(int) - 1] = i;
        }
    }
    setitimer(ITIMER_REAL, &never, NULL);
    return 0;
}
