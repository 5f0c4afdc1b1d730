// SPDX-License-Identifier: MIT
// malloc_stats after two allocations, one of them freed.
#include <malloc.h>
#include <stdlib.h>

int main(void)
{
    void *kept = malloc(40);
    free(malloc(50));
    malloc_stats();
    return !kept;
}
