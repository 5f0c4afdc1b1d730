// SPDX-License-Identifier: MIT
// Pools on the heap: each chunk in use has a block from the program's malloc. The pool itself works
// as every other, exact count, waiters and all, but its chunks are addresses without memory. Which
// block belongs to which chunk stands in a table of blocks, hashed by address: so a double free, or
// a pointer that was never handed out, is known without looking at its memory. No header precedes a
// block.
#include <stdlib.h>

#include "named.h"
#include "os.h"

// Open addressing with linear probing, never more than half full; an entry without address is free.
struct blocks {
    uint64_t mask; // entries - 1, a power of two
    struct block {
        uintptr_t address;
        uint32_t number;
    } entry[];
};

static size_t table_bytes(uint64_t mask)
{
    return sizeof(struct blocks) + (mask + 1) * sizeof(struct block);
}

struct blocks *named_heap_init(uint64_t count)
{
    uint64_t mask = (2ULL << log2_ceil(count)) - 1;
    struct blocks *blocks = os_map(table_bytes(mask));
    if (blocks)
        blocks->mask = mask;
    return blocks;
}

void named_heap_fini(struct blocks *blocks)
{
    os_unmap(blocks, table_bytes(blocks->mask));
}

// Where an address would stand if nothing were in its way (Fibonacci hashing: the product's high
// bits).
static uint64_t home(const struct blocks *blocks, uintptr_t address)
{
    return (address * 0x9e3779b97f4a7c15U) >> 32 & blocks->mask;
}

// The place of an address, or the free one that ends the search for it.
static uint64_t place_of(const struct blocks *blocks, uintptr_t address)
{
    uint64_t i = home(blocks, address);
    while (blocks->entry[i].address != 0 && blocks->entry[i].address != address)
        i = (i + 1) & blocks->mask;
    return i;
}

// Empties a place, and moves those up that were displaced by it: a search ends at the first free
// place.
static void erase(struct blocks *blocks, uint64_t hole)
{
    for (uint64_t i = (hole + 1) & blocks->mask; blocks->entry[i].address != 0;
         i = (i + 1) & blocks->mask) {
        uint64_t displaced = (i - home(blocks, blocks->entry[i].address)) & blocks->mask;
        if (displaced >= ((i - hole) & blocks->mask)) {
            blocks->entry[hole] = blocks->entry[i];
            hole = i;
        }
    }
    blocks->entry[hole] = (struct block){0};
}

static struct blocks *blocks_of(const struct pool *pool)
{
    return pools_named_of(pool)->blocks;
}

void *named_heap_alloc(struct pool *pool, uint32_t number, bool zeroed)
{
    void *p = zeroed ? calloc(1, pool->usable) : malloc(pool->usable);
    if (!p)
        return NULL;
    lock_take(&pool->lock);
    struct blocks *blocks = blocks_of(pool);
    uint64_t place = place_of(blocks, (uintptr_t)p);
    // If the program gave the same address to free() behind the pool's back, its chunk stays in
    // use.
    blocks->entry[place] = (struct block){.address = (uintptr_t)p, .number = number};
    lock_drop(&pool->lock);
    return p;
}

bool named_heap_free(struct pool *pool, void *p, uint32_t *ret_number)
{
    lock_take(&pool->lock);
    struct blocks *blocks = blocks_of(pool);
    uint64_t place = place_of(blocks, (uintptr_t)p);
    bool found = blocks->entry[place].address != 0;
    if (found) {
        *ret_number = blocks->entry[place].number;
        erase(blocks, place);
    }
    lock_drop(&pool->lock);
    if (found)
        free(p);
    return found;
}

bool named_heap_has(struct pool *pool, const void *p)
{
    lock_take(&pool->lock);
    struct blocks *blocks = blocks_of(pool);
    bool found = p && blocks && blocks->entry[place_of(blocks, (uintptr_t)p)].address != 0;
    lock_drop(&pool->lock);
    return found;
}
