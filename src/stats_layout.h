// SPDX-License-Identifier: MIT
// The statistics file: how counters lie in memory that other processes may map or read later.
//
//   struct stats_header                    written at start-up, end time at exit
//   struct stats_pool[POOLS_MAX]           written under the pool's lock; by the pool's index, so that
//                                          some in the middle are none's
//   text[NAMED_POOLS_MAX]                  descriptions of the named pools
//   struct stats_block[block_count]        block 0 shared (atomic adds); the others have one writer
//                                          each at a time, the thread that owns the cache
//
// Every field is fixed-width and little-endian. A reader refuses another magic, version or size.
// The library never reads a pointer or an index back from here: damage can spoil figures only.
#ifndef STATS_LAYOUT_H
#define STATS_LAYOUT_H

#include "size_step.h"

#define STATS_MAGIC 0x73746d6c6f6f70ULL // "poolmts" as bytes
enum {
    STATS_VERSION = 5,
    STATS_NAME_MAX = NAME_MAX_BYTES,
    STATS_DESC_MAX = 256,
    STATS_ORIGIN_MAX = 512,
};

typedef _Atomic uint64_t stats_counter;

struct stats_header {
    uint64_t magic;
    uint32_t version;
    uint32_t header_bytes;
    uint32_t pool_bytes;
    uint32_t block_bytes;
    uint32_t pool_count;  // malloc pools
    uint32_t named_count; // entries of named pools, at NAMED_POOLS_FIRST; those with count 0 are free
    uint32_t block_count;
    uint32_t reserved;
    uint64_t file_bytes;
    uint64_t process_id;
    uint64_t start_ns;      // wall clock
    stats_counter blocks_used; // blocks [0, blocks_used) may hold counts; the others were never touched
    stats_counter end_ns;   // wall clock; 0 while running or when the program could not tell
    uint64_t forked_from;   // process id, 0 if the program was started by exec
    uint32_t mem_alignment;
    uint32_t on_empty;      // enum policy
    uint32_t on_oversize;   // enum policy
    uint32_t try_bigger;
    char program[STATS_NAME_MAX];
    char origin[STATS_ORIGIN_MAX]; // where the configuration came from
};

// Of one pool. Fixed first, then what is written under the pool's lock.
struct stats_pool {
    uint64_t size;  // as declared
    uint64_t usable;
    uint64_t stride;
    uint64_t count; // COUNT_UNLIMITED possible
    uint64_t kind;  // enum pool_kind
    stats_counter made;      // chunks handed out for the first time so far
    stats_counter out;       // chunks outside the pool: in thread caches or in the program's hands
    stats_counter max;       // high-water mark of used: an upper bound, see max_slack
    stats_counter max_slack; // it may be this much too high, because of what other threads had cached
    stats_counter inherited; // used at fork, of a forked process
    char name[STATS_NAME_MAX];
};

// Requests of one size step.
struct stats_size {
    stats_counter count;
    stats_counter bytes;
};

// What one thread counted for one pool. The pool's figures follow from these and the histogram:
//   allocs = sum of count over the size steps that lead to the pool, without those passed by
//            + direct + spilled_in - spilled_out - failed - fell_back
//   used   = inherited + allocs - frees
//   cached = out - used
// and requested_bytes likewise from bytes and direct_bytes.
struct stats_pool_counts {
    stats_counter direct;       // signed: requests whose size step does not lead here (or leads here
    stats_counter direct_bytes; // only in part), less those that it leads here wrongly; and bytes
    stats_counter err;
    stats_counter illegal;
    stats_counter corrupt;
    stats_counter failed;
    stats_counter spilled_in;
    stats_counter spilled_out;
    stats_counter fell_back;
};

struct stats_process_counts {
#define PROCESS_COUNTER(name, kind, help) stats_counter name;
#include "counters.def"
};

struct CACHE_ALIGNED stats_block { // aligned: two threads' counters share no cache line
    stats_counter frees[POOLS_MAX];       // chunks given back, of each pool
    struct stats_size sizes[SIZE_STEPS];  // requests, but for
    struct stats_size passed[SIZE_STEPS]; // those that went to the next malloc at once, because the
                                          // step's pool was empty or there is none; or that grew a
                                          // block of the next malloc beyond its step
    struct stats_process_counts process;
    struct stats_pool_counts pools[POOLS_MAX]; // last: pages of pools that there are not stay untouched
};

struct stats_file {
    struct stats_header header;
    struct stats_pool pools[POOLS_MAX];
    char descs[NAMED_POOLS_MAX][STATS_DESC_MAX];
    struct stats_block blocks[];
};

_Static_assert(sizeof(stats_counter) == 8, "counters are plain 64-bit words");
_Static_assert(__BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__, "the file is little-endian");

#endif
