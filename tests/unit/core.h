// SPDX-License-Identifier: MIT
// Shared by the unit tests: starting the library inside a test, which is a process of its own.
#ifndef CORE_TEST_H
#define CORE_TEST_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>

#include "heap.h"
#include "runtime.h"
#include "stats_read.h"

// Starts the library with these statements, no dump, and no statistics file that the test would leave
// behind. Call once in a test.
static inline void start(const char *options)
{
    char all[2048];
    snprintf(all, sizeof all, "dump=off;stats_dir=/dev/null;%s", options);
    unsetenv("POOLMALLOC_CONF");
    setenv("POOLMALLOC", all, 1);
    cr_assert(runtime_enter(), "the library does not serve: %s", options);
}

static inline struct stats_figures figures(void)
{
    struct stats_figures all;
    stats_read(stats_file, false, &all);
    return all;
}

// The page of this address is in memory.
static inline bool is_resident(const void *p)
{
    unsigned char in_core = 0;
    cr_assert_eq(mincore((void *)((uintptr_t)p & ~4095UL), 1, &in_core), 0);
    return in_core & 1;
}

// A file's lines or a stream's text into a buffer.
static inline char *read_text(const char *path)
{
    static char text[65536];
    FILE *file = fopen(path, "r");
    cr_assert(file, "%s", path);
    text[fread(text, 1, sizeof text - 1, file)] = '\0';
    fclose(file);
    return text;
}

#endif
