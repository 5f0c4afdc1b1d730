// SPDX-License-Identifier: MIT
// Output for programs whose every allocation counts: formatted into a static buffer (snprintf of
// numbers and strings allocates nothing), written by say_all at the end.
#include <stdio.h>
#include <unistd.h>

static char say_text[1 << 20];
static size_t say_length;

#define say(...) \
    (say_length += (size_t)snprintf(say_text + say_length, sizeof say_text - say_length, __VA_ARGS__))

static int say_all(void) // the exit status
{
    size_t at = 0;
    ssize_t n;
    while (at < say_length && (n = write(1, say_text + at, say_length - at)) > 0)
        at += (size_t)n;
    return at == say_length ? 0 : 1;
}
