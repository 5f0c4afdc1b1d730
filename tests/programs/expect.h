// SPDX-License-Identifier: MIT
// Checks for programs whose every allocation counts: they allocate nothing, a failed one says so on
// standard error and ends the process, and a program that hangs is ended after minutes: machines are busy.
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

enum { SECONDS_MAX = 200, EXPECT_FAILED = 99, SKIPPED = 77 };

#define EXPECT(condition) ((condition) ? (void)0 : expect_failed(__FILE__, __LINE__, #condition))
#define EXPECT_EQ(a, b) expect_equal(__FILE__, __LINE__, #a " == " #b, (long)(a), (long)(b))

static void expect_end(const char *text, int length)
{
    if (write(2, text, (size_t)length) == length)
        _exit(EXPECT_FAILED);
    _exit(EXPECT_FAILED);
}

static void expect_failed(const char *file, int line, const char *what)
{
    char text[300];
    expect_end(text, snprintf(text, sizeof text, "%s:%d: %s, errno %d\n", file, line, what, errno));
}

static void expect_equal(const char *file, int line, const char *what, long a, long b)
{
    char text[300];
    if (a != b)
        expect_end(text, snprintf(text, sizeof text, "%s:%d: %s: %ld, %ld\n", file, line, what, a, b));
}

__attribute__((constructor)) static void limit_time(void)
{
    alarm(SECONDS_MAX);
}

// The exit status of a child, or minus the signal that ended it.
static int end_of(pid_t child)
{
    int status;
    while (waitpid(child, &status, 0) < 0)
        EXPECT(errno == EINTR);
    return WIFEXITED(status) ? WEXITSTATUS(status) : -WTERMSIG(status);
}

// How many chunks for `size` bytes can be had before NULL; they are kept, linked by `*chunks`.
static long take_all(size_t size, void **chunks)
{
    long n = 0;
    for (void **p; (p = malloc(size)); n++) {
        *p = *chunks;
        *chunks = p;
    }
    EXPECT(errno == ENOMEM);
    return n;
}

static void give_all(void **chunks)
{
    for (void *next; *chunks; *chunks = next) {
        next = *(void **)*chunks;
        free(*chunks);
    }
}

// The same, all given back.
static long count_free(size_t size)
{
    void *chunks = NULL;
    long n = take_all(size, &chunks);
    give_all(&chunks);
    return n;
}
