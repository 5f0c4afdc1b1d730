// SPDX-License-Identifier: MIT
// Thread caches: for each thread and pool a bin, a stack of free chunks that only its thread pops
// and pushes, without a lock or an atomic operation.
//
// Exactness. A chunk in a bin is a free chunk, so a thread that finds a pool empty must be able to
// take what others have cached. It stops their bins:
//   stopper, holding the pool's lock           owner, in bin_pop and bin_push
//     S1  stop = 1, low = MAX, capacity = 0      O1  busy = 1
//     S2  membarrier                             O2  compiler barrier
//     S3  wait until busy == 0 (acquire)         O3  test n against low or capacity
//                                                O4  change slots, state and n
//                                                O5  busy = 0, n (one release store)
// membarrier puts a full barrier between O1 and O3 of every running owner. So either O1 comes
// before it, and S3 waits for O5, or O3 comes after it, and the test fails: the owner goes the slow
// way, to the lock. After S3 the bin is the stopper's; O5's release pairs with S3's acquire. Stopped
// bins stay so until their owners start them again under the lock.
// An owner between O3 and O4 may lower `low` after S1 and so undo it: S3 looks, and repeats. It
// cannot happen twice, for whoever enters after S2 sees `stop` before touching `low`.
//
// Double frees. Of several threads that free one chunk at the same moment exactly one may succeed, which
// takes an atomic operation; but most chunks are freed by the thread that allocated them. So they are biased
// to it (the term is that of biased locking): a chunk's state says out of whose bin it came, and only this
// thread changes it, by a mere store in bin_push. Another that frees it first revokes the bin's bias:
//   revoker                                    owner
//     R1  under the pool's lock:                 as above; O4 compares the state with claimable
//         claimable = NONE, live = LIVE,
//         bias = ENDS
//     R2  membarrier
//     R3  wait until busy == 0 (acquire)
//     R4  bias = ENDED (release)
// As above, either R3 waits for the owner's store, or the owner finds nothing claimable, and claims
// atomically from then on. Whoever finds ENDED (acquire) may make chunks that are still biased LIVE,
// atomically, and then compete for them. It is for ever: who has passed chunks on is likely to do it again.
//
// All zero is the valid state "not started": pops and pushes fail, and the slow path does the rest.
// Whoever writes a field: the owner, or anyone who holds the pool's lock and has stopped the bin; what says
// whose its chunks are, also a revoker.
#ifndef CACHE_H
#define CACHE_H

#include "pools.h"

enum {
    CACHES_MAX = 1023, // threads with a cache at the same time; more work without one
    BIN_STOPPED = UINT32_MAX,
};

enum bias { BIAS_HELD, BIAS_ENDS, BIAS_ENDED };

struct CACHE_ALIGNED bin {
    union {
        _Atomic uint64_t n_and_busy; // written as one to close a critical section: n, busy = 0
        struct {
            _Atomic uint32_t n;    // chunks in slots[]
            _Atomic uint32_t busy; // the owner is between O1 and O5
        };
    };
    _Atomic uint32_t low;      // the lowest n since pool_note_used; BIN_STOPPED makes pops fail
    _Atomic uint32_t capacity; // 0 makes pushes fail
    uint32_t *slots; // numbers of free chunks
    char *base;     // of the pool, as the next three
    chunk_state *state;
    uint64_t multiplier;
    uint64_t pitch;
    _Atomic uint16_t stop;
    uint16_t owes; // chunks that the thread took from the pool, less those given back; or more
    _Atomic uint8_t live;      // the state of chunks that are handed out: BIASED + index, or LIVE
    _Atomic uint8_t claimable; // the state from which a mere store claims a chunk: the same, or NONE
    _Atomic uint8_t bias;      // enum bias; stays when the cache is given to another thread
};

_Static_assert(sizeof(struct bin) == CACHE_LINE, "an operation touches one line of the cache");

struct cache {
    struct stats_block *stats; // this thread's counters; NULL when there is no thread
    struct stats_size *sizes;  // stats->sizes, at hand
    uint32_t index;            // in the list of caches; block index + 1 of the statistics
    int thread;                // its number
    bool taken;                // by a thread; under the runtime's lock
    _Atomic uint32_t not_forked; // see cache_init
    _Atomic uint32_t revocations; // of biases to this cache
    // One a pool, by its index. Those of the routing table's other values stay zero for ever.
    CACHE_ALIGNED struct bin bins[POOLS_MAX];
    // then the slots of all bins
};

// The cache of this thread; the shared, for ever empty cache_none before its first slow path and
// after its end. Never NULL.
extern TLS struct cache *cache_self;
extern struct cache cache_none;

// More than one thread has ever had a cache: those of finite pools keep less then. Changed under the
// runtime's lock.
extern _Atomic bool cache_is_shared;

INLINE struct bin *cache_bin(struct cache *cache, uint64_t pool)
{
    uint64_t at = pool * sizeof(struct bin);
    IN_REGISTER(at); // else gcc adds the place of bins[] to the index, in an instruction of its own
    struct bin *bin = (struct bin *)(void *)((char *)cache->bins + at);
    IN_REGISTER(bin);
    return bin;
}

