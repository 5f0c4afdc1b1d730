// SPDX-License-Identifier: MIT
// Starts itself anew with a pipe as its standard error; that program closes it and lives on, and whoever reads the
// pipe finds its end nevertheless.
#include "expect.h"

int main(int argc, char **argv)
{
    int text[2], until_parent_ends[2];
    char byte;
    if (argc > 1) {
        free(malloc(40));
        close(2);
        return read(0, &byte, 1) == 0 ? 0 : 1;
    }
    EXPECT(pipe(text) == 0 && pipe(until_parent_ends) == 0);
    pid_t child = fork();
    if (child == 0) {
        EXPECT(dup2(until_parent_ends[0], 0) == 0 && dup2(text[1], 2) == 2);
        for (int fd = 3; fd < 20; fd++)
            close(fd);
        execl("/proc/self/exe", argv[0], "child", NULL);
        _exit(1);
    }
    close(text[1]);
    close(until_parent_ends[0]);
    EXPECT_EQ(read(text[0], &byte, 1), 0); // the alarm of expect.h ends who waits
    close(until_parent_ends[1]);
    EXPECT_EQ(end_of(child), 0);
    return 0;
}
