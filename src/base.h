// SPDX-License-Identifier: MIT
// What every file may use: attributes, small arithmetic, limits. No state, no functions out of line.
// All compiler conditionals of the project are here.
#ifndef BASE_H
#define BASE_H

#include <stdatomic.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define EXPORT __attribute__((visibility("default")))
#define SLOW __attribute__((noinline, cold))
#define NOINLINE __attribute__((noinline))
#define INLINE static inline __attribute__((always_inline))
#define PRINTF(format_at, first_at) __attribute__((format(printf, format_at, first_at)))
#define CACHE_ALIGNED __attribute__((aligned(CACHE_LINE)))

// Variables without a first value, of which most programs touch nothing, or only the beginning: the linker
// puts them behind all others (by --sort-section=name), the former last, so that what is touched lies
// together in few pages.
#define FAR __attribute__((section(".bss.unused")))
#define LARGE __attribute__((section(".bss.large")))

// Functions that programs use while they run, or when they end, in files whose others are used seldom or when
// the library starts: see resident.ld.
#define RESIDENT __attribute__((section(".text.resident")))

// Thread-local words that the fast path reads: initial-exec, because the dynamic TLS model
// allocates on a thread's first touch.
#define TLS _Thread_local __attribute__((tls_model("initial-exec")))

#define likely(x) __builtin_expect(!!(x), 1)
#define unlikely(x) __builtin_expect(!!(x), 0)

#ifndef __FILE_NAME__ // before gcc 12
#define __FILE_NAME__ __FILE__
#endif

#define ARRAY_LENGTH(a) (sizeof(a) / sizeof *(a))

enum {
    CACHE_LINE = 64,
    MALLOC_POOLS_MAX = 64, // malloc pools that a configuration may declare
    NAMED_POOLS_MAX = 192, // named pools, of a configuration (pool and pbuf lines) and the program's
    // A pool has one index everywhere: malloc pools from 0, named pools from here. The two between
    // are values of the routing table, see route.h.
    NAMED_POOLS_FIRST = MALLOC_POOLS_MAX + 2,
    POOLS_MAX = NAMED_POOLS_FIRST + NAMED_POOLS_MAX,
    NAME_MAX_BYTES = 64,   // of a pool's name, with its NUL
    ALIGN_MIN = 16,        // every pointer is aligned to this at least, as glibc's are
};

// A count of chunks that means "grows on demand".
#define COUNT_UNLIMITED UINT64_MAX

// Makes the compiler keep a pointer in one register, and address a structure's fields from there,
// instead of computing each field's address anew from what the pointer was made of.
#define IN_REGISTER(pointer) __asm__("" : "+r"(pointer))

// Where the function that says this returns to. In a function that an exported one jumps to as its last
// act, as the slow paths of malloc and free are, that is in the program: who called malloc.
#define CALLER() __builtin_extract_return_addr(__builtin_return_address(0))

// Adds to a word that no other thread writes. Of the load, the addition and the store, gcc makes three
// instructions where one does (clang makes one).
INLINE void add_relaxed(_Atomic uint64_t *word, uint64_t n)
{
#if defined(__x86_64__)
    __asm__("addq %1, %0" : "+m"(*word) : "re"(n) : "cc");
#else
    uint64_t value = atomic_load_explicit(word, memory_order_relaxed);
    atomic_store_explicit(word, value + n, memory_order_relaxed);
#endif
}

// 1 in builds with ThreadSanitizer: it forgets a thread in the last round of its destructors.
#ifdef __SANITIZE_THREAD__
#define THREAD_SANITIZER 1
#else
#define THREAD_SANITIZER 0
#endif

// A hint to the processor that this is a spin loop.
INLINE void cpu_relax(void)
{
#if defined(__x86_64__)
    __builtin_ia32_pause();
#elif defined(__aarch64__)
    __asm__ volatile("isb");
#else
#error "poolmalloc supports x86-64 and aarch64"
#endif
}

INLINE uint64_t align_up(uint64_t n, uint64_t power_of_two)
{
    return (n + power_of_two - 1) & ~(power_of_two - 1);
}

INLINE bool is_power_of_two(uint64_t n)
{
    return n != 0 && (n & (n - 1)) == 0;
}

// floor(log2(n)), n > 0.
INLINE unsigned log2_floor(uint64_t n)
{
    return 63U - (unsigned)__builtin_clzll(n);
}

// ceil(log2(n)), n > 0.
INLINE unsigned log2_ceil(uint64_t n)
{
    return n == 1 ? 0 : log2_floor(n - 1) + 1;
}

INLINE uint64_t min_u64(uint64_t a, uint64_t b)
{
    return a < b ? a : b;
}

INLINE uint64_t max_u64(uint64_t a, uint64_t b)
{
    return a > b ? a : b;
}

#endif
