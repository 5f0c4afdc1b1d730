// SPDX-License-Identifier: MIT
#include "pool.h"

#include <string.h>

#include "message.h"
#include "os.h"

enum {
    CACHE_AUTO_MAX = 256,         // chunks of one pool in one thread's cache, and
    CACHE_AUTO_BYTES = 32 * 1024, // bytes
    CACHE_GROWN_MAX = 16384,      // the same if it grows
    CACHE_GROWN_POOL = 64,        // in a pool of fewer chunks, each one counts
    CACHE_GROWN_BYTES = 1024 * 1024,
    COUNT_MAX = UINT32_MAX - 1,
    COMMIT_MIN = 256 * 1024, // bytes by which an unlimited pool grows at least
    SHARERS_MAX = 32,        // threads for which a finite pool's states are laid out: four a processor
    SPREAD_STATES_MAX = 64 * 1024, // bytes of states, for those of small pools in large slices
};

uint64_t pool_min_slice(uint64_t stride, uint64_t count)
{
    if (count == COUNT_UNLIMITED)
        count = 1;
    if (count > COUNT_MAX || count > (1ULL << 46) / stride)
        return UINT64_MAX;
    uint64_t slice = 1ULL << log2_ceil(max_u64(stride * count, os_page_size()));
    // What pool_number_at needs; it is exact for every power of two.
    if (!is_power_of_two(stride) && log2_ceil(slice) + log2_ceil(stride) > 64)
        return UINT64_MAX;
    return slice;
}

static uint64_t auto_capacity(uint64_t stride)
{
    return min_u64(max_u64(2, CACHE_AUTO_BYTES / stride), CACHE_AUTO_MAX);
}

static uint32_t cache_capacity(const struct pool_plan *plan, uint32_t count)
{
    uint64_t most = plan->cache_limit != UINT32_MAX ? min_u64(plan->cache_limit, count)
                                                   : min_u64(auto_capacity(plan->stride), count);
    if (count < 2)
        most = 0;
    return (uint32_t)min_u64(most, plan->cache_room);
}

static uint32_t cache_max(const struct pool_plan *plan, uint32_t count, uint32_t capacity)
{
    if (plan->cache_limit != UINT32_MAX || count < CACHE_GROWN_POOL)
        return capacity;
    uint64_t grown = min_u64(min_u64(CACHE_GROWN_BYTES / plan->stride, CACHE_GROWN_MAX), count);
    return (uint32_t)max_u64(capacity, min_u64(grown, plan->cache_room));
}

// So that the chunks of one refill have a line of states to themselves, where the stride allows it: the
// pitch must be a whole number of bytes, and more than 1 for pool_number_at. A thread's part of a finite pool
// may be a few chunks; of the smallest pools, it is any of them, for threads pass them to and fro.
static uint32_t spread(const struct pool_plan *plan, uint64_t stride)
{
    uint64_t sharers = max_u64(1, min_u64(4 * (uint64_t)plan->processors, SHARERS_MAX));
    bool is_mixed = plan->processors > 1 && plan->count <= CACHE_GROWN_POOL;
    uint64_t part = is_mixed ? 1 : plan->count / sharers;
    uint64_t together = min_u64(auto_capacity(stride), max_u64(1, part));
    uint32_t most = (uint32_t)__builtin_ctzll(stride) - 1, spread = 0;
    while (spread < most && together << spread < CACHE_LINE
           && (auto_capacity(stride) << spread < CACHE_LINE
               || plan->slice_bytes / stride << spread < SPREAD_STATES_MAX))
        spread++;
    return spread;
}

