// SPDX-License-Identifier: MIT
// Allocation and release by the rules of pools.conf, under names that replace nothing: the exported
// malloc family is made of these, and tests link them as they are. Thread-safe. None of them takes a
// lock or leaves this file unless a bin is empty, full or stopped, or the request is unusual.
//
// errno: a call that succeeds, and every release, leaves it alone; NULL sets ENOMEM.
#ifndef HEAP_H
#define HEAP_H

#include "cache.h"
#include "stats.h"

NOINLINE void *heap_alloc_miss(size_t size, size_t step);
NOINLINE void *heap_alloc_slow(size_t size);
NOINLINE void heap_free_slow(void *p);
NOINLINE void heap_free_foreign(void *p);

// The same for a `caller` that is not the one of this call. Who called is known to slow paths only: it
// is for the reports of overflow_check and poison.
NOINLINE void *heap_alloc_slow_for(size_t size, const void *caller);
NOINLINE void heap_free_slow_for(void *p, const void *caller);

// Serves a request of this step from the thread's cache, and counts it. *ret_was_new: as bin_pop.
// False: nothing happened.
INLINE bool heap_pop(size_t step, size_t size, void **ret_chunk, bool *ret_was_new)
{
    struct cache *cache = cache_self;
    struct bin *bin = cache_bin(cache, pools.route.table[step]);
    if (unlikely(!bin_pop(bin, ret_chunk, ret_was_new)))
        return false;
    struct stats_size *counts = &cache->sizes[step];
    count_own(&counts->count, 1);
    count_own(&counts->bytes, size);
    return true;
}

// Puts a chunk of the pool into the thread's cache, and counts it. False: nothing happened.
INLINE bool heap_push(uint64_t pool, const void *p)
{
    struct cache *cache = cache_self;
    if (unlikely(!bin_push(cache_bin(cache, pool), p)))
        return false;
    count_own(&cache->stats->frees[pool], 1);
    return true;
}

// heap_alloc as far as the thread's cache serves it. False: nothing happened.
INLINE bool heap_alloc_fast(size_t size, void **ret_chunk)
{
    return size <= SIZE_FINE_MAX && heap_pop(size_step_fine(size), size, ret_chunk, NULL);
}

// A chunk for `size` bytes, aligned to 16; NULL as on_empty and on_oversize say.
//
// The way of most calls: one load finds the pool, one the chunk; one cache line of the bin, one of the
// histogram and one of the chunk states are written, and nothing waits for the last.
INLINE void *heap_alloc(size_t size)
{
    if (unlikely(size > SIZE_FINE_MAX))
        return heap_alloc_slow(size);
    void *chunk;
    size_t step = size_step_fine(size);
    return likely(heap_pop(step, size, &chunk, NULL)) ? chunk : heap_alloc_miss(size, step);
}

INLINE void *heap_alloc_for(size_t size, const void *caller)
{
    void *chunk;
    return likely(heap_alloc_fast(size, &chunk)) ? chunk : heap_alloc_slow_for(size, caller);
}

// Gives back what heap_alloc and its kin, or the next malloc, returned. NULL: nothing.
INLINE void heap_free(void *p)
{
    uint64_t pool = pools_index(p);
    if (unlikely(pool >= pools.count)) // NULL, foreign, or before start-up
        heap_free_foreign(p);
    else if (unlikely(!heap_push(pool, p)))
        heap_free_slow(p);
}

// count * size bytes, zero. ENOMEM when the product overflows.
void *heap_alloc_zeroed(size_t count, size_t size);

// A chunk whose address is a multiple of `alignment`, a power of two: of the first pool in order
// that is large enough and all of whose chunks are so aligned.
void *heap_alloc_aligned_for(size_t alignment, size_t size, const void *caller);

// The way of most calls: the pool that has the size also has the alignment.
INLINE void *heap_alloc_aligned(size_t alignment, size_t size)
{
    if (likely(size <= SIZE_FINE_MAX)) {
        size_t step = size_step_fine(size);
        void *chunk;
        if (likely(alignment <= pools.route.alignment[pools.route.table[step]])
            && likely(heap_pop(step, size, &chunk, NULL)))
            return chunk;
    }
    return heap_alloc_aligned_for(alignment, size, CALLER());
}

// As realloc: p may be NULL, foreign or from a pool; size 0 frees and returns NULL (glibc).
// On failure the old block is untouched.
void *heap_realloc(void *p, size_t size);

// The bytes of the block that may be used: constant over its life. 0 for NULL.
size_t heap_usable_size(void *p);

// The same for the program, which may make its requests depend on the answer: counted.
size_t heap_tell_usable_size(void *p);

// Looks at every chunk of every pool for what overflow_check and poison notice, reports it (but does
// not abort), and repairs it. How many findings; 0 when both are off.
uint64_t heap_check_all(void);

// The program ends: a last heap_check_all, with its consequences, and the dump.
void heap_end(void);

#endif
