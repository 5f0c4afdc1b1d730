// SPDX-License-Identifier: MIT
// Programs use all of malloc_usable_size: realloc keeps these bytes, not only those that were asked for,
// and the size stays the same for as long as the block lives.
#include <malloc.h>
#include "expect.h"

int main(void)
{
    for (size_t size = 1; size < 5000; size += 13) {
        unsigned char *p = malloc(size);
        size_t usable = malloc_usable_size(p);
        memset(p, 0xa5, usable);
        for (size_t other = 1; other < 5000; other += 499)
            free(malloc(other));
        EXPECT_EQ(malloc_usable_size(p), usable);
        EXPECT(p = realloc(p, usable + 1 + size % 700));
        for (size_t i = 0; i < usable; i++)
            EXPECT_EQ(p[i], 0xa5);
        EXPECT(malloc_usable_size(p) >= usable + 1 + size % 700);
        free(p);
    }
    return 0;
}
