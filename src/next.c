// SPDX-License-Identifier: MIT
#include "next.h"

#include <dlfcn.h>
#include <errno.h>
#include <limits.h>
#include <link.h>
#include <string.h>

#include "message.h"
#include "os.h"

// The arena: blocks are handed out once, each behind a word that holds its size. Only the thread
// that starts the library comes here, until it has called next_resolve; all others wait for it.
enum { ARENA_BYTES = 64 * 1024 };
static struct {
    _Alignas(ALIGN_MIN) char bytes[ARENA_BYTES];
} arena FAR;
static _Atomic size_t arena_used;

RESIDENT bool next_is_bootstrap(const void *p)
{
    return (uintptr_t)p - (uintptr_t)arena.bytes < ARENA_BYTES;
}

RESIDENT size_t next_bootstrap_size(const void *p)
{
    return ((const size_t *)p)[-1];
}

static size_t bootstrap_usable_size(void *p)
{
    return p ? next_bootstrap_size(p) : 0;
}

static void *bootstrap_memalign(size_t alignment, size_t size)
{
    alignment = max_u64(alignment, ALIGN_MIN);
    if (size > ARENA_BYTES || alignment > ARENA_BYTES)
        goto full;
    size_t step = align_up(size, ALIGN_MIN) + alignment + ALIGN_MIN;
    size_t at = atomic_fetch_add_explicit(&arena_used, step, memory_order_relaxed);
    if (at + step > ARENA_BYTES)
        goto full;
    char *p = (char *)align_up((uintptr_t)arena.bytes + at + sizeof(size_t), alignment);
    ((size_t *)(void *)p)[-1] = size;
    return p;
full:
    errno = ENOMEM;
    return NULL;
}

static void *bootstrap_malloc(size_t size)
{
    return bootstrap_memalign(ALIGN_MIN, size);
}

static void *bootstrap_calloc(size_t count, size_t size)
{
    size_t bytes;
    if (__builtin_mul_overflow(count, size, &bytes))
        bytes = SIZE_MAX;
    return bootstrap_malloc(bytes); // never used before, so zero
}

static void *bootstrap_realloc(void *p, size_t size)
{
    void *moved = bootstrap_malloc(size);
    if (moved && p)
        memcpy(moved, p, min_u64(size, bootstrap_usable_size(p)));
    return moved;
}

static void bootstrap_free(void *p)
{
    (void)p;
}

struct next next = {
    .malloc = bootstrap_malloc,
    .free = bootstrap_free,
    .calloc = bootstrap_calloc,
    .realloc = bootstrap_realloc,
    .memalign = bootstrap_memalign,
    .malloc_usable_size = bootstrap_usable_size,
};

// The next malloc's own free, where it needs what the functions below add.
static void (*found_free)(void *p);

// POSIX 2024 has free leave errno alone; of the mallocs, only glibc's has promised it: since 2.33 (free(3)),
// which is the first that has mallinfo2.
static bool free_keeps_errno(bool is_libcs)
{
    return is_libcs && next_symbol("mallinfo2");
}

RESIDENT static void free_quietly(void *p)
{
    int saved_errno = errno;
    found_free(p);
    errno = saved_errno;
}

RESIDENT static void free_unless_bootstrap(void *p)
{
    if (!next_is_bootstrap(p))
        free_quietly(p);
}

void next_resolve(void)
{
    struct next found;
#define NEXT(type, name, parameters) \
    found.name = (type(*) parameters)next_symbol(#name); \
    if (!found.name) \
        message_abort("no other malloc behind this library has %s()", #name);
#include "next.def"
    found_free = found.free;
    bool is_libcs = os_is_in_libc((void *)found.free);
    // Before the arena is looked at: what is not found leaves a message there.
    bool keeps_errno = free_keeps_errno(is_libcs);
    if (atomic_load_explicit(&arena_used, memory_order_relaxed) > 0)
        found.free = free_unless_bootstrap;
    else if (!keeps_errno)
        found.free = free_quietly;
    next = found;
    // glibc's malloc starts itself on its first call, without a lock: a program has one thread then.
    // Where pools serve all that comes before the threads, two of them might be its first callers,
    // both take its main arena for theirs, and the second to end finds it left already. An option that there
    // is not makes it start, without memory (one so far off that it is not looked up in a table, which would
    // be a page more); and so does a request.
    int (*option)(int which, int value) = is_libcs ? (int (*)(int, int))next_symbol("mallopt") : NULL;
    if (option)
        option(INT_MAX, 0);
    else if (is_libcs)
        next.free(next.malloc(1));
}

void *next_symbol(const char *name)
{
    return dlsym(RTLD_NEXT, name);
}

const char *next_who_precedes(const void *code_of_ours)
{
    void *first = dlsym(RTLD_DEFAULT, "malloc");
    Dl_info theirs;
    void *symbol = NULL;
    if (!first || os_object_of(first, code_of_ours) || !dladdr1(first, &theirs, &symbol, RTLD_DL_SYMENT))
        return NULL;
    // A program that is not PIE and takes malloc's address has a stub for it, an undefined symbol
    // with an address, which leads to whoever is first.
    if (symbol && ((const ElfW(Sym) *)symbol)->st_shndx == SHN_UNDEF)
        return NULL;
    return theirs.dli_fname;
}
