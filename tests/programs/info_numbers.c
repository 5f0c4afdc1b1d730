// SPDX-License-Identifier: MIT
// What mallinfo and mallinfo2 say more after 10 chunks of 64 bytes, after 4 of these are freed, and
// after a large block of the next malloc; then what mallopt and malloc_trim return.
#include <malloc.h>
#include <stdlib.h>
#include <string.h>
#include "say.h"

static struct mallinfo2 before;

static void show(const char *what)
{
    struct mallinfo2 now = mallinfo2();
    struct mallinfo narrow = mallinfo();
    say("%s: used %+ld, agrees %d\n", what, (long)(now.uordblks + now.hblkhd - before.uordblks - before.hblkhd),
        (int)now.uordblks == narrow.uordblks && (int)now.fordblks == narrow.fordblks
            && (int)now.arena == narrow.arena && now.arena == now.uordblks + now.fordblks);
    before = now;
}

int main(void)
{
    void *p[10];
    free(malloc(100000)); // the next malloc's first allocates more than it gives
    before = mallinfo2();
    for (int i = 0; i < 10; i++)
        p[i] = malloc(50);
    show("10 chunks");
    for (int i = 0; i < 4; i++)
        free(p[i]);
    show("4 freed");
    void *large = malloc(1 << 20);
    show("a megabyte");
    free(large);
    show("freed");
    int trimmed = malloc_trim(0);
    say("mallopt %d, malloc_trim %d\n", mallopt(M_MMAP_THRESHOLD, 1 << 20), trimmed == 0 || trimmed == 1);
    return say_all();
}
