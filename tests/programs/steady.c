// SPDX-License-Identifier: MIT
// steady CALLS: allocates and frees random sizes, with the system call getppid before and after, so
// that a tracer sees what happens between; prints the page faults of that time.
#define _GNU_SOURCE
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

enum { LIVE = 400, SIZE_MAX_BYTES = 2048 };

static void *blocks[LIVE];

static uint32_t random_number(void)
{
    static uint64_t state = 1;
    state = state * 6364136223846793005 + 1442695040888963407;
    return (uint32_t)(state >> 33);
}

static void replace_blocks(long calls)
{
    for (long i = 0; i < calls; i++) {
        void **slot = &blocks[random_number() % LIVE];
        free(*slot);
        *slot = malloc(1 + random_number() % SIZE_MAX_BYTES);
        if (!*slot)
            abort();
        *(volatile char *)*slot = 1;
    }
}

static long faults(void)
{
    struct rusage usage;
    getrusage(RUSAGE_THREAD, &usage);
    return usage.ru_minflt + usage.ru_majflt;
}

int main(int argc, char **argv)
{
    long calls = argc > 1 ? atol(argv[1]) : 0;
    free(malloc(1)); // the library and this thread start here
    replace_blocks(LIVE / 4); // code and data of the program itself
    faults();
    syscall(SYS_getppid);
    long before = faults();
    replace_blocks(calls);
    long after = faults();
    syscall(SYS_getppid);
    printf("%ld page faults\n", after - before);
    return 0;
}
