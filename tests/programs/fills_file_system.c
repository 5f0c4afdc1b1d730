// SPDX-License-Identifier: MIT
// fills_file_system FILE: writes to it until nothing more goes there; then a thread allocates, one more than there
// were at the same time before.
#include <fcntl.h>
#include <pthread.h>
#include "expect.h"

static pthread_barrier_t allocated, ended;

static void allocate(void)
{
    for (int i = 0; i < 1000; i++)
        free(malloc(40));
}

static void *begin_before(void *unused)
{
    allocate();
    pthread_barrier_wait(&allocated);
    pthread_barrier_wait(&ended);
    return unused;
}

static void *begin_after(void *unused)
{
    allocate();
    return unused;
}

int main(int argc, char **argv)
{
    static const char zeros[4096];
    pthread_t before, after;
    allocate();
    pthread_barrier_init(&allocated, NULL, 2);
    pthread_barrier_init(&ended, NULL, 2);
    EXPECT(pthread_create(&before, NULL, begin_before, NULL) == 0);
    pthread_barrier_wait(&allocated);
    int file = argc > 1 ? open(argv[1], O_WRONLY | O_CREAT, 0600) : -1;
    EXPECT(file >= 0);
    while (write(file, zeros, sizeof zeros) > 0)
        ;
    EXPECT_EQ(errno, ENOSPC);
    EXPECT(pthread_create(&after, NULL, begin_after, NULL) == 0);
    pthread_join(after, NULL);
    pthread_barrier_wait(&ended);
    pthread_join(before, NULL);
    return 0;
}
