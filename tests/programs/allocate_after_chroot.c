// SPDX-License-Identifier: MIT
// allocate_after_chroot DIRECTORY: the process moves its root into an empty directory, then
// allocates, makes a thread and a child. Needs the right to chroot.
#include <pthread.h>
#include "expect.h"

static void *allocate(void *unused)
{
    for (size_t i = 0; i < 10000; i++)
        free(malloc(i));
    return unused;
}

int main(int argc, char **argv)
{
    pthread_t thread;
    if (chroot(argv[1]) != 0 || chdir("/") != 0)
        return SKIPPED;
    allocate(NULL);
    EXPECT(pthread_create(&thread, NULL, allocate, NULL) == 0);
    pthread_join(thread, NULL);
    pid_t child = fork();
    if (child == 0) {
        allocate(NULL);
        usleep(150000);
        allocate(NULL);
        exit(0);
    }
    EXPECT_EQ(end_of(child), 0);
    return 0;
}
