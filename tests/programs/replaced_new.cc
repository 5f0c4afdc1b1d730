// SPDX-License-Identifier: MIT
// A program that replaces operator new and delete, in their first form only, by its own, which put a
// header before each block: by the standard, all other forms but the aligned ones go there.
#include <cstdlib>
#include <new>
extern "C" {
#include "say.h"
}

static int allocated, freed;

void *operator new(size_t size)
{
    char *p = (char *)malloc(size + 64);
    allocated++;
    return p + 64;
}

void operator delete(void *p) noexcept
{
    freed++;
    if (p)
        free((char *)p - 64);
}

static void show(const char *form)
{
    say("%s: %d, %d\n", form, allocated, freed);
}

int main()
{
    operator delete(operator new(10));
    show("new");
    operator delete(operator new(10), 10);
    show("sized delete");
    operator delete(operator new(10, std::nothrow));
    show("nothrow new");
    operator delete(operator new(10), std::nothrow);
    show("nothrow delete");
    operator delete[](operator new[](10));
    show("array");
    operator delete[](operator new[](10), 10);
    show("array, sized delete");
    operator delete[](operator new[](10, std::nothrow), std::nothrow);
    show("array, nothrow");
    operator delete(operator new(10, std::align_val_t{64}), std::align_val_t{64});
    show("aligned");
    return say_all();
}
