// SPDX-License-Identifier: MIT
// The releases that glibc 2.36 does not have: what they give back can be allocated again, NULL is
// nothing, errno stays. For one pool with a single chunk.
#include <dlfcn.h>
#include <errno.h>
#include <malloc.h>
#include <stdlib.h>
#include "say.h"

int main(void)
{
    void (*free_sized)(void *, size_t) = dlsym(RTLD_DEFAULT, "free_sized");
    void (*free_aligned_sized)(void *, size_t, size_t) = dlsym(RTLD_DEFAULT, "free_aligned_sized");
    void (*cfree)(void *) = dlsym(RTLD_DEFAULT, "cfree");
    errno = 77;
    void *first = malloc(100), *p;
    say("%d", !first);
    free_sized(first, 100);
    say(" %d", (p = aligned_alloc(64, 100)) != first);
    free_aligned_sized(p, 64, 100);
    say(" %d", (p = malloc(10)) != first);
    cfree(p);
    free_sized(NULL, 5);
    free_aligned_sized(NULL, 16, 5);
    cfree(NULL);
    say(" %d", (p = malloc(10)) != first);
    say(" %d\n", errno);
    return say_all();
}
