// SPDX-License-Identifier: MIT
// children_of_every_kind KIND PROGRAM: makes 10 children while two threads allocate; each ends
// with status 7, by itself or by running PROGRAM (which gets the argument 7). Then no chunk is
// missing.
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <spawn.h>
#include <stdatomic.h>
#include <sys/syscall.h>
#include "expect.h"

static _Atomic int stop;

static void *allocate_for_ever(void *unused)
{
    while (!stop)
        free(malloc(64));
    return unused;
}

static int stacked_child(void *program)
{
    execl(program, program, "7", NULL);
    _exit(1);
}

static int make(const char *kind, const char *program)
{
    char *arguments[] = {(char *)program, "7", NULL}, line[4096], stack[65536];
    pid_t child = 0;
    snprintf(line, sizeof line, "%s 7", program);
    if (strcmp(kind, "system") == 0)
        return WEXITSTATUS(system(line));
    if (strcmp(kind, "popen") == 0)
        return WEXITSTATUS(pclose(popen(line, "r")));
    if (strcmp(kind, "posix_spawn") == 0)
        EXPECT(posix_spawn(&child, program, NULL, NULL, arguments, environ) == 0);
    else if (strcmp(kind, "clone_vm") == 0)
        child = clone(stacked_child, stack + sizeof stack, CLONE_VM | CLONE_VFORK | SIGCHLD, arguments[0]);
    else if (strcmp(kind, "vfork") == 0 && (child = vfork()) == 0)
        execv(program, arguments);
    else if (strcmp(kind, "vfork_exit") == 0 && (child = vfork()) == 0)
        _exit(7);
    else if (strcmp(kind, "fork_exec") == 0 && (child = fork()) == 0)
        execv(program, arguments);
    return end_of(child);
}

int main(int argc, char **argv)
{
    pthread_t thread[2];
    long had = count_free(64);
    for (int i = 0; i < 2; i++)
        EXPECT(pthread_create(&thread[i], NULL, allocate_for_ever, NULL) == 0);
    for (int i = 0; i < 10; i++)
        EXPECT_EQ(make(argv[1], argv[2]), 7);
    stop = 1;
    for (int i = 0; i < 2; i++)
        pthread_join(thread[i], NULL);
    EXPECT_EQ(count_free(64), had);
    return 0;
}
