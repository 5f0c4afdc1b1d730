// SPDX-License-Identifier: MIT
// One pool of fixed-size chunks: its slice of the address space, the state of every chunk, and the
// free chunks that no thread has cached. Chunks are known by their number: the n-th chunk has the number
// (first + n) << spread. A number is its chunk's place in the table of states, so that the states of
// large chunks, of which a thread takes only a few at a time, don't share a cache line with another
// thread's. An unlimited pool begins some way into its slice, each at another distance: the n-th chunks
// of all pools, and their states, would compete for the same few lines of the processor's cache.
//
// Every chunk has one byte of state, which whoever hands it out or takes it back writes:
//   NEW   never in the program's hands; its memory is zero
//   FREE  was freed; lies in the pool or in a thread's cache
//   NONE  no chunk's state
//   LIVE  in the program's hands
//   BIASED + i  LIVE, and biased to the thread with cache i: see cache.h
// Equations, which pool_check executes under the lock:
//   out = made - free         chunks outside the pool, in caches or in the program's hands
//   made <= count
//   every chunk on the free stack is NEW or FREE, and there once
#ifndef POOL_H
#define POOL_H

#include "lock.h"
#include "stats_layout.h"

enum chunk_state {
    CHUNK_NEW,
    CHUNK_FREE,
    CHUNK_NONE,
    CHUNK_LIVE,
    CHUNK_BIASED,
    CHUNK_IDLE = 0x80, // beside NEW or FREE: a mark of pool_trim, under the lock. Nobody else looks at these
                       // states then, because chunks on the stack are in nobody's cache or hands
    CHUNK_BIASES = CHUNK_IDLE - CHUNK_BIASED, // caches that chunks can be biased to
};
typedef _Atomic uint8_t chunk_state;

struct pool {
    // Fixed after pool_init.
    char *base;        // of the slice
    chunk_state *state; // a byte for each number that an address in the slice can have
    uint32_t *stack;   // numbers of free chunks, see stack_room
    uint64_t multiplier; // ceil(2^64 / pitch), see pool_number_at
    uint64_t stride;   // from one chunk to the next
    uint64_t gap;      // of it: bytes between two chunks, and before the first; for guard.h
    uint32_t pitch;    // stride >> spread: bytes from one number to the next
    uint32_t spread;
    uint32_t first;    // before the first chunk there is room for as many; see above
    bool unlimited;
    bool is_borrowed;   // all its memory is the program's
    bool keeps_memory;  // none is given back, because the content of free chunks matters
    bool cache_is_auto; // a thread may start with less than cache_capacity
    uint64_t usable;
    uint64_t size;     // as declared
    uint64_t slice_bytes;
    uint32_t count;    // chunks at most
    uint32_t cache_capacity; // chunks that a thread may keep; 0: every request goes to the pool
    uint32_t cache_max;      // and if it has shown that it needs them
    uint16_t index;    // in pools.pool[]
    _Atomic bool has_grown; // threads may keep more than cache_capacity. Written under the lock
    _Atomic bool *pass_by; // kept like `empty`, where requests go to the next malloc then; or NULL
    struct stats_pool *stats; // written under the lock
    uint32_t stack_room; // for how many there is room now: under the lock, as where the stack is
    uint32_t trimmed;    // so many of the lowest on the stack the last trim looked at: under the lock

    // Under the lock.
    CACHE_ALIGNED struct lock lock;
    uint32_t made;      // the first so many chunks have left the pool at least once
    uint32_t free;      // entries of the stack
    uint32_t free_low;  // the lowest `free` since it was last trimmed: so many were not needed
    uint64_t trimmed_ns;
    uint32_t committed; // chunks whose memory is usable
    uint32_t caches;    // threads that may have chunks of this pool cached
    uint32_t patience;  // chunks that must come back before a scarce pool uses caches again: twice
    uint32_t calm;      // as many each time that threads took from each other; and how many have
    // Written under the lock, read anywhere.
    _Atomic bool empty;  // no chunk in the pool: a hint that saves a lock
    _Atomic bool scarce; // caches are bypassed, so that threads don't steal from each other for ever
    // Empty and scarce: no chunk is in any cache either, every one is in the program's hands. No hint:
    // whoever reads true may answer NULL, for it was so at that moment. A free that happened before
    // the reading has been seen, because its thread wrote false under the lock before it returned.
    _Atomic bool exhausted;

    // Of named pools, under the lock.
    bool watched;           // scarce for ever, because somebody wants to know of every free
    uint32_t waiting;       // waiters in the list
    struct waiter *waiters; // threads that wait for a chunk, by their coming; the pool is scarce
    struct waiter *waiters_end; // the last of them
};

