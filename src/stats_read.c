// SPDX-License-Identifier: MIT
#include "stats_read.h"

#include <string.h>

#include "route.h"

static uint64_t load(const stats_counter *counter)
{
    return atomic_load_explicit(counter, memory_order_relaxed);
}

const char *stats_refuse(const struct stats_file *file, size_t bytes)
{
    if (bytes < sizeof(struct stats_file))
        return "too short for a statistics file";
    const struct stats_header *header = &file->header;
    if (header->magic != STATS_MAGIC)
        return "not a statistics file";
    if (header->version != STATS_VERSION)
        return "of another version";
    if (header->header_bytes != sizeof(struct stats_header)
        || header->pool_bytes != sizeof(struct stats_pool)
        || header->block_bytes != sizeof(struct stats_block))
        return "laid out differently";
    if (header->pool_count > MALLOC_POOLS_MAX || header->block_count == 0
        || header->block_count > (bytes - sizeof(struct stats_file)) / sizeof(struct stats_block))
        return "damaged or cut short";
    if (load(&header->blocks_used) > header->block_count)
        return "damaged or cut short";
    return NULL;
}

// Signed differences of counters read at different moments may come out below zero.
static uint64_t not_negative(uint64_t n)
{
    return (int64_t)n < 0 ? 0 : n;
}

static void build_route(const struct stats_file *file, unsigned pool_count, struct route *route)
{
    memset(route, 0, sizeof *route);
    for (unsigned i = 0; i < pool_count; i++)
        route_add(route, file->pools[i].usable, ALIGN_MIN);
    route_finish(route);
}

void stats_read_steps(const struct stats_file *file, struct stats_step *ret_steps)
{
    memset(ret_steps, 0, SIZE_STEPS * sizeof *ret_steps);
    for (unsigned b = 0; b < load(&file->header.blocks_used); b++)
        for (unsigned step = 0; step < SIZE_STEPS; step++) {
            const struct stats_size *served = &file->blocks[b].sizes[step];
            const struct stats_size *passed = &file->blocks[b].passed[step];
            ret_steps[step].count += load(&served->count) + load(&passed->count);
            ret_steps[step].bytes += load(&served->bytes) + load(&passed->bytes);
        }
}

// Adds what the pool's own counters say to what the histogram has put into the figures.
static void add_pool_counts(const struct stats_pool_counts *counts, struct stats_pool_figures *pool)
{
    pool->frees += load(&counts->frees);
    pool->err += load(&counts->err);
    pool->illegal += load(&counts->illegal);
    pool->failed += load(&counts->failed);
    pool->spilled_in += load(&counts->spilled_in);
    pool->spilled_out += load(&counts->spilled_out);
    pool->fell_back += load(&counts->fell_back);
    pool->allocs += load(&counts->direct) + load(&counts->spilled_in) - load(&counts->spilled_out)
                    - load(&counts->failed) - load(&counts->fell_back);
    pool->requested_bytes += load(&counts->direct_bytes);
}

// Requests of a step that went to the next malloc at once; `pool` is the step's.
static void add_passed(const struct stats_size *passed, unsigned pool, struct stats_figures *figures)
{
    uint64_t count = load(&passed->count);
    if (pool < figures->pool_count) {
        figures->pools[pool].err += count;
        figures->pools[pool].fell_back += count;
    } else {
        figures->oversize += count;
        figures->oversize_fell_back += count;
        figures->oversize_bytes += load(&passed->bytes);
    }
}

static void add_block(const struct stats_block *block, const struct route *route,
                      struct stats_figures *figures)
{
    for (unsigned step = 0; step < SIZE_STEPS; step++) {
        uint64_t count = load(&block->sizes[step].count);
        unsigned pool = route->table[step];
        add_passed(&block->passed[step], pool, figures);
        if (count == 0 || pool >= route->pools)
            continue;
        figures->pools[pool].allocs += count;
        figures->pools[pool].requested_bytes += load(&block->sizes[step].bytes);
    }
    for (unsigned i = 0; i < route->pools; i++)
        add_pool_counts(&block->pools[i], &figures->pools[i]);
#define PROCESS_COUNTER(name, kind, help) figures->name += load(&block->process.name);
#include "counters.def"
}

// What follows from the pool's own fields once all threads are added up.
static void finish_pool(const struct stats_pool *from, bool marks_are_fresh,
                        struct stats_pool_figures *pool)
{
    uint64_t made = load(&from->made);
    uint64_t out = load(&from->out);
    pool->allocs = not_negative(pool->allocs);
    pool->requested_bytes = not_negative(pool->requested_bytes);
    pool->avail = pool->count == COUNT_UNLIMITED ? made : pool->count;
    pool->used = not_negative(load(&from->inherited) + pool->allocs - pool->frees);
    pool->cached = not_negative(out - pool->used);
    uint64_t max = load(&from->max);
    pool->max_at_least = max_u64(max - min_u64(max, load(&from->max_slack)), pool->used);
    pool->max = max_u64(marks_are_fresh ? max : max_u64(max, out), pool->used);
}

void stats_read(const struct stats_file *file, bool marks_are_fresh,
                struct stats_figures *ret_figures)
{
    struct route route;
    marks_are_fresh |= load(&file->header.end_ns) != 0;
    unsigned pool_count = file->header.pool_count;
    memset(ret_figures, 0, sizeof *ret_figures);
    ret_figures->mem_alignment = file->header.mem_alignment;
    ret_figures->pool_count = pool_count;
    build_route(file, pool_count, &route);
    for (unsigned b = 0; b < load(&file->header.blocks_used); b++)
        add_block(&file->blocks[b], &route, ret_figures);
    for (unsigned i = 0; i < pool_count; i++) {
        struct stats_pool_figures *pool = &ret_figures->pools[i];
        const struct stats_pool *from = &file->pools[i];
        pool->size = from->size;
        pool->usable = from->usable;
        pool->stride = from->stride;
        pool->count = from->count;
        pool->shadowed = route_is_shadowed(&route, i);
        memcpy(pool->name, from->name, sizeof pool->name - 1);
        finish_pool(from, marks_are_fresh, pool);
    }
}
