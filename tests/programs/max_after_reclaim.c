// SPDX-License-Identifier: MIT
// Takes 50 chunks, gives 3 back, and then has the caches emptied: by a fork, or by another thread that
// takes a chunk. The high-water mark is 50. For one pool of 50 chunks of 64 bytes, on_empty = fail.
#include <malloc.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

static void *take_one(void *unused)
{
    return malloc(64);
}

int main(int argc, char **argv)
{
    pthread_t thread;
    void *chunk[50], *got;
    for (int i = 0; i < 50; i++)
        if (!(chunk[i] = malloc(64)))
            return 1;
    for (int i = 0; i < 3; i++)
        free(chunk[i]);
    if (strcmp(argv[1], "fork") == 0) {
        pid_t child = fork();
        if (child == 0)
            _exit(0);
        return waitpid(child, NULL, 0) == child ? 0 : 1;
    }
    pthread_create(&thread, NULL, take_one, NULL);
    pthread_join(thread, &got);
    return got ? 0 : 1;
}
