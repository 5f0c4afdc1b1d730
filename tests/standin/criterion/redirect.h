// SPDX-License-Identifier: MIT
// See criterion.h beside this file: a test's standard error goes to a file that it can read.
#ifndef STANDIN_REDIRECT_H
#define STANDIN_REDIRECT_H

#include "criterion.h"

static FILE *standin_stderr;

static inline void cr_redirect_stderr(void)
{
    standin_stderr = tmpfile();
    if (!standin_stderr || dup2(fileno(standin_stderr), STDERR_FILENO) < 0)
        abort();
}

// What was written so far, from the start.
static inline FILE *cr_get_redirected_stderr(void)
{
    static char path[64];
    snprintf(path, sizeof path, "/proc/self/fd/%d", fileno(standin_stderr));
    return fopen(path, "r");
}

static inline bool standin_stderr_is(const char *expected)
{
    char text[4096] = {0};
    FILE *file = cr_get_redirected_stderr();
    size_t length = fread(text, 1, sizeof text - 1, file);
    fclose(file);
    return length == strlen(expected) && memcmp(text, expected, length) == 0;
}

#define cr_assert_stderr_eq_str(expected, ...) cr_assert(standin_stderr_is(expected), __VA_ARGS__)

#endif