_Static_assert(sizeof(struct pool) == 3 * CACHE_LINE, "two lines that seldom change, one under the lock");

// A thread that waits for a chunk; lies on its stack. Written under the pool's lock.
struct waiter {
    struct waiter *next;
    uint32_t number;         // of the chunk that it got: LIVE
    _Atomic uint32_t served; // 1: it has left the list, with a chunk. What it sleeps on
};

struct pool_plan { // what pool_init needs to know
    uint64_t size, usable;
    uint64_t stride; // without the gap
    uint64_t gap;
    uint64_t count; // or COUNT_UNLIMITED
    uint64_t slice_bytes;
    _Atomic bool *pass_by; // see struct pool
    bool is_usable;        // the slice is committed already, and so are `tables`, if given
    uint32_t processors;  // that the threads of this process run on
    uint32_t cache_limit; // thread_cache of the configuration
    uint32_t cache_room;  // chunks for which a thread's cache has room at most
    uint32_t index;
    bool without_memory;  // addresses of chunks are numbers only, nobody reads or writes them
    bool keeps_memory;
    bool is_borrowed;     // chunks and tables, directly after them, are the program's
    char *tables;         // pool_table_bytes() zeros for states and stack, which stay the caller's;
                          // NULL: they are mapped
    uint32_t *few;        // room for POOL_FEW numbers: the stack of an unlimited pool until it is full,
};                        // so that those of many pools lie in few pages. NULL: none

enum { POOL_FEW = 64 };

// The bytes of a slice that a pool of `count` chunks needs at least. UINT64_MAX: cannot be had.
uint64_t pool_min_slice(uint64_t stride, uint64_t count);

// Sets up the pool in the reserved slice at `base`. Finite pools are committed wholly. False: no
// memory, and nothing is kept.
bool pool_init(struct pool *pool, const struct pool_plan *plan, char *base,
               struct stats_pool *stats);

// Gives tables that pool_init mapped back to the system. Nobody uses the pool any more.
void pool_fini(struct pool *pool);

// The number that belongs to the address `offset` bytes from the base; false if none does. Exact for
// every offset below slice_bytes: with m = ceil(2^64 / pitch), offset * m is the quotient above and a
// remainder below 2^64 that is less than m if and only if pitch divides offset (Lemire, Kaser, Kurz:
// Faster remainder by direct computation, 2019), because pool_min_slice keeps log2(slice_bytes) +
// log2(stride) <= 64. Numbers between two chunks' belong to no chunk; their state is NEW for ever.
INLINE bool pool_number_at(uint64_t multiplier, uint64_t offset, uint64_t *ret_number)
{
    unsigned __int128 product = (unsigned __int128)offset * multiplier;
    *ret_number = (uint64_t)(product >> 64);
    return (uint64_t)product < multiplier;
}

// A chunk's bytes, as if there were no gap.
INLINE uint64_t pool_chunk_bytes(const struct pool *pool)
{
    return pool->stride - pool->gap;
}

INLINE void *pool_address(const struct pool *pool, uint32_t number)
{
    return pool->base + (uint64_t)number * pool->pitch;
}

// Of the n-th chunk.
INLINE uint32_t pool_number(const struct pool *pool, uint32_t n)
{
    return (pool->first + n) << pool->spread;
}

// The other way round: at least `count` when the number belongs to no chunk that the pool can have.
INLINE uint64_t pool_nth(const struct pool *pool, uint64_t number)
{
    return (number >> pool->spread) - pool->first;
}

// Chunks whose states fill a cache line: new ones are taken in such runs.
INLINE uint32_t pool_run(const struct pool *pool)
{
    return CACHE_LINE >> pool->spread;
}

INLINE chunk_state *pool_state(const struct pool *pool, uint32_t n)
{
    return &pool->state[pool_number(pool, n)];
}

INLINE uint8_t chunk_read(const chunk_state *state)
{
    return atomic_load_explicit(state, memory_order_relaxed);
}

// LIVE or BIASED.
INLINE bool chunk_is_live(const chunk_state *state)
{
    uint8_t now = chunk_read(state);
    return now >= CHUNK_LIVE && now < CHUNK_IDLE;
}

INLINE bool chunk_is_biased(uint8_t state)
{
    return state >= CHUNK_BIASED && state < CHUNK_IDLE;
}

// From one state to the other, for the one caller of several at the same moment that is first.
INLINE bool chunk_change(chunk_state *state, uint8_t from, uint8_t to)
{
    return atomic_compare_exchange_strong_explicit(state, &from, to,
                                                   memory_order_relaxed, memory_order_relaxed);
}

