// SPDX-License-Identifier: MIT
// end_with STATUS: allocates a little and ends with this status.
#include <stdlib.h>

int main(int argc, char **argv)
{
    for (int i = 0; i < 10; i++)
        free(malloc(60));
    return argc > 1 ? atoi(argv[1]) : 0;
}
