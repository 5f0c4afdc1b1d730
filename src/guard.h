// SPDX-License-Identifier: MIT
// What is put around and into chunks, so that writes that go astray are noticed (lwIP's
// MEMP_OVERFLOW_CHECK and MEM_OVERFLOW_CHECK), and what is remembered of each chunk for it:
//
//     before | asked for | tail            | after        a chunk in the program's hands
//     before | poison                      | after        a free one
//
// `before`, `tail` and `after` hold GUARD_BYTE if overflow_check is on: the tail reaches from the bytes
// that were asked for to the chunk's end. A free chunk is filled with POISON_BYTE if poison is on. A
// chunk that was never handed out is zero all over.
//
// Finds and fills; what a finding leads to, the heap decides. While this is on, threads have no caches,
// so that every call takes the slow path; what a chunk holds and what is remembered of it change
// together, under the pool's lock. Off, it costs nothing but one flag on slow paths.
#ifndef GUARD_H
#define GUARD_H

#include "conf.h"
#include "pool.h"

enum {
    GUARD_BYTE = 0xcd,  // lwIP's
    POISON_BYTE = 0x5a, // an address made of it is invalid on every machine
    GUARD_PARTS = 3,    // of a chunk
    GUARD_SHOWN = 16,   // bytes that a finding holds at most
};

// overflow_check or poison is on. Fixed after guard_start.
extern bool guard_is_on;

enum guard_state { GUARD_NEW, GUARD_LIVE, GUARD_FREE };

// What is remembered of a chunk.
struct guard_record {
    uint64_t requested;       // bytes
    const void *allocated_by; // callers of malloc and free, or NULL
    const void *freed_by;
    enum guard_state state;
};

// A part of a chunk that does not hold what it should.
struct guard_finding {
    const char *what; // in words
    uint32_t chunk;   // number in the pool, in the order of addresses
    uint8_t expected; // the byte that should be everywhere
    int64_t first;    // offsets from the chunk's start: of the first byte that is something else,
    int64_t last;     // and of the last
    uint8_t bytes[GUARD_SHOWN]; // from the first on
    struct guard_record record;
};

// Before any pool is set up.
void guard_start(const struct conf *conf);

// A new pool's chunks will be watched, if that is on; and no more, before it ends. False: no memory.
bool guard_attach(const struct pool *pool);
void guard_detach(const struct pool *pool);

// This pool's chunks are watched.
bool guard_watches(const struct pool *pool);

// All below: guard_watches(pool), and the caller holds the pool's lock. `chunk` is its number in the
// order of addresses, below pool->made.

struct guard_record *guard_record(const struct pool *pool, uint32_t chunk);

// Compares a chunk with what it should hold. How many parts don't; each is a finding.
unsigned guard_look(const struct pool *pool, uint32_t chunk, struct guard_finding *findings);

// Makes it hold what it should, by its record.
void guard_fill(const struct pool *pool, uint32_t chunk);

#endif
