// SPDX-License-Identifier: MIT
// What the loads share: the row of a scenario, the worker that a thread is, random numbers, and the
// means to keep the compiler from removing what is measured. Memory of the bench itself comes from
// own_memory, never from the malloc that is measured.
#ifndef BENCH_H
#define BENCH_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

enum { THREADS_MAX = 256, CACHE_LINE = 64, PAGE = 4096 };

struct worker;

// One row of the table in loads.c. `operations` is the sum over all threads.
struct scenario {
    const char *name;
    const char *group;                   // conf/GROUP.conf is the configuration made for it
    const char *threads;                 // what bench/compare runs it with: "1 2 8"
    void (*prepare)(struct worker *self); // in every thread, before time is taken; may be NULL
    void (*run)(struct worker *self);     // in every thread
    void (*finish)(struct worker *all);   // once, after time is taken; may be NULL
    uint64_t operations;
    size_t size; // of a block, or the largest; of this, what the scenario makes of it
    size_t live; // blocks that a thread holds at the same time
    const char *help;
};

struct worker {
    unsigned index;
    unsigned threads;
    uint64_t operations; // its share
    size_t size;
    size_t live;
    uint64_t random;
    void **blocks;   // live pointers, for those that ask own_memory for them
    uint64_t failed; // requests that got NULL
    long faults;     // page faults while it ran
    uint32_t *lowest; // latency: the lowest time of each call, in ticks; NULL: nobody asked
    double started_ns, ended_ns;
} __attribute__((aligned(CACHE_LINE)));

// Zero bytes from the kernel, all pages there.
void *own_memory(size_t bytes);

// Adds " name=value" to the line that the program prints.
void report_number(const char *name, double value);

// Of --lowest; NULL without it.
extern const char *lowest_file;

double now_ns(void);

// The compiler must assume that the block is read and written.
static inline void keep(void *p)
{
    __asm__ volatile("" : : "r"(p) : "memory");
}

static inline void touch(void *p)
{
    *(volatile char *)p = 1;
    keep(p);
}

// One byte of each page: as a program does that fills the block.
static inline void touch_pages(void *p, size_t size)
{
    for (size_t at = 0; at < size; at += PAGE)
        ((volatile char *)p)[at] = 1;
    keep(p);
}

// splitmix64: one multiplication chain, good enough in all its bits.
static inline uint64_t random_next(uint64_t *state)
{
    uint64_t z = *state += 0x9e3779b97f4a7c15;
    z = (z ^ (z >> 30)) * 0xbf58476d1ce4e5b9;
    z = (z ^ (z >> 27)) * 0x94d049bb133111eb;
    return z ^ (z >> 31);
}

// Below `bound`, which is less than 2^32.
static inline uint64_t random_below(uint64_t *state, uint64_t bound)
{
    return (random_next(state) >> 32) * bound >> 32;
}

// 1 to `max` bytes: uniform, then halved 0 to 5 times, so that small blocks are the most.
static inline size_t random_size(uint64_t *state, size_t max)
{
    uint64_t r = random_next(state);
    unsigned halvings = (unsigned)((r & 0xffff) * 6 >> 16);
    return 1 + ((r >> 32) * max >> 32 >> halvings);
}

// Loads of one thread each: single.c
void run_pairs(struct worker *self);
void prepare_blocks(struct worker *self);
void prepare_shuffled(struct worker *self);
void run_lifo(struct worker *self);
void run_fifo(struct worker *self);
void run_shuffled(struct worker *self);
void prepare_live(struct worker *self);
void run_random(struct worker *self);
void run_build(struct worker *self);
void run_mix(struct worker *self);
void prepare_large(struct worker *self);
void run_large(struct worker *self);
void run_realloc(struct worker *self);
void run_calloc(struct worker *self);
void run_aligned(struct worker *self);
void prepare_held(struct worker *self);
void run_empty(struct worker *self);

// Loads that threads share: threads.c
void run_producer_consumer(struct worker *self);
void prepare_server(struct worker *self);
void run_server(struct worker *self);
void run_churn(struct worker *self);

// One small pool and many threads: fight.c
void run_fight(struct worker *self);
void finish_fight(struct worker *all);
void prepare_fight_mutex(struct worker *self);
void run_fight_mutex(struct worker *self);

// The time of every single call: latency.c
void prepare_latency(struct worker *self);
void prepare_latency_cold(struct worker *self);
void run_latency(struct worker *self);
void run_latency_touch(struct worker *self);
void finish_latency(struct worker *all);

#endif
