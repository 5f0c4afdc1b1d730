// SPDX-License-Identifier: MIT
#include <errno.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "core.h"
#include "os.h"

Test(runtime, first_call_starts_the_library)
{
    unsetenv("POOLMALLOC_CONF");
    setenv("POOLMALLOC", "dump=off; stats_dir=/dev/null; malloc size=64 count=5", 1);
    cr_assert_not(runtime_is_serving());
    void *p = heap_alloc(10);
    cr_assert(runtime_is_serving());
    cr_assert_eq(pools_index(p), 0);
    cr_assert_eq(heap_usable_size(p), 64);
}

Test(runtime, a_configuration_with_mistakes_serves_nothing)
{
    setenv("POOLMALLOC", "malloc size=0 count=5", 1);
    void *p = heap_alloc(10);
    cr_assert_not(runtime_is_serving());
    cr_assert_geq(pools_index(p), pools.count);
    p = heap_realloc(p, 1000);
    heap_free(p);
    cr_assert_geq(heap_usable_size(heap_alloc_zeroed(3, 5)), 15);
}

Test(runtime, only_the_programs_that_are_named_are_served)
{
    setenv("POOLMALLOC", "dump=off; programs=\"someone,else*\"", 1);
    heap_free(heap_alloc(10));
    cr_assert_not(runtime_is_serving());
}

Test(runtime, a_glob_names_this_program)
{
    setenv("POOLMALLOC", "dump=off; stats_dir=/dev/null; programs=\"someone,test_run*\"", 1);
    heap_free(heap_alloc(10));
    cr_assert(runtime_is_serving());
}

Test(runtime, later_sources_win)
{
    char path[] = "/tmp/test_runtime.XXXXXX";
    int fd = mkstemp(path);
    const char text[] = "try_bigger = yes\non_empty = fail\nmalloc size=64 count=5\n";
    cr_assert_eq(write(fd, text, sizeof text - 1), (ssize_t)sizeof text - 1);
    setenv("POOLMALLOC_CONF", path, 1);
    setenv("POOLMALLOC", "dump=off;stats_dir=/dev/null;on_empty=abort", 1);
    heap_alloc(10);
    unlink(path);
    cr_assert(runtime_conf.try_bigger);
    cr_assert_eq(runtime_conf.on_empty, POLICY_ABORT);
    cr_assert_eq(pools.count, 1);
    cr_assert_str_eq(runtime_conf.sources[runtime_conf.pool_source], path);
}

static void *allocate_for_ever(void *stop)
{
    while (!atomic_load((_Atomic bool *)stop))
        heap_free(heap_alloc(64));
    return NULL;
}

// In the child: every chunk that is not in use can be had, wherever it was cached in the parent.
static int take_all(unsigned expected)
{
    unsigned n = 0;
    while (heap_alloc(64))
        n++;
    cache_check();
    return n == expected ? 0 : 1;
}

static int status_of(pid_t child)
{
    int status = -1;
    waitpid(child, &status, 0);
    return status;
}

Test(runtime, child_of_a_busy_threaded_program_loses_no_chunk)
{
    start("on_empty=fail; malloc size=64 count=300");
    _Atomic bool stop = false;
    pthread_t threads[3];
    for (int i = 0; i < 3; i++)
        pthread_create(&threads[i], NULL, allocate_for_ever, &stop);
    for (int i = 0; i < 10; i++)
        heap_alloc(64);
    for (int i = 0; i < 50; i++) {
        pid_t child = fork();
        if (child == 0) {
            // The three threads may each have held one chunk at the fork; it is in use for ever.
            unsigned n = 0;
            while (heap_alloc(64))
                n++;
            cache_check();
            _exit(n >= 287 && n <= 290 ? 0 : 1);
        }
        cr_assert_eq(status_of(child), 0);
    }
    atomic_store(&stop, true);
    for (int i = 0; i < 3; i++)
        pthread_join(threads[i], NULL);
    cr_assert_eq(take_all(290), 0);
}

static pthread_barrier_t pool_is_locked;

static void *lock_pool_for_long(void *unused)
{
    lock_take(&pools.pool[0].lock);
    pthread_barrier_wait(&pool_is_locked);
    usleep(100000);
    lock_drop(&pools.pool[0].lock);
    return unused;
}

// As those hold it that look at all chunks (overflow_check = 2).
Test(runtime, fork_waits_for_a_lock_that_another_thread_holds_for_long)
{
    pthread_t thread;
    start("malloc size=64 count=unlimited");
    heap_free(heap_alloc(64));
    cr_assert_gt(cache_self->bins[0].n, 0);
    pthread_barrier_init(&pool_is_locked, NULL, 2);
    pthread_create(&thread, NULL, lock_pool_for_long, NULL);
    pthread_barrier_wait(&pool_is_locked);
    pid_t child = fork();
    if (child == 0)
        _exit(0);
    cr_assert_eq(cache_self->bins[0].n, 0); // all free chunks were in the pool
    cr_assert_eq(waitpid(child, NULL, 0), child);
    pthread_join(thread, NULL);
}

Test(runtime, child_that_nobody_announced_finds_all_chunks)
{
    start("on_empty=fail; malloc size=64 count=300");
    for (int i = 0; i < 10; i++)
        heap_alloc(64);
    int *wiped = os_map(4096);
    if (!os_wipe_on_fork(wiped, 4096))
        cr_skip_test("the kernel cannot wipe on fork");
    pid_t child = (pid_t)syscall(SYS_clone, SIGCHLD, NULL, NULL, NULL, NULL);
    if (child == 0)
        _exit(take_all(290));
    cr_assert_eq(status_of(child), 0);
    cr_assert_eq(figures().pools[0].allocs, 10); // the child did not count here
    cr_assert_eq(take_all(290), 0);
}

static void *end_with_chunks(void *chunks)
{
    for (int i = 0; i < 20; i++)
        ((void **)chunks)[i] = heap_alloc(64);
    return NULL;
}

Test(runtime, ended_threads_leave_nothing_cached)
{
    start("on_empty=fail; malloc size=64 count=300");
    void *chunks[20];
    pthread_t thread;
    pthread_create(&thread, NULL, end_with_chunks, chunks);
    pthread_join(thread, NULL);
    cr_assert_eq(figures().pools[0].cached, 0);
    cr_assert_eq(figures().pools[0].used, 20);
    for (int i = 0; i < 20; i++)
        heap_free(chunks[i]);
    cr_assert_eq(figures().pools[0].used, 0);
}
