// SPDX-License-Identifier: MIT
// Random malloc, calloc, realloc and free in one thread, counted by the rules of lwIP on the program's
// own: POLICY (fail, bigger or fallback), OPERATIONS, COUNT and the sizes of the pools, multiples of 16
// in rising order. Prints every counter of every pool, then the histogram of requested sizes.
#include <malloc.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include "say.h"

enum { SLOTS = 500, POOLS = 16, FOREIGN = POOLS };
static struct pool {
    size_t size, used, max, err, allocs, frees, failed, spilled_in, spilled_out, fell_back, bytes;
} pools[POOLS + 1]; // the last: the next malloc
static struct { void *p; unsigned pool; } slots[SLOTS];
static size_t count, pool_count, size_max, oversize, oversize_bytes;
static size_t steps[100000], step_bytes[100000];
static int bigger, fallback;

static size_t next_random(size_t below)
{
    static uint64_t state = 42;
    state = state * 6364136223846793005u + 1442695040888963407u;
    return (size_t)(state >> 33) % below;
}

static unsigned find(size_t size, unsigned from)
{
    while (from < pool_count && pools[from].size < size)
        from++;
    return from < pool_count ? from : FOREIGN;
}

// The pool that must serve a request: FOREIGN for the next malloc, -1 for NULL.
static int expect(size_t size)
{
    unsigned first = find(size, 0), i;
    steps[(size + 15) / 16]++;
    step_bytes[(size + 15) / 16] += size;
    if (first == FOREIGN) {
        oversize++;
        oversize_bytes += size;
        return fallback ? FOREIGN : -1;
    }
    for (i = first; i != FOREIGN && pools[i].used == count; i = bigger ? find(size, i + 1) : FOREIGN)
        pools[i].err++;
    if (i == FOREIGN && fallback)
        pools[first].fell_back++;
    if (i == FOREIGN && !fallback)
        pools[first].failed++;
    if (i == FOREIGN)
        return fallback ? FOREIGN : -1;
    pools[first].spilled_out += i != first;
    pools[i].spilled_in += i != first;
    pools[i].allocs++;
    pools[i].bytes += size;
    pools[i].max = ++pools[i].used > pools[i].max ? pools[i].used : pools[i].max;
    return (int)i;
}

static void gone(unsigned pool)
{
    pools[pool].frees++;
    pools[pool].used--;
}

static void require(int condition)
{
    if (!condition) {
        static const char message[] = "not served as expected\n";
        _exit(write(2, message, sizeof message - 1) > 0);
    }
}

static void step(unsigned i)
{
    size_t size = next_random(next_random(3) ? 300 : size_max + 100);
    if (!slots[i].p) {
        int pool = expect(size);
        slots[i].p = next_random(2) ? malloc(size) : calloc(1, size);
        require((slots[i].p != NULL) == (pool >= 0));
        slots[i].pool = (unsigned)pool;
    } else if (slots[i].pool != FOREIGN && next_random(3) == 0 && size > pools[slots[i].pool].size) {
        int pool = expect(size);
        void *p = realloc(slots[i].p, size);
        require((p != NULL) == (pool >= 0));
        if (p) {
            gone(slots[i].pool);
            slots[i].p = p;
            slots[i].pool = (unsigned)pool;
        }
    } else {
        gone(slots[i].pool);
        free(slots[i].p);
        slots[i].p = NULL;
    }
}

int main(int argc, char **argv)
{
    bigger = strcmp(argv[1], "bigger") == 0;
    fallback = strcmp(argv[1], "fallback") == 0;
    count = strtoul(argv[3], NULL, 0);
    for (; argv[4 + pool_count]; pool_count++)
        size_max = pools[pool_count].size = strtoul(argv[4 + pool_count], NULL, 0);
    for (size_t i = strtoul(argv[2], NULL, 0); i > 0; i--)
        step(next_random(next_random(2000) < 1000 ? SLOTS : 50));
    for (struct pool *p = pools; p < pools + pool_count; p++)
        say("MALLOC_%zu %zu %zu %zu %zu %zu %zu %zu %zu %zu %zu\n", p->size, p->used, p->max, p->err,
            p->allocs, p->frees, p->failed, p->spilled_in, p->spilled_out, p->fell_back, p->bytes);
    say("process %zu %zu %zu\n", oversize, oversize_bytes, pools[FOREIGN].frees);
    for (size_t i = 0; i < sizeof steps / sizeof *steps; i++)
        if (steps[i])
            say("[%zu,%zu,%zu]\n", i * 16, steps[i], step_bytes[i]);
    return say_all();
}
