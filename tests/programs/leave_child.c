// SPDX-License-Identifier: MIT
// leave_child [TITLE]: ends at once and leaves a child behind, whose number it says, and that asks for no
// memory until it has read a byte. With TITLE, the environment is overwritten before, as servers do that
// set their title.
#include <string.h>
#include "expect.h"

extern char **environ;

int main(int argc, char **argv)
{
    char byte;
    free(malloc(100));
    for (char **variable = environ; argc > 1 && *variable; variable++)
        memset(*variable, 0, strlen(*variable));
    pid_t child = fork();
    EXPECT(child >= 0);
    if (child > 0)
        return printf("%d\n", child) < 0;
    alarm(SECONDS_MAX);
    close(1);
    close(2);
    _exit(read(0, &byte, 1) != 1);
}
