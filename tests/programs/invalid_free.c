// SPDX-License-Identifier: MIT
// Prints the address and number of a chunk, then frees a pointer that it must not, as its argument
// says. For a pool of 4 chunks of 64 bytes without thread caches.
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include "say.h"

int main(int argc, char **argv)
{
    char *chunk[4], *base;
    int all = strcmp(argv[1], "new") != 0;
    base = chunk[0] = malloc(64);
    for (int i = 1; all && i < 4; i++) {
        chunk[i] = malloc(64);
        base = chunk[i] < base ? chunk[i] : base;
    }
    char *p = all ? chunk[2] : chunk[0] + 64;
    p += strcmp(argv[1], "middle") == 0 ? 16 : strcmp(argv[1], "odd") == 0 ? 63 : 0;
    p = strcmp(argv[1], "beyond") == 0 ? base + 4 * 64 : p;
    say("0x%lx %td\n", (unsigned long)p, (p - base) / 64);
    say_all();
    if (strcmp(argv[1], "double") == 0 || strcmp(argv[1], "realloc") == 0)
        free(p);
    if (strcmp(argv[1], "realloc") == 0)
        return realloc(p, 10) ? 2 : 0;
    free(p);
    return 0;
}
