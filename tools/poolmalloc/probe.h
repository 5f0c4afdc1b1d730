// SPDX-License-Identifier: MIT
// What can be told of a program without running it: which file the system would run in the end, and
// what that file says about its malloc. Reads ELF with libelf.
#ifndef PROBE_H
#define PROBE_H

#include <limits.h>

#include "base.h"

// Which of its names make a program what it is. One bit each in probe.signs.
enum probe_sign {
    SIGN_OWN_MALLOC,  // it exports malloc: the dynamic linker gives that one to everybody
    SIGN_POOLS,       // that malloc is poolmalloc's
    SIGN_INNER_ALLOCATOR, // it contains an allocator under another name (jemalloc, mimalloc, tcmalloc)
    SIGN_RUST_ALLOCATOR,  // a Rust program with a #[global_allocator]
    SIGN_DLOPEN,
    SIGN_MMAP,
    SIGN_BRK,
    SIGN_LEAVES_AT_ONCE, // _exit, _Exit or quick_exit: no exit handlers
    SIGN_EXEC,
    SIGN_FORK,
    SIGN_CLOSES_STREAMS, // gnulib's close_stdout
    SIGN_THREADS,
};

enum probe_language { LANGUAGE_OTHER, LANGUAGE_PYTHON, LANGUAGE_NODE, LANGUAGE_JAVA, LANGUAGE_PHP,
                      LANGUAGE_GO, LANGUAGE_RUST };

enum { PROBE_NAME_BYTES = 64 };

struct probe {
    char path[PATH_MAX];   // the file that runs in the end
    char script[PATH_MAX]; // the one that was asked for, if it begins with #! or is a shell's; or empty
    char name[NAME_MAX + 1]; // what the library will call it: the script's, unless env finds the program
    bool is_elf;
    unsigned bits;         // 32 or 64
    unsigned machine;      // EM_...
    char loader[PATH_MAX]; // PT_INTERP; empty: linked statically
    bool is_secure;        // runs with more rights than the caller: the environment is ignored
    uint32_t signs;        // 1 << enum probe_sign
    const char *sanitizer; // "AddressSanitizer"; NULL
    bool linked;           // with libpoolmalloc.so
    char allocator[PROBE_NAME_BYTES]; // a library that it is linked with and that has a malloc; or empty
    char inner[PROBE_NAME_BYTES];     // one that contains an allocator under another name; or empty
    enum probe_language language;
};

// Looks a program up as execvp does and probes it. 0, or an errno value: ENOENT, EACCES, ...
int probe_program(const char *name, struct probe *ret_probe);

// Probes a file as it is. False if it cannot be read.
bool probe_file(const char *path, struct probe *ret_probe);

// Reads the libraries that a probed program is linked with as well, directly or not: they may be hundreds
// of megabytes.
void probe_libraries(struct probe *probe);

INLINE bool probe_has(const struct probe *probe, enum probe_sign sign)
{
    return probe->signs >> sign & 1;
}

// Whether the program is linked with poolmalloc, with the static library in it or the shared one.
bool probe_is_on_pools(const struct probe *probe);

#endif
