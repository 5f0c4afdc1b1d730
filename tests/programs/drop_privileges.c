// SPDX-License-Identifier: MIT
// Gives up root, as servers do, and allocates; so does a child that lives long enough to want statistics
// of its own, where it may not write.
#include "expect.h"

static void allocate(void)
{
    void *p[200];
    for (int i = 0; i < 200; i++)
        EXPECT(p[i] = malloc((size_t)i * 5));
    for (int i = 0; i < 200; i++)
        free(p[i]);
}

int main(void)
{
    if (getuid() != 0)
        return SKIPPED;
    allocate();
    EXPECT(setgid(65534) == 0 && setuid(65534) == 0);
    allocate();
    pid_t child = fork();
    if (child == 0) {
        usleep(150000);
        allocate();
        exit(0);
    }
    EXPECT_EQ(end_of(child), 0);
    allocate();
    return 0;
}