// Where an unlimited pool begins, in chunks: pages and lines apart from where others do. (Processors
// look addresses up in their caches by a hash of less than 28 of the lower bits.) Whole lines of states.
static uint32_t first(const struct pool_plan *plan, uint32_t spread)
{
    uint64_t at_least = plan->gap > 0; // room for a gap before the first chunk
    if (plan->count != COUNT_UNLIMITED)
        return (uint32_t)at_least;
    uint64_t distance = (17 * os_page_size() + CACHE_LINE) * plan->index;
    uint64_t chunks = min_u64(distance, plan->slice_bytes / 8) / (plan->stride + plan->gap);
    return (uint32_t)align_up(max_u64(chunks, at_least), CACHE_LINE >> spread);
}

// Makes the pages from `start` to `end` usable; those up to `usable` are so already.
static bool commit_pages(uintptr_t start, uintptr_t usable, uintptr_t end)
{
    uintptr_t page = os_page_size();
    uintptr_t first = usable > start ? align_up(usable, page) : start & -page;
    return first >= end || os_commit((void *)first, end - first);
}

// Bytes of the table of states. The stack of an unlimited pool begins at a page, of others' at a cache line,
// of borrowed ones as PM_POOL_BYTES says.
static uint64_t state_bytes(const struct pool *pool)
{
    uint64_t alignment = pool->is_borrowed ? ALIGN_MIN : pool->unlimited ? os_page_size() : CACHE_LINE;
    return align_up(pool->slice_bytes / pool->pitch + 1, alignment);
}

static uint64_t table_bytes(const struct pool *pool)
{
    return state_bytes(pool) + (uint64_t)pool->count * sizeof *pool->stack;
}

// The stack with room for all chunks.
static uint32_t *full_stack(const struct pool *pool)
{
    return (uint32_t *)(void *)((char *)(uintptr_t)pool->state + state_bytes(pool));
}

// Makes room for n numbers, at most as many as there are chunks whose memory is usable.
static void stack_reach(struct pool *pool, uint32_t n)
{
    if (likely(n <= pool->stack_room))
        return;
    pool->stack = memcpy(full_stack(pool), pool->stack, pool->free * sizeof *pool->stack);
    pool->stack_room = pool->committed;
}

// Makes the full stack usable for so many chunks, if the room for few will not do.
static bool commit_stack(struct pool *pool, uint32_t chunks)
{
    uint32_t *stack = full_stack(pool);
    bool has_it = pool->stack == stack || pool->committed > pool->stack_room;
    uint32_t usable = has_it ? pool->committed : 0;
    return chunks <= pool->stack_room
           || commit_pages((uintptr_t)stack, (uintptr_t)(stack + usable), (uintptr_t)(stack + chunks));
}

// Makes the memory of the first chunks usable. A finite pool's tables are usable from the start.
static bool commit(struct pool *pool, uint32_t chunks)
{
    uint32_t from = pool_number(pool, 0), to = pool_number(pool, chunks);
    uint32_t usable = pool_number(pool, pool->committed);
    uintptr_t base = (uintptr_t)pool_address(pool, 0) - pool->gap, pitch = pool->pitch;
    uintptr_t state = (uintptr_t)pool->state;
    if (!commit_pages(base + from * pitch, base + usable * pitch, base + to * pitch + pool->gap))
        return false;
    if (pool->unlimited
        && (!commit_pages(state + from, state + usable, state + to) || !commit_stack(pool, chunks)))
        return false;
    pool->committed = chunks;
    if (pool->stack == full_stack(pool))
        pool->stack_room = chunks;
    return true;
}

static bool init_memory(struct pool *pool, const struct pool_plan *plan)
{
    uint64_t bytes = table_bytes(pool);
    char *tables = plan->tables;
    if (!tables)
        tables = pool->unlimited ? os_reserve_zeros(bytes) : os_map(bytes);
    else if (!pool->unlimited && !plan->is_usable
             && !commit_pages((uintptr_t)tables, (uintptr_t)tables, (uintptr_t)tables + bytes))
        return false;
    if (!tables)
        return false;
    pool->state = (chunk_state *)tables;
    pool->stack = plan->few ? plan->few : full_stack(pool);
    pool->stack_room = plan->few ? POOL_FEW : 0;
    if (pool->is_borrowed || plan->without_memory || (plan->is_usable && !pool->unlimited))
        pool->stack_room = pool->committed = pool->count;
    else if (!pool->unlimited && !commit(pool, pool->count)) {
        if (!plan->tables)
            pool_fini(pool);
        return false;
    }
    return true;
}

