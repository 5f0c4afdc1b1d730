// SPDX-License-Identifier: MIT
// A program with a malloc of its own, which all libraries of the process then use.
#include "shared/other_malloc.c"

char *strdup(const char *);

int main(void)
{
    return strdup("libc's strdup calls it") && other_malloc_calls > 0 ? 0 : 1;
}
