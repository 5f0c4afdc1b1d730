// SPDX-License-Identifier: MIT
// mallinfo, malloc_info, malloc_stats, malloc_trim, mallopt: what the pools hold, together with what
// the next malloc says of itself. Called by programs on purpose, never from an allocation.
#include <errno.h>
#include <malloc.h>
#include <string.h>

#include "dump.h"
#include "message.h"
#include "next.h"
#include "os.h"
#include "runtime.h"
#include "stats_read.h"

// More than a thread's stack may hold, and so mapped for the time of a call.
struct scratch {
    struct stats_figures figures;
    char text[128 * 1024];
};

// Bytes of all malloc pools together.
struct pool_bytes {
    size_t made; // chunks handed out at least once
    size_t used;
};

// The figures of all pools, up to date. NULL: the library does not serve, or there is no memory.
static struct scratch *enter(void)
{
    if (!runtime_enter())
        return NULL;
    struct scratch *scratch = os_map(sizeof *scratch);
    if (!scratch)
        return NULL;
    runtime_lock(); // pools come and go under it
    for (unsigned i = pools_from(0); i < POOLS_MAX; i = pools_from(i + 1))
        cache_note_used(&pools.pool[i]);
    runtime_unlock();
    stats_read(stats_file, true, &scratch->figures);
    return scratch;
}

static void leave(struct scratch *scratch)
{
    if (scratch)
        os_unmap(scratch, sizeof *scratch);
}

static struct pool_bytes pool_bytes(void)
{
    struct pool_bytes sum = {0};
    struct scratch *scratch = enter();
    for (unsigned i = 0; scratch && i < pools.count; i++) {
        const struct stats_pool_figures *pool = &scratch->figures.pools[i];
        sum.made += count_read(&stats_file->pools[i].made) * pool->stride;
        sum.used += pool->used * pool->stride;
    }
    leave(scratch);
    return sum;
}

#if __GLIBC_PREREQ(2, 33)
EXPORT struct mallinfo2 mallinfo2(void)
{
    struct mallinfo2 (*of_next)(void) = (struct mallinfo2(*)(void))next_symbol("mallinfo2");
    struct mallinfo2 sum = {0};
    if (of_next)
        sum = of_next();
    struct pool_bytes bytes = pool_bytes();
    sum.arena += bytes.made;
    sum.uordblks += bytes.used;
    sum.fordblks += bytes.made - min_u64(bytes.made, bytes.used);
    return sum;
}
#endif

// Its fields are int and wrap, as glibc's do.
EXPORT struct mallinfo mallinfo(void)
{
    struct mallinfo (*of_next)(void) = (struct mallinfo(*)(void))next_symbol("mallinfo");
    struct mallinfo sum = {0};
    if (of_next)
        sum = of_next();
    struct pool_bytes bytes = pool_bytes();
    sum.arena = (int)((unsigned)sum.arena + (unsigned)bytes.made);
    sum.uordblks = (int)((unsigned)sum.uordblks + (unsigned)bytes.used);
    sum.fordblks = (int)((unsigned)sum.fordblks
                         + (unsigned)(bytes.made - min_u64(bytes.made, bytes.used)));
    return sum;
}

static void add_pool_element(const struct stats_pool_figures *pool, struct text *text)
{
    text_addf(text, "<pool name=\"%s\" size=\"%lu\"", pool->name, (unsigned long)pool->size);
#define POOL_COUNTER(name, kind, help) \
    text_addf(text, " " #name "=\"%lu\"", (unsigned long)pool->name);
#include "counters.def"
    text_add(text, "/>\n");
}

// XML as glibc's, with one <pool> element for each pool and the next malloc's totals.
EXPORT int malloc_info(int options, FILE *stream)
{
    if (options != 0)
        return EINVAL;
    char nothing[256];
    struct scratch *scratch = enter();
    struct text text;
    text_init(&text, scratch ? scratch->text : nothing,
              scratch ? sizeof scratch->text : sizeof nothing);
    text_add(&text, "<malloc version=\"1\">\n<pools>\n");
    for (unsigned i = 0; scratch && i < scratch->figures.pool_count; i++)
        add_pool_element(&scratch->figures.pools[i], &text);
    struct mallinfo (*of_next)(void) = (struct mallinfo(*)(void))next_symbol("mallinfo");
    struct mallinfo rest = {0};
    if (of_next)
        rest = of_next();
    text_addf(&text, "</pools>\n<system type=\"current\" size=\"%u\"/>\n</malloc>\n",
              (unsigned)rest.arena + (unsigned)rest.hblkhd);
    bool written = fwrite(text.data, 1, text.length, stream) == text.length;
    leave(scratch);
    return written ? 0 : -1;
}

EXPORT void malloc_stats(void)
{
    struct scratch *scratch = enter();
    if (scratch) {
        struct text text;
        text_init(&text, scratch->text, sizeof scratch->text);
        dump_text(stats_file, &scratch->figures, &text);
        os_stderr_write(text.data, text.length);
    }
    leave(scratch);
    void (*of_next)(void) = (void (*)(void))next_symbol("malloc_stats");
    if (of_next)
        of_next();
}

// Gives all memory of unlimited pools back to the system that no chunk in use needs.
static void trim(void)
{
    runtime_lock(); // no pool ends meanwhile
    for (unsigned i = pools_from(0); i < POOLS_MAX; i = pools_from(i + 1)) {
        struct pool *pool = &pools.pool[i];
        lock_take(&pool->lock);
        if (pool->unlimited)
            cache_reclaim(i, 1);
        pool_trim(pool, pool->free);
        lock_drop(&pool->lock);
    }
    runtime_unlock();
}

// 1 if the next malloc says so; the pools don't count what they give back.
EXPORT int malloc_trim(size_t pad)
{
    if (runtime_enter())
        trim();
    int (*of_next)(size_t) = (int (*)(size_t))next_symbol("malloc_trim");
    return of_next ? of_next(pad) : 0;
}

// The parameters are the next malloc's; the pools have pools.conf.
EXPORT int mallopt(int parameter, int value)
{
    int (*of_next)(int, int) = (int (*)(int, int))next_symbol("mallopt");
    return of_next ? of_next(parameter, value) : 1;
}
