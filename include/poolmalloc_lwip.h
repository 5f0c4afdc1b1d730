// SPDX-License-Identifier: MIT
// lwIP's memory functions on pools of this library, for programs written for lwIP: with the program's
// own lwippools.h and lwipopts.h on the include path, code that uses the pools compiles unchanged.
//
//   memp_malloc(MEMP_name), memp_free        the pools of lwippools.h, of all three kinds
//   mem_malloc, mem_calloc, mem_trim, mem_free   its LWIP_MALLOC_MEMPOOLs, by lwIP's rules
//   LWIP_MEMPOOL_DECLARE, _PROTOTYPE, _INIT, _ALLOC, _FREE   private pools
//
// Set-up. The directory poolmalloc-lwip beside this header holds lwip/mem.h, lwip/memp.h and
// lwip/opt.h, which include it: put it on the include path, or include this header. One source file
// of the program defines the pools, where the types that lwippools.h takes the size of are known:
//
//   #include "the_types.h"
//   #define PM_LWIP_DEFINE
//   #include <poolmalloc_lwip.h>
//
// Statistics, misuse checks and exactness are those of poolmalloc.h; pm_lwip_pool(MEMP_name) is the
// pool for the functions there, and for pm_pbuf_alloc. Any thread may call everything here.
//
// A pool of pools.conf (a line `pool` or `pbuf`) with the name of an entry takes its place, if its
// chunks are large enough: counts can be tried without compiling anew.
//
// lwippools.h is read once in each source file, at file scope, not six times as in lwIP. So much of what
// lwIP rejects is welcome: an include guard, definitions of every kind, malloc pools whose size is
// sizeof(...), several LWIP_MALLOC_MEMPOOL_START blocks or none, and `;` behind entries.
// Other malloc pools that lwIP rejects, of equal sizes or of a size like 256+16, are welcome with
//   #define PM_LWIP_POOL_NAMES 0
// in lwipopts.h, before this header, or as -D. It costs the constants MEMP_POOL_size (MEMP_POOL_256),
// because the preprocessor makes a name of one word or number only, and C takes each name once. All source
// files must see the same entries, in the same order; a program in which they don't says so and aborts at
// start-up.
//
// What differs from lwIP, beside the bugs that are not copied:
//   Numbers have size_t, where lwIP computes in 16 bits.
//   mem_malloc uses malloc pools only, not other kinds that stand between START and END.
//   mem_free(NULL) does nothing. A pointer that mem_malloc did not return is an invalid free, see
//     on_invalid_free of pools.conf.
//   Chunks are aligned to 16 bytes at least; to more by MEM_ALIGNMENT, but not with MEMP_MEM_MALLOC, and
//     in private pools up to 64.
//   MEMP_MEM_MALLOC still enforces the counts. MEM_USE_POOLS 0: mem_malloc is malloc.
//   MEMP_POOL_FIRST and MEMP_POOL_LAST are asked for at run time: no constants, but good for loops.
//   memp_malloc(MEMP_POOL_256) is a chunk of 256 bytes; lwIP's has room for mem_malloc's header too.
#ifndef POOLMALLOC_LWIP_H
#define POOLMALLOC_LWIP_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "poolmalloc.h"
#include "poolmalloc_pbuf.h"

#if __has_include("lwipopts.h")
#include "lwipopts.h"
#endif
#if __has_include("arch/cc.h")
#include "arch/cc.h"
#endif

// lwIP's defaults, but that the pools are on.
#ifndef MEM_USE_POOLS
#define MEM_USE_POOLS 1
#endif
#ifndef MEMP_USE_CUSTOM_POOLS
#define MEMP_USE_CUSTOM_POOLS 1
#endif
#ifndef MEM_USE_POOLS_TRY_BIGGER_POOL
#define MEM_USE_POOLS_TRY_BIGGER_POOL 0
#endif
#ifndef MEMP_MEM_MALLOC
#define MEMP_MEM_MALLOC 0
#endif
#ifndef MEM_ALIGNMENT
#define MEM_ALIGNMENT 1
#endif
#ifndef PM_LWIP_POOL_NAMES
#define PM_LWIP_POOL_NAMES 1
#endif
#ifndef LWIP_MEM_ALIGN_SIZE
#define LWIP_MEM_ALIGN_SIZE(size) \
    (((size_t)(size) + (MEM_ALIGNMENT) - 1) & ~((size_t)(MEM_ALIGNMENT) - 1))
#endif
#ifndef LWIP_PLATFORM_ASSERT
#define LWIP_PLATFORM_ASSERT(message) pm_lwip_die(message, "assertion")
#endif

