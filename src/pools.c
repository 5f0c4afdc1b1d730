// SPDX-License-Identifier: MIT
#include "pools.h"

#include "guard.h"
#include "os.h"

struct pools pools LARGE;

enum {
    SLICE_SHIFT_MAX = 36,     // of an unlimited pool: 64 GiB
    SLICE_SHIFT_MIN = 20,     // below 1 MiB an unlimited pool is not worth having
    BASE_ALIGNMENT_SHIFT = 21, // 2 MiB: whole huge pages
    FEW_BYTES = MALLOC_POOLS_MAX * POOL_FEW * sizeof(uint32_t),
};

_Static_assert(1 << BASE_ALIGNMENT_SHIFT == CHUNK_ALIGNMENT_MAX, "chunks are as aligned as slices");

// With gaps there is one more than chunks: room for another chunk is enough for that.
uint64_t pools_min_slice(const struct conf *conf, uint64_t stride, uint64_t count)
{
    uint64_t gap = conf_gap(conf, stride);
    bool one_more = gap > 0 && count != COUNT_UNLIMITED;
    return pool_min_slice(stride + gap, count + one_more);
}

// The smallest slice that holds every pool, as a power of two's exponent; 64: cannot be had.
static unsigned min_shift(const struct conf *conf, bool *ret_unlimited)
{
    unsigned shift = 0;
    *ret_unlimited = false;
    for (unsigned i = 0; i < conf->malloc_pool_count; i++) {
        const struct conf_pool *line = &conf->malloc_pools[i];
        uint64_t bytes = pools_min_slice(conf, conf_stride(conf, line->size), line->count);
        if (bytes == UINT64_MAX)
            return 64;
        unsigned needed = log2_floor(bytes);
        shift = needed > shift ? needed : shift;
        *ret_unlimited |= line->count == COUNT_UNLIMITED;
    }
    return shift;
}

// Unlimited pools get as much room as the kernel gives, but leave most of a limited address space
// to the program.
static unsigned first_shift(unsigned smallest, bool unlimited, unsigned count)
{
    if (!unlimited)
        return smallest;
    unsigned shift = SLICE_SHIFT_MAX;
    uint64_t share = os_address_space_limit() / 4 / count;
    while (shift > SLICE_SHIFT_MIN && (1ULL << shift) > share)
        shift--;
    return shift > smallest ? shift : smallest;
}

static uint64_t base_alignment(uint64_t slice)
{
    return min_u64(slice, 1ULL << BASE_ALIGNMENT_SHIFT);
}

static char *reserve(unsigned *shift, unsigned smallest, unsigned count)
{
    for (;; (*shift)--) {
        char *base = os_reserve((uint64_t)count << *shift, base_alignment(1ULL << *shift));
        if (base || *shift <= smallest || *shift <= SLICE_SHIFT_MIN)
            return base;
    }
}

static void plan_pool(const struct conf *conf, unsigned i, uint64_t slice, struct pool_plan *plan)
{
    const struct conf_pool *line = &conf->malloc_pools[i];
    *plan = (struct pool_plan){
        .size = line->size,
        .usable = conf_usable(conf, line->size),
        .stride = conf_stride(conf, line->size),
        .gap = conf_gap(conf, conf_stride(conf, line->size)),
        .count = line->count,
        .slice_bytes = slice,
        .pass_by = conf->on_empty == POLICY_FALLBACK && !conf->try_bigger ? &pools.pass_by[i] : NULL,
        .processors = os_processors(),
        .cache_limit = conf->thread_cache,
        .cache_room = UINT32_MAX,
        .index = i,
        .keeps_memory = guard_is_on,
    };
}

bool pools_prepare_memory(const struct conf *conf, const struct pool *pool)
{
    if (conf->huge_pages == HUGE_PAGES_THP)
        os_huge_pages(pool->base, pool->slice_bytes);
    if (pool->unlimited)
        return true;
    // Whole pages, from the gap before the first chunk on.
    uint64_t from = (pool->first * pool->stride - pool->gap) & -os_page_size();
    uint64_t bytes = (pool->first + (uint64_t)pool->count) * pool->stride - from;
    char *start = pool->base + from;
    if (conf->prefault && !os_populate(start, bytes))
        return false;
    if (conf->prefault && !pool->is_borrowed && !pool_populate_tables(pool))
        return false;
    return !conf->lock_memory || os_lock_memory(start, bytes);
}

