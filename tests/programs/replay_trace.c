// SPDX-License-Identifier: MIT
// Replays a trace of tests/lwip (TRACE ALIGNMENT POOL_SIZE...) and prints lwIP's answer lines: which
// pool served, by malloc_usable_size. Checks alignment, zeros of calloc, and at each free what the
// block was filled with. Static buffers and read(2) only: no allocation but the trace's.
#include <errno.h>
#include <fcntl.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IDS = 4096 };
static char trace[1 << 18], answers[1 << 18];
static unsigned char *block[IDS];
static size_t length;

static void add(const char *s)
{
    while (*s)
        answers[length++] = *s++;
}

static void add_number(unsigned long n)
{
    if (n > 9)
        add_number(n / 10);
    answers[length++] = '0' + n % 10;
}

static int holds_only(const unsigned char *p, int byte, size_t n)
{
    return n == 0 || (p[0] == byte && memcmp(p, p + 1, n - 1) == 0);
}

static void check(int sound)
{
    static const char message[] = "a block is not what it should be\n";
    if (!sound)
        _exit(write(2, message, sizeof message - 1) > 0 ? 1 : 2);
}

static void answer(char **argv, unsigned long id, unsigned long alignment)
{
    unsigned char *p = block[id];
    add_number(id);
    add(p ? " ok " : " null");
    for (char **pool = argv + 3; p && *pool; pool++)
        if (((atoi(*pool) + alignment - 1) & -alignment) == malloc_usable_size(p))
            add(*pool);
    add("\n");
    check(p ? (uintptr_t)p % 16 == 0 : errno == ENOMEM);
    if (p)
        memset(p, id | 1, malloc_usable_size(p));
}

int main(int argc, char **argv)
{
    int fd = open(argv[1], O_RDONLY);
    if (fd < 0 || read(fd, trace, sizeof trace - 1) <= 0)
        return 1;
    for (char *p = trace; *p; p = strchr(p, '\n') + 1) {
        char *end;
        unsigned long id = strtoul(p + 1, &end, 10), n, size;
        errno = 0;
        if (*p == 'f') {
            check(!block[id] || holds_only(block[id], (id | 1) & 255, malloc_usable_size(block[id])));
            free(block[id]);
            block[id] = NULL;
            continue;
        }
        n = strtoul(end, &end, 10);
        size = strtoul(end, &end, 10);
        block[id] = *p == 'm' ? malloc(n) : calloc(n, size);
        check(*p == 'm' || !block[id] || holds_only(block[id], 0, n * size));
        answer(argv, id, atoi(argv[2]));
    }
    return write(1, answers, length) == (ssize_t)length ? 0 : 1;
}
