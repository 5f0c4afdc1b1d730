// SPDX-License-Identifier: MIT
#include "runtime.h"

#include <errno.h>
#include <limits.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

#include "dump.h"
#include "guard.h"
#include "message.h"
#include "next.h"
#include "os.h"
#include "pools_named.h"
#include "sources.h"

struct conf runtime_conf LARGE;
_Atomic bool runtime_is_passive;

enum state {
    NOT_STARTED,
    STARTING,
    SERVING,
    PASSIVE, // as the configuration wants it, or because of its mistakes
    REFUSED, // for want of memory
};

// A forked child that still allocates after this time is believed to live on, and gets a statistics
// file of its own. Most children call exec much sooner, and would leave a file behind each time.
#define SETTLE_AFTER_NS 100000000U

static struct {
    // Written by the starter; its release of one of the last three publishes everything else.
    _Atomic uint32_t state;
    struct lock threads; // attach, detach, fork
    pthread_key_t key;   // whose destructor ends a thread's cache
    bool has_key;
    // A page that every child of a fork finds zero: it says "you are a child" even where no fork
    // handler ran (_Fork, clone). NULL where the kernel cannot do that.
    _Atomic uint32_t *not_forked;
    _Atomic bool unsettled; // a forked child without a statistics file yet
    uint64_t fork_ns;       // when it was forked
    pid_t process;          // that all this is of
} runtime;

static bool serves_malloc = true; // false: in a library that replaces none
static const struct conf_string dump_off = {"off"};

static TLS bool is_starter;    // this thread runs start()
static TLS unsigned abrupt_forks; // forks that this thread is in, without the locks: see before_fork
static TLS uint16_t refusals; // slow calls that this thread, which got no cache, makes before it asks again
enum { REFUSALS = 4096 };
static TLS uint8_t end_rounds; // times that this thread's destructor has run

// When it is over; later frees go to the pool.
enum { END_ROUNDS = PTHREAD_DESTRUCTOR_ITERATIONS - THREAD_SANITIZER };

static uint32_t load_state(void)
{
    return atomic_load_explicit(&runtime.state, memory_order_acquire);
}

bool runtime_is_serving(void)
{
    return load_state() == SERVING;
}

void runtime_without_malloc(void)
{
    serves_malloc = false;
}

// Threads

void runtime_lock(void)
{
    lock_take(&runtime.threads);
}

void runtime_unlock(void)
{
    lock_drop(&runtime.threads);
}

// False in a child of vfork, which runs on its parent's memory, and is none of its threads.
static bool is_own_process(void)
{
    return os_process_id() == runtime.process;
}

SLOW static void settle_child(void)
{
    if (!is_own_process())
        return;
    int cancel_state = os_cancel_disable();
    if (lock_try(&runtime.threads)) { // else the next call will do; this may be a signal handler's
        if (atomic_load_explicit(&runtime.unsettled, memory_order_relaxed)
            && (cache_count() > 1 || os_clock_ns() - runtime.fork_ns > SETTLE_AFTER_NS)) {
            // What another thread counts in these few microseconds may be lost.
            stats_settle();
            atomic_store_explicit(&runtime.unsettled, false, memory_order_relaxed);
        }
        lock_drop(&runtime.threads);
    }
    os_cancel_restore(cancel_state);
}

static void attach_thread(void)
{
    if (guard_is_on) // every call shall take the slow path
        return;
    if (refusals > 0) {
        refusals--;
        return;
    }
    if (!is_own_process())
        return;
    lock_take(&runtime.threads);
    struct cache *cache = cache_attach(stats_file);
    if (cache)
        cache_self = cache;
    lock_drop(&runtime.threads);
    if (!cache)
        refusals = REFUSALS; // to ask again may cost a system call for each thread that has one
    if (cache && runtime_conf.prefault)
        cache_populate(cache);
    if (cache && runtime.has_key)
        pthread_setspecific(runtime.key, cache); // may allocate: the cache is in place
}

// Fork

