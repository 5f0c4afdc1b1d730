// SPDX-License-Identifier: MIT
// System calls that are made without libc's functions: other preloaded libraries replace those (faketime,
// fakeroot, ...), and theirs may allocate while we hold a lock, or be called when they have ended already.
#ifndef OS_CALL_H
#define OS_CALL_H

#include <sys/syscall.h>

#include "base.h"

// The kernel's answer: -errno of failures, errno is left alone. No cancellation point.
INLINE long os_call_6(long number, long a, long b, long c, long d, long e, long f)
{
#if defined(__x86_64__)
    register long r10 __asm__("r10") = d;
    register long r8 __asm__("r8") = e;
    register long r9 __asm__("r9") = f;
    long result;
    __asm__ volatile("syscall" : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8), "r"(r9)
                     : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    register long x4 __asm__("x4") = e;
    register long x5 __asm__("x5") = f;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3), "r"(x4), "r"(x5) : "memory");
    return x0;
#else
#error "system calls of this processor are not known here"
#endif
}

// With as many arguments as the call has, each a number or a pointer.
#define os_call(...) OS_CALL_(__VA_ARGS__, 0, 0, 0, 0, 0, 0, 0)
#define OS_CALL_(number, a, b, c, d, e, f, ...) \
    os_call_6(number, (long)(a), (long)(b), (long)(c), (long)(d), (long)(e), (long)(f))

// Whether an answer, taken for a pointer, is none.
INLINE bool os_call_failed(long answer)
{
    return (unsigned long)answer >= -4095UL;
}

#endif