// The pools' tables lie one behind the other: first room for the few free chunks that most
// unlimited pools have, then each pool's own. Returns where those of the next pool begin.
static uint64_t place_tables(const struct pool_plan *plan, uint64_t *bytes_so_far)
{
    uint64_t alignment = plan->count == COUNT_UNLIMITED ? os_page_size() : CACHE_LINE;
    uint64_t at = align_up(*bytes_so_far, alignment);
    *bytes_so_far = at + pool_table_bytes(plan);
    return at;
}

static uint64_t table_bytes(const struct conf *conf, uint64_t slice)
{
    uint64_t bytes = FEW_BYTES;
    for (unsigned i = 0; i < conf->malloc_pool_count; i++) {
        struct pool_plan plan;
        plan_pool(conf, i, slice, &plan);
        place_tables(&plan, &bytes);
    }
    return bytes;
}

struct memory {
    unsigned shift; // of a slice
    bool is_usable; // all of it, from the start
    char *base;     // of the slices
    char *tables;
    uint64_t table_bytes;
};

// One mapping, because each that is made, split or protected takes microseconds of every start. The tables
// come first: what is written beyond the end of the last chunk does not meet them.
static bool map_finite(const struct conf *conf, unsigned shift, struct memory *ret_memory)
{
    uint64_t slice = 1ULL << shift;
    uint64_t bytes = table_bytes(conf, slice);
    void *base;
    char *tables = os_map_two(bytes, conf->malloc_pool_count * slice, base_alignment(slice), &base);
    if (tables)
        *ret_memory = (struct memory){shift, true, base, tables, bytes};
    return tables != NULL;
}

// Address space, of which each pool makes usable what it needs.
static bool map_reserved(const struct conf *conf, unsigned shift, unsigned smallest,
                         struct memory *ret_memory)
{
    char *base = reserve(&shift, smallest, conf->malloc_pool_count);
    uint64_t bytes = table_bytes(conf, 1ULL << shift);
    char *tables = base ? os_reserve_zeros(bytes) : NULL;
    *ret_memory = (struct memory){shift, false, base, tables, bytes};
    return tables && os_commit(tables, FEW_BYTES);
}

static void unmap(const struct memory *memory, unsigned count)
{
    if (memory->tables) // at 0 may be the program
        os_unmap(memory->tables, memory->table_bytes);
    if (memory->base)
        os_unmap(memory->base, (uint64_t)count << memory->shift);
}

// Sets up every pool in its slice, with its tables.
static bool init_pools(const struct conf *conf, const struct memory *memory, struct stats_pool *stats)
{
    uint64_t at = FEW_BYTES, slice = 1ULL << memory->shift;
    for (unsigned i = 0; i < conf->malloc_pool_count; i++) {
        struct pool_plan plan;
        plan_pool(conf, i, slice, &plan);
        plan.is_usable = memory->is_usable;
        plan.tables = memory->tables + place_tables(&plan, &at);
        if (plan.count == COUNT_UNLIMITED)
            plan.few = (uint32_t *)(void *)memory->tables + i * POOL_FEW;
        struct pool *pool = &pools.pool[i];
        if (!pool_init(pool, &plan, memory->base + i * slice, &stats[i]) || !pools_prepare_memory(conf, pool)
            || !guard_attach(pool))
            return false;
        uint64_t stride_alignment = plan.stride & -plan.stride;
        route_add(&pools.route, plan.usable, min_u64(stride_alignment, base_alignment(slice)));
    }
    return true;
}

static void finish_route(const struct conf *conf)
{
    route_finish(&pools.route);
    pools.pass_by[ROUTE_NONE] = conf->on_oversize == POLICY_FALLBACK;
}

bool pools_init(const struct conf *conf, struct stats_pool *stats, const char **ret_problem)
{
    unsigned count = conf->malloc_pool_count;
    if (count == 0) {
        finish_route(conf);
        return true;
    }
    bool unlimited;
    unsigned smallest = min_shift(conf, &unlimited);
    *ret_problem = "the pools are larger than the address space";
    if (smallest == 64)
        return false;
    unsigned shift = first_shift(smallest, unlimited, count);
    *ret_problem = "the kernel refused the memory of the pools";
    struct memory memory;
    bool mapped = (!unlimited && map_finite(conf, smallest, &memory))
                  || map_reserved(conf, shift, smallest, &memory);
    if (!mapped || !init_pools(conf, &memory, stats)) {
        unmap(&memory, count);
        return false;
    }
    finish_route(conf);
    pools.base = (uintptr_t)memory.base;
    pools.shift = memory.shift;
    pools.count = count; // last: from here on addresses have owners
    return true;
}
