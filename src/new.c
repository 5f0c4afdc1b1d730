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

// A nothrow form that has asked the pools leaves the number of bytes here, and reaches the throwing
// form by way of libstdc++ with SIZE_MAX in its place, for which no pool is asked.
static TLS size_t asked;

// [new.delete.single]: call the handler and try again until it gives up, by throwing or by there
// being none.
SLOW static void *new_retry(size_t alignment, size_t size)
{
    if (size == SIZE_MAX && asked != 0) {
        size = asked;
        asked = 0;
    }
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

// What all other forms come down to. As [new.delete] has it, those call these by their public names,
// so that a program which replaces some forms gets its own for all that follow from them. The library
// is compiled with -fsemantic-interposition for this.

#define EXPORTED(type, name, ...) \
    EXPORT type name(__VA_ARGS__); \
    EXPORT type name(__VA_ARGS__)

NOINLINE static void *new_slow(size_t size)
{
    void *p = heap_alloc_slow_for(size, CALLER());
    return likely(p) ? p : new_retry(ALIGN_MIN, size);
}

EXPORTED(void *, _Znwm, size_t size)
{
    void *chunk;
    return likely(heap_alloc_fast(size, &chunk)) ? chunk : new_slow(size);
}

EXPORTED(void *, _ZnwmSt11align_val_t, size_t size, size_t alignment)
{
    void *p = heap_alloc_aligned(alignment, size);
    return likely(p) ? p : new_retry(alignment, size);
}

EXPORTED(void *, _Znam, size_t size)
{
    return _Znwm(size);
}

EXPORTED(void *, _ZnamSt11align_val_t, size_t size, size_t alignment)
{
    return _ZnwmSt11align_val_t(size, alignment);
}

EXPORTED(void, _ZdlPv, void *p)
{
    heap_free(p);
}

EXPORTED(void, _ZdlPvSt11align_val_t, void *p, size_t alignment)
{
    (void)alignment;
    heap_free(p);
}

EXPORTED(void, _ZdaPv, void *p)
{
    _ZdlPv(p);
}

EXPORTED(void, _ZdaPvSt11align_val_t, void *p, size_t alignment)
{
    _ZdlPvSt11align_val_t(p, alignment);
}

// delete with a size or a tag

#define DELETE(name, of, ...) \
    EXPORTED(void, name, void *p, __VA_ARGS__) \
    { \
        of(p); \
    }
#define DELETE_ALIGNED(name, of, ...) \
    EXPORTED(void, name, void *p, __VA_ARGS__) \
    { \
        of(p, alignment); \
    }
#define UNUSED __attribute__((unused))
DELETE(_ZdlPvm, _ZdlPv, UNUSED size_t size)
DELETE(_ZdaPvm, _ZdaPv, UNUSED size_t size)
DELETE(_ZdlPvRKSt9nothrow_t, _ZdlPv, UNUSED const struct nothrow *tag)
DELETE(_ZdaPvRKSt9nothrow_t, _ZdaPv, UNUSED const struct nothrow *tag)
DELETE_ALIGNED(_ZdlPvmSt11align_val_t, _ZdlPvSt11align_val_t, UNUSED size_t size, size_t alignment)
DELETE_ALIGNED(_ZdaPvmSt11align_val_t, _ZdaPvSt11align_val_t, UNUSED size_t size, size_t alignment)
DELETE_ALIGNED(_ZdlPvSt11align_val_tRKSt9nothrow_t, _ZdlPvSt11align_val_t, size_t alignment,
               UNUSED const struct nothrow *tag)
DELETE_ALIGNED(_ZdaPvSt11align_val_tRKSt9nothrow_t, _ZdaPvSt11align_val_t, size_t alignment,
               UNUSED const struct nothrow *tag)

// new, nothrow: what a handler throws must become NULL, which takes C++. libstdc++'s own form does it,
// around a call of the throwing operator. It is needed when that operator is the program's (`own` is
// false), or there is a handler; otherwise NULL is certain.

typedef void *nothrow_form(size_t size, const struct nothrow *tag);
typedef void *aligned_nothrow_form(size_t size, size_t alignment, const struct nothrow *tag);

// The form, if it is needed; *size is what to pass to it.
SLOW static void *cxx_form(const char *symbol, bool own, size_t *size)
{
    void *form = next_symbol(symbol);
    if (!form || (own && !current_handler()))
        return NULL;
    if (own) {
        asked = max_u64(*size, 1);
        *size = SIZE_MAX;
    }
    return form;
}

#define NOTHROW(name, own) \
    EXPORTED(void *, name, size_t size, const struct nothrow *tag) \
    { \
        void *p = own ? heap_alloc_for(size, CALLER()) : NULL; \
        if (likely(p)) \
            return p; \
        nothrow_form *form = (nothrow_form *)cxx_form(#name, own, &size); \
        return form ? form(size, tag) : NULL; \
    }
#define ALIGNED_NOTHROW(name, own) \
    EXPORTED(void *, name, size_t size, size_t alignment, const struct nothrow *tag) \
    { \
        void *p = own ? heap_alloc_aligned(alignment, size) : NULL; \
        if (likely(p)) \
            return p; \
        aligned_nothrow_form *form = (aligned_nothrow_form *)cxx_form(#name, own, &size); \
        return form ? form(size, alignment, tag) : NULL; \
    }

// A form's public name leads to our own. Both addresses are hidden from the compiler (clang), which
// knows better than the linker that they are equal, or not.
static bool is_own(void *found, void *own)
{
    IN_REGISTER(found);
    IN_REGISTER(own);
    return found == own;
}

// The library's own forms, by names that no program can replace.
#define HIDDEN_ALIAS(name, of, ...) \
    extern void *name(__VA_ARGS__) __attribute__((alias(#of), visibility("hidden")));
HIDDEN_ALIAS(own_new, _Znwm, size_t)
HIDDEN_ALIAS(own_new_array, _Znam, size_t)
HIDDEN_ALIAS(own_new_aligned, _ZnwmSt11align_val_t, size_t, size_t)
HIDDEN_ALIAS(own_new_aligned_array, _ZnamSt11align_val_t, size_t, size_t)

#define IS_OWN(name, own) is_own((void *)(name), (void *)(own))
NOTHROW(_ZnwmRKSt9nothrow_t, IS_OWN(_Znwm, own_new))
NOTHROW(_ZnamRKSt9nothrow_t, (IS_OWN(_Znwm, own_new) && IS_OWN(_Znam, own_new_array)))
ALIGNED_NOTHROW(_ZnwmSt11align_val_tRKSt9nothrow_t, IS_OWN(_ZnwmSt11align_val_t, own_new_aligned))
ALIGNED_NOTHROW(_ZnamSt11align_val_tRKSt9nothrow_t,
                (IS_OWN(_ZnwmSt11align_val_t, own_new_aligned)
                 && IS_OWN(_ZnamSt11align_val_t, own_new_aligned_array)))