void pool_fini(struct pool *pool)
{
    if (!pool->is_borrowed)
        os_unmap(pool->state, table_bytes(pool));
}

bool pool_populate_tables(const struct pool *pool)
{
    uintptr_t start = (uintptr_t)pool->state & -os_page_size();
    return os_populate((void *)start, (uintptr_t)pool->state + table_bytes(pool) - start);
}

// All that follows from the plan.
static struct pool planned(const struct pool_plan *plan)
{
    uint64_t stride = plan->stride + plan->gap;
    uint32_t shift = plan->is_borrowed ? 0 : spread(plan, stride);
    uint64_t room = min_u64(plan->slice_bytes / stride, COUNT_MAX >> shift);
    room -= min_u64(room, first(plan, shift));
    uint32_t count = (uint32_t)min_u64(plan->count, room);
    uint64_t pitch = stride >> shift;
    return (struct pool){
        .multiplier = UINT64_MAX / pitch + 1,
        .stride = stride,
        .gap = plan->gap,
        .pitch = (uint32_t)pitch,
        .spread = shift,
        .first = first(plan, shift),
        .usable = plan->usable,
        .size = plan->size,
        .slice_bytes = plan->slice_bytes,
        .count = count,
        .cache_capacity = cache_capacity(plan, count),
        .cache_max = cache_max(plan, count, cache_capacity(plan, count)),
        .cache_is_auto = plan->cache_limit == UINT32_MAX,
        .index = (uint16_t)plan->index,
        .unlimited = plan->count == COUNT_UNLIMITED,
        .is_borrowed = plan->is_borrowed,
        .pass_by = plan->pass_by,
        .keeps_memory = plan->keeps_memory,
    };
}

uint64_t pool_table_bytes(const struct pool_plan *plan)
{
    struct pool pool = planned(plan);
    return table_bytes(&pool);
}

bool pool_init(struct pool *pool, const struct pool_plan *plan, char *base, struct stats_pool *stats)
{
    struct pool fresh = planned(plan);
    fresh.base = base;
    fresh.stats = stats;
    if (!init_memory(&fresh, plan))
        return false;
    *pool = fresh;
    return true;
}

// Makes memory behind the next chunks of an unlimited pool usable: at least one run, and an eighth more
// than there is, so that growth costs few system calls.
static bool grow(struct pool *pool)
{
    uint64_t more = max_u64(pool->committed / 8, COMMIT_MIN / pool->stride) + pool_run(pool);
    return commit(pool, (uint32_t)min_u64(pool->committed + more, pool->count));
}

// Chunks that never left the pool, the lowest first off the top of a cache. Fewer than wanted if that
// leaves whole runs only.
static uint32_t take_new(struct pool *pool, uint32_t *numbers, uint32_t want)
{
    if (pool->made == pool->committed && (pool->made == pool->count || !grow(pool)))
        return 0;
    uint32_t past_line_end = (pool->made + want) % pool_run(pool);
    uint32_t n = past_line_end < want ? want - past_line_end : want;
    n = (uint32_t)min_u64(n, pool->committed - pool->made);
    for (uint32_t i = 0; i < n; i++)
        numbers[i] = pool_number(pool, pool->made + (n - 1 - i));
    pool->made += n;
    return n;
}

// Nothing is written to a line that others read unless it changes.
static void set_flag(_Atomic bool *flag, bool value)
{
    if (atomic_load_explicit(flag, memory_order_relaxed) != value)
        atomic_store_explicit(flag, value, memory_order_relaxed);
}

