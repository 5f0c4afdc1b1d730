// SPDX-License-Identifier: MIT
// reuse_descriptors FILE HOW: FILE becomes descriptor 2 (HOW: two, or `already` when there was
// none at start), or 700 and all others above it up to 1023 after closing every descriptor from 2
// on (HOW: all).
#include <fcntl.h>
#include <string.h>
#include <unistd.h>

int main(int argc, char **argv)
{
    int all = strcmp(argv[2], "all") == 0;
    if (strcmp(argv[2], "already") != 0)
        for (int fd = 2; fd < (all ? 1024 : 3); fd++)
            close(fd);
    int fd = open(argv[1], O_RDWR | O_CREAT | O_TRUNC, 0600);
    for (int other = 700; all && other < 1024; other++)
        dup2(fd, other);
    if (fd != 2 || write(fd, "data\n", 5) != 5)
        return 1;
    return 0;
}
