// SPDX-License-Identifier: MIT
// A library to open with RTLD_DEEPBIND: its malloc and free are then libc's.
#include <stdlib.h>

void *plugin_malloc(size_t size)
{
    return malloc(size);
}

void plugin_free(void *p)
{
    free(p);
}
