// SPDX-License-Identifier: MIT
// Figures out of a statistics file, of this process or of another, living or dead: what the
// counters of all threads add up to. Reads only, trusts nothing, allocates nothing.
#ifndef STATS_READ_H
#define STATS_READ_H

#include "conf.h"
#include "stats_layout.h"

struct stats_pool_figures {
    uint64_t size, usable, stride;
    uint64_t count; // COUNT_UNLIMITED possible
    uint64_t max_at_least; // `max` is an upper bound when threads have caches; this is the lower one
    enum pool_kind kind;
    bool shadowed;         // a malloc pool that is never first for any size
    char name[STATS_NAME_MAX];
    char desc[STATS_DESC_MAX]; // of a named pool; may be empty
#define POOL_COUNTER(name, kind, help) uint64_t name;
#include "counters.def"
};

// Large: not for the stack of a thread that the program made.
struct stats_figures {
    uint64_t mem_alignment;
    unsigned pool_count; // entries of pools[]; those after them are not written
#define PROCESS_COUNTER(name, kind, help) uint64_t name;
#include "counters.def"
    struct stats_pool_figures pools[MALLOC_POOLS_MAX + NAMED_POOLS_MAX]; // malloc pools first
};

// A requested size's step of the histogram, all threads together.
struct stats_step {
    uint64_t count, bytes;
};

// Checks that `bytes` bytes at `file` are a statistics file that this version understands; NULL, or
// the reason why not. Looks at the first sizeof(struct stats_file) bytes only.
const char *stats_refuse(const struct stats_file *file, size_t bytes);

// Reads the figures of a file that stats_refuse has passed. While the process runs, figures of
// different counters are moments apart. High-water marks lag behind what threads do in their caches:
// unless `marks_are_fresh`, or the program ended, `max` is only known to be at most what is out.
void stats_read(const struct stats_file *file, bool marks_are_fresh,
                struct stats_figures *ret_figures);

// The same, for a file that is mapped and open as `fd` as well (or -1): pages that were never written are
// not looked at, because the kernel provides memory for each that is, which takes longer than all else.
void stats_read_sparse(const struct stats_file *file, int fd, bool marks_are_fresh,
                       struct stats_figures *ret_figures);

// The same of one pool only, by its index.
void stats_read_pool(const struct stats_file *file, unsigned index, bool marks_are_fresh,
                     struct stats_pool_figures *ret_pool);

// The histogram of the same file: SIZE_STEPS steps.
void stats_read_steps(const struct stats_file *file, struct stats_step *ret_steps);

#endif
