// SPDX-License-Identifier: MIT
// What the slow paths of the heap share: heap.c (allocation), heap_free.c and heap_realloc.c.
#ifndef HEAP_SLOW_H
#define HEAP_SLOW_H

#include <errno.h>

#include "guard.h"
#include "heap.h"
#include "runtime.h"
#include "text.h"

// A request on its way through the slow path.
struct request {
    size_t size;
    size_t alignment;
    bool zeroed;
    bool exact;         // other threads' caches are searched, whatever on_empty says
    const void *caller; // of malloc: where that call returns to
};

enum { HISTORY_MAX = 768 }; // bytes of heap_check_history's text, with its NUL

// Adds to a counter of the calling thread's block: COUNT(pools[i].err, 1).
#define COUNT(field, n) \
    do { \
        bool count_is_shared; \
        struct stats_block *count_block = runtime_counts(&count_is_shared); \
        if (likely(!count_is_shared)) \
            count_own(&count_block->field, n); \
        else \
            count_shared(&count_block->field, n); \
    } while (0)

// heap_free where the caller is not that of this call.
INLINE void heap_free_for(void *p, const void *caller)
{
    uint64_t pool = pools_index(p);
    if (pool >= pools.count)
        heap_free_foreign(p);
    else if (!heap_push(pool, p))
        heap_free_slow_for(p, caller);
}

// What the slow paths look at first.
INLINE bool all_pass_by(void)
{
    return atomic_load_explicit(&runtime_is_passive, memory_order_acquire);
}

INLINE void *out_of_memory(void)
{
    errno = ENOMEM;
    return NULL;
}

// One chunk of the pool, by cache if possible; NULL when the pool is empty. Counts nothing.
void *heap_take(struct pool *pool, const struct request *request);

// Counts a request that goes to the pool `first`, or to none (ROUTE_NONE).
void heap_count_request(unsigned first, const struct request *request);

// What is wrong with freeing p, in words; NULL if it is a chunk in use. *ret_number is the chunk's, or
// what comes nearest.
const char *heap_find_fault(const struct pool *pool, const void *p, uint64_t *ret_number);

// False if p is not in a named pool's memory. Otherwise it is misuse to hand it to free or realloc, which
// is dealt with.
bool heap_is_named(void *p);

// Findings in one chunk, taken under its pool's lock and reported after.
struct heap_findings {
    unsigned count;
    struct guard_finding list[GUARD_PARTS];
};

// Steps of a chunk's life in pools that guard_watches: with a look at what guard.h keeps around and in
// the chunk, and a report, by on_corruption, of what is not as it was left.
void *heap_check_take(struct pool *pool, const struct request *request); // as heap_take
void *heap_check_taken(struct pool *pool, void *chunk, const struct request *request); // in some other way
bool heap_check_give(struct pool *pool, uint32_t number, const void *caller); // as cache_give_direct
void heap_check_resize(struct pool *pool, uint32_t number, size_t size, const void *caller);

// The first half of heap_check_give, for a chunk that is not LIVE any more; the caller holds the lock.
void heap_check_freed(struct pool *pool, uint32_t number, const void *caller,
                      struct heap_findings *ret_found);

// Counts and reports findings, with their consequences. No lock is held.
void heap_check_report(const struct pool *pool, const struct heap_findings *found);

// What overflow_check = 2 does at each call: a look at every chunk of every pool.
void heap_check_call(void);

// Who allocated the chunk and who freed it, if that is known: a line each, each after a newline.
void heap_check_history(struct pool *pool, uint64_t chunk, struct text *out);

// Counts it, and does what on_invalid_free says.
void heap_invalid_free(struct pool *pool, const void *p, uint64_t number, const char *fault);

#endif
