// SPDX-License-Identifier: MIT
// own_mapping MEGABYTES: the program's own mmap of that much works under a limit on address space
// or data, after it has allocated blocks of every size; so do threads and a fork.
#include <pthread.h>
#include <sys/mman.h>
#include "expect.h"

static void *allocate(void *unused)
{
    for (size_t size = 1; size < 2000; size++) {
        void *p = malloc(size);
        EXPECT(p);
        memset(p, 1, size);
        free(p);
    }
    return unused;
}

int main(int argc, char **argv)
{
    size_t bytes = (size_t)atoi(argv[1]) << 20;
    pthread_t thread;
    pthread_attr_t small;
    pthread_attr_init(&small);
    pthread_attr_setstacksize(&small, 65536);
    allocate(NULL);
    void *p = mmap(NULL, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT(p != MAP_FAILED);
    EXPECT(pthread_create(&thread, &small, allocate, NULL) == 0);
    pthread_join(thread, NULL);
    pid_t child = fork();
    if (child == 0) {
        allocate(NULL);
        _exit(0);
    }
    EXPECT_EQ(end_of(child), 0);
    return 0;
}
