// SPDX-License-Identifier: MIT
// malloc_info after 5 allocations of 64 bytes at once, 3 of which are freed, and a request of the next
// malloc; the answer for options that glibc does not know comes last.
#include <malloc.h>
#include <stdio.h>
#include <stdlib.h>

int main(void)
{
    static char buffer[BUFSIZ];
    setvbuf(stdout, buffer, _IOFBF, sizeof buffer);
    void *p[5], *large = malloc(100000);
    for (int i = 0; i < 5; i++)
        p[i] = malloc(50 + i);
    for (int i = 0; i < 3; i++)
        free(p[i]);
    if (!large || malloc_info(0, stdout) != 0)
        return 1;
    fflush(stdout);
    dprintf(2, "%d\n", malloc_info(1, stdout));
    return 0;
}
