// SPDX-License-Identifier: MIT
// A C++ library whose static objects allocate long before main, and free after it.
#include <cstdlib>
#include <malloc.h>
#include <map>
#include <string>
#include <vector>

struct early {
    void *block = std::malloc(1000);
    size_t usable = malloc_usable_size(block);
    std::vector<std::string> names;
    std::map<int, std::string> numbers;
    early()
    {
        for (int i = 0; i < 200; i++) {
            names.push_back(std::string(100, 'x') + std::to_string(i));
            numbers[i] = names.back();
        }
    }
    ~early()
    {
        for (int i = 0; i < 200; i++)
            if (numbers[i] != names[i])
                std::abort();
        std::free(block);
        std::free(std::malloc(1000));
    }
};

static early object;
extern "C" size_t early_usable()
{
    return object.usable;
}