// Takes a chunk out of the bin and makes it LIVE, or biased to this thread. *ret_was_new, unless NULL:
// its memory is still zero. False, with nothing changed: the bin is empty or stopped.
INLINE bool bin_pop(struct bin *bin, void **ret_chunk, bool *ret_was_new)
{
    atomic_store_explicit(&bin->busy, 1, memory_order_relaxed); // O1
    atomic_signal_fence(memory_order_seq_cst);                  // O2
    uint64_t n = atomic_load_explicit(&bin->n, memory_order_relaxed);
    uint64_t low = atomic_load_explicit(&bin->low, memory_order_relaxed);
    if (unlikely(n <= low)) { // O3
        if (n == 0 || atomic_load_explicit(&bin->stop, memory_order_relaxed)) {
            atomic_store_explicit(&bin->busy, 0, memory_order_release);
            return false;
        }
        atomic_store_explicit(&bin->low, (uint32_t)n - 1, memory_order_relaxed);
    }
    uint64_t number = bin->slots[n - 1]; // O4
    if (ret_was_new)
        *ret_was_new = chunk_is_new(&bin->state[number]);
    chunk_hand_out(&bin->state[number], atomic_load_explicit(&bin->live, memory_order_relaxed));
    atomic_store_explicit(&bin->n_and_busy, n - 1, memory_order_release); // O5
    *ret_chunk = bin->base + number * bin->pitch;
    return true;
}

// The address is the start of a chunk in the program's hands. False also of a bin that was never started.
INLINE bool bin_knows(const struct bin *bin, const void *address)
{
    uint64_t number;
    return pool_number_at(bin->multiplier, (uint64_t)((const char *)address - bin->base), &number)
           && chunk_is_live(&bin->state[number]);
}

// Puts a chunk into the bin that is LIVE, or biased to this thread. False, with nothing changed: the bin is
// full or stopped, or the address is not the start of such a chunk. Of several threads that free one chunk at
// the same moment exactly one succeeds.
INLINE bool bin_push(struct bin *bin, const void *address)
{
    uint64_t number;
    if (unlikely(!pool_number_at(bin->multiplier, (uint64_t)((const char *)address - bin->base),
                                 &number)))
        return false;
    atomic_store_explicit(&bin->busy, 1, memory_order_relaxed); // O1
    atomic_signal_fence(memory_order_seq_cst);                  // O2
    uint64_t n = atomic_load_explicit(&bin->n, memory_order_relaxed);
    if (likely(n < atomic_load_explicit(&bin->capacity, memory_order_relaxed)) // O3
        && likely(chunk_claim_as(&bin->state[number], // O4
                                 atomic_load_explicit(&bin->claimable, memory_order_relaxed)))) {
        bin->slots[n] = (uint32_t)number;
        __builtin_prefetch(address); // it is handed out again soon, and written to; nothing waits
        atomic_store_explicit(&bin->n_and_busy, n + 1, memory_order_release); // O5
        return true;
    }
    atomic_store_explicit(&bin->busy, 0, memory_order_release);
    return false;
}

// Slow paths of the owner.

// The pool is used without caches now. Saves a lock where the next two would say so.
INLINE bool cache_is_bypassed(const struct pool *pool)
{
    return pool->cache_capacity == 0 || atomic_load_explicit(&pool->scarce, memory_order_relaxed);
}

// Brings chunks from the pool into the bin. False: the pool has none, or caches are not used for it.
bool cache_refill(struct cache *cache, struct pool *pool);

// After bin_push failed: makes room in the bin, or a chunk LIVE that was biased to another thread. False:
// caches are not used for this pool, go to the pool itself.
bool cache_make_room(struct cache *cache, struct pool *pool, uint32_t number);

// A pool without a cache: one chunk, made LIVE or FREE under the lock.
bool cache_take_direct(struct pool *pool, void **ret_chunk, bool *ret_was_new);
bool cache_give_direct(struct pool *pool, uint32_t number); // false: it is not in the program's hands

// The same in steps, and under the pool's lock, which the caller holds. What is given was claimed.
bool cache_claim_locked(struct pool *pool, uint32_t number);
bool cache_take_locked(struct pool *pool, void **ret_chunk, bool *ret_was_new);
void cache_give_locked(struct pool *pool, uint32_t number);

// Brings all free chunks of the pools [first, first + count) back into the pools, from every
// thread's cache. The caller holds their locks.
void cache_reclaim(unsigned first, unsigned count);

// Where the next malloc stands in for an empty pool, nothing is taken from threads, which may keep a few
// chunks. But if some may keep many of them, all are brought back. False: it is empty all the same.
bool cache_reclaim_grown(struct pool *pool);

// As cache_take_direct; but if the pool is found empty, what threads have cached is brought back first, and
// the caches of a finite pool are bypassed until half of it is free again, longer each time that
// threads fight over it. False: all chunks are in the program's hands.
bool cache_take_reclaimed(struct pool *pool, void **ret_chunk, bool *ret_was_new);

// Brings the pool's high-water mark up to date with what this thread and the others have now.
void cache_note_used(struct pool *pool);

// The calling thread is in the middle of bin_pop, bin_push or a critical section, and so in a signal handler:
// it must not wait for a lock, whose owner may be itself, or wait for it.
bool cache_is_interrupted(void);

// Called under the runtime's lock, when threads come and go.

// After pools_init. Returns a word to be set, which every child of a fork finds zero, even where no fork
// handler ran; NULL where the kernel cannot do that.
_Atomic uint32_t *cache_init(void);
struct cache *cache_attach(struct stats_file *stats); // NULL: none to be had
// Touches what the thread of a new cache will write, its counters included, but for what bins of unlimited
// pools grow into.
void cache_populate(struct cache *cache);
void cache_detach(struct cache *cache);
unsigned cache_count(void); // ever attached; their statistics are blocks 1 to cache_count()

// In the child of fork, which has one thread: no cache is attached any more. The chunks in them must
// have been reclaimed, or are found by pool_rebuild.
void cache_forget_all(void);

// Aborts if an equation of a pool does not hold. All other threads stand still.
void cache_check(void);

#endif
