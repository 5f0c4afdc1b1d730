// SPDX-License-Identifier: MIT
// The parent allocates chunks and forks; its child has them all, whatever becomes of the parent's.
// fork_and_free end: it frees them and ends. Then the child, of _Fork, which runs no fork handlers, allocates
// one, lives on until it has a file of its own, and is killed. Prints the child's process id.
// fork_and_free vfork: it waits. Its child lives on, and when it is old enough for a file of its own, a child of
// vfork allocates first; then it is killed. Prints its process id.
// fork_and_free often: it frees them at once, while the child ends, and does so again and again.
#include <signal.h>
#include "expect.h"

enum { SIZE = 40, CHUNKS = 2000, ROUNDS = 30 };

static void *p[CHUNKS];

static void take(int n)
{
    for (int i = 0; i < n; i++)
        EXPECT(p[i] = malloc(SIZE));
}

static void give(int n)
{
    for (int i = 0; i < n; i++)
        free(p[i]);
}

static void allocate_more_than_is_cached(void)
{
    for (int i = 0; i < 200; i++)
        EXPECT(malloc(SIZE));
}

static void grow_old(void)
{
    EXPECT(malloc(SIZE));
    usleep(150000); // longer than any program that is about to call exec
}

static void live_on(int until_parent_ends)
{
    char nothing;
    EXPECT_EQ(read(until_parent_ends, &nothing, 1), 0);
    grow_old();
    allocate_more_than_is_cached();
    kill(getpid(), SIGKILL);
}

static void say(pid_t child)
{
    char text[30];
    int n = snprintf(text, sizeof text, "%d\n", child);
    EXPECT_EQ(write(1, text, (size_t)n), n);
}

static int vfork_in_child(void)
{
    pid_t child = fork();
    if (child == 0) {
        grow_old();
        pid_t grandchild = vfork();
        if (grandchild == 0) {
            allocate_more_than_is_cached();
            _exit(0);
        }
        EXPECT_EQ(end_of(grandchild), 0);
        allocate_more_than_is_cached();
        kill(getpid(), SIGKILL);
    }
    say(child);
    EXPECT_EQ(end_of(child), -SIGKILL);
    return 0;
}

static int end_before_child(void)
{
    int until_parent_ends[2];
    take(10);
    EXPECT_EQ(pipe(until_parent_ends), 0);
    pid_t child = _Fork();
    if (child == 0) {
        alarm(SECONDS_MAX);
        close(until_parent_ends[1]);
        live_on(until_parent_ends[0]);
    }
    give(10);
    say(child);
    return 0;
}

int main(int argc, char **argv)
{
    if (argc > 1 && strcmp(argv[1], "end") == 0)
        return end_before_child();
    if (argc > 1 && strcmp(argv[1], "vfork") == 0)
        return vfork_in_child();
    for (int round = 0; round < ROUNDS; round++) {
        take(CHUNKS);
        pid_t child = fork();
        if (child == 0)
            exit(0);
        give(CHUNKS);
        EXPECT_EQ(end_of(child), 0);
    }
    return 0;
}
