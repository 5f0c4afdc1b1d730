// SPDX-License-Identifier: MIT
// Collecting what tune needs of any number of processes, in memory that does not grow with them.
#include <stdlib.h>
#include <string.h>

#include "tune.h"

// They stand before all others.
static unsigned malloc_pools(const struct stats_figures *figures)
{
    unsigned count = 0;
    while (count < figures->pool_count && count < MALLOC_POOLS_MAX
           && figures->pools[count].kind == POOL_MALLOC)
        count++;
    return count;
}

static bool has_pools_of(const struct tune_layout *layout, const struct stats_figures *figures)
{
    bool same = layout->pool_count == malloc_pools(figures);
    for (unsigned i = 0; same && i < layout->pool_count; i++)
        same = layout->pools[i].usable == figures->pools[i].usable;
    return same;
}

// Which steps lead to which pool, first fit: those above what the pools before reach.
static void describe(struct tune_layout *layout, const struct stats_figures *figures)
{
    uint64_t reach = 0;
    layout->pool_count = malloc_pools(figures);
    for (unsigned i = 0; i < layout->pool_count; i++) {
        struct tune_measured *pool = &layout->pools[i];
        pool->usable = figures->pools[i].usable;
        memcpy(pool->name, figures->pools[i].name, sizeof pool->name);
        pool->first = 1;
        if (i > 0 && pool->usable <= reach)
            continue; // shadowed
        pool->first = i == 0 ? 0 : size_step(reach + 1);
        pool->last = size_step(pool->usable);
        reach = pool->usable;
    }
}

static struct tune_layout *find_layout(struct tune_data *data, const struct stats_figures *figures)
{
    for (unsigned i = 0; i < data->layout_count; i++)
        if (has_pools_of(&data->layouts[i], figures))
            return &data->layouts[i];
    if (data->layout_count == TUNE_LAYOUTS_MAX)
        return NULL;
    struct tune_layout *grown =
        realloc(data->layouts, (data->layout_count + 1) * sizeof *data->layouts);
    if (!grown)
        return NULL;
    data->layouts = grown;
    struct tune_layout *layout = &grown[data->layout_count++];
    memset(layout, 0, sizeof *layout);
    describe(layout, figures);
    return layout;
}

static void add_pool(struct tune_measured *into, const struct stats_pool_figures *pool)
{
    uint64_t missed = pool->fell_back + pool->failed + pool->spilled_out;
    uint64_t ever = pool->used + pool->frees;
    into->max = max_u64(into->max, pool->max);
    into->at_least = max_u64(into->at_least, pool->max_at_least);
    into->missed = max_u64(into->missed, missed);
    into->inherited = max_u64(into->inherited, ever > pool->allocs ? ever - pool->allocs : 0);
}

static bool add_named(struct tune_data *data, const struct stats_pool_figures *pool)
{
    struct tune_named *named = data->named;
    if (pool->kind != POOL_NAMED && pool->kind != POOL_PBUF)
        return true; // the library's or the program's own affair
    while (named < data->named + data->named_count && strcmp(named->name, pool->name) != 0)
        named++;
    if (named == data->named + NAMED_POOLS_MAX)
        return false;
    if (named == data->named + data->named_count) {
        *named = (struct tune_named){.kind = pool->kind};
        memcpy(named->name, pool->name, sizeof named->name);
        memcpy(named->desc, pool->desc, sizeof named->desc);
        data->named_count++;
    }
    named->size = max_u64(named->size, pool->size);
    named->max = max_u64(named->max, pool->max);
    return true;
}

const char *tune_add(struct tune_data *data, const struct record *record)
{
    const struct stats_figures *figures = &record->figures;
    if (data->processes > 0 && data->mem_alignment != figures->mem_alignment)
        return "measured with another mem_alignment than those before";
    struct tune_layout *layout = find_layout(data, figures);
    if (!layout)
        return "measured with yet another set of pools, and there are too many of them already";
    if (data->processes == 0)
        memcpy(data->program, record->program, sizeof data->program);
    else if (strcmp(data->program, record->program) != 0)
        data->program[0] = '\0';
    data->processes++;
    data->running += record->state == FORMAT_RUNNING;
    data->mem_alignment = figures->mem_alignment;
    layout->asks |= figures->usable_size_calls > 0;
    data->asks |= layout->asks;
    for (unsigned i = 0; i < layout->pool_count; i++)
        add_pool(&layout->pools[i], &figures->pools[i]);
    for (unsigned i = layout->pool_count; i < figures->pool_count; i++)
        if (!add_named(data, &figures->pools[i]))
            return "together they have more named pools than a configuration can";
    for (unsigned step = 0; step < SIZE_STEPS; step++) {
        const struct stats_step *from = &record->steps[step];
        if (from->count == 0)
            continue;
        uint64_t most = size_step_end(step) * from->count; // bytes may be read before their count
        if (__builtin_add_overflow(data->steps[step].count, from->count, &data->steps[step].count)
            || __builtin_add_overflow(data->steps[step].bytes,
                                      most / from->count == size_step_end(step)
                                          ? min_u64(from->bytes, most) : from->bytes,
                                      &data->steps[step].bytes))
            return "together the counters are out of range";
        layout->most[step] = max_u64(layout->most[step], from->count);
    }
    return NULL;
}

void tune_done(struct tune_data *data)
{
    free(data->layouts);
    data->layouts = NULL;
    data->layout_count = 0;
}
