// SPDX-License-Identifier: MIT
// What every function of the malloc family does at its edges, line by line: results, errno, alignment.
// Under the library, whatever its pools (up to 32 KiB at least), the lines are those of glibc alone.
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "say.h"

static size_t power_of_two_from(size_t n)
{
    size_t power = 16;
    while (power < n && power)
        power *= 2;
    return power;
}

static void show(const char *call, size_t a, size_t b, size_t alignment, void *p)
{
    int error = errno;
    say("%s(%zx, %zx): %s, errno %d%s%s\n", call, a, b, p ? "block" : "NULL", error,
        p && (uintptr_t)p % power_of_two_from(alignment) ? ", misaligned" : "",
        p && malloc_usable_size(p) < (alignment ? b : 0) ? ", too small" : "");
    errno = 77;
    free(p);
    if (errno != 77)
        say("free: errno %d\n", errno);
}

#define SHOW(call, a, b, alignment, ...) (errno = 77, show(call, a, b, alignment, __VA_ARGS__))

static const size_t sizes[] = {0, 1, 15, 16, 17, 100, 4095, 4096, 4097, 32768, PTRDIFF_MAX - 4096,
                               PTRDIFF_MAX, (size_t)PTRDIFF_MAX + 1, SIZE_MAX - 4096, SIZE_MAX - 15,
                               SIZE_MAX};
static const size_t alignments[] = {0, 1, 2, 3, 4, 7, 8, 9, 16, 17, 24, 31, 32, 48, 64, 100, 128, 1000,
                                    4096, 4097, 8192, 1UL << 40, 1UL << 62, 1UL << 63,
                                    (1UL << 63) + 1, SIZE_MAX};
#define EACH(i, list) for (size_t i = 0; i < sizeof list / sizeof *list; i++)

static void show_posix_memalign(size_t alignment, size_t size)
{
    void *p = &p;
    errno = 77;
    int error = posix_memalign(&p, alignment, size);
    if (error == ENOMEM && errno == ENOMEM)
        errno = 77; // glibc sets it; POSIX has it neither way
    say("posix_memalign(%zx, %zx): %d, errno %d%s%s\n", alignment, size, error, errno,
        (p == &p) == (error != 0) ? "" : ", memptr", error || (uintptr_t)p % alignment == 0 ? "" : ", misaligned");
    if (!error)
        free(p);
}

static void show_realloc(size_t old_size, size_t size)
{
    char *p = malloc(old_size);
    memset(p, 'x', old_size);
    errno = 77;
    char *q = realloc(p, size);
    say("realloc(malloc(%zx), %zx): %s, errno %d\n", old_size, size, q ? "block" : "NULL", errno);
    char *kept = q ? q : size ? p : NULL;
    for (size_t i = 0; kept && i < old_size && i < size; i++)
        if (kept[i] != 'x')
            say("byte %zu lost\n", i);
    free(kept);
}

static void show_kept_block(void)
{
    char *p = strcpy(malloc(100), "kept");
    size_t usable = malloc_usable_size(p);
    static const size_t counts[] = {2, 16, SIZE_MAX / 2, SIZE_MAX};
    EACH(i, counts) {
        errno = 77;
        say("reallocarray(p, %zx, %zx): %s, errno %d", counts[i], SIZE_MAX / 2,
            reallocarray(p, counts[i], SIZE_MAX / 2) ? "block" : "NULL", errno);
        say(", %s, %d\n", p, malloc_usable_size(p) == usable);
    }
    errno = 77;
    say("reallocarray(p, 0, 5): %s, errno %d\n", reallocarray(p, 0, 5) ? "block" : "NULL", errno);
}

int main(void)
{
    EACH(i, sizes) {
        size_t n = sizes[i];
        SHOW("malloc", 0, n, 16, malloc(n));
        SHOW("calloc", 1, n, 16, calloc(1, n));
        SHOW("calloc", n, 2, 0, n < 16000 || n > 32768 ? calloc(n, 2) : NULL);
        SHOW("calloc", 0, n, 0, calloc(0, n));
        SHOW("calloc", n, n, 0, n < 200 || n > 32768 ? calloc(n, n) : NULL);
        SHOW("realloc", 0, n, 16, realloc(NULL, n));
        SHOW("reallocarray", n, 2, 0, n < 16000 || n > 32768 ? reallocarray(NULL, n, 2) : NULL);
        SHOW("valloc", 0, n, 4096, valloc(n));
        SHOW("pvalloc", 0, n, 4096, pvalloc(n));
        EACH(j, alignments) {
            size_t a = alignments[j];
            if (a == 1UL << 40 && n <= 32768)
                continue; // depends on the memory of the machine
            SHOW("memalign", a, n, a + !a, memalign(a, n));
            SHOW("aligned_alloc", a, n, a + !a, aligned_alloc(a, n));
            show_posix_memalign(a, n);
        }
        EACH(j, sizes)
            if (sizes[j] <= 32768)
                show_realloc(sizes[j], n);
    }
    show_kept_block();
    void *zero = malloc(0), *other = malloc(0);
    say("malloc(0) is unique: %d\n", zero != other);
    say("malloc_usable_size(NULL): %zu\n", malloc_usable_size(NULL));
    errno = 77;
    free(NULL);
    say("free(NULL): errno %d\n", errno);
    return say_all();
}
