// SPDX-License-Identifier: MIT
#include "lwip_export.h"

#include <ctype.h>
#include <stdarg.h>
#include <string.h>

enum {
    LWIP_MAX = UINT16_MAX, // of a count and of an element's bytes
    HEADER_BYTES = 4,      // in front of a malloc pool's chunk: an enum
    PBUF_BYTES = 24,       // struct pbuf on a 64-bit machine; 16 on one of 32 bits
};

struct export {
    const struct lwip_export *from;
    FILE *header, *warnings;
};

static void warn(const struct export *export, const struct stats_pool_figures *pool, const char *format, ...)
    PRINTF(3, 4);

static void warn(const struct export *export, const struct stats_pool_figures *pool, const char *format,
                 ...)
{
    va_list arguments;
    fprintf(export->warnings, "%s: warning: ", export->from->name);
    if (pool)
        fprintf(export->warnings, "%s: ", pool->name);
    va_start(arguments, format);
    vfprintf(export->warnings, format, arguments);
    va_end(arguments);
    fputc('\n', export->warnings);
}

static unsigned long ul(uint64_t n)
{
    return n;
}

// ---- What a pool becomes ----

// A pool that poolmalloc_lwip.h made of an LWIP_MALLOC_MEMPOOL: known by the names that lwIP gives it.
static bool is_of_mem_malloc(const struct stats_pool_figures *pool)
{
    return pool->kind == POOL_CREATED && strncmp(pool->name, "MALLOC_", 7) == 0
           && strncmp(pool->desc, "MALLOC_", 7) == 0;
}

static bool is_malloc(const struct stats_pool_figures *pool)
{
    return pool->kind == POOL_MALLOC || is_of_mem_malloc(pool);
}

// Where mem_malloc has pools of its own, malloc is what the host's program asked besides.
static bool is_of_host(const struct lwip_export *from, const struct stats_pool_figures *pool)
{
    bool own_pools = false;
    for (unsigned i = 0; i < from->figures->pool_count; i++)
        own_pools |= is_of_mem_malloc(&from->figures->pools[i]);
    return pool->kind == POOL_MALLOC && own_pools;
}

static uint64_t source_alignment(const struct lwip_export *from)
{
    return max_u64(from->figures->mem_alignment, 1);
}

// What stands in the macro: declared bytes; of packet buffers, the payload. The target's chunks must take
// what malloc or a packet put into the measured ones, which may be more than was declared, up to the
// rounding there.
static uint64_t size_on_target(const struct lwip_export *from, const struct stats_pool_figures *pool)
{
    if (pool->kind != POOL_MALLOC && pool->kind != POOL_PBUF)
        return pool->size;
    uint64_t header = pool->kind == POOL_PBUF ? align_up(PBUF_BYTES, source_alignment(from)) : 0;
    uint64_t size = pool->size - min_u64(pool->size, header);
    uint64_t usable = pool->usable - min_u64(pool->usable, header);
    return align_up(size, from->alignment) < usable ? usable : size;
}

static uint64_t element_on_target(const struct lwip_export *from, const struct stats_pool_figures *pool,
                                  uint64_t size)
{
    if (is_malloc(pool))
        return align_up(size + align_up(HEADER_BYTES, from->alignment), from->alignment);
    if (pool->kind == POOL_PBUF)
        return align_up(PBUF_BYTES, from->alignment) + align_up(size, from->alignment);
    return align_up(size, from->alignment);
}

// Named pools are there even if nothing used them: the program names them.
static uint64_t count_on_target(const struct lwip_export *from, const struct stats_pool_figures *pool)
{
    if (!from->program)
        return pool->count;
    uint64_t percent = 100 + (uint64_t)from->margin_percent;
    uint64_t count = (pool->max * percent + 99) / 100;
    return is_malloc(pool) ? count : max_u64(count, 1);
}

// ---- Writing ----

// Within a comment nothing may end it.
static void write_comment_text(const char *text, FILE *header)
{
    for (const char *c = text; *c; c++)
        fputc(iscntrl((unsigned char)*c) || (c[0] == '/' && c > text && c[-1] == '*') ? ' ' : *c, header);
}

static void write_string(const char *text, FILE *header)
{
    fputc('"', header);
    for (const char *c = text; *c; c++) {
        if (*c == '"' || *c == '\\')
            fputc('\\', header);
        fputc(*c, header);
    }
    fputc('"', header);
}

// lwIP makes a name of the number's text, and takes each once: equal sizes are spelled differently.
static void write_size(const struct export *export, const struct stats_pool_figures *pool, uint64_t size)
{
    int equal = 0;
    for (const struct stats_pool_figures *other = export->from->figures->pools; other < pool; other++)
        equal += is_malloc(other) && !is_of_host(export->from, other)
                 && size_on_target(export->from, other) == size;
    if (equal == 0)
        fprintf(export->header, "%lu", ul(size));
    else
        fprintf(export->header, "0x%.*lx", equal + 7, ul(size)); // another leading zero for each
}

static void write_measured(const struct export *export, const struct stats_pool_figures *pool)
{
    uint64_t given = pool->allocs * pool->usable;
    fputs(" /* max ", export->header);
    if (pool->max_at_least < pool->max)
        fprintf(export->header, "%lu to ", ul(pool->max_at_least));
    fprintf(export->header, "%lu, err %lu", ul(pool->max), ul(pool->err));
    if (given > 0 && pool->requested_bytes > 0)
        fprintf(export->header, ", waste %lu%%",
                ul((given - min_u64(given, pool->requested_bytes)) * 100 / given));
    fputs(" */", export->header);
}

