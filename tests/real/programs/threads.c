// SPDX-License-Identifier: MIT
// Threads that allocate, grow, pass on and free blocks; each checks that its blocks keep their
// content. Some threads are short-lived, and the process forks among them.
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { THREADS = 8, BLOCKS = 512 };

static void *mailbox[64]; // blocks that wait for another thread

struct block {
    size_t size;
    unsigned char fill[];
};

static unsigned next_random(unsigned *x)
{
    *x = *x * 1664525u + 1013904223u;
    return *x >> 8;
}

static struct block *make(unsigned *x)
{
    size_t size = sizeof(struct block) + next_random(x) % (next_random(x) % 64 == 0 ? 70000 : 700);
    struct block *block = malloc(size);
    block->size = size;
    memset(block->fill, (int)(size & 255), size - sizeof *block);
    return block;
}

static void check(const struct block *block)
{
    for (size_t i = 0; i < block->size - sizeof *block; i++)
        if (block->fill[i] != (block->size & 255)) {
            puts("a block has changed");
            abort();
        }
}

static struct block *grow(struct block *block, unsigned *x)
{
    size_t old = block->size, size = old + next_random(x) % 300;
    block = realloc(block, size);
    check(block);
    block->size = size;
    memset(block->fill, (int)(size & 255), size - sizeof *block);
    return block;
}

static void *one_thread(void *argument)
{
    unsigned x = (unsigned)(size_t)argument * 2654435761u + 1;
    struct block *blocks[BLOCKS] = {0};
    for (int i = 0; i < 60000; i++) {
        unsigned at = next_random(&x) % BLOCKS;
        if (!blocks[at]) {
            blocks[at] = make(&x);
        } else if (next_random(&x) % 4 == 0) {
            blocks[at] = grow(blocks[at], &x);
        } else {
            check(blocks[at]);
            void **box = &mailbox[next_random(&x) % 64];
            free(__atomic_exchange_n(box, blocks[at], __ATOMIC_ACQ_REL));
            blocks[at] = NULL;
        }
    }
    for (int i = 0; i < BLOCKS; i++)
        free(blocks[i]);
    return NULL;
}

static void *short_thread(void *argument)
{
    free(malloc((size_t)argument % 2000));
    return NULL;
}

static void fork_once(void)
{
    pid_t child = fork();
    if (child == 0) {
        pthread_t thread;
        pthread_create(&thread, NULL, one_thread, (void *)99);
        pthread_join(thread, NULL);
        exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    printf("child: %d\n", status);
    fflush(stdout);
}

int main(void)
{
    pthread_t threads[THREADS];
    setvbuf(stdout, NULL, _IONBF, 0);
    for (size_t i = 0; i < THREADS; i++)
        pthread_create(&threads[i], NULL, one_thread, (void *)(i + 1));
    for (int i = 0; i < 4; i++)
        fork_once();
    for (size_t i = 0; i < 500; i++) {
        pthread_t thread;
        pthread_create(&thread, NULL, short_thread, (void *)(i * 37));
        pthread_join(thread, NULL);
    }
    for (int i = 0; i < THREADS; i++)
        pthread_join(threads[i], NULL);
    puts("done");
    return 0;
}
