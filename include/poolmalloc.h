// SPDX-License-Identifier: MIT
// What programs that know libpoolmalloc may ask it. C and C++. A program needs none of it to run on
// pools: preloading the library is enough.
//
// Named pools are lwIP's LWIP_MEMPOOL: `count` chunks of `size` bytes each, under a name. They come
// from `pool` and `pbuf` lines of pools.conf, from pm_pool_create at run time, and from
// PM_POOL_DECLARE at compile time. They serve no malloc, and free() is not for their chunks.
//
// What holds for every pool:
//   Exactness. A request fails if and only if all `count` chunks are in the program's hands, at any
//     number of threads; chunks that threads have cached are free chunks.
//   Alignment. Chunks are aligned to 16 bytes, or to mem_alignment of pools.conf where that is more
//     (pools of PM_POOL_DECLARE: to 16), and at least as large as declared.
//   Threads. Every function may be called by any thread at any time, unless it says otherwise, but
//     not by a signal handler. A chunk may be freed by another thread than the one that got it.
//   errno. A call that succeeds, and every free, leaves it alone; a failure sets it.
//   Fork. The child has all pools, with the chunks that the parent's threads had in hand; no thread
//     waits for a chunk there.
//   Nothing allocates, but for pm_pool_create, whose pool's memory is mapped, and pools with
//     PM_POOL_ON_HEAP, whose chunks are from malloc.
#ifndef POOLMALLOC_H
#define POOLMALLOC_H

#include <stddef.h>
#include <stdint.h>

#define PM_VERSION_MAJOR 0
#define PM_VERSION_MINOR 1
#define PM_VERSION_PATCH 0
#define PM_VERSION "0.1.0"

