// SPDX-License-Identifier: MIT
// The counters of this process: the statistics file, or private memory where none can be had, and
// the counting itself.
//
// A counter has one writer, the thread whose block it is in, and so needs no atomic addition: load,
// add, store, each relaxed. Readers, in this process or another, see a value that was true a moment
// ago. Threads without a cache share block 0 and add atomically.
#ifndef STATS_H
#define STATS_H

#include "conf.h"
#include "stats_layout.h"

// NULL before stats_open.
extern struct stats_file *stats_file;

// Makes the file in stats_dir or one of the default directories. Never fails: without a file the
// counters are private to this process. Fills the header but for the pools.
void stats_open(const struct conf *conf);

struct stats_description {
    enum pool_kind kind;
    const char *name, *desc; // of a named pool
    uint64_t size, usable, stride, count;
};

// Describes a pool, before any counting. Another that had this index before is forgotten. The caller
// makes sure that nobody counts for it meanwhile.
void stats_describe_pool(unsigned index, const struct stats_description *description);

// In the child of fork, which has so many entries of named pools: counters of its own, at first in private
// memory. What its pools have inherited is theirs to say (pool_inherit), for the parent goes on. False: the
// kernel is out of memory, and the parent's counters stay shared; they are figures only.
bool stats_fork(unsigned named_count);

// Before a block of counters is written to for the first time: where the file's system has little room left,
// all counters leave it for private memory, and the file is removed. What other threads count in these
// microseconds may be lost.
void stats_make_room(void);

// Gives a forked child its file, when it turns out to live on. No other thread may count meanwhile.
void stats_settle(void);
bool stats_is_settled(void);

// Marks the end; removes the file unless it is to be kept.
void stats_close(bool keep);

// The name of the statistics file with its directory; empty when there is none.
const char *stats_path(void);

// Called by the only writer of the block.
INLINE void count_own(stats_counter *counter, uint64_t n)
{
    add_relaxed(counter, n);
}

// Called by anyone, on block 0.
INLINE void count_shared(stats_counter *counter, uint64_t n)
{
    atomic_fetch_add_explicit(counter, n, memory_order_relaxed);
}

INLINE uint64_t count_read(const stats_counter *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

#endif
