// SPDX-License-Identifier: MIT
// Blocks that grow as strings do: realloc is called for what does not fit into what malloc_usable_size
// says, so that the sizes asked for depend on the sizes of chunks.
#include <malloc.h>
#include "expect.h"

int main(void)
{
    for (size_t i = 0; i < 500; i++) {
        size_t need = 100;
        void *p = malloc(need);
        while (need < 8100) {
            need += 113;
            if (need > malloc_usable_size(p))
                EXPECT(p = realloc(p, need));
        }
    }
    return 0;
}