static void write_entry(const struct export *export, const struct stats_pool_figures *pool,
                        uint64_t count, uint64_t size)
{
    FILE *header = export->header;
    if (is_malloc(pool)) {
        fprintf(header, "LWIP_MALLOC_MEMPOOL(%lu, ", ul(count));
        write_size(export, pool, size);
    } else {
        fprintf(header, "LWIP_%s(%s, %lu, %lu, ", pool->kind == POOL_PBUF ? "PBUF_MEMPOOL" : "MEMPOOL",
                pool->name, ul(count), ul(size));
        write_string(pool->desc, header);
    }
    fputc(')', header);
    if (export->from->program)
        write_measured(export, pool);
    fputc('\n', header);
}

static void write_pool(const struct export *export, const struct stats_pool_figures *pool)
{
    const struct lwip_export *from = export->from;
    uint64_t count = count_on_target(from, pool);
    uint64_t size = size_on_target(from, pool);
    uint64_t element = element_on_target(from, pool, size);
    if (count == 0)
        return;
    if (element > LWIP_MAX) {
        fprintf(export->header, "/* %s is left out: its chunks are too large for lwIP */\n", pool->name);
        warn(export, pool, "elements of %lu bytes are more than the 16 bits that lwIP keeps: left out",
             ul(element));
        return;
    }
    if (count > LWIP_MAX) {
        warn(export, pool, "count %lu is more than the 16 bits that lwIP keeps: %u is written", ul(count),
             LWIP_MAX);
        count = LWIP_MAX;
    }
    if (from->program && pool->err > 0)
        warn(export, pool, "it was asked %lu time%s while empty: its max is what it had, not what is needed",
             ul(pool->err), pool->err == 1 ? "" : "s");
    write_entry(export, pool, count, size);
}

// ---- The whole header ----

static void write_head(const struct export *export, bool malloc_pools)
{
    const struct lwip_export *from = export->from;
    FILE *header = export->header;
    fputs("/* lwippools.h, by poolmalloc export lwip: the pools of ", header);
    write_comment_text(from->name, header);
    if (from->program) {
        fputs(", measured with ", header);
        write_comment_text(from->program, header);
        fprintf(header, ".\n * Counts are the high-water marks and %u%%; malloc pools that were not used are "
                "left out", from->margin_percent);
    }
    fputs(".\n * lwIP includes this file several times: it must have no include guard. In lwipopts.h:\n",
          header);
    if (malloc_pools)
        fputs(" *   #define MEM_USE_POOLS 1\n", header);
    fprintf(header, " *   #define MEMP_USE_CUSTOM_POOLS 1\n *   #define MEM_ALIGNMENT %lu\n",
            ul(from->alignment));
    if (malloc_pools && from->try_bigger)
        fputs(" *   #define MEM_USE_POOLS_TRY_BIGGER_POOL 1\n", header);
    fputs(" */\n", header);
}

static bool has_counts(const struct export *export)
{
    unsigned unlimited = 0;
    for (unsigned i = 0; !export->from->program && i < export->from->figures->pool_count; i++)
        unlimited += export->from->figures->pools[i].count == COUNT_UNLIMITED;
    if (unlimited > 0)
        fprintf(export->warnings, "%s: %u unlimited pools have no count that lwIP could take: export a run "
                "that was measured on them\n", export->from->name, unlimited);
    return unlimited == 0;
}

static bool is_in_block(const struct lwip_export *from, const struct stats_pool_figures *pool)
{
    return is_malloc(pool) && !is_of_host(from, pool) && count_on_target(from, pool) > 0
           && element_on_target(from, pool, size_on_target(from, pool)) <= LWIP_MAX;
}

// What the run as a whole says against its figures.
static void warn_of_run(const struct export *export)
{
    const struct stats_figures *figures = export->from->figures;
    if (!export->from->program)
        return;
    bool host = false;
    for (unsigned i = 0; i < figures->pool_count; i++)
        host |= is_of_host(export->from, &figures->pools[i]);
    if (host)
        warn(export, NULL, "malloc pools are left out: mem_malloc has pools of its own");
    else if (figures->oversize > 0)
        warn(export, NULL, "%lu requests of %lu bytes were larger than every pool",
             ul(figures->oversize), ul(figures->oversize_bytes));
    for (unsigned i = 0; i < figures->pool_count; i++)
        if (figures->pools[i].kind == POOL_STATIC)
            warn(export, &figures->pools[i], "lwIP declares it where it is used (LWIP_MEMPOOL_DECLARE), "
                 "with count %lu", ul(count_on_target(export->from, &figures->pools[i])));
}

bool lwip_export(const struct lwip_export *from, FILE *header, FILE *warnings)
{
    const struct export export = {from, header, warnings};
    const struct stats_figures *figures = from->figures;
    bool malloc_pools = false;
    if (!has_counts(&export))
        return false;
    for (unsigned i = 0; i < figures->pool_count; i++)
        malloc_pools |= is_in_block(from, &figures->pools[i]);
    write_head(&export, malloc_pools);
    if (malloc_pools)
        fputs("LWIP_MALLOC_MEMPOOL_START\n", header);
    for (unsigned i = 0; i < figures->pool_count; i++)
        if (is_malloc(&figures->pools[i]) && !is_of_host(from, &figures->pools[i]))
            write_pool(&export, &figures->pools[i]);
    if (malloc_pools)
        fputs("LWIP_MALLOC_MEMPOOL_END\n", header);
    for (unsigned i = 0; i < figures->pool_count; i++)
        if (!is_malloc(&figures->pools[i]) && figures->pools[i].kind != POOL_STATIC)
            write_pool(&export, &figures->pools[i]);
    warn_of_run(&export);
    return true;
}