#if !defined(LWIP_NO_STDINT_H) || !LWIP_NO_STDINT_H
typedef uint8_t u8_t;
typedef int8_t s8_t;
typedef uint16_t u16_t;
typedef int16_t s16_t;
typedef uint32_t u32_t;
typedef int32_t s32_t;
typedef uintptr_t mem_ptr_t;
#endif
typedef size_t mem_size_t;
typedef unsigned memp_t; // MEMP_name, from 0 in the order of lwippools.h, below MEMP_MAX

#ifdef __cplusplus
extern "C" {
#endif

static inline void pm_lwip_die(const char *what, const char *why)
{
    fprintf(stderr, "poolmalloc_lwip: %s: %s\n", what, why);
    abort();
}

// The functions have names of their own, so that a program may link liblwip as well.
#define memp_init pm_lwip_memp_init
#define memp_malloc pm_lwip_memp_malloc
#define memp_free pm_lwip_memp_free
#define mem_init pm_lwip_mem_init
#define mem_malloc pm_lwip_mem_malloc
#define mem_calloc pm_lwip_mem_calloc
#define mem_trim pm_lwip_mem_trim
#define mem_free pm_lwip_mem_free

// Make the pools, which the first use of any does as well.
void memp_init(void);
void mem_init(void);

// A chunk of a pool; NULL: none is free, or there is no such pool. free: NULL does nothing.
void *memp_malloc(memp_t type);
void memp_free(memp_t type, void *chunk);

// The first LWIP_MALLOC_MEMPOOL, in the order of lwippools.h, whose size rounded up to MEM_ALIGNMENT is
// enough is asked. When it is empty, NULL; or with MEM_USE_POOLS_TRY_BIGGER_POOL the later ones that are
// large enough are asked in turn, and `err` goes up in each that is empty. When none is large
// enough, LWIP_PLATFORM_ASSERT is called, and with LWIP_NOASSERT the result is NULL. mem_malloc(0) is
// a chunk of the first pool.
void *mem_malloc(mem_size_t size);

// The same, for count times size bytes, which are zero; NULL when the product overflows.
void *mem_calloc(mem_size_t count, mem_size_t size);

// Returns its argument: blocks do not shrink.
void *mem_trim(void *block, mem_size_t size);
void mem_free(void *block);

// Requests of mem_malloc and mem_calloc that ended in NULL, because no pool had a free chunk or none is
// large enough (lwIP: lwip_stats.mem.err). The pools' own err counts tries.
uint64_t pm_lwip_mem_err(void);

// The pool of an entry; NULL: it has no chunks, or there is no such entry.
pm_pool *pm_lwip_pool(memp_t type);

// The first and the last LWIP_MALLOC_MEMPOOL of lwippools.h; 1 and 0: there is none. Entries of other kinds
// may stand between them.
memp_t pm_lwip_malloc_pool_first(void);
memp_t pm_lwip_malloc_pool_last(void);
#define MEMP_POOL_FIRST pm_lwip_malloc_pool_first()
#define MEMP_POOL_LAST pm_lwip_malloc_pool_last()


// Private pools

#define memp_desc pm_static
#define LWIP_MEMPOOL_PROTOTYPE(name) extern struct pm_static memp_##name
#define LWIP_MEMPOOL_DECLARE(name, num, size, desc) \
    PM_POOL_DECLARE_AS(memp_##name, #name, num, LWIP_MEM_ALIGN_SIZE(size), desc);
#define LWIP_MEMPOOL_INIT(name) memp_init_pool(&memp_##name)
#define LWIP_MEMPOOL_ALLOC(name) memp_malloc_pool(&memp_##name)
#define LWIP_MEMPOOL_FREE(name, chunk) memp_free_pool(&memp_##name, (chunk))

// A pool of no chunks, or of chunks of no bytes, stays without pool: every request fails.
static inline void memp_init_pool(struct pm_static *desc)
{
    if (desc->count > 0 && desc->size > 0 && !pm_static_init(desc))
        pm_lwip_die(desc->name, strerror(errno));
}

static inline void *memp_malloc_pool(const struct pm_static *desc)
{
    return pm_alloc(desc->pool);
}

static inline void memp_free_pool(const struct pm_static *desc, void *chunk)
{
    if (chunk)
        pm_free(desc->pool, chunk);
}


// lwippools.h
//
// Each entry takes one number of __COUNTER__; the difference to that of the beginning is its MEMP_name.
// In the source file that defines the pools it leaves a description as well, and a pointer to that
// in a section of its own, which the linker makes an array of.

#ifdef __cplusplus
}
#endif

#if MEMP_USE_CUSTOM_POOLS && __has_include("lwippools.h")
#define PM_LWIP_JOIN_(a, b) a##b
#define PM_LWIP_JOIN(a, b) PM_LWIP_JOIN_(a, b)
#define PM_LWIP_INDEX(counter) ((counter) - pm_lwip_base - 1)

#ifdef PM_LWIP_DEFINE
enum pm_lwip_kind { PM_LWIP_NAMED, PM_LWIP_PBUF, PM_LWIP_MALLOC };

struct pm_lwip_entry {
    const char *name; // of a malloc pool: the text of its size
    const char *desc;
    size_t count, size; // as declared
    unsigned index;
    enum pm_lwip_kind kind;
};

#define PM_LWIP_ENTRY(counter, name, count, size, desc, kind) \
    static const struct pm_lwip_entry PM_LWIP_JOIN(pm_lwip_entry_, counter) = { \
        name, desc, count, size, PM_LWIP_INDEX(counter), kind}; \
    static const struct pm_lwip_entry *const PM_LWIP_JOIN(pm_lwip_pointer_, counter) \
        __attribute__((used, section("pm_lwip_entries"))) = &PM_LWIP_JOIN(pm_lwip_entry_, counter);
#else
#define PM_LWIP_ENTRY(counter, name, count, size, desc, kind)
#endif

#define PM_LWIP_NUMBERED(counter, constant, name, count, size, desc, kind) \
    enum { constant = PM_LWIP_INDEX(counter) }; \
    PM_LWIP_ENTRY(counter, name, count, size, desc, kind)

#define LWIP_MEMPOOL(name, num, size, desc) \
    PM_LWIP_NUMBERED(__COUNTER__, MEMP_##name, #name, num, size, desc, PM_LWIP_NAMED)
#define LWIP_PBUF_MEMPOOL(name, num, payload, desc) \
    PM_LWIP_NUMBERED(__COUNTER__, MEMP_##name, #name, num, payload, desc, PM_LWIP_PBUF)
#define PM_LWIP_UNNAMED(counter, constant, num, size, text) \
    PM_LWIP_NUMBERED(counter, PM_LWIP_JOIN(pm_lwip_constant_, counter), text, num, size, \
                     "MALLOC_" text, PM_LWIP_MALLOC)
#define LWIP_MALLOC_MEMPOOL_START
#if PM_LWIP_POOL_NAMES
// Its own name is for the compiler's message about a size that makes no name, or one that is there already.
#define PM_LWIP_NAMED_BUT_NOT_IF_PM_LWIP_POOL_NAMES_IS_0(counter, constant, num, size, text) \
    PM_LWIP_NUMBERED(counter, constant, text, num, size, "MALLOC_" text, PM_LWIP_MALLOC)
// Takes the macro for sizes that begin with sizeof, else the one for names.
#define PM_LWIP_FIRST_sizeof ~, PM_LWIP_UNNAMED,
#define PM_LWIP_SECOND(a, b, ...) b
#define PM_LWIP_CHOOSE(...) \
    PM_LWIP_SECOND(__VA_ARGS__, PM_LWIP_NAMED_BUT_NOT_IF_PM_LWIP_POOL_NAMES_IS_0, ~)
#define LWIP_MALLOC_MEMPOOL(num, size) \
    PM_LWIP_CHOOSE(PM_LWIP_FIRST_##size)(__COUNTER__, MEMP_POOL_##size, num, size, #size)
#else
#define LWIP_MALLOC_MEMPOOL(num, size) PM_LWIP_UNNAMED(__COUNTER__, ~, num, size, #size)
#endif
#define LWIP_MALLOC_MEMPOOL_END

enum { pm_lwip_base = __COUNTER__ };
#include "lwippools.h"
enum { MEMP_MAX = PM_LWIP_INDEX(__COUNTER__) };

#undef LWIP_MEMPOOL
#undef LWIP_PBUF_MEMPOOL
#undef LWIP_MALLOC_MEMPOOL_START
#undef LWIP_MALLOC_MEMPOOL
#undef LWIP_MALLOC_MEMPOOL_END

// Every source file tells the one that defines the pools how many it has seen: a number that another
// use of __COUNTER__ inside lwippools.h, or different macros there, have changed.
#ifdef __cplusplus
extern "C"
#endif
__attribute__((weak)) void pm_lwip_agree(unsigned entries, const char *file);

__attribute__((constructor)) static void pm_lwip_tell(void)
{
    if (pm_lwip_agree)
        pm_lwip_agree(MEMP_MAX, __BASE_FILE__);
}

#ifdef PM_LWIP_DEFINE
#include "poolmalloc_lwip_define.h"
#endif
#elif defined(PM_LWIP_DEFINE)
#error "there is no lwippools.h on the include path, or MEMP_USE_CUSTOM_POOLS is 0"
#endif

#elif defined(PM_LWIP_DEFINE) && !defined(POOLMALLOC_LWIP_DEFINE_H)
#error "PM_LWIP_DEFINE must be defined before poolmalloc_lwip.h is first included"
#endif