// The only thread of a new process. If its fork was not announced, what other threads had cached, or in hand
// between two steps, is found again by the chunks' states.
static void become_child(bool was_announced)
{
    if (was_announced)
        lock_depth = 0; // before_fork's; else whom a handler interrupted may still have locks to drop
    refusals = 0;
    lock_reset(&runtime.threads);
    for (unsigned i = pools_from(0); i < POOLS_MAX; i = pools_from(i + 1)) {
        lock_reset(&pools.pool[i].lock);
        pools.pool[i].waiters = NULL; // threads of the parent
        pools.pool[i].waiting = 0;
    }
    cache_forget_all();
    cache_self = &cache_none;
    if (runtime.not_forked)
        atomic_store_explicit(runtime.not_forked, 1, memory_order_relaxed);
    os_stderr_forget();
    bool has_counters = stats_fork(pools_named_count()); // of its own: now nothing is written to its parent's
    for (unsigned i = pools_from(0); i < POOLS_MAX; i = pools_from(i + 1)) {
        if (!was_announced)
            pool_rebuild(&pools.pool[i]);
        if (has_counters)
            pool_inherit(&pools.pool[i]);
    }
    runtime.fork_ns = os_clock_ns();
    runtime.process = os_process_id();
    atomic_store_explicit(&runtime.unsettled, !stats_is_settled(), memory_order_relaxed);
}

static void notice_fork(void)
{
    if (unlikely(runtime.not_forked
                 && atomic_load_explicit(runtime.not_forked, memory_order_relaxed) == 0))
        become_child(false); // of _Fork or clone
}

// Runs in every round of the thread's destructors, so that it is the last: other destructors may
// still allocate and free.
static void end_thread(void *cache)
{
    notice_fork();
    if (++end_rounds < END_ROUNDS) {
        pthread_setspecific(runtime.key, cache);
        return;
    }
    struct cache *ended = cache_self;
    cache_self = &cache_none;
    if (ended == &cache_none)
        return;
    lock_take(&runtime.threads);
    cache_detach(ended);
    lock_drop(&runtime.threads);
}

// A consistent state for the child: nobody holds a lock, no bin is in the middle of anything, and
// every free chunk is in its pool. Where that cannot be had, because a signal handler forks that
// interrupted this thread's malloc or free, nothing is touched, and the child is like an unannounced one.
static void before_fork(void)
{
    notice_fork();
    if (cache_is_interrupted()) {
        abrupt_forks++;
        return;
    }
    runtime_lock();
    for (unsigned i = pools_from(0); i < POOLS_MAX; i = pools_from(i + 1))
        lock_take(&pools.pool[i].lock);
    cache_reclaim(0, pools_bound());
}

static void after_fork_in_parent(void)
{
    if (abrupt_forks > 0) {
        abrupt_forks--;
        return;
    }
    for (unsigned i = pools_from(0); i < POOLS_MAX; i = pools_from(i + 1))
        lock_drop(&pools.pool[i].lock);
    runtime_unlock();
}

static void after_fork_in_child(void)
{
    int saved_errno = errno;
    become_child(abrupt_forks == 0);
    abrupt_forks = 0;
    errno = saved_errno;
}

// Start and end

static void pass_by(enum state state, const char *why)
{
    if (why && serves_malloc)
        message("%s; this program runs on the next malloc, as if poolmalloc were not there", why);
    else if (why)
        message("%s; this program has no pools of it", why);
    atomic_store_explicit(&runtime_is_passive, state == PASSIVE, memory_order_release);
    atomic_store_explicit(&runtime.state, state, memory_order_release);
}

// What is not wanted of a configuration where the program's malloc is another's.
static void leave_malloc_alone(struct conf *conf)
{
    if (serves_malloc)
        return;
    conf->malloc_pool_count = 0;
    if (conf->option_source[OPTION_dump] == 0)
        conf->dump = dump_off;
}

