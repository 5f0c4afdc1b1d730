// SPDX-License-Identifier: MIT
#include <criterion/criterion.h>
#include <string.h>

#include "pools.h"

static struct conf conf;
static struct stats_pool stats[MALLOC_POOLS_MAX];
static const char *problem;

static bool init(const char *lines)
{
    conf_init(&conf);
    cr_assert_eq(conf_merge(&conf, "test", lines, strlen(lines), true, NULL, NULL), 0);
    return pools_init(&conf, stats, &problem);
}

Test(pools, every_address_of_a_pool_belongs_to_it)
{
    cr_assert(init("malloc size=256 count=50; malloc size=512 count=50; malloc size=1512 count=50"));
    for (unsigned i = 0; i < 3; i++) {
        char *base = pools.pool[i].base;
        cr_assert_eq(pools_index(base), i);
        cr_assert_eq(pools_index(base + 49 * pools.pool[i].stride), i);
        cr_assert_eq(pools_index(base + pools.pool[i].slice_bytes - 1), i);
    }
    cr_assert_geq(pools_index(pools.pool[0].base - 1), pools.count);
    cr_assert_geq(pools_index(pools.pool[2].base + pools.pool[2].slice_bytes), pools.count);
    cr_assert_geq(pools_index(NULL), pools.count);
    cr_assert_geq(pools_index((void *)UINTPTR_MAX), pools.count);
}

Test(pools, everything_is_foreign_before_the_start)
{
    cr_assert_geq(pools_index(NULL), pools.count);
    cr_assert_geq(pools_index(&conf), pools.count);
}

Test(pools, the_example_needs_three_small_slices)
{
    cr_assert(init(""));
    cr_assert_eq(pools.count, 3);
    cr_assert_eq(1ULL << pools.shift, 128 * 1024);
}

Test(pools, what_cannot_be_reserved_is_said)
{
    cr_assert_not(init("malloc size=1G count=4294967294"));
    cr_assert_str_eq(problem, "the pools are larger than the address space");
    cr_assert_eq(pools.count, 0);
}

Test(pools, chunk_alignment_follows_stride_and_base)
{
    cr_assert(init("malloc size=4096 count=4; malloc size=96 count=4"));
    cr_assert_eq(route_find(&pools.route, 64, 4096, 0), 0);
    cr_assert_eq(route_find(&pools.route, 64, 8192, 0), ROUTE_NONE);
    cr_assert_eq(pools.route.alignment[1], 32);
    cr_assert_eq((uintptr_t)pools.pool[0].base % 4096, 0);
}

Test(pools, unlimited_pools_begin_in_different_lines_of_a_cache)
{
    cr_assert(init("malloc size=16 count=unlimited; malloc size=32 count=unlimited;"
                   "malloc size=48 count=unlimited"));
    uintptr_t page[3], line[3];
    for (unsigned i = 0; i < 3; i++) {
        uintptr_t state = (uintptr_t)pool_state(&pools.pool[i], 0);
        cr_assert_eq(state % CACHE_LINE, 0);
        line[i] = state % 4096 / CACHE_LINE;
        uintptr_t chunk = (uintptr_t)pool_address(&pools.pool[i], pool_number(&pools.pool[i], 0));
        page[i] = chunk % (1 << 28) / 4096;
    }
    cr_assert(line[0] != line[1] && line[1] != line[2] && line[0] != line[2]);
    cr_assert(page[0] != page[1] && page[1] != page[2] && page[0] != page[2]);
}
