// SPDX-License-Identifier: MIT
// Random calls of the whole family, OPERATIONS of them up to SIZE bytes with the given SEED: contents
// are kept and checked at every change of a block, calloc's zeros and alignments too, and no block
// overlaps another. A request may fail; what it failed on must be intact.
#include <errno.h>
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "say.h"

enum { SLOTS = 600 };
static struct slot {
    unsigned char *p;
    size_t size; // bytes filled
    unsigned char fill;
} slots[SLOTS];
static uint64_t state;
static size_t size_max;

static size_t next_random(size_t below)
{
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(state >> 33) % below;
}

static size_t next_size(void) // most are small
{
    return next_random(next_random(4) ? (next_random(4) ? 300 : 2000) : size_max + 1);
}

static void require(int condition, const char *what)
{
    if (!condition) {
        dprintf(2, "%s\n", what);
        _exit(1);
    }
}

static int holds_only(const unsigned char *p, unsigned char byte, size_t n)
{
    return n == 0 || (p[0] == byte && memcmp(p, p + 1, n - 1) == 0);
}

static void fill(struct slot *slot, void *p, size_t size)
{
    slot->p = p;
    slot->size = next_random(2) ? size : malloc_usable_size(p); // all of it is the program's
    slot->fill = 1 + next_random(255);
    require(malloc_usable_size(p) >= size && (uintptr_t)p % 16 == 0, "a block is too small or misaligned");
    memset(p, slot->fill, slot->size);
}

static void allocate(struct slot *slot)
{
    size_t size = next_size(), alignment = (size_t)1 << next_random(13), kind = next_random(8);
    void *p = NULL;
    errno = 77;
    switch (kind) {
    case 0: case 1: case 2: alignment = 1, p = malloc(size); break;
    case 3: case 4: alignment = 1, size = size / 7 * 7, p = calloc(size / 7, 7); break;
    case 5: p = memalign(alignment, size); break;
    case 6: p = aligned_alloc(alignment, size); break;
    case 7:
        alignment = alignment < 8 ? 8 : alignment;
        require(posix_memalign(&p, alignment, size) == (p ? 0 : ENOMEM) && errno == 77, "posix_memalign");
        break;
    }
    require(errno == (p || kind == 7 ? 77 : ENOMEM), "errno");
    require((uintptr_t)p % alignment == 0, "misaligned");
    if (kind == 3 || kind == 4)
        require(!p || holds_only(p, 0, size), "calloc is not zero");
    if (p)
        fill(slot, p, size);
}

static void resize(struct slot *slot)
{
    size_t size = 1 + next_size(), kept = size < slot->size ? size : slot->size;
    errno = 77;
    void *p = next_random(2) ? realloc(slot->p, size) : reallocarray(slot->p, 1, size);
    require(errno == (p ? 77 : ENOMEM), "errno of realloc");
    require(p || size > slot->size, "a shrink failed");
    require(holds_only(p ? p : slot->p, slot->fill, p ? kept : slot->size), "realloc lost bytes");
    if (p)
        fill(slot, p, size);
}

static void step(struct slot *slot)
{
    if (!slot->p) {
        allocate(slot);
        return;
    }
    require(holds_only(slot->p, slot->fill, slot->size), "a block was overwritten");
    if (next_random(3) == 0) {
        resize(slot);
        return;
    }
    errno = 77;
    if (next_random(9) == 0)
        require(!realloc(slot->p, 0), "realloc(p, 0)");
    else
        free(slot->p);
    require(errno == 77, "errno of free");
    slot->p = NULL;
}

int main(int argc, char **argv)
{
    size_t operations = strtoul(argv[1], NULL, 0);
    size_max = strtoul(argv[2], NULL, 0);
    state = strtoul(argv[3], NULL, 0);
    for (size_t i = 0; i < operations; i++)
        step(&slots[next_random(SLOTS)]);
    for (size_t i = 0; i < SLOTS; i++)
        if (slots[i].p)
            require(holds_only(slots[i].p, slots[i].fill, slots[i].size), "a block was overwritten");
    for (size_t i = 0; i < SLOTS; i++)
        free(slots[i].p);
    say("%zu operations\n", operations);
    return say_all();
}
