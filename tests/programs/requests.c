// SPDX-License-Identifier: MIT
// Makes the requests that its arguments name, in order, and prints what each got: the usable size of
// the block, ENOMEM, EINVAL or "null"; equal answers in a row as "ANSWER xTIMES".
//   mSIZE malloc   cCOUNT:SIZE calloc   aALIGNMENT:SIZE memalign   rN:SIZE realloc of block N
// A block that realloc left where it was has a "=" before its size.
//   fN free block N, and no answer   =ALIGNMENT what every later block must be aligned to
//   quiet  from here on, a block's answer is "block": malloc_usable_size is not called
//   *TIMES how often each later request is made
//   wait   says "waiting", and goes on when standard input ends
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "say.h"

static void *block[1 << 17];
static size_t blocks, alignment = 16, run;
static int is_quiet;
static char last[32];

static const char *describe(void *p, int in_place, int error)
{
    static char text[32];
    if (is_quiet)
        strcpy(text, "block");
    else
        snprintf(text, sizeof text, in_place ? "=%zu" : "%zu", malloc_usable_size(p));
    if (!p)
        return error == ENOMEM ? "ENOMEM" : error == EINVAL ? "EINVAL" : "null";
    return error ? "errno changed" : (uintptr_t)p % alignment ? "misaligned" : text;
}

static void end_run(void)
{
    if (run > 0)
        say(run > 1 ? "%s x%zu\n" : "%s\n", last, run);
    run = 0;
}

static void answer(const char *now)
{
    if (strcmp(now, last) != 0)
        end_run();
    strcpy(last, now);
    run++;
}

static void request(char kind, size_t first, size_t second)
{
    void *p = NULL;
    errno = 0;
    switch (kind) {
    case 'm': p = malloc(first); break;
    case 'c': p = calloc(first, second); break;
    case 'a': p = memalign(alignment = first, second); break;
    case 'r': p = realloc(block[first], second); break;
    case 'f': free(block[first]); return;
    }
    answer(describe(p, kind == 'r' && p == block[first], errno));
    block[blocks++] = p;
    alignment = kind == 'a' ? 16 : alignment;
}

static void wait_for_end(void)
{
    char byte;
    end_run();
    say("waiting\n");
    say_all();
    say_length = 0;
    while (read(0, &byte, 1) > 0)
        ;
}

int main(int argc, char **argv)
{
    size_t times = 1;
    while (*++argv) {
        char *end;
        size_t first = strtoul(*argv + 1, &end, 0), second = *end ? strtoul(end + 1, NULL, 0) : 0;
        if (**argv == '*')
            times = first;
        else if (**argv == '=')
            alignment = first;
        else if (**argv == 'w')
            wait_for_end();
        else if (**argv == 'q')
            is_quiet = 1;
        else
            for (size_t i = 0; i < times; i++)
                request(**argv, first, second);
    }
    end_run();
    return say_all();
}
