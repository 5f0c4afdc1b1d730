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

enum { TEXT_MAX = 32 * 1024 };

// Bytes of all pools together.
struct pool_bytes {
    size_t made; // chunks handed out at least once
    size_t used;
};

// The library serves, and the pools' figures are up to date.
static bool enter(void)
{
    if (!runtime_enter())
        return false;
    for (unsigned i = 0; i < pools.count; i++)
        cache_note_used(&pools.pool[i]);
    return true;
}

static struct pool_bytes pool_bytes(void)
{
    struct pool_bytes sum = {0};
    if (!enter())
        return sum;
    struct stats_figures figures;
    stats_read(stats_file, true, &figures);
    for (unsigned i = 0; i < figures.pool_count; i++) {
        const struct stats_pool_figures *pool = &figures.pools[i];
        sum.made += count_read(&stats_file->pools[i].made) * pool->stride;
        sum.used += pool->used * pool->stride;
    }
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

// XML as glibc's, with one <pool> element for each pool and the next malloc's totals.
EXPORT int malloc_info(int options, FILE *stream)
{
    char buffer[TEXT_MAX];
    struct text text;
    if (options != 0)
        return EINVAL;
    text_init(&text, buffer, sizeof buffer);
    text_add(&text, "<malloc version=\"1\">\n<pools>\n");
    if (enter()) {
        struct stats_figures figures;
        stats_read(stats_file, true, &figures);
        for (unsigned i = 0; i < figures.pool_count; i++) {
            text_addf(&text, "<pool name=\"%s\" size=\"%lu\"", figures.pools[i].name,
                      (unsigned long)figures.pools[i].size);
#define POOL_COUNTER(name, kind, help) \
    text_addf(&text, " " #name "=\"%lu\"", (unsigned long)figures.pools[i].name);
#include "counters.def"
            text_add(&text, "/>\n");
        }
    }
    struct mallinfo (*of_next)(void) = (struct mallinfo(*)(void))next_symbol("mallinfo");
    struct mallinfo rest = {0};
    if (of_next)
        rest = of_next();
    text_addf(&text, "</pools>\n<system type=\"current\" size=\"%u\"/>\n</malloc>\n",
              (unsigned)rest.arena + (unsigned)rest.hblkhd);
    return fwrite(text.data, 1, text.length, stream) == text.length ? 0 : -1;
}

EXPORT void malloc_stats(void)
{
    char buffer[TEXT_MAX];
    struct text text;
    text_init(&text, buffer, sizeof buffer);
    if (enter()) {
        dump_text(stats_file, &text);
        os_stderr_write(text.data, text.length);
    }
    void (*of_next)(void) = (void (*)(void))next_symbol("malloc_stats");
    if (of_next)
        of_next();
}

// 1 if the next malloc says so; the pools don't count what they give back.
EXPORT int malloc_trim(size_t pad)
{
    if (runtime_enter())
        cache_trim();
    int (*of_next)(size_t) = (int (*)(size_t))next_symbol("malloc_trim");
    return of_next ? of_next(pad) : 0;
}

// The parameters are the next malloc's; the pools have pools.conf.
EXPORT int mallopt(int parameter, int value)
{
    int (*of_next)(int, int) = (int (*)(int, int))next_symbol("mallopt");
    return of_next ? of_next(parameter, value) : 1;
}
