// SPDX-License-Identifier: MIT
// cxx_statics LIBRARY...: static objects of the program and of libraries, in the order of the
// arguments. What they got before main came from the pool of 1000 bytes (usable 1008 + 16 n,
// which glibc never has).
#include <cstdlib>
#include <dlfcn.h>
#include <malloc.h>
#include <string>
#include <vector>

struct at_end {
    std::vector<std::string> names;
    at_end() { names.assign(100, std::string(50, 'y')); }
    ~at_end()
    {
        for (auto &name : names)
            if (name.size() != 50)
                std::abort();
        names.assign(300, std::string(70, 'z'));
    }
};

static at_end object;
static size_t before_main = malloc_usable_size(std::malloc(1000));

static void *late;
static void free_late()
{
    std::free(late);
    late = std::malloc(1000);
}

int main(int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (!dlopen(argv[i], RTLD_NOW | RTLD_GLOBAL))
            return 2;
    auto early_usable = (size_t(*)())dlsym(RTLD_DEFAULT, "early_usable");
    late = std::malloc(1000);
    std::atexit(free_late);
    if (before_main % 16 != 0 || (early_usable && early_usable() % 16 != 0))
        return 3;
    return 0;
}
