// SPDX-License-Identifier: MIT
#include <errno.h>
#include <string.h>

#include "core.h"
#include "next.h"

Test(next, static_arena_serves_before_the_next_malloc_is_known)
{
    char *p = next.malloc(100);
    cr_assert(next_is_bootstrap(p));
    cr_assert_eq((uintptr_t)p % ALIGN_MIN, 0);
    memset(p, 'x', 100);
    char *zero = next.calloc(10, 10);
    for (int i = 0; i < 100; i++)
        cr_assert_eq(zero[i], 0);
    cr_assert_eq(p[99], 'x'); // they do not overlap
    char *grown = next.realloc(p, 200);
    cr_assert(memcmp(grown, p, 100) == 0);
    cr_assert_eq(next.malloc_usable_size(grown), 200);
    char *aligned = next.memalign(256, 10);
    cr_assert_eq((uintptr_t)aligned % 256, 0);
    next.free(p); // nothing happens
}

Test(next, a_full_arena_fails_with_enomem)
{
    errno = 0;
    cr_assert_null(next.malloc(1 << 20));
    cr_assert_eq(errno, ENOMEM);
    while (next.malloc(1000))
        ;
    cr_assert_null(next.malloc(1000));
    cr_assert_null(next.calloc(SIZE_MAX / 2, 3));
}

Test(next, arena_blocks_live_on_in_the_started_library)
{
    char *p = next.malloc(20);
    strcpy(p, "kept");
    start("malloc size=64 count=10");
    cr_assert_not(next_is_bootstrap(next.malloc(1)));
    cr_assert_eq(heap_usable_size(p), 20);
    char *moved = heap_realloc(p, 40);
    cr_assert_str_eq(moved, "kept");
    cr_assert_not(next_is_bootstrap(moved));
    heap_free(p);
    heap_free(moved);
    cr_assert_eq(figures().next_frees, 2); // the arena is part of the next malloc
}

Test(next, free_leaves_errno_alone)
{
    next.free(next.malloc(1)); // a block of the arena: free must go on looking for those
    start("malloc size=64 count=10");
    errno = 77;
    next.free(next.malloc(1 << 20));
    cr_assert_eq(errno, 77);
}
