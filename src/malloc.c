// SPDX-License-Identifier: MIT
// The exported malloc family: the rules that C, POSIX and glibc add to heap.h, and nothing else; and
// what happens when the program loads and leaves the library.
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>

#include "heap.h"
#include "message.h"
#include "next.h"
#include "os.h"
#include "runtime.h"

// The library is started by the program's first call, or here if there was none yet. Constructors
// get main's arguments (glibc).
RESIDENT __attribute__((constructor)) static void load(int argc, char **argv, char **variables)
{
    (void)argc;
    (void)argv;
    int saved_errno = errno;
    os_environment_start(variables);
    runtime_enter();
    const char *precedes = next_who_precedes((void *)load);
    if (precedes)
        message("the malloc of %s comes before this library's, so nothing reaches the pools; in "
                "LD_PRELOAD, libpoolmalloc.so must stand first", precedes);
    os_drop_rare_text();
    errno = saved_errno;
}

__attribute__((destructor)) static void unload(void)
{
    int saved_errno = errno;
    heap_end();
    errno = saved_errno;
}

// C

EXPORT void *malloc(size_t size)
{
    return heap_alloc(size);
}

EXPORT void free(void *p)
{
    heap_free(p);
}

EXPORT void *calloc(size_t count, size_t size)
{
    return heap_alloc_zeroed(count, size);
}

EXPORT void *realloc(void *p, size_t size)
{
    return heap_realloc(p, size);
}

static void *fail(int error)
{
    errno = error;
    return NULL;
}

// glibc takes any alignment here, and rounds up what is no power of two (memalign(3)).
INLINE void *align(size_t alignment, size_t size)
{
    if (alignment > SIZE_MAX / 2 + 1)
        return fail(EINVAL);
    return heap_alloc_aligned(alignment > 1 ? 1UL << log2_ceil(alignment) : 1, size);
}

EXPORT void *memalign(size_t alignment, size_t size)
{
    return align(alignment, size);
}

// C17 7.22.3.1; like glibc before 2.38, no error for an alignment that is no power of two.
EXPORT void *aligned_alloc(size_t alignment, size_t size)
{
    return align(alignment, size);
}

// C23
EXPORT void free_sized(void *p, size_t size);
EXPORT void free_sized(void *p, size_t size)
{
    (void)size;
    heap_free(p);
}

EXPORT void free_aligned_sized(void *p, size_t alignment, size_t size);
EXPORT void free_aligned_sized(void *p, size_t alignment, size_t size)
{
    (void)alignment;
    (void)size;
    heap_free(p);
}

// POSIX

// Returns the error; leaves errno alone, and *memptr on failure.
EXPORT int posix_memalign(void **memptr, size_t alignment, size_t size)
{
    if (!is_power_of_two(alignment) || alignment % sizeof(void *) != 0)
        return EINVAL;
    int saved_errno = errno;
    void *p = heap_alloc_aligned(alignment, size);
    errno = saved_errno;
    if (!p)
        return ENOMEM;
    *memptr = p;
    return 0;
}

// glibc and BSD

EXPORT void *reallocarray(void *p, size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        return fail(ENOMEM);
    return heap_realloc(p, bytes);
}

EXPORT void *valloc(size_t size)
{
    return heap_alloc_aligned(os_page_size(), size);
}

// Whole pages, at least one byte's worth of them as glibc has it: pvalloc(0) is a request of 0 bytes.
EXPORT void *pvalloc(size_t size)
{
    size_t page = os_page_size();
    if (size > PTRDIFF_MAX - page)
        return fail(ENOMEM);
    return heap_alloc_aligned(page, align_up(size, page));
}

EXPORT size_t malloc_usable_size(void *p)
{
    return heap_tell_usable_size(p);
}

EXPORT void cfree(void *p);
EXPORT void cfree(void *p)
{
    heap_free(p);
}
