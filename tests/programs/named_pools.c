// SPDX-License-Identifier: MIT
// named_pools MODE: uses named pools as a program does that knows poolmalloc.h. The pools BOX (64 x 10) and
// RX (pbuf, 100 x 4) are the configuration's; `sessions` is declared, `made` and `blocks` are created.
//   use        takes and writes every chunk of every pool; keeps 1, 2, 3... of them by the pools' order
//   die        the same, then ends by SIGKILL
//   free, realloc, usable   hands a chunk of BOX to the malloc family
//   wrong, double           misuses pm_free
//   fork, _Fork             the child has what the parent has; a thread that waits in the parent is not
//                           in the child's line
//   exhaust    the number of BOX's chunks that can be had, and of those of `sessions`
#include <pthread.h>
#include <poolmalloc.h>
#include <sched.h>
#include <signal.h>
#include "expect.h"

PM_POOL_DECLARE(sessions, 7, 40, "open sessions");

static pm_pool *find(const char *name)
{
    pm_pool *pool = pm_pool_find(name);
    EXPECT(pool);
    return pool;
}

static struct pm_stats stats_of(pm_pool *pool)
{
    struct pm_stats stats = {sizeof stats};
    EXPECT_EQ(pm_pool_stats(pool, &stats), 0);
    return stats;
}

static long drain(pm_pool *pool, void **chunks)
{
    long n = 0;
    while ((chunks[n] = pm_alloc(pool)))
        memset(chunks[n++], 0xa5, pm_pool_usable_size(pool));
    EXPECT_EQ(errno, ENOMEM);
    return n;
}

static void use(void)
{
    static void *chunks[100];
    EXPECT(PM_POOL_INIT(sessions));
    EXPECT(pm_pool_create("made", 5, 100, NULL, 0));
    EXPECT(pm_pool_create("blocks", 6, 100, "of \"malloc\"", PM_POOL_ON_HEAP));
    long kept = 0;
    for (pm_pool *pool = NULL; (pool = pm_pool_next(pool));) {
        if (stats_of(pool).kind == PM_KIND_MALLOC)
            continue;
        long n = drain(pool, chunks);
        EXPECT_EQ(n, stats_of(pool).avail);
        for (kept++; n > kept;)
            pm_free(pool, chunks[--n]);
    }
}

static void misuse(const char *how)
{
    pm_pool *box = find("BOX");
    char *p = pm_alloc(box);
    if (strcmp(how, "free") == 0)
        free(p);
    else if (strcmp(how, "realloc") == 0)
        EXPECT(!realloc(p, 100));
    else if (strcmp(how, "wrong") == 0)
        pm_free(find("RX"), p);
    else if (strcmp(how, "double") == 0)
        pm_free(box, p), pm_free(box, p);
    else
        EXPECT_EQ(malloc_usable_size(p), 64);
    EXPECT(stats_of(box).used == (strcmp(how, "double") != 0));
}

static void *wait_for_ever(void *box)
{
    return pm_alloc_timed(box, PM_FOREVER);
}

static void check_child(pm_pool *box, void **chunks)
{
    EXPECT_EQ(stats_of(box).used, 10);
    EXPECT_EQ(stats_of(box).waiting, 0);
    EXPECT(!pm_alloc(box));
    for (int i = 0; i < 10; i++) {
        EXPECT_EQ(pm_pool_of(chunks[i]) == box, 1);
        pm_free(box, chunks[i]);
    }
    EXPECT_EQ(drain(box, chunks), 10);
    pthread_t thread;
    void *got;
    EXPECT_EQ(pthread_create(&thread, NULL, wait_for_ever, box), 0);
    while (stats_of(box).waiting != 1)
        sched_yield();
    pm_free(box, chunks[0]);
    pthread_join(thread, &got);
    EXPECT(got == chunks[0]);
    EXPECT_EQ(drain(PM_POOL(sessions), chunks), 6);
    _exit(0);
}

extern pid_t _Fork(void);

static void fork_while_a_thread_waits(int announced)
{
    void *chunks[100], *got;
    pm_pool *box = find("BOX");
    pthread_t thread;
    EXPECT(PM_POOL_INIT(sessions) && PM_POOL_ALLOC(sessions));
    EXPECT_EQ(drain(box, chunks), 10);
    EXPECT_EQ(pthread_create(&thread, NULL, wait_for_ever, box), 0);
    while (stats_of(box).waiting != 1)
        sched_yield();
    pid_t child = announced ? fork() : _Fork();
    if (child == 0)
        check_child(box, chunks);
    EXPECT_EQ(end_of(child), 0);
    pm_free(box, chunks[4]);
    pthread_join(thread, &got);
    EXPECT(got == chunks[4]);
}

int main(int argc, char **argv)
{
    void *chunks[100];
    const char *mode = argv[1];
    if (strcmp(mode, "use") == 0 || strcmp(mode, "die") == 0) {
        use();
        if (strcmp(mode, "die") == 0)
            raise(SIGKILL);
    } else if (strstr(mode, "ork")) {
        fork_while_a_thread_waits(mode[0] == 'f');
    } else if (strcmp(mode, "exhaust") == 0) {
        pm_pool *box = pm_pool_find("BOX");
        printf("%ld %ld\n", box ? drain(box, chunks) : -1, drain(PM_POOL_INIT(sessions), chunks));
    } else {
        misuse(mode);
    }
    return 0;
}
