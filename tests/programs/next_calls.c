// SPDX-License-Identifier: MIT
// Says how often the malloc behind the library was called so far: other_malloc, if it is there.
#include "say.h"

extern int other_malloc_calls __attribute__((weak));

int main(void)
{
    say("%d calls\n", &other_malloc_calls ? other_malloc_calls : -1);
    return say_all();
}
