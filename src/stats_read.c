// SPDX-License-Identifier: MIT
#include "stats_read.h"

#include <string.h>

#include "os.h"
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
    if (header->pool_count > MALLOC_POOLS_MAX || header->named_count > NAMED_POOLS_MAX
        || header->block_count == 0
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
    pool->err += load(&counts->err);
    pool->illegal += load(&counts->illegal);
    pool->corrupt += load(&counts->corrupt);
    pool->failed += load(&counts->failed);
    pool->spilled_in += load(&counts->spilled_in);
    pool->spilled_out += load(&counts->spilled_out);
    pool->fell_back += load(&counts->fell_back);
    pool->allocs += load(&counts->direct) + load(&counts->spilled_in) - load(&counts->spilled_out)
                    - load(&counts->failed) - load(&counts->fell_back);
    pool->requested_bytes += load(&counts->direct_bytes);
}

// The file, and the part of it that was asked about last: all data, or all hole.
struct sparse {
    const struct stats_file *file;
    int fd; // -1: nothing is known about holes
    size_t start, end;
    bool is_data;
};

// The bytes from `at` to the end of the hole that it is in; 0: there is data.
static size_t hole_at(struct sparse *sparse, const void *at)
{
    size_t offset = (size_t)((const char *)at - (const char *)sparse->file);
    if (sparse->fd < 0)
        return 0;
    if (offset < sparse->start || offset >= sparse->end) {
        size_t data, data_end;
        os_find_data(sparse->fd, offset, &data, &data_end);
        sparse->is_data = data <= offset;
        sparse->start = offset;
        sparse->end = sparse->is_data ? data_end : data;
    }
    return sparse->is_data ? 0 : sparse->end - offset;
}

// The index of the first step at or after `step` that is not in a hole. Steps fill pages exactly.
static unsigned skip_hole(struct sparse *sparse, const struct stats_size *sizes, unsigned step)
{
    if (step >= SIZE_STEPS)
        return SIZE_STEPS;
    size_t hole = hole_at(sparse, &sizes[step]);
    return step + (unsigned)min_u64(hole / sizeof *sizes, SIZE_STEPS - step);
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
                      struct sparse *sparse, struct stats_figures *figures)
{
    const struct stats_size *sizes = block->sizes, *passed = block->passed;
    for (unsigned step = 0; (step = skip_hole(sparse, sizes, step)) < SIZE_STEPS; step++) {
        unsigned pool = route->table[step];
        if (pool >= route->pools)
            continue;
        figures->pools[pool].allocs += load(&sizes[step].count);
        figures->pools[pool].requested_bytes += load(&sizes[step].bytes);
    }
    for (unsigned step = 0; (step = skip_hole(sparse, passed, step)) < SIZE_STEPS; step++)
        add_passed(&passed[step], route->table[step], figures);
    if (hole_at(sparse, &block->process) >= sizeof block->process)
        return;
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

// Describes the pool and adds what its own counters say; a malloc pool's share of the histogram is
// already there.
static void read_pool(struct sparse *sparse, unsigned index, bool marks_are_fresh,
                      struct stats_pool_figures *pool)
{
    const struct stats_file *file = sparse->file;
    const struct stats_pool *from = &file->pools[index];
    pool->size = from->size;
    pool->usable = from->usable;
    pool->stride = from->stride;
    pool->count = from->count;
    pool->kind = (enum pool_kind)min_u64(from->kind, POOL_STATIC);
    memcpy(pool->name, from->name, sizeof pool->name - 1);
    if (index >= NAMED_POOLS_FIRST)
        memcpy(pool->desc, file->descs[index - NAMED_POOLS_FIRST], sizeof pool->desc - 1);
    for (unsigned b = 0; b < load(&file->header.blocks_used); b++) {
        const stats_counter *frees = &file->blocks[b].frees[index];
        if (hole_at(sparse, frees) < sizeof *frees)
            pool->frees += load(frees);
        const struct stats_pool_counts *counts = &file->blocks[b].pools[index];
        if (hole_at(sparse, counts) < sizeof *counts)
            add_pool_counts(counts, pool);
    }
    finish_pool(from, marks_are_fresh, pool);
}

void stats_read(const struct stats_file *file, bool marks_are_fresh,
                struct stats_figures *ret_figures)
{
    stats_read_sparse(file, -1, marks_are_fresh, ret_figures);
}

void stats_read_sparse(const struct stats_file *file, int fd, bool marks_are_fresh,
                       struct stats_figures *ret_figures)
{
    struct route route;
    struct sparse sparse = {.file = file, .fd = fd};
    marks_are_fresh |= load(&file->header.end_ns) != 0;
    unsigned malloc_pools = (unsigned)min_u64(file->header.pool_count, MALLOC_POOLS_MAX);
    unsigned named_pools = (unsigned)min_u64(file->header.named_count, NAMED_POOLS_MAX);
    memset(ret_figures, 0, offsetof(struct stats_figures, pools[malloc_pools]));
    ret_figures->mem_alignment = file->header.mem_alignment;
    ret_figures->pool_count = malloc_pools;
    build_route(file, malloc_pools, &route);
    for (unsigned b = 0; b < load(&file->header.blocks_used); b++)
        add_block(&file->blocks[b], &route, &sparse, ret_figures);
    struct stats_pool_figures *pool = ret_figures->pools;
    for (unsigned i = 0; i < malloc_pools; i++) {
        pool->shadowed = route_is_shadowed(&route, i);
        read_pool(&sparse, i, marks_are_fresh, pool++);
    }
    for (unsigned i = 0; i < named_pools; i++) {
        if (file->pools[NAMED_POOLS_FIRST + i].count == 0)
            continue;
        memset(pool, 0, sizeof *pool);
        read_pool(&sparse, NAMED_POOLS_FIRST + i, marks_are_fresh, pool++);
    }
    ret_figures->pool_count = (unsigned)(pool - ret_figures->pools);
}

// What the histogram says of a malloc pool.
static void read_histogram(const struct stats_file *file, unsigned index,
                           struct stats_pool_figures *pool)
{
    struct route route;
    build_route(file, (unsigned)min_u64(file->header.pool_count, MALLOC_POOLS_MAX), &route);
    pool->shadowed = route_is_shadowed(&route, index);
    for (unsigned b = 0; b < load(&file->header.blocks_used); b++)
        for (unsigned step = 0; step < SIZE_STEPS; step++)
            if (route.table[step] == index) {
                pool->allocs += load(&file->blocks[b].sizes[step].count);
                pool->requested_bytes += load(&file->blocks[b].sizes[step].bytes);
                pool->err += load(&file->blocks[b].passed[step].count);
                pool->fell_back += load(&file->blocks[b].passed[step].count);
            }
}

void stats_read_pool(const struct stats_file *file, unsigned index, bool marks_are_fresh,
                     struct stats_pool_figures *ret_pool)
{
    struct sparse whole = {.file = file, .fd = -1};
    memset(ret_pool, 0, sizeof *ret_pool);
    if (index < NAMED_POOLS_FIRST)
        read_histogram(file, index, ret_pool);
    read_pool(&whole, index, marks_are_fresh || load(&file->header.end_ns) != 0, ret_pool);
}
