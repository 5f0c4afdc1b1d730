// SPDX-License-Identifier: MIT
#include <criterion/criterion.h>

#include "route.h"

static struct route route;

static void build(const uint64_t *usable, unsigned n)
{
    route = (struct route){0};
    for (unsigned i = 0; i < n; i++)
        route_add(&route, usable[i], ALIGN_MIN);
    route_finish(&route);
}

// The rule itself, in one line.
static unsigned first_fit(const uint64_t *usable, unsigned n, uint64_t size)
{
    for (unsigned i = 0; i < n; i++)
        if (size <= usable[i])
            return i;
    return ROUTE_NONE;
}

// What the table says must be what the rule says for every size of the step, or SPLIT.
static void check_table(const uint64_t *usable, unsigned n)
{
    build(usable, n);
    for (uint64_t size = 0; size <= 1 << 20; size += size < 70000 ? 1 : 997) {
        unsigned step = size_step(size);
        unsigned said = route.table[step], right = first_fit(usable, n, size);
        if (said != ROUTE_SPLIT)
            cr_assert_eq(said, right, "size %lu: %u, not %u", size, said, right);
        cr_assert_eq(route_find(&route, size, 1, 0), right);
    }
}

Test(route, ascending_list)
{
    check_table((const uint64_t[]){256, 512, 1520}, 3);
}

Test(route, order_decides_never_size)
{
    check_table((const uint64_t[]){1520, 512, 256}, 3);
    check_table((const uint64_t[]){32, 112, 64, 384, 1552}, 5);
}

Test(route, usable_sizes_that_are_no_multiple_of_a_step)
{
    check_table((const uint64_t[]){20, 100, 52, 372, 1544}, 5);
    check_table((const uint64_t[]){1, 2, 3, 17, 18, 33, 65535, 65537}, 8);
}

Test(route, step_is_split_only_where_sizes_within_it_differ)
{
    build((const uint64_t[]){20, 100}, 2);
    cr_assert_eq(route.table[1], 0);
    cr_assert_eq(route.table[2], ROUTE_SPLIT); // 17 to 20, 21 to 32
    cr_assert_eq(route.table[3], 1);
    cr_assert_eq(route.table[7], ROUTE_SPLIT); // 97 to 100, and nothing above
    cr_assert_eq(route.table[8], ROUTE_NONE);
}

Test(route, no_pools_serve_nothing)
{
    build(NULL, 0);
    cr_assert_eq(route.table[0], ROUTE_NONE);
    cr_assert_eq(route_find(&route, 0, 1, 0), ROUTE_NONE);
}

Test(route, large_sizes_have_steps_too)
{
    check_table((const uint64_t[]){65536, 81920, 98304, 100000, 131072, 131088, 1 << 19}, 7);
    build((const uint64_t[]){65536, 1 << 20}, 2);
    cr_assert_eq(route.table[size_step(65537)], 1);
    cr_assert_eq(route.table[size_step(1 << 20)], 1);
    cr_assert_eq(route.table[size_step((1 << 20) + 1)], ROUTE_NONE);
    cr_assert_eq(route.table[size_step(SIZE_MAX)], ROUTE_NONE);
}

Test(route, large_sizes_are_exact)
{
    build((const uint64_t[]){100000, 100016, 1ULL << 30}, 3);
    cr_assert_eq(route_find(&route, 100000, 1, 0), 0);
    cr_assert_eq(route_find(&route, 100001, 1, 0), 1);
    cr_assert_eq(route_find(&route, 100017, 1, 0), 2);
    cr_assert_eq(route_find(&route, (1ULL << 30) + 1, 1, 0), ROUTE_NONE);
}

Test(route, next_pool_that_fits_comes_after_the_given_one)
{
    build((const uint64_t[]){64, 32, 128, 64}, 4);
    cr_assert_eq(route_find(&route, 40, 1, 1), 2);
    cr_assert_eq(route_find(&route, 40, 1, 3), 3);
    cr_assert_eq(route_find(&route, 100, 1, 3), ROUTE_NONE);
}

Test(route, alignment_is_a_condition_like_size)
{
    route = (struct route){0};
    route_add(&route, 96, 32);
    route_add(&route, 128, 128);
    route_finish(&route);
    cr_assert_eq(route_find(&route, 64, 32, 0), 0);
    cr_assert_eq(route_find(&route, 64, 64, 0), 1);
    cr_assert_eq(route_find(&route, 64, 256, 0), ROUTE_NONE);
}

Test(route, shadowed_is_what_can_never_be_first)
{
    build((const uint64_t[]){512, 256, 512, 513}, 4);
    cr_assert_not(route_is_shadowed(&route, 0));
    cr_assert(route_is_shadowed(&route, 1));
    cr_assert(route_is_shadowed(&route, 2));
    cr_assert_not(route_is_shadowed(&route, 3));
}
