// SPDX-License-Identifier: MIT
// System calls that are made without libc's functions: other preloaded libraries replace those (faketime,
// fakeroot, ...), and theirs may allocate while we hold a lock, or be called when they have ended already.
#ifndef OS_CALL_H
#define OS_CALL_H

#include <sys/syscall.h>

#include "base.h"

// The kernel's answer: -errno of failures, errno is left alone. No cancellation point.
INLINE long os_call_4(long number, long a, long b, long c, long d)
{
#if defined(__x86_64__)
    register long fourth __asm__("r10") = d;
    long result;
    __asm__ volatile("syscall" : "=a"(result)
                     : "0"(number), "D"(a), "S"(b), "d"(c), "r"(fourth) : "rcx", "r11", "memory");
    return result;
#elif defined(__aarch64__)
    register long x8 __asm__("x8") = number;
    register long x0 __asm__("x0") = a;
    register long x1 __asm__("x1") = b;
    register long x2 __asm__("x2") = c;
    register long x3 __asm__("x3") = d;
    __asm__ volatile("svc 0" : "+r"(x0) : "r"(x8), "r"(x1), "r"(x2), "r"(x3) : "memory");
    return x0;
#else
#error "system calls of this processor are not known here"
#endif
}

// With as many arguments as the call has, each a number or a pointer.
#define os_call(...) OS_CALL_(__VA_ARGS__, 0, 0, 0, 0, 0)
#define OS_CALL_(number, a, b, c, d, ...) os_call_4(number, (long)(a), (long)(b), (long)(c), (long)(d))

#endif
