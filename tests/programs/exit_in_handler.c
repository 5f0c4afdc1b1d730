// SPDX-License-Identifier: MIT
// exit_in_handler TIMES: processes end by exit() in a signal handler, at any moment of malloc and free,
// as programs do on SIGTERM. One that hangs is ended by its next alarm.
#include <signal.h>
#include <sys/time.h>
#include "expect.h"

static void end_now(int which)
{
    signal(SIGALRM, SIG_DFL);
    alarm(60);
    exit(7);
}

int main(int argc, char **argv)
{
    for (int i = 0; i < atoi(argv[1]); i++) {
        pid_t child = fork();
        if (child == 0) {
            struct itimerval soon = {{0, 0}, {0, 500 + i * 37 % 500}};
            signal(SIGALRM, end_now);
            setitimer(ITIMER_REAL, &soon, NULL);
            for (;;)
                free(malloc(48));
        }
        EXPECT_EQ(end_of(child), 7);
    }
    return 0;
}
