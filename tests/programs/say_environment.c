// SPDX-License-Identifier: MIT
// Prints whether requests for 100 bytes come from a pool whose usable size is 112, and who this is.
#include <malloc.h>
#include "expect.h"

int main(void)
{
    char text[100];
    int n = snprintf(text, sizeof text, "%s euid %d\n",
                     malloc_usable_size(malloc(100)) == 112 ? "pool" : "next", (int)geteuid());
    return write(1, text, (size_t)n) == n ? 0 : 1;
}
