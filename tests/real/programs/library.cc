// SPDX-License-Identifier: MIT
// The C++ library's ways of using memory: containers, streams, exceptions, threads, regular
// expressions, aligned new, new_handler.
#include <algorithm>
#include <cstdint>
#include <functional>
#include <future>
#include <iostream>
#include <map>
#include <memory>
#include <new>
#include <regex>
#include <sstream>
#include <string>
#include <thread>
#include <unordered_map>
#include <vector>

struct alignas(128) Wide {
    unsigned char bytes[128];
};

static std::size_t containers(unsigned seed)
{
    std::map<std::string, std::vector<int>> tree;
    std::unordered_map<int, std::shared_ptr<std::string>> table;
    for (unsigned i = 0; i < 5000; i++) {
        seed = seed * 1664525 + 1013904223;
        tree["key" + std::to_string(seed % 997)].push_back(static_cast<int>(i));
        table[static_cast<int>(seed % 1009)] = std::make_shared<std::string>(seed % 300, 'x');
    }
    std::size_t sum = 0;
    for (auto &entry : tree)
        sum += entry.first.size() * entry.second.size();
    for (auto &entry : table)
        sum += entry.second->size();
    return sum;
}

static int exceptions()
{
    int caught = 0;
    for (int i = 0; i < 1000; i++)
        try {
            std::string text(static_cast<std::size_t>(i % 50 + 1), 'a');
            throw std::runtime_error(text);
        } catch (const std::runtime_error &error) {
            caught += error.what()[0] == 'a';
        }
    return caught;
}

static void impossible()
{
    std::size_t huge = SIZE_MAX / 4;
    static int handled;
    std::set_new_handler([] {
        if (++handled == 3)
            std::set_new_handler(nullptr);
    });
    try {
        char *p = new char[huge];
        std::cout << "got " << static_cast<void *>(p) << '\n';
    } catch (const std::bad_alloc &) {
        std::cout << "bad_alloc after " << handled << " handlers\n";
    }
    char *p = new (std::nothrow) char[huge];
    std::cout << "nothrow: " << (p == nullptr) << '\n';
}

int main()
{
    std::vector<std::future<std::size_t>> results;
    for (unsigned i = 0; i < 4; i++)
        results.push_back(std::async(std::launch::async, containers, i));
    for (auto &result : results)
        std::cout << "containers " << result.get() << '\n';
    std::thread([] { std::cout << "exceptions in a thread " << exceptions() << '\n'; }).join();
    std::cout << "exceptions " << exceptions() << '\n';
    std::vector<std::unique_ptr<Wide>> wide;
    for (int i = 0; i < 100; i++) {
        wide.push_back(std::make_unique<Wide>());
        if (reinterpret_cast<std::uintptr_t>(wide.back().get()) % 128 != 0)
            std::cout << "not aligned\n";
    }
    std::ostringstream text;
    for (int i = 0; i < 2000; i++)
        text << "item" << i << (i % 7 ? " " : "; ");
    std::string all = text.str();
    std::regex pattern("item([0-9]*7)\\b");
    std::cout << "matches "
              << std::distance(std::sregex_iterator(all.begin(), all.end(), pattern),
                               std::sregex_iterator())
              << '\n';
    impossible();
}