static void publish(struct pool *pool)
{
    bool empty = pool->free == 0 && pool->made == pool->count;
    set_flag(&pool->empty, empty);
    set_flag(&pool->exhausted, empty && atomic_load_explicit(&pool->scarce, memory_order_relaxed));
    if (pool->pass_by)
        set_flag(pool->pass_by, empty && !atomic_load_explicit(&pool->has_grown, memory_order_relaxed));
    atomic_store_explicit(&pool->stats->made, pool->made, memory_order_relaxed);
    atomic_store_explicit(&pool->stats->out, pool_out(pool), memory_order_relaxed);
}

void pool_set_grown(struct pool *pool, bool value)
{
    set_flag(&pool->has_grown, value);
    publish(pool);
}

// One number, as it is where no caches are used, without a call.
static void copy(uint32_t *to, const uint32_t *from, uint32_t n)
{
    if (n == 1)
        *to = *from;
    else
        memcpy(to, from, n * sizeof *to);
}

uint32_t pool_take(struct pool *pool, uint32_t *numbers, uint32_t want)
{
    uint32_t n = (uint32_t)min_u64(want, pool->free);
    if (n > 0) {
        pool->free -= n;
        pool->free_low = (uint32_t)min_u64(pool->free_low, pool->free);
        copy(numbers, pool->stack + pool->free, n);
    } else {
        n = take_new(pool, numbers, want);
    }
    publish(pool);
    return n;
}

void pool_give(struct pool *pool, const uint32_t *numbers, uint32_t n)
{
    stack_reach(pool, pool->free + n);
    copy(pool->stack + pool->free, numbers, n);
    pool->free += n;
    publish(pool);
}

void pool_note_used(struct pool *pool, uint32_t cached, uint32_t other_caches)
{
    uint64_t used = pool_out(pool) - cached;
    if (used <= atomic_load_explicit(&pool->stats->max, memory_order_relaxed))
        return;
    bool grown = atomic_load_explicit(&pool->has_grown, memory_order_relaxed);
    uint64_t most = min_u64(pool_share(pool, CACHES_GROWN_QUARTERS, 1),
                            grown ? UINT64_MAX : pool->cache_capacity);
    uint64_t slack = min_u64(other_caches * most, used);
    atomic_store_explicit(&pool->stats->max, used, memory_order_relaxed);
    atomic_store_explicit(&pool->stats->max_slack, slack, memory_order_relaxed);
}

void pool_rebuild(struct pool *pool)
{
    pool->free = 0;
    stack_reach(pool, pool->made);
    for (uint32_t i = pool->made; i-- > 0;) {
        if (chunk_is_live(pool_state(pool, i)))
            continue;
        *pool_state(pool, i) &= (uint8_t)~CHUNK_IDLE;
        pool->stack[pool->free++] = pool_number(pool, i);
    }
    pool->free_low = 0;
    pool_set_grown(pool, false); // and the new figures
}

void pool_inherit(struct pool *pool)
{
    uint64_t out = pool_out(pool);
    publish(pool);
    atomic_store_explicit(&pool->stats->inherited, out, memory_order_relaxed);
    atomic_store_explicit(&pool->stats->max, out, memory_order_relaxed);
}

void pool_check(struct pool *pool, uint64_t cached)
{
    CHECK(pool->made <= pool->committed && pool->committed <= pool->count);
    CHECK(pool->free <= pool->made && pool->free <= pool->stack_room);
    uint64_t live = 0;
    for (uint32_t i = 0; i < pool->count && i < pool->made; i++)
        live += chunk_is_live(pool_state(pool, i));
    CHECK(pool->free + cached + live == pool->made);
    for (uint32_t i = 0; i < pool->free; i++)
        CHECK(pool->stack[i] < pool_number(pool, pool->made)
              && !chunk_is_live(&pool->state[pool->stack[i]]));
}
