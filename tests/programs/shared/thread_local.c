// SPDX-License-Identifier: MIT
// A library whose thread-local memory the loader gets by malloc when a thread first touches it.
#include <string.h>

static __thread char words[100000];

char *touch(void)
{
    return memset(words, 1, sizeof words);
}
