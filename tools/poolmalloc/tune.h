// SPDX-License-Identifier: MIT
// From statistics to the pools that fit: which chunk sizes waste least for the requests that were
// measured, and how many chunks were needed at once, as far as the data can tell.
//
// Bounds of what cannot be known exactly are safe: `at_most` is never below the truth. Of processes
// that were measured together each has its own pools, so requests are summed and needs are not: the
// largest need of any one process counts.
//
// A program that calls malloc_usable_size may make its next requests depend on the answers, which are
// chunk sizes. So what was measured holds for the chunk sizes that it was measured on, and of such programs
// only these are proposed.
#ifndef TUNE_H
#define TUNE_H

#include "record.h"

enum {
    TUNE_LAYOUTS_MAX = 256, // different sets of pools that processes were measured with
    TUNE_TABLE = 16,        // the choice is shown for 1 to so many pools
    TUNE_POOLS_MAX = MALLOC_POOLS_MAX,
    TUNE_PAGE = 4096,       // bytes of memory that a pool takes at least
};

// The processes that were measured with the same malloc pools.
struct tune_layout {
    unsigned pool_count;
    bool asks; // one of them called malloc_usable_size
    struct tune_measured {
        uint64_t usable;
        unsigned first, last;   // the steps that lead here, whole or in part; first > last: none
        uint64_t max, at_least; // high-water mark: the largest of any process, and its lower bound
        uint64_t missed;        // requests that found the pool empty: the most of any process
        uint64_t inherited;     // chunks in use at fork: the most of any process
        char name[STATS_NAME_MAX];
    } pools[MALLOC_POOLS_MAX];
    uint64_t most[SIZE_STEPS]; // requests of a step: the most of any process
};

struct tune_data {
    uint64_t processes, running;
    bool asks; // of a layout, or several
    uint64_t mem_alignment;
    char program[STATS_NAME_MAX]; // empty: several
    struct stats_step steps[SIZE_STEPS]; // all processes together
    struct tune_layout *layouts;
    unsigned layout_count;
    // Pools that the program asks for by name: their sizes are given, their peaks exact.
    struct tune_named {
        enum pool_kind kind; // POOL_NAMED or POOL_PBUF: those that a pools.conf declares
        uint64_t size, max;
        char name[STATS_NAME_MAX];
        char desc[STATS_DESC_MAX];
    } named[NAMED_POOLS_MAX];
    unsigned named_count;
};

// Adds one process. NULL, or why it cannot be.
const char *tune_add(struct tune_data *data, const struct record *record);
void tune_done(struct tune_data *data);

// Why a count is not exactly what is needed.
enum tune_doubt {
    TUNE_EMPTY = 1,     // a measured pool was empty: more were needed than it had
    TUNE_TOGETHER = 2,  // measured in one pool with sizes that are in another class now
    TUNE_APART = 4,     // measured in several pools, whose peaks need not have come at the same time
    TUNE_OUTSIDE = 8,   // served by the next malloc, which counts no peaks
    TUNE_THREADS = 16,  // thread caches blur the peak
};

struct tune_class {
    unsigned first, last;    // steps
    uint64_t size;           // of a chunk
    uint64_t requests, bytes;
    uint64_t at_least, at_most; // chunks in use at once, of any one process
    uint64_t count;          // or COUNT_UNLIMITED
    unsigned doubts;         // enum tune_doubt
    char in[STATS_NAME_MAX]; // the measured pool that the doubts are about
};

struct tune_plan {
    unsigned count;
    struct tune_class classes[TUNE_POOLS_MAX];
    uint64_t reserved;   // bytes of all finite pools
    uint64_t at_peak;    // bytes of the unlimited ones at most
    double handed_out, asked; // bytes, all processes
    uint64_t served, beyond;  // requests: of the pools' sizes, and larger ones
    bool answers_otherwise; // a program that asks malloc_usable_size gets other answers than it was
                            // measured with, so that the counts may be too low
};

struct tune_wishes {
    unsigned margin;       // per cent added to the most that was needed; if any, each malloc pool also
                           // has as many chunks as fill a page
    uint64_t largest;      // requests above it go elsewhere
    uint64_t unlimited_to; // pools of chunks up to this size grow on demand; 0: none
};

// `chunks` plus the margin: what to declare.
uint64_t tune_with_margin(uint64_t chunks, unsigned margin);

// The plans with at most 1, 2, ... `most` pools; ret_plans has room for them.
void tune_plans(const struct tune_data *data, const struct tune_wishes *wishes, unsigned most,
                struct tune_plan *ret_plans);

// The fewest pools, of those that do not answer otherwise, that one more would not improve by a point of
// waste; a number of pools.
unsigned tune_choose(const struct tune_plan *plans, unsigned count);

// Per cent of the bytes handed out that nobody asked for.
double tune_waste(const struct tune_plan *plan);

// Splits n ascending sizes, with weight[i] requests each, into k classes for each k up to `most`, so
// that the sum of weight times the class's largest size is least. ret_last[(k - 1) * most + c]: the
// last size of the c-th class. k is at most n.
void tune_split(const uint64_t *size, const uint64_t *weight, unsigned n, unsigned most,
                unsigned *ret_last);

#endif
