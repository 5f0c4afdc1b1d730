// SPDX-License-Identifier: MIT
// calloc's memory is zero: fresh chunks, and chunks that were dirty when they were freed, whoever
// freed them and however they are aligned; for sizes up to SIZE.
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include "say.h"

enum { AT_ONCE = 40 };

static int check(size_t size)
{
    unsigned char *p[AT_ONCE];
    int dirty = 0;
    for (int i = 0; i < AT_ONCE; i++) {
        p[i] = calloc(i % 3 ? 1 : size, i % 3 ? size : 1);
        for (size_t j = 0; p[i] && j < size; j++)
            dirty |= p[i][j];
        if (p[i])
            memset(p[i], 0xff, malloc_usable_size(p[i]));
    }
    for (int i = 0; i < AT_ONCE; i++)
        free(p[i]);
    return dirty;
}

int main(int argc, char **argv)
{
    size_t size_max = strtoul(argv[1], NULL, 0);
    for (size_t size = 0; size <= size_max; size += 1 + size / 13)
        if (check(size) || check(size))
            say("%zu bytes are not zero\n", size);
    say("done\n");
    return say_all();
}
