// SPDX-License-Identifier: MIT
// Writes where it must not, as its argument says, and prints the chunk's address. Every allocation and
// free stands in a function of its own name, which reports of the library lead to.
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <malloc.h>
#include <new>
#include <unistd.h>

#define KEPT extern "C" __attribute__((noinline)) // and not a jump at its end

static char *volatile result;

#define ALLOCATES(name, call) \
    KEPT void name() \
    { \
        result = static_cast<char *>(call); \
        asm volatile("" ::: "memory"); \
    }
#define FREES(name, call) \
    KEPT void name(char *p) \
    { \
        call; \
        asm volatile("" ::: "memory"); \
    }

KEPT void *by_posix_memalign_call()
{
    void *p;
    return posix_memalign(&p, 64, 40) == 0 ? p : nullptr;
}

ALLOCATES(by_malloc, malloc(40))
ALLOCATES(by_calloc, calloc(4, 10))
ALLOCATES(by_realloc_of_null, realloc(nullptr, 40))
ALLOCATES(by_realloc_in_place, realloc(result, 41))
ALLOCATES(by_realloc_that_moves, realloc(result, 400))
ALLOCATES(by_reallocarray, reallocarray(nullptr, 4, 10))
ALLOCATES(by_memalign, memalign(64, 40))
ALLOCATES(by_aligned_alloc, aligned_alloc(64, 40))
ALLOCATES(by_posix_memalign, by_posix_memalign_call())
ALLOCATES(by_new, operator new(40))
ALLOCATES(by_new_array, operator new[](40))
ALLOCATES(by_new_nothrow, operator new(40, std::nothrow))
ALLOCATES(by_new_aligned, operator new(40, std::align_val_t(64)))
FREES(by_free, free(p))
FREES(by_delete, operator delete(p))
FREES(by_delete_array, operator delete[](p))
FREES(by_delete_sized, operator delete(p, std::size_t(40)))
FREES(by_delete_aligned, operator delete(p, std::align_val_t(64)))
FREES(by_realloc_to_zero, result = static_cast<char *>(realloc(p, 0)))

static void allocate(void (*how)(), size_t size)
{
    how();
    result[size] = 1;
    free(result);
}

static void release(void (*how)(char *))
{
    by_malloc();
    result[40] = 1;
    how(result);
}

// One overflow by each way to get a block, then by each way to give one back.
static void every_way()
{
    void (*const ways[])() = {by_malloc, by_calloc, by_realloc_of_null, by_reallocarray, by_memalign,
                              by_aligned_alloc, by_posix_memalign, by_new, by_new_array,
                              by_new_nothrow, by_new_aligned};
    for (auto way : ways)
        allocate(way, 40);
    by_malloc();
    allocate(by_realloc_in_place, 41);
    by_malloc();
    allocate(by_realloc_that_moves, 400);
    void (*const releases[])(char *) = {by_free, by_delete, by_delete_array, by_delete_sized,
                                        by_delete_aligned, by_realloc_to_zero};
    for (auto way : releases)
        release(way);
}

int main(int, char **argv)
{
    const char *what = argv[1];
    if (strcmp(what, "every_way") == 0) {
        every_way();
        return 0;
    }
    by_malloc();
    char *p = result;
    dprintf(1, "0x%lx\n", reinterpret_cast<unsigned long>(p));
    if (strcmp(what, "overflow") == 0)
        strcpy(p + 38, "four"); // three bytes too many
    else if (strcmp(what, "long") == 0)
        memset(p + 40, 'x', 40);
    else if (strcmp(what, "underflow") == 0)
        p[-1] = 7;
    else if (strcmp(what, "at_exit") == 0)
        p[40] = 'x';
    if (strcmp(what, "at_exit") == 0 || strcmp(what, "none") == 0)
        return 0;
    by_free(p);
    if (strcmp(what, "double") == 0)
        by_free(p);
    if (strcmp(what, "after_free") == 0)
        p[8] = 9;
    if (strcmp(what, "usable") == 0) {
        by_malloc();
        memset(result, 1, malloc_usable_size(result));
        by_free(result);
    }
    by_malloc();
    by_free(result);
    return 0;
}
