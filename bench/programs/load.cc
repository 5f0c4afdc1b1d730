// SPDX-License-Identifier: MIT
// Much of the standard library, and templates instantiated many times, to be compiled.
// With 0 of them, nothing.
#if @N@ > 0
#include <algorithm>
#include <functional>
#include <iostream>
#include <map>
#include <memory>
#include <regex>
#include <set>
#include <sstream>
#include <string>
#include <tuple>
#include <unordered_map>
#include <variant>
#include <vector>

template <int N> struct item {
    std::map<int, std::vector<std::string>> names;
    std::unordered_map<std::string, std::tuple<int, double, item<N - 1>>> inner;
    std::variant<int, std::string, std::vector<item<N - 1>>> value;

    std::string show() const
    {
        std::ostringstream out;
        for (const auto &[number, texts] : names)
            for (const auto &text : texts)
                out << number << N << text;
        for (const auto &entry : inner)
            out << entry.first << std::get<2>(entry.second).show();
        std::visit([&out](const auto &v) { out << sizeof v; }, value);
        return out.str();
    }
};

template <> struct item<0> {
    std::string show() const
    {
        return std::regex_replace(std::string("zero"), std::regex("[aeiou]+"), "*");
    }
};

int main()
{
    std::cout << item<@N@>().show() << '\n';
}
#endif
