// SPDX-License-Identifier: MIT
#include <errno.h>

#include "core.h"
#include "pools_named.h"

static struct pool *add(const char *name, uint64_t size, uint64_t count)
{
    struct named_plan plan = {.name = name, .desc = "", .kind = POOL_CREATED, .size = size,
                              .usable = align_up(size, 16), .stride = align_up(size, 16), .count = count};
    struct pool *pool;
    cr_assert_eq(pools_named_add(&runtime_conf, &plan, &pool), 0);
    return pool;
}

Test(pools_named, pools_of_a_configuration_follow_in_order)
{
    start("malloc size=64 count=3; pool A size=100 count=5 desc=first; pbuf B payload=20 count=2");
    struct pool *a = pools_named_find("A"), *b = pools_named_find("B");
    cr_assert_eq(a->index, NAMED_POOLS_FIRST);
    cr_assert_eq(b->index, NAMED_POOLS_FIRST + 1);
    cr_assert_null(pools_named_find("a"));
    cr_assert_str_eq(pools_named_of(a)->desc, "first");
    cr_assert_eq(pools_named_of(b)->kind, POOL_PBUF);
    cr_assert_eq(a->usable, 112);
    cr_assert_eq(b->usable, 32 + 32); // header and payload, each rounded up
    cr_assert_eq(pools_from(0), 0);
    cr_assert_eq(pools_from(1), NAMED_POOLS_FIRST);
    cr_assert_eq(pools_from(NAMED_POOLS_FIRST + 2), POOLS_MAX);
}

Test(pools_named, the_alignment_of_the_configuration_holds)
{
    start("mem_alignment=256; pool A size=100 count=5; pbuf B payload=20 count=2");
    struct pool *a = pools_named_find("A"), *b = pools_named_find("B");
    cr_assert_eq((uintptr_t)a->base % 256, 0);
    cr_assert_eq(a->stride, 256);
    cr_assert_eq(b->usable, 512);
}

Test(pools_named, an_address_belongs_to_the_pool_whose_chunks_are_there)
{
    start("pool A size=16 count=300; pool B size=4096 count=1");
    struct pool *a = pools_named_find("A"), *b = pools_named_find("B");
    cr_assert_eq(pools_named_at(a->base), a);
    cr_assert_eq(pools_named_at(a->base + 300 * 16 - 1), a);
    cr_assert_neq(pools_named_at(a->base + 300 * 16), a);
    cr_assert_neq(pools_named_at(a->base - 1), a);
    cr_assert_eq(pools_named_at(b->base + 4095), b);
    cr_assert_null(pools_named_at(NULL));
    cr_assert_null(pools_named_at(&a));
}

Test(pools_named, a_removed_pool_owns_nothing_and_its_entry_is_used_last)
{
    start("pool A size=16 count=3");
    struct pool *b = add("B", 32, 4);
    char *base = b->base;
    pools_named_remove(b);
    cr_assert_null(pools_named_find("B"));
    cr_assert_null(pools_named_at(base));
    cr_assert_eq(add("C", 32, 4)->index, NAMED_POOLS_FIRST + 2);
}

Test(pools_named, there_are_192_and_a_freed_entry_is_found)
{
    start("pool A size=16 count=3");
    char name[16];
    for (unsigned i = 1; i < NAMED_POOLS_MAX; i++) {
        snprintf(name, sizeof name, "P%u", i);
        add(name, 64, 2);
    }
    struct named_plan plan = {.name = "more", .desc = "", .kind = POOL_CREATED, .size = 16,
                              .usable = 16, .stride = 16, .count = 1};
    struct pool *pool = NULL;
    cr_assert_eq(pools_named_add(&runtime_conf, &plan, &pool), ENOSPC);
    cr_assert_null(pool);
    pools_named_remove(pools_named_find("P77"));
    cr_assert_eq(add("more", 16, 1)->index, NAMED_POOLS_FIRST + 77);
    cr_assert_eq(figures().pool_count, NAMED_POOLS_MAX);
}

Test(pools_named, a_pool_that_cannot_be_is_a_reason)
{
    struct conf conf;
    const char *problem;
    conf_init(&conf);
    const char *lines = "pool A size=1G count=4294967294";
    cr_assert_eq(conf_merge(&conf, "test", lines, strlen(lines), true, NULL, NULL), 0);
    cr_assert_not(pools_named_init(&conf, &problem));
    cr_assert_str_eq(problem, "the named pools are larger than the address space");
}

Test(pools_named, an_unlimited_pool_grows)
{
    start("pool A size=1K count=unlimited");
    struct pool *a = pools_named_find("A");
    cr_assert(a->unlimited);
    cr_assert_geq(a->slice_bytes, 1 << 20);
    cr_assert_eq(figures().pools[0].count, COUNT_UNLIMITED);
}
