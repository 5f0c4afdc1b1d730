// SPDX-License-Identifier: MIT
// Every form of operator new and delete: what each allocates can be written and is aligned, and each
// delete gives it back. Prints a line a form; under the library the lines are those without it.
#include <cstdint>
#include <cstring>
#include <initializer_list>
#include <malloc.h>
#include <new>
extern "C" {
#include "say.h"
}

using std::align_val_t;
using std::nothrow;

static void *used(const char *form, void *p, size_t size, size_t alignment)
{
    say("%s %zu: %s%s\n", form, size, p ? "block" : "NULL",
        (uintptr_t)p % alignment || malloc_usable_size(p) < size ? ", wrong" : "");
    return p ? memset(p, 0x5a, size) : p;
}

static void single(size_t n)
{
    operator delete(used("new", operator new(n), n, 16));
    operator delete(used("new, sized delete", operator new(n), n, 16), n);
    operator delete(used("new, nothrow", operator new(n, nothrow), n, 16), nothrow);
    for (size_t a = 16; a <= 4096; a *= 4) {
        align_val_t alignment{a};
        operator delete(used("new, aligned", operator new(n, alignment), n, a), alignment);
        operator delete(used("new, aligned, sized", operator new(n, alignment), n, a), n, alignment);
        operator delete(used("new, aligned, nothrow", operator new(n, alignment, nothrow), n, a), alignment, nothrow);
    }
}

static void array(size_t n)
{
    operator delete[](used("new[]", operator new[](n), n, 16));
    operator delete[](used("new[], sized delete", operator new[](n), n, 16), n);
    operator delete[](used("new[], nothrow", operator new[](n, nothrow), n, 16), nothrow);
    for (size_t a = 16; a <= 4096; a *= 4) {
        align_val_t alignment{a};
        operator delete[](used("new[], aligned", operator new[](n, alignment), n, a), alignment);
        operator delete[](used("new[], aligned, sized", operator new[](n, alignment), n, a), n, alignment);
        operator delete[](used("new[], aligned, nothrow", operator new[](n, alignment, nothrow), n, a), alignment, nothrow);
    }
}

struct alignas(256) wide { char bytes[300]; };

int main()
{
    for (size_t n : {0, 1, 16, 100, 1000, 5000}) {
        single(n);
        array(n);
    }
    for (int i = 0; i < 3; i++) {
        wide *w = new wide, *many = new wide[3];
        say("wide %d %d\n", (int)((uintptr_t)w % 256), (int)((uintptr_t)many % 256));
        delete w;
        delete[] many;
    }
    operator delete(nullptr);
    operator delete[](nullptr, align_val_t{64}, nothrow);
    try {
        operator new(SIZE_MAX);
    } catch (const std::bad_alloc &) {
        say("bad_alloc\n");
    }
    say("%d\n", operator new[](SIZE_MAX - 100, nothrow) == nullptr);
    return say_all();
}