#ifdef __cplusplus
extern "C" {
#endif

// The version of the library that is loaded, "MAJOR.MINOR.PATCH". It differs from PM_VERSION, which
// is the header's, when a program runs with another release than it was compiled with. Never NULL;
// any thread; does not allocate.
const char *pm_version(void);


// Pools

typedef struct pm_pool pm_pool;

enum {
    PM_NAME_MAX = 64, // bytes of a pool's name, with its NUL
    PM_POOLS_MAX = 192 // named pools at the same time, of all three origins
};

// The named pool of this name (case matters); NULL with errno ENOENT: there is none. The pools of
// pools.conf exist from the start; none of them does when pools.conf has a mistake.
pm_pool *pm_pool_find(const char *name);

enum pm_pool_flags {
    PM_POOL_ON_HEAP = 1, // each chunk is from malloc and goes back there; never more than `count`
    PM_POOL_PBUF = 2     // `size` is a pm_pbuf_chunk_size: dumps show a pool of packet buffers
};

// A new named pool of `count` chunks (1 to 4294967294) of `size` bytes (1 to 1 GiB), in the order
// of lwIP's LWIP_MEMPOOL. `name`: letters, digits and _, no digit first, fewer than PM_NAME_MAX
// bytes. `desc` is for people (dumps in lwIP's format show it) and may be NULL; both are copied,
// and desc is cut to 255 bytes. `flags`: 0, or pm_pool_flags added up.
//
// PM_POOL_ON_HEAP is lwIP's MEMP_MEM_MALLOC with the count still enforced: memory is taken only for
// chunks in use, and a chunk is free for others as soon as it is freed. It asks the program's
// malloc, and a request may fail because that does (errno ENOMEM), before `count` is reached. A
// chunk that is freed behind the pool's back, by free(), stays counted as used.
//
// NULL with errno EINVAL: an argument is out of range. EEXIST: a pool has this name. ENOSPC: there
// are PM_POOLS_MAX pools. ENOMEM: no memory. ENODEV: the kernel refused the memory for the pools of
// pools.conf. A mistake there, or `programs` that leave this one out, don't matter.
pm_pool *pm_pool_create(const char *name, size_t count, size_t size, const char *desc,
                        unsigned flags);

// Ends a pool of pm_pool_create. 0; or, with nothing done, EBUSY: chunks are in the program's
// hands, or threads wait for one; EINVAL: NULL, or a pool of another origin. No other thread may
// use the pool while it is destroyed, or after. Its statistics stay in the dump until another pool
// takes its place.
int pm_pool_destroy(pm_pool *pool);

// Every pool in turn: malloc pools in the order of pools.conf, its named pools in order, then the
// others. NULL gives the first; NULL is returned after the last. A pool that comes or goes
// meanwhile may be left out.
pm_pool *pm_pool_next(const pm_pool *pool);

// The pool that an address belongs to, anywhere from its first chunk's start to its last chunk's
// end, malloc pools included; of a pool on the heap: the start of a chunk in use. NULL: none.
pm_pool *pm_pool_of(const void *address);

// Bytes of each chunk that may be used: `size` rounded up to mem_alignment. 0 for NULL.
size_t pm_pool_usable_size(const pm_pool *pool);


// Chunks

// A chunk of the pool (lwIP: memp_malloc, LWIP_MEMPOOL_ALLOC); its content is undefined. NULL with
// errno ENOMEM: none is free, counted as err and failed; no other pool and no malloc is asked,
// whatever on_empty says. NULL with errno EINVAL: pool is NULL. Of a malloc pool, too; free and pm_free
// both take its chunks.
void *pm_alloc(pm_pool *pool);

// The same, for a caller that needs `bytes` of it: so many are counted as requested_bytes, and
// overflow_check of pools.conf watches what is behind them. NULL with errno EINVAL as well: bytes
// is above pm_pool_usable_size.
void *pm_alloc_bytes(pm_pool *pool, size_t bytes);

// The same as pm_alloc, all usable bytes zero.
void *pm_alloc_zeroed(pm_pool *pool);

#define PM_FOREVER UINT64_MAX

// The same, but waits for up to `timeout_ns` nanoseconds of the monotonic clock while the pool is
// empty. 0: does not wait; PM_FOREVER: without limit. (lwIP waits for messages,
// sys_arch_mbox_fetch, but not for memory.) Threads that wait are served in the order of their
// coming, and before any that come later: each chunk that is freed goes to the first of them and
// wakes that thread alone. A chunk that is freed before the time is over is never missed. NULL with
// errno ETIMEDOUT: it was over, not earlier than asked for. EINVAL: pool is NULL or a malloc pool, whose
// chunks free() gives back without looking for threads that wait. No cancellation point; goes on
// waiting after a signal's handler has run.
void *pm_alloc_timed(pm_pool *pool, uint64_t timeout_ns);

// Gives a chunk back (lwIP: memp_free, LWIP_MEMPOOL_FREE). NULL, as either argument: nothing
// happens. Anything else that is not the start of a chunk in use of this very pool is noticed: a
// double free, a pointer into the middle of a chunk, a chunk that was never handed out, a chunk of
// another pool, a pointer of elsewhere. It is counted as `illegal` of `pool`, on_invalid_free of
// pools.conf decides what happens (abort, warn, ignore), and no chunk changes its state.
void pm_free(pm_pool *pool, void *chunk);


// Statistics

enum pm_pool_kind {
    PM_KIND_MALLOC,  // serves malloc
    PM_KIND_NAMED,   // a `pool` line of pools.conf
    PM_KIND_PBUF,    // a `pbuf` line: header and payload, each rounded up to mem_alignment
    PM_KIND_CREATED, // pm_pool_create
    PM_KIND_STATIC   // PM_POOL_DECLARE
};

// A pool's description and counters; the names are those of every dump. Later versions add fields
// at the end.
struct pm_stats {
    size_t bytes; // in: sizeof(struct pm_stats) of the caller; out: how many of them were filled
    const char *name; // valid as long as the pool
    const char *desc; // likewise; "" when there is none
    uint32_t kind;    // enum pm_pool_kind
    uint32_t on_heap; // 1: PM_POOL_ON_HEAP
    uint64_t size;    // as declared; of a pbuf pool header and payload together
    uint64_t usable;
    uint64_t stride;  // from one chunk to the next; of a pool on the heap: usable
    // lwIP's struct stats_mem, in 64 bits.
    uint64_t avail;   // chunks that the pool has; of an unlimited pool: chunks made so far
    uint64_t used;    // in the program's hands
    uint64_t max;     // high-water mark of used; with several threads an upper bound
    uint64_t err;     // times the pool was asked while empty
    uint64_t illegal; // invalid frees
    // Ours.
    uint64_t allocs;
    uint64_t frees;
    uint64_t cached;  // free chunks in thread caches
    uint64_t failed;  // requests that ended in NULL
    uint64_t requested_bytes; // what the served requests asked for
    uint64_t max_at_least;    // max is not below this
    uint64_t waiting; // threads in pm_alloc_timed now
    uint64_t corrupt; // what overflow_check and poison found
};

// Fills *stats, as far as stats->bytes says. While other threads use the pool, the counters are
// moments apart. 0; or EINVAL: NULL, or bytes is too small to hold anything.
int pm_pool_stats(pm_pool *pool, struct pm_stats *stats);

// Lets `max` begin anew, at what is used now. (In lwIP a debugger does that.) Chunks that threads
// have cached go back into the pool, and so it is exact. NULL: nothing.
void pm_pool_reset_max(pm_pool *pool);

// What lwIP's LWIP_HOOK_MEMP_AVAILABLE(type) is called for.
typedef void pm_available(pm_pool *pool, void *context);

// `callback` is called after each pm_free that put a chunk into the pool when all had been in use,
// by the thread that freed it, with no lock held: it may use any function, of this pool too. It is
// not called when the chunk went to a waiting thread, because the pool is as empty as before. NULL:
// none. A pool with a callback works without thread caches, so that none of these moments is
// missed. Replacing a callback while other threads free chunks, the old one may be called once
// more. Of NULL or a malloc pool: nothing.
void pm_pool_on_available(pm_pool *pool, pm_available *callback, void *context);


// Checks

// Looks at every chunk of every pool, malloc pools included, for what overflow_check and poison of
// pools.conf notice: bytes around a chunk in use, or in a free one, that are not as the library
// left them (lwIP: memp_overflow_check_all). Each finding is reported as on_corruption says, but
// the program goes on, and counted as `corrupt`; the bytes are repaired, so that it is found once.
// The number of findings; 0 when both options are off.
size_t pm_check(void);


// Pools declared at compile time
//
//   PM_POOL_DECLARE(sessions, 100, sizeof(struct session), "open sessions");   at file scope
//   ...
//   PM_POOL_INIT(sessions);                       once, before the first use
//   struct session *s = PM_POOL_ALLOC(sessions);
//   PM_POOL_FREE(sessions, s);
//
// are LWIP_MEMPOOL_DECLARE, _INIT, _ALLOC and _FREE: all memory of the pool is an array of the
// program, nothing is allocated or mapped (but with overflow_check or poison on, when it is
// mapped). PM_POOL(sessions) is the pool for the functions above.

// Written by PM_POOL_DECLARE; its fields are the library's.
struct pm_static {
    const char *name, *desc;
    void *storage;
    size_t storage_bytes, count, size;
    pm_pool *pool; // NULL before PM_POOL_INIT
};

// Bytes of storage: chunks of 16 bytes' multiples, a byte of state and a place on the stack of
// free chunks each. count: 1 to 4294967294; size: 1 to 1 GiB.
#define PM_POOL_BYTES(count, size) \
    ((size_t)(count) * (((size_t)(size) + 15) / 16 * 16) + ((size_t)(count) + 1 + 15) / 16 * 16 \
     + (size_t)(count) * sizeof(uint32_t))

// In a header: the pool is declared elsewhere (lwIP: LWIP_MEMPOOL_PROTOTYPE).
#define PM_POOL_PROTOTYPE(name) extern struct pm_static name

// Defines `name`, at file scope; a constant expression each for count and size.
#define PM_POOL_DECLARE(name, count, size, desc) PM_POOL_DECLARE_AS(name, #name, count, size, desc)

// The same, where the variable and the pool have different names.
#define PM_POOL_DECLARE_AS(variable, name, count, size, desc) \
    static unsigned char variable##_storage[PM_POOL_BYTES(count, size)] \
        __attribute__((aligned(64))); \
    struct pm_static variable = { \
        name, desc, variable##_storage, sizeof variable##_storage, count, size, NULL}

// Makes the pool ready: an expression, the pool; NULL with errno as pm_pool_create. Later calls do
// nothing and return the same. Not by two threads at once.
#define PM_POOL_INIT(name) pm_static_init(&(name))

// NULL with errno EINVAL before PM_POOL_INIT. (lwIP: NULL as well.)
#define PM_POOL_ALLOC(name) pm_alloc((name).pool)
#define PM_POOL_FREE(name, chunk) pm_free((name).pool, chunk)

// The pool; NULL before PM_POOL_INIT.
#define PM_POOL(name) ((name).pool)

// What PM_POOL_INIT calls. EINVAL as well: the storage is smaller than PM_POOL_BYTES, or not aligned to
// 16 bytes.
pm_pool *pm_static_init(struct pm_static *declared);

#ifdef __cplusplus
}
#endif

#endif
