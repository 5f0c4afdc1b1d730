// SPDX-License-Identifier: MIT
// C and C++: prints the versions of header and library.
#include <poolmalloc.h>
#include <poolmalloc_pbuf.h>
#include <stdio.h>

int main(void)
{
    printf("%d.%d.%d %s %s\n", PM_VERSION_MAJOR, PM_VERSION_MINOR, PM_VERSION_PATCH, PM_VERSION,
           pm_version());
    return 0;
}
