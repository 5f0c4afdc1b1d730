// SPDX-License-Identifier: MIT
// Blocks that libc hands out by names that nobody replaces are freed and resized by the usual names.
#include <malloc.h>
#include "expect.h"

extern void *__libc_malloc(size_t), *__libc_calloc(size_t, size_t), *__libc_realloc(void *, size_t),
    *__libc_memalign(size_t, size_t);

int main(void)
{
    for (size_t size = 1; size < 100000; size = size * 3 + 1) {
        char *blocks[] = {__libc_malloc(size), __libc_calloc(1, size), __libc_realloc(NULL, size),
                          __libc_memalign(64, size)};
        for (int i = 0; i < 4; i++) {
            EXPECT(malloc_usable_size(blocks[i]) >= size);
            memset(blocks[i], i, size);
            EXPECT(blocks[i] = realloc(blocks[i], size + 50));
            EXPECT(blocks[i][0] == i && blocks[i][size - 1] == i);
        }
        for (int i = 0; i < 4; i++)
            free(blocks[i]);
        free(__libc_malloc(size));
    }
    return 0;
}