static void start_pools(void)
{
    const char *problem;
    if (!os_barrier_start())
        runtime_conf.thread_cache = THREAD_CACHE_OFF; // exactness needs membarrier, see cache.h
    stats_open(&runtime_conf);
    if (!stats_file) {
        pass_by(REFUSED, "the kernel refused the memory of the statistics");
        return;
    }
    guard_start(&runtime_conf);
    if (!pools_named_init(&runtime_conf, &problem)
        || !pools_init(&runtime_conf, stats_file->pools, &problem)) {
        stats_close(false);
        pass_by(REFUSED, problem);
        return;
    }
    for (unsigned i = 0; i < pools.count; i++) {
        const struct pool *pool = &pools.pool[i];
        stats_describe_pool(i, &(struct stats_description){
            .kind = POOL_MALLOC, .size = pool->size, .usable = pool->usable,
            .stride = pool_chunk_bytes(pool),
            .count = pool->unlimited ? COUNT_UNLIMITED : pool->count});
    }
    runtime.process = os_process_id();
    runtime.not_forked = cache_init();
    if (runtime.not_forked)
        atomic_store_explicit(runtime.not_forked, 1, memory_order_relaxed);
    runtime.has_key = pthread_key_create(&runtime.key, end_thread) == 0;
    atomic_store_explicit(&runtime.state, SERVING, memory_order_release);
}

static void start(void)
{
    os_stderr_start(true);
    os_clock_start();
    next_resolve();
    if (sources_read(&runtime_conf) > 0)
        pass_by(PASSIVE, "the configuration has mistakes");
    else if (!sources_serve(&runtime_conf, os_program_name()))
        pass_by(PASSIVE, NULL);
    else {
        leave_malloc_alone(&runtime_conf);
        start_pools();
        if (dump_is_off(&runtime_conf))
            os_stderr_forget(); // else who reads a pipe to its end would wait for this program's
    }
}

// For pools that the program makes itself: none of the configuration, no dump.
static void start_bare(void)
{
    atomic_store_explicit(&runtime_is_passive, false, memory_order_relaxed);
    conf_init(&runtime_conf);
    runtime_conf.malloc_pool_count = 0;
    runtime_conf.dump = dump_off;
    start_pools();
}

// Starts the library if it is in the state `from`. When it returns, it is started, or is being started by
// the caller's own thread.
SLOW static void start_once(enum state from, void (*start_it)(void))
{
    uint32_t expected = from;
    if (is_starter)
        return;
    if (!atomic_compare_exchange_strong_explicit(&runtime.state, &expected, STARTING,
                                                 memory_order_relaxed, memory_order_relaxed)) {
        for (unsigned round = 0; load_state() == STARTING; round++)
            os_wait_for_other(round);
        return;
    }
    int cancel_state = os_cancel_disable();
    is_starter = true;
    start_it();
    is_starter = false;
    os_cancel_restore(cancel_state);
    if (runtime_is_serving()) // may allocate, and so waits until here
        pthread_atfork(before_fork, after_fork_in_parent, after_fork_in_child);
}

bool runtime_enter(void)
{
    uint32_t state = load_state();
    if (unlikely(state == NOT_STARTED || state == STARTING)) {
        start_once(NOT_STARTED, start);
        state = load_state();
    }
    if (state != SERVING)
        return false;
    notice_fork();
    if (unlikely(cache_self == &cache_none) && end_rounds < END_ROUNDS)
        attach_thread();
    if (unlikely(atomic_load_explicit(&runtime.unsettled, memory_order_relaxed)))
        settle_child();
    return true;
}

bool runtime_enter_own(void)
{
    if (!runtime_enter() && load_state() == PASSIVE)
        start_once(PASSIVE, start_bare);
    return runtime_enter();
}

void runtime_end(void)
{
    if (!runtime_is_serving())
        return;
    notice_fork();
    if (!cache_is_interrupted()) { // by a signal handler that calls exit
        runtime_lock(); // no pool ends meanwhile
        for (unsigned i = pools_from(0); i < POOLS_MAX; i = pools_from(i + 1))
            cache_note_used(&pools.pool[i]);
        runtime_unlock();
    }
    stats_close(!dump_write(&runtime_conf, stats_file) || runtime_conf.keep_stats);
}
