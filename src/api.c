// SPDX-License-Identifier: MIT
// include/poolmalloc.h.
#include "poolmalloc.h"

#include "base.h"

#define STRING(x) #x
#define DOTTED(a, b, c) STRING(a) "." STRING(b) "." STRING(c)

_Static_assert(__builtin_strcmp(PM_VERSION,
                                DOTTED(PM_VERSION_MAJOR, PM_VERSION_MINOR, PM_VERSION_PATCH)) == 0,
               "the version is the same in words and in numbers");

EXPORT const char *pm_version(void)
{
    return PM_VERSION;
}
