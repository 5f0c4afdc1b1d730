// SPDX-License-Identifier: MIT
// What happens when a program loads and leaves the library that replaces no malloc. It starts with
// the program's first call, so a program that makes none does not notice it.
#include <errno.h>

#include "heap.h"
#include "runtime.h"

__attribute__((constructor(101))) static void load(void)
{
    runtime_without_malloc();
}

__attribute__((destructor)) static void unload(void)
{
    int saved_errno = errno;
    heap_end();
    errno = saved_errno;
}
