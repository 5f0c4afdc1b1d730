// SPDX-License-Identifier: MIT
#include "record_test.h"

static struct record one, two, all;

static void make(void)
{
    record_fill(&one);
    record_fill(&two);
    memset(&all, 0, sizeof all);
}

Test(record, plausible_figures_pass, .init = make)
{
    cr_assert_null(record_check(&one));
}

Test(record, impossible_figures_are_refused, .init = make)
{
    static const struct {
        size_t offset;
        uint64_t value;
        const char *reason;
    } cases[] = {
#define CASE(field, value, reason) {offsetof(struct record, figures.field), value, reason}
        CASE(mem_alignment, 3, "mem_alignment is out of range"),
        CASE(pools[1].size, 0, "pool 1: size cannot be true"),
        CASE(pools[1].size, UINT64_C(1) << 40, "pool 1: size cannot be true"),
        CASE(pools[0].usable, 63, "pool 0: usable cannot be true"),
        CASE(pools[0].usable, UINT64_MAX, "pool 0: usable cannot be true"),
        CASE(pools[0].stride, 60, "pool 0: stride cannot be true"),
        CASE(pools[0].count, 0, "pool 0: count cannot be true"),
        CASE(pools[0].avail, 51, "pool 0: avail cannot be true"),
        CASE(pools[0].max_at_least, 10, "pool 0: max_at_least cannot be true"),
        CASE(pools[0].max, UINT64_C(1) << 40, "pool MALLOC_64: max is out of range"),
        CASE(pools[0].allocs, UINT64_MAX, "pool MALLOC_64: allocs is out of range"),
        CASE(oversize, UINT64_MAX, "a counter of the process is out of range"),
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        make();
        memcpy((char *)&one + cases[i].offset, &cases[i].value, sizeof cases[i].value);
        cr_assert_str_eq(record_check(&one), cases[i].reason);
    }
    make();
    strcpy(one.figures.pools[0].name, "A\033[2J");
    cr_assert_str_eq(record_check(&one), "pool 0: name cannot be true");
}

Test(record, histogram_must_agree_with_its_sizes, .init = make)
{
    const char *refused = "requests of up to 64 bytes: the counts cannot be true";
    one.steps[4].bytes = 30 * 48;
    cr_assert_str_eq(record_check(&one), refused);
    one.steps[4].bytes = 30 * 64 + 1;
    cr_assert_str_eq(record_check(&one), refused);
    one.state = FORMAT_RUNNING; // read while it counts
    cr_assert_null(record_check(&one));
    one.steps[4].count = 0;
    cr_assert_str_eq(record_check(&one), refused);
    one.steps[4].count = UINT64_MAX;
    cr_assert_str_eq(record_check(&one), refused);
}

Test(record, merged_totals_add_up_and_peaks_do_not, .init = make)
{
    two.figures.pools[0].max = 5;
    two.figures.pools[0].max_at_least = 5;
    two.figures.pools[0].used = 4;
    cr_assert_null(record_merge(&all, &one));
    cr_assert_null(record_merge(&all, &two));
    cr_assert_eq(all.figures.pool_count, 2);
    const struct stats_pool_figures *pool = &all.figures.pools[0];
    cr_assert(pool->max == 9 && pool->max_at_least == 7 && pool->used == 4);
    cr_assert(pool->count == 50 && pool->avail == 50);
    cr_assert(pool->allocs == 60 && pool->requested_bytes == 3600);
    cr_assert_eq(all.figures.pools[1].count, COUNT_UNLIMITED);
    cr_assert(all.figures.oversize_bytes == 10000 && all.milliseconds == 3000);
    cr_assert(all.steps[4].count == 60 && all.steps[4].bytes == 3600);
    cr_assert_str_eq(all.program, "prog");
    cr_assert_null(record_check(&all));
}

Test(record, merged_pools_of_equal_names_stay_apart, .init = make)
{
    one.figures.pools[1] = one.figures.pools[0]; // a second one of 64
    one.figures.pools[1].max = 20;
    record_merge(&all, &one);
    record_merge(&all, &one);
    cr_assert(all.figures.pool_count == 2);
    cr_assert(all.figures.pools[0].max == 9 && all.figures.pools[1].max == 20);
    record_merge(&all, &two); // one of 200 besides
    cr_assert(all.figures.pool_count == 3 && all.figures.pools[0].allocs == 90);
}

Test(record, what_cannot_be_merged_is_told, .init = make)
{
    record_merge(&all, &one);
    two.figures.mem_alignment = 4;
    cr_assert_str_eq(record_merge(&all, &two), "measured with another mem_alignment than those before");
    make();
    record_merge(&all, &one);
    two.figures.pool_count = ARRAY_LENGTH(two.figures.pools);
    for (unsigned i = 0; i < two.figures.pool_count; i++) {
        two.figures.pools[i] = two.figures.pools[0];
        two.figures.pools[i].size = i + 1;
    }
    cr_assert_str_eq(record_merge(&all, &two),
                     "together they have more pools than one statistics can hold");
    make();
    one.steps[4].count = UINT64_C(1) << 60;
    record_merge(&all, &one);
    cr_assert_str_eq(record_merge(&all, &one), "together the counters are out of range");
}

static const char *short_origin(const char *origin)
{
    strcpy(one.origin, origin);
    return record_short_origin(&one);
}

Test(record, people_are_told_only_options_that_matter, .init = make)
{
    cr_assert_str_eq(short_origin("pools: a.conf; semantics = host: POOLMALLOC; on_empty = fallback: X; "
                                  "thread_cache = off: POOLMALLOC; dump = off: POOLMALLOC; "
                                  "stats_dir = /a; b: X; keep_stats = yes: X"),
                     "pools: a.conf; thread_cache = off: POOLMALLOC");
    const char *strict = "pools: a; semantics = lwip: b; on_empty = fallback: c; try_bigger = no: b";
    cr_assert_str_eq(short_origin(strict), strict);
    const char *odd = "pools: a; on_empty = fall; back: c";
    cr_assert_str_eq(short_origin(odd), odd);
    cr_assert_str_eq(short_origin(""), "");
}
