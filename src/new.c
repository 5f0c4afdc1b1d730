// SPDX-License-Identifier: MIT
// Every form of C++ operator new and delete. Without them a C++ program would bypass the pools
// whenever the next malloc exports its own. The Itanium C++ ABI names; size_t is unsigned long (m).
// Compiled with -fexceptions, because std::bad_alloc and what a new_handler throws pass through.
#include <stdlib.h>

#include "heap.h"
#include "message.h"
#include "next.h"

typedef void (*new_handler)(void);
struct nothrow; // std::nothrow_t, only ever passed by reference

// The C++ runtime's functions, of whichever one the program has (libstdc++, libc++).
static new_handler current_handler(void)
{
    new_handler (*get)(void) = (new_handler(*)(void))next_symbol("_ZSt15get_new_handlerv");
    return get ? get() : NULL;
}

SLOW static _Noreturn void throw_bad_alloc(void)
{
    void (*throw_it)(void) = (void (*)(void))next_symbol("_ZSt17__throw_bad_allocv");
    if (throw_it)
        throw_it();
    message_abort("operator new failed, and there is no C++ runtime to throw std::bad_alloc");
}

// [new.delete.single]: call the handler and try again until it gives up, by throwing or by there
// being none.
SLOW static void *new_retry(size_t alignment, size_t size)
{
    for (;;) {
        new_handler handler = current_handler();
        if (!handler)
            throw_bad_alloc();
        handler();
        void *p = heap_alloc_aligned(alignment, size);
        if (p)
            return p;
    }
}

// The nothrow forms must turn what a handler throws into NULL, which takes C++: libstdc++'s own form
// does, around a call of the throwing operator, which is ours. Without a handler NULL is certain.
SLOW static void *new_retry_nothrow(const char *symbol, size_t size, const struct nothrow *tag)
{
    void *(*retry)(size_t, const struct nothrow *) =
        (void *(*)(size_t, const struct nothrow *))next_symbol(symbol);
    return current_handler() && retry ? retry(size, tag) : NULL;
}

SLOW static void *new_retry_aligned_nothrow(const char *symbol, size_t size, size_t alignment,
                                            const struct nothrow *tag)
{
    void *(*retry)(size_t, size_t, const struct nothrow *) =
        (void *(*)(size_t, size_t, const struct nothrow *))next_symbol(symbol);
    return current_handler() && retry ? retry(size, alignment, tag) : NULL;
}

// new: single (w) and array (a)
#define NEW(letter) \
    EXPORT void *_Zn##letter##m(size_t size); \
    EXPORT void *_Zn##letter##m(size_t size) \
    { \
        void *p = heap_alloc(size); \
        return likely(p) ? p : new_retry(ALIGN_MIN, size); \
    } \
    EXPORT void *_Zn##letter##mRKSt9nothrow_t(size_t size, const struct nothrow *tag); \
    EXPORT void *_Zn##letter##mRKSt9nothrow_t(size_t size, const struct nothrow *tag) \
    { \
        void *p = heap_alloc(size); \
        return likely(p) ? p : new_retry_nothrow("_Zn" #letter "mRKSt9nothrow_t", size, tag); \
    } \
    EXPORT void *_Zn##letter##mSt11align_val_t(size_t size, size_t alignment); \
    EXPORT void *_Zn##letter##mSt11align_val_t(size_t size, size_t alignment) \
    { \
        void *p = heap_alloc_aligned(alignment, size); \
        return likely(p) ? p : new_retry(alignment, size); \
    } \
    EXPORT void *_Zn##letter##mSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, \
                                                            const struct nothrow *tag); \
    EXPORT void *_Zn##letter##mSt11align_val_tRKSt9nothrow_t(size_t size, size_t alignment, \
                                                            const struct nothrow *tag) \
    { \
        void *p = heap_alloc_aligned(alignment, size); \
        return likely(p) ? p \
                         : new_retry_aligned_nothrow("_Zn" #letter "mSt11align_val_tRKSt9nothrow_t", \
                                                     size, alignment, tag); \
    }
NEW(w)
NEW(a)
#undef NEW

// delete: all six forms of each do the same
#define DELETE(name, ...) \
    EXPORT void name(void *p, ##__VA_ARGS__); \
    EXPORT void name(void *p, ##__VA_ARGS__) \
    { \
        heap_free(p); \
    }
DELETE(_ZdlPv)
DELETE(_ZdaPv)
DELETE(_ZdlPvm, size_t size __attribute__((unused)))
DELETE(_ZdaPvm, size_t size __attribute__((unused)))
DELETE(_ZdlPvRKSt9nothrow_t, const struct nothrow *tag __attribute__((unused)))
DELETE(_ZdaPvRKSt9nothrow_t, const struct nothrow *tag __attribute__((unused)))
DELETE(_ZdlPvSt11align_val_t, size_t alignment __attribute__((unused)))
DELETE(_ZdaPvSt11align_val_t, size_t alignment __attribute__((unused)))
DELETE(_ZdlPvmSt11align_val_t, size_t size __attribute__((unused)),
       size_t alignment __attribute__((unused)))
DELETE(_ZdaPvmSt11align_val_t, size_t size __attribute__((unused)),
       size_t alignment __attribute__((unused)))
DELETE(_ZdlPvSt11align_val_tRKSt9nothrow_t, size_t alignment __attribute__((unused)),
       const struct nothrow *tag __attribute__((unused)))
DELETE(_ZdaPvSt11align_val_tRKSt9nothrow_t, size_t alignment __attribute__((unused)),
       const struct nothrow *tag __attribute__((unused)))
#undef DELETE
