# SPDX-License-Identifier: MIT
# shellcheck disable=SC2016 # $ is for make and grep
# Compilers and build tools. What they write must be the same, byte for byte.

case_gcc() {
    uses gcc
    gcc -O2 -pthread "$PROGRAMS/threads.c" -o threads
    cksum <threads
    gcc -O2 -S "$PROGRAMS/threads.c" -o - | cksum
    status gcc -c -x c - -o /dev/null <<<'int main(void) { return undeclared; }'
}

case_gxx() {
    uses g++
    g++ -O1 -x c++ - -o small <<'TEXT'
#include <iostream>
#include <map>
int main() { std::map<std::string, int> m{{"a", 1}}; std::cout << m["a"] << '\n'; }
TEXT
    cksum <small
    ./small
}

full_gxx_large() {
    uses g++
    g++ -O2 -g -pthread "$PROGRAMS/library.cc" -o library
    cksum <library
}

case_clang() {
    uses clang
    clang -O2 -pthread "$PROGRAMS/threads.c" -o threads
    cksum <threads
    status clang -fno-color-diagnostics -c -x c - -o /dev/null <<<'int main(void) { return undeclared; }'
}

case_lto() {
    needs gcc
    uses ar nm
    gcc -O2 -flto=2 -pthread "$PROGRAMS/threads.c" -o threads -frandom-seed=1
    ./threads >/dev/null
    gcc -c "$PROGRAMS/threads.c" -o threads.o
    ar rcsD libthreads.a threads.o
    nm libthreads.a
    objdump -d threads.o | cksum
}

case_make() {
    needs gcc
    uses make
    local i
    for i in {1..20}; do echo "int part$i(int x) { return x * $i; }" >"part$i.c"; done
    printf 'all: $(patsubst %%.c,%%.o,$(sort $(wildcard *.c)))\n%%.o: %%.c\n\t@$(CC) -c $< -o $@\n' >Makefile
    make -j 4
    make -q
    cat part*.o | cksum
}

case_cmake_ninja() {
    uses cmake ninja
    printf 'cmake_minimum_required(VERSION 3.18)\nproject(p C)\nfind_package(Threads REQUIRED)\nadd_executable(threads %s/threads.c)\ntarget_link_libraries(threads Threads::Threads)\n' \
        "$PROGRAMS" >CMakeLists.txt
    cmake -G Ninja -S . -B build | without_numbers
    ninja -C build -j 2 | tail -n 1
    ninja -C build -t graph | without_numbers | sort | cksum
}

copy_source() { # as it is now: somebody may be working on it
    mkdir "$1"
    tar -C "$SOURCE" --exclude=.git --exclude='./build*' -cf - . | tar -C "$1" -xf -
}

full_this_project() {
    uses cmake ninja
    needs gcc g++
    cmake -G Ninja -S "$(data source copy_source)" -B build -DPOOLMALLOC_TESTS=OFF >/dev/null
    ninja -C build -j 2 >/dev/null
    find build -name '*.o' -o -name '*.so' | sort | xargs cksum
}

case_gdb() {
    uses gdb
    gcc -g -O0 -pthread "$PROGRAMS/threads.c" -o threads
    gdb --version | head -n 1
    gdb -nx -batch -ex 'break make' -ex run -ex 'backtrace 1' -ex 'print *x' -ex 'info threads' \
        -ex 'set confirm off' -ex 'info line main' -ex kill ./threads 2>&1 |
        grep -E '^(Breakpoint 1, |#0|\$1|Line)' | without_numbers
    gdb -nx -batch -ex 'disassemble main' -ex 'ptype struct block' -ex 'info functions' ./threads |
        cksum
}
