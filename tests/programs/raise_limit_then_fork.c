// SPDX-License-Identifier: MIT
// raise_limit_then_fork: a program that starts with a limit on its address space lifts it, or the
// other way round, and forks. The child's memory is as it was.
#include <sys/mman.h>
#include <sys/resource.h>
#include "expect.h"

int main(void)
{
    struct rlimit limit;
    EXPECT(getrlimit(RLIMIT_AS, &limit) == 0);
    limit.rlim_cur = limit.rlim_cur == RLIM_INFINITY ? 1 << 30 : RLIM_INFINITY;
    EXPECT(setrlimit(RLIMIT_AS, &limit) == 0);
    enum { BYTES = 1 << 20 };
    char *p = mmap(NULL, BYTES, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    EXPECT(p != MAP_FAILED);
    memset(p, 'x', BYTES);
    pid_t child = fork();
    if (child == 0) {
        alarm(SECONDS_MAX);
        for (int i = 0; i < BYTES; i++)
            EXPECT_EQ(p[i], 'x');
        for (int i = 0; i < 1000; i++)
            EXPECT(malloc((size_t)i));
        exit(0);
    }
    EXPECT_EQ(end_of(child), 0);
    return 0;
}