// LIVE to FREE, for the one caller of several at the same moment that is first; false for the others,
// and for chunks that are not LIVE. Relaxed: who reads the chunk's memory next got it through a lock.
INLINE bool chunk_claim(chunk_state *state)
{
    if (chunk_read(state) != CHUNK_LIVE)
        return false; // and nothing is written: the page may be read-only where no chunk was made yet
    return chunk_change(state, CHUNK_LIVE, CHUNK_FREE);
}

// The same without the cost of an atomic operation, if the state is `claimable`: one from which nobody else
// can be claiming at this moment; CHUNK_NONE where there is none such.
INLINE bool chunk_claim_as(chunk_state *state, uint8_t claimable)
{
    if (unlikely(chunk_read(state) != claimable))
        return chunk_claim(state);
    atomic_store_explicit(state, CHUNK_FREE, memory_order_relaxed);
    return true;
}

// For the only one who has the chunk: its memory is still zero.
INLINE bool chunk_is_new(const chunk_state *state)
{
    return chunk_read(state) == CHUNK_NEW;
}

// To LIVE or BIASED, by the only one who has the chunk.
INLINE void chunk_hand_out(chunk_state *state, uint8_t live)
{
    atomic_store_explicit(state, live, memory_order_relaxed);
}

// Bytes of the tables of states and of free chunks, one after the other.
uint64_t pool_table_bytes(const struct pool_plan *plan);

// Touches them, so that no page of them faults later. False: no memory.
bool pool_populate_tables(const struct pool *pool);

// At most n chunks, in whole runs unless they are fewer: what goes from the pool to a thread and back keeps
// to lines of states, or else every line would come to have chunks of several threads in it.
INLINE uint64_t pool_whole_runs(const struct pool *pool, uint64_t n)
{
    return n < pool_run(pool) ? n : n - n % pool_run(pool);
}

// Quarters of a finite pool that the caches of all threads together keep at most: at their start, and of
// those that use more. What is left is for whoever asks first.
enum { CACHES_START_QUARTERS = 2, CACHES_GROWN_QUARTERS = 3 };

// Chunks that each of so many threads may keep of that: an even number of runs, because a full cache gives
// half of them back. An unlimited pool has enough, and a size that was declared is kept to.
INLINE uint64_t pool_share(const struct pool *pool, unsigned quarters, uint32_t threads)
{
    if (pool->unlimited || !pool->cache_is_auto)
        return pool->cache_max;
    uint64_t share = (uint64_t)pool->count * quarters / (4 * (uint64_t)threads);
    uint64_t most = min_u64(pool->cache_max, max_u64(1, share));
    return most < 2 * pool_run(pool) ? most : 2 * pool_whole_runs(pool, most / 2);
}

// All below: the caller holds the lock.

// Takes up to `want` chunks out of the pool; their numbers go to numbers[]. How many; 0: it has none.
uint32_t pool_take(struct pool *pool, uint32_t *numbers, uint32_t want);

// As chunk_claim. Where no thread has a bin of the pool started, all others that claim hold the lock, too.
INLINE bool pool_claim(struct pool *pool, uint32_t number)
{
    return chunk_claim_as(&pool->state[number], pool->caches == 0 ? CHUNK_LIVE : CHUNK_NONE);
}

// Of has_grown: true before a thread's bin becomes so large, false when no thread has a bin any more.
void pool_set_grown(struct pool *pool, bool value);

// Puts n chunks back that are not LIVE.
void pool_give(struct pool *pool, const uint32_t *numbers, uint32_t n);

// Notes that at some moment all chunks that are out now, except `cached` (of one thread), may have
// been in the program's hands: exact when no other thread has a cache.
void pool_note_used(struct pool *pool, uint32_t cached, uint32_t other_caches);

// Gives the memory of whole pages back to the system that hold only chunks among the `chunks` lowest
// on the stack. Finite pools keep theirs.
void pool_trim(struct pool *pool, uint32_t chunks);

// The same for chunks that were not needed for a second, if they are worth the work.
void pool_trim_idle(struct pool *pool);

// The same for chunks that were not needed since one of these two last trimmed the pool, 3 ms ago at least.
bool pool_trim_is_due(const struct pool *pool, uint64_t now_ns);
void pool_trim_unused(struct pool *pool, uint64_t now_ns);

// Rebuilds the stack from the chunks' states, as if no chunk were cached anywhere: for a child of a
// fork that was not announced, maybe in the middle of anything.
void pool_rebuild(struct pool *pool);

// The chunks that are out are what this process begins with: for a child, after stats_fork, when no chunk is
// cached anywhere.
void pool_inherit(struct pool *pool);

// Aborts if an equation does not hold. `cached`: chunks in all caches, which stand still.
void pool_check(struct pool *pool, uint64_t cached);

INLINE uint32_t pool_out(const struct pool *pool)
{
    return pool->made - pool->free;
}

#endif
