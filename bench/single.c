// SPDX-License-Identifier: MIT
// Loads in which every thread works on blocks of its own. An operation is one malloc and one free,
// where nothing else is said.
#include "bench.h"

#include <string.h>

void run_pairs(struct worker *self)
{
    for (uint64_t i = 0; i < self->operations; i++) {
        void *p = malloc(self->size);
        touch(p);
        free(p);
    }
}

// Batches: `live` blocks are allocated, then all are freed, in three orders.

void prepare_blocks(struct worker *self)
{
    self->blocks = own_memory(self->live * sizeof(void *));
}

static void fill(struct worker *self)
{
    for (size_t i = 0; i < self->live; i++) {
        self->blocks[i] = malloc(self->size);
        touch(self->blocks[i]);
    }
}

void run_lifo(struct worker *self)
{
    for (uint64_t done = 0; done < self->operations; done += self->live) {
        fill(self);
        for (size_t i = self->live; i-- > 0;)
            free(self->blocks[i]);
    }
}

void run_fifo(struct worker *self)
{
    for (uint64_t done = 0; done < self->operations; done += self->live) {
        fill(self);
        for (size_t i = 0; i < self->live; i++)
            free(self->blocks[i]);
    }
}

// The order of run_shuffled's frees lies behind the pointers.
static uint32_t *shuffled_order(struct worker *self)
{
    return (uint32_t *)(self->blocks + self->live);
}

void prepare_shuffled(struct worker *self)
{
    self->blocks = own_memory(self->live * (sizeof(void *) + sizeof(uint32_t)));
    uint32_t *order = shuffled_order(self);
    for (size_t i = 0; i < self->live; i++) {
        size_t other = random_below(&self->random, i + 1);
        order[i] = order[other];
        order[other] = (uint32_t)i;
    }
}

void run_shuffled(struct worker *self)
{
    const uint32_t *order = shuffled_order(self);
    for (uint64_t done = 0; done < self->operations; done += self->live) {
        fill(self);
        for (size_t i = 0; i < self->live; i++)
            free(self->blocks[order[i]]);
    }
}

// Random sizes up to `size`, `live` blocks: each operation replaces one of them.

static void *random_block(struct worker *self)
{
    void *p = malloc(random_size(&self->random, self->size));
    touch(p);
    return p;
}

void prepare_live(struct worker *self)
{
    prepare_blocks(self);
    for (size_t i = 0; i < self->live; i++)
        self->blocks[i] = random_block(self);
}

void run_random(struct worker *self)
{
    for (uint64_t i = 0; i < self->operations; i++) {
        void **slot = &self->blocks[random_below(&self->random, self->live)];
        free(*slot);
        *slot = random_block(self);
    }
}

// As a program that reads its data and ends: fresh memory only, then all of it is freed.
void run_build(struct worker *self)
{
    for (uint64_t done = 0; done < self->operations; done += self->live) {
        for (size_t i = 0; i < self->live; i++)
            self->blocks[i] = random_block(self);
        for (size_t i = 0; i < self->live; i++)
            free(self->blocks[i]);
    }
}

// What a program's thread does on its own: mostly small blocks, one in 64 of up to 16 times `size`,
// one in 16 by calloc, one in 16 resized.
void run_mix(struct worker *self)
{
    for (uint64_t i = 0; i < self->operations; i++) {
        uint64_t kind = random_below(&self->random, 64);
        void **slot = &self->blocks[random_below(&self->random, self->live)];
        size_t size = random_size(&self->random, kind == 0 ? self->size * 16 : self->size);
        if (kind >= 60) {
            *slot = realloc(*slot, size);
        } else {
            free(*slot);
            *slot = kind >= 56 ? calloc(1, size) : malloc(size);
        }
        touch(*slot);
    }
}

// One block in a hundred is large: 100 KiB to 1 MiB, every page of it written.

enum { LARGE_MIN = 100 << 10, LARGE_MAX = 1 << 20 };

static void *maybe_large_block(struct worker *self)
{
    if (random_below(&self->random, 100) != 0)
        return random_block(self);
    size_t size = LARGE_MIN + random_below(&self->random, LARGE_MAX - LARGE_MIN);
    void *p = malloc(size);
    touch_pages(p, size);
    return p;
}

void prepare_large(struct worker *self)
{
    prepare_blocks(self);
    for (size_t i = 0; i < self->live; i++)
        self->blocks[i] = maybe_large_block(self);
}

void run_large(struct worker *self)
{
    for (uint64_t i = 0; i < self->operations; i++) {
        void **slot = &self->blocks[random_below(&self->random, self->live)];
        free(*slot);
        *slot = maybe_large_block(self);
    }
}

// Growing arrays, `live` at a time in turn: each from 16 bytes by halves up to `size`. An operation
// is one realloc.
void run_realloc(struct worker *self)
{
    size_t size = 16;
    for (uint64_t done = 0; done < self->operations; done += self->live) {
        for (size_t i = 0; i < self->live; i++) {
            char *p = realloc(self->blocks[i], size);
            p[size - 1] = 1;
            keep(p);
            self->blocks[i] = p;
        }
        size += size / 2;
        if (size <= self->size)
            continue;
        size = 16;
        for (size_t i = 0; i < self->live; i++) {
            free(self->blocks[i]);
            self->blocks[i] = NULL;
        }
    }
}

void run_calloc(struct worker *self)
{
    for (uint64_t done = 0; done < self->operations; done += self->live) {
        for (size_t i = 0; i < self->live; i++) {
            self->blocks[i] = calloc(1, self->size);
            touch(self->blocks[i]);
        }
        for (size_t i = 0; i < self->live; i++)
            free(self->blocks[i]);
    }
}

// Blocks of `size` bytes aligned to `size`.
void run_aligned(struct worker *self)
{
    for (uint64_t done = 0; done < self->operations; done += self->live) {
        for (size_t i = 0; i < self->live; i++) {
            self->blocks[i] = aligned_alloc(self->size, self->size);
            touch(self->blocks[i]);
        }
        for (size_t i = 0; i < self->live; i++)
            free(self->blocks[i]);
    }
}

// An empty pool: conf/empty*.conf declare one that has no chunk left after this.
void prepare_held(struct worker *self)
{
    prepare_blocks(self);
    for (size_t i = 0; i < self->live; i++)
        self->blocks[i] = malloc(self->size);
}

void run_empty(struct worker *self)
{
    for (uint64_t i = 0; i < self->operations; i++) {
        void *p = malloc(self->size);
        if (p)
            touch(p);
        else
            self->failed++;
        free(p);
    }
}
