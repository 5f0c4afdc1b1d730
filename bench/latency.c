// SPDX-License-Identifier: MIT
// The time of every single malloc and every single free, by the processor's clock, as percentiles.
// The load is that of run_random. With one thread each run makes the same calls, so that the lowest
// time of a call over several runs (--lowest) is what the malloc takes for it, without interrupts.
#include "bench.h"

#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// A histogram of ticks: exact below SUBSTEPS, then SUBSTEPS steps an octave (under 2 % wide).
enum { SUBSTEP_BITS = 6, SUBSTEPS = 1 << SUBSTEP_BITS, STEPS = (64 - SUBSTEP_BITS + 1) * SUBSTEPS };

enum call { CALL_MALLOC, CALL_FREE, CALLS };

struct histogram {
    uint64_t counts[STEPS];
    uint64_t highest;
};

static struct histogram histograms[THREADS_MAX][CALLS]; // touched in prepare

// What is serialised: earlier instructions are done before the clock is read.
static inline uint64_t ticks(void)
{
#if defined(__x86_64__)
    __builtin_ia32_lfence();
    uint64_t t = __builtin_ia32_rdtsc();
    __builtin_ia32_lfence();
    return t;
#else
    uint64_t t;
    __asm__ volatile("isb; mrs %0, cntvct_el0" : "=r"(t) : : "memory");
    return t;
#endif
}

static unsigned step_of(uint64_t value)
{
    if (value < SUBSTEPS)
        return (unsigned)value;
    unsigned octave = 63U - (unsigned)__builtin_clzll(value) - SUBSTEP_BITS;
    return (octave << SUBSTEP_BITS) + (unsigned)(value >> octave);
}

static uint64_t highest_of(unsigned step)
{
    if (step < SUBSTEPS)
        return step;
    unsigned octave = (step >> SUBSTEP_BITS) - 1;
    return ((uint64_t)(step & (SUBSTEPS - 1)) + SUBSTEPS + 1) * (1ULL << octave) - 1;
}

static inline void count(struct histogram *h, uint64_t value)
{
    h->counts[step_of(value)]++;
    if (value > h->highest)
        h->highest = value;
}

static inline void keep_lowest(uint32_t *lowest, uint64_t value)
{
    if (value < *lowest)
        *lowest = (uint32_t)value;
}

// Replaces a block and counts what both calls took; `writes`: the first write to the block belongs
// to it, as a program that waits for memory sees it. `lowest`: of these two calls, or NULL.
static inline void replace(struct worker *self, bool writes, uint32_t *lowest)
{
    void **slot = &self->blocks[random_below(&self->random, self->live)];
    size_t size = random_size(&self->random, self->size);
    uint64_t t0 = ticks();
    free(*slot);
    uint64_t t1 = ticks();
    void *p = malloc(size);
    if (writes)
        touch(p);
    uint64_t t2 = ticks();
    touch(p);
    *slot = p;
    count(&histograms[self->index][CALL_FREE], t1 - t0);
    count(&histograms[self->index][CALL_MALLOC], t2 - t1);
    if (lowest) {
        keep_lowest(&lowest[CALL_FREE], t1 - t0);
        keep_lowest(&lowest[CALL_MALLOC], t2 - t1);
    }
}

static void wipe(struct worker *self)
{
    for (unsigned call = 0; call < CALLS; call++) {
        struct histogram *h = &histograms[self->index][call];
        for (unsigned i = 0; i < STEPS; i++)
            ((volatile uint64_t *)h->counts)[i] = 0;
        h->highest = 0;
    }
}

// What earlier runs left in the file; of none, the highest number there is.
static void prepare_lowest(struct worker *self)
{
    if (!lowest_file || self->threads > 1)
        return;
    size_t bytes = self->operations * CALLS * sizeof *self->lowest;
    self->lowest = own_memory(bytes);
    int fd = open(lowest_file, O_RDONLY | O_CLOEXEC);
    if (fd < 0 || read(fd, self->lowest, bytes) != (ssize_t)bytes)
        memset(self->lowest, 0xff, bytes);
    if (fd >= 0)
        close(fd);
}

static void write_lowest(const struct worker *self)
{
    size_t bytes = self->operations * CALLS * sizeof *self->lowest;
    int fd = open(lowest_file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
    if (fd < 0 || write(fd, self->lowest, bytes) != (ssize_t)bytes) {
        perror(lowest_file);
        exit(1);
    }
    close(fd);
}

// Warm: the live blocks are there, and each has been replaced several times.
void prepare_latency(struct worker *self)
{
    prepare_live(self);
    for (uint64_t i = 0; i < 4 * self->live; i++)
        replace(self, true, NULL);
    wipe(self);
    prepare_lowest(self);
}

// Cold: nothing was ever allocated; the first `live` operations fill empty places.
void prepare_latency_cold(struct worker *self)
{
    prepare_blocks(self);
    wipe(self);
    prepare_lowest(self);
}

static inline void run(struct worker *self, bool writes)
{
    for (uint64_t i = 0; i < self->operations; i++)
        replace(self, writes, self->lowest ? self->lowest + i * CALLS : NULL);
}

void run_latency(struct worker *self)
{
    run(self, false);
}

void run_latency_touch(struct worker *self)
{
    run(self, true);
}

static double ns_per_tick(void)
{
    double t0 = now_ns();
    uint64_t ticks0 = ticks();
    double t1 = t0;
    while (t1 - t0 < 2e7)
        t1 = now_ns();
    return (t1 - t0) / (double)(ticks() - ticks0);
}

static const struct {
    const char *name;
    double part;
} percentiles[] = {
    {"p50", 0.5}, {"p99", 0.99}, {"p99.9", 0.999}, {"p99.99", 0.9999}, {"p99.999", 0.99999},
};

static void report(const char *prefix, const struct histogram *h, double tick_ns)
{
    uint64_t total = 0, seen = 0;
    unsigned step = 0;
    char name[32];
    for (unsigned i = 0; i < STEPS; i++)
        total += h->counts[i];
    for (unsigned i = 0; i < sizeof percentiles / sizeof *percentiles; i++) {
        while (step < STEPS && (double)seen < (double)total * percentiles[i].part)
            seen += h->counts[step++];
        snprintf(name, sizeof name, "%s%s", prefix, percentiles[i].name);
        report_number(name, (double)highest_of(step > 0 ? step - 1 : 0) * tick_ns);
    }
    snprintf(name, sizeof name, "%smax", prefix);
    report_number(name, (double)h->highest * tick_ns);
}

static void add(struct histogram *sum, const struct histogram *h)
{
    for (unsigned i = 0; i < STEPS; i++)
        sum->counts[i] += h->counts[i];
    if (h->highest > sum->highest)
        sum->highest = h->highest;
}

void finish_latency(struct worker *all)
{
    static struct histogram sums[CALLS], both, lowest;
    double tick_ns = ns_per_tick();
    for (unsigned call = 0; call < CALLS; call++) {
        for (unsigned i = 0; i < all->threads; i++)
            add(&sums[call], &histograms[i][call]);
        add(&both, &sums[call]);
    }
    report("", &both, tick_ns);
    report("malloc_", &sums[CALL_MALLOC], tick_ns);
    report("free_", &sums[CALL_FREE], tick_ns);
    if (all->lowest) {
        for (uint64_t i = 0; i < all->operations * CALLS; i++)
            count(&lowest, all->lowest[i]);
        report("lowest_", &lowest, tick_ns);
        write_lowest(all);
    }
}
