// SPDX-License-Identifier: MIT
#include <criterion/criterion.h>
#include <stdlib.h>

#include "stats_read.h"

enum { BLOCKS = 3 };
static struct stats_file *file;
static const size_t bytes = sizeof(struct stats_file) + BLOCKS * sizeof(struct stats_block);

// Two pools, 64 and 20 bytes: the size step of 17 to 32 leads to the first.
static void make_file(void)
{
    file = aligned_alloc(CACHE_LINE, bytes);
    memset(file, 0, bytes);
    file->header = (struct stats_header){
        .magic = STATS_MAGIC, .version = STATS_VERSION, .header_bytes = sizeof file->header,
        .pool_bytes = sizeof file->pools[0], .block_bytes = sizeof file->blocks[0],
        .pool_count = 2, .block_count = BLOCKS, .blocks_used = BLOCKS,
    };
    file->pools[0] = (struct stats_pool){.size = 64, .usable = 64, .stride = 64, .count = 50};
    file->pools[1] = (struct stats_pool){.size = 200, .usable = 208, .stride = 208,
                                         .count = COUNT_UNLIMITED};
}

Test(stats_read, refuses_what_it_does_not_know, .init = make_file)
{
    cr_assert_null(stats_refuse(file, bytes));
    cr_assert_str_eq(stats_refuse(file, 100), "too short for a statistics file");
    cr_assert_str_eq(stats_refuse(file, bytes - 1), "damaged or cut short");
    file->header.pool_count = MALLOC_POOLS_MAX + 1;
    cr_assert_str_eq(stats_refuse(file, bytes), "damaged or cut short");
    file->header.pool_count = 2;
    file->header.blocks_used = BLOCKS + 1;
    cr_assert_str_eq(stats_refuse(file, bytes), "damaged or cut short");
    file->header.version++;
    cr_assert_str_eq(stats_refuse(file, bytes), "of another version");
    file->header.version--;
    file->header.block_bytes++;
    cr_assert_str_eq(stats_refuse(file, bytes), "laid out differently");
    file->header.magic = 1;
    cr_assert_str_eq(stats_refuse(file, bytes), "not a statistics file");
}

Test(stats_read, adds_up_all_threads, .init = make_file)
{
    struct stats_figures all;
    for (unsigned b = 0; b < BLOCKS; b++) {
        file->blocks[b].sizes[4] = (struct stats_size){.count = 10 * b, .bytes = 600 * b}; // 49 to 64
        file->blocks[b].sizes[13] = (struct stats_size){.count = b, .bytes = 200 * b};
        file->blocks[b].frees[0] = b;
        file->blocks[b].pools[1].err = 1;
        file->blocks[b].process.oversize = 5;
    }
    file->pools[0].out = 40;
    stats_read(file, false, &all);
    cr_assert_eq(all.pools[0].allocs, 30);
    cr_assert_eq(all.pools[0].requested_bytes, 1800);
    cr_assert_eq(all.pools[0].frees, 3);
    cr_assert_eq(all.pools[0].used, 27);
    cr_assert_eq(all.pools[0].cached, 13);
    cr_assert_eq(all.pools[1].allocs, 3);
    cr_assert_eq(all.pools[1].err, 3);
    cr_assert_eq(all.oversize, 15);
    static struct stats_step steps[SIZE_STEPS];
    stats_read_steps(file, steps);
    cr_assert(steps[4].count == 30 && steps[4].bytes == 1800);
}

Test(stats_read, requests_passed_by_are_the_pools_or_oversize, .init = make_file)
{
    struct stats_figures all;
    file->blocks[1].sizes[4] = (struct stats_size){.count = 10, .bytes = 640};
    file->blocks[1].passed[4] = (struct stats_size){.count = 3, .bytes = 180};
    file->blocks[2].passed[14] = (struct stats_size){.count = 2, .bytes = 430}; // larger than any pool
    stats_read(file, false, &all);
    cr_assert_eq(all.pools[0].allocs, 10);
    cr_assert_eq(all.pools[0].requested_bytes, 640);
    cr_assert_eq(all.pools[0].err, 3);
    cr_assert_eq(all.pools[0].fell_back, 3);
    cr_assert_eq(all.pools[1].err, 0);
    cr_assert_eq(all.oversize, 2);
    cr_assert_eq(all.oversize_fell_back, 2);
    cr_assert_eq(all.oversize_bytes, 430);
    static struct stats_step steps[SIZE_STEPS];
    stats_read_steps(file, steps);
    cr_assert(steps[4].count == 13 && steps[4].bytes == 820);
}

Test(stats_read, requests_served_elsewhere_move, .init = make_file)
{
    struct stats_figures all;
    struct stats_block *block = &file->blocks[1];
    block->sizes[4] = (struct stats_size){.count = 10, .bytes = 640};
    block->pools[0].spilled_out = 2;
    block->pools[1].spilled_in = 2;
    block->pools[0].failed = 1;
    block->pools[0].fell_back = 3;
    block->pools[0].direct_bytes = -(uint64_t)(6 * 64);
    block->pools[1].direct_bytes = 2 * 64;
    block->pools[1].direct = 1; // an aligned request
    stats_read(file, false, &all);
    cr_assert_eq(all.pools[0].allocs, 4);
    cr_assert_eq(all.pools[0].requested_bytes, 256);
    cr_assert_eq(all.pools[1].allocs, 3);
    cr_assert_eq(all.pools[1].requested_bytes, 128);
}

Test(stats_read, figures_never_come_out_below_zero, .init = make_file)
{
    struct stats_figures all;
    file->blocks[1].frees[0] = 5; // read a moment before the allocations
    stats_read(file, false, &all);
    cr_assert_eq(all.pools[0].used, 0);
    cr_assert_eq(all.pools[0].cached, 0);
}

Test(stats_read, high_water_mark_has_a_lower_bound, .init = make_file)
{
    struct stats_figures all;
    file->pools[0].max = 30;
    file->pools[0].max_slack = 8;
    stats_read(file, false, &all);
    cr_assert_eq(all.pools[0].max, 30);
    cr_assert_eq(all.pools[0].max_at_least, 22);
    file->pools[0].inherited = 25;
    stats_read(file, false, &all);
    cr_assert_eq(all.pools[0].max_at_least, 25); // as many are used now
}

Test(stats_read, high_water_mark_lags_unless_it_is_fresh, .init = make_file)
{
    struct stats_figures all;
    file->pools[0].max = 30;
    file->pools[0].out = 40; // 10 of them may be in use for the first time, or cached
    stats_read(file, false, &all);
    cr_assert_eq(all.pools[0].max, 40);
    cr_assert_eq(all.pools[0].max_at_least, 30);
    stats_read(file, true, &all);
    cr_assert_eq(all.pools[0].max, 30);
    file->header.end_ns = 1;
    stats_read(file, false, &all);
    cr_assert_eq(all.pools[0].max, 30);
}

Test(stats_read, unlimited_pools_have_what_they_made, .init = make_file)
{
    struct stats_figures all;
    file->pools[1].made = 77;
    stats_read(file, false, &all);
    cr_assert_eq(all.pools[0].avail, 50);
    cr_assert_eq(all.pools[1].avail, 77);
}

// What is read of one pool is what is read of all.
Test(stats_read, a_pool_alone_has_the_same_figures, .init = make_file)
{
    static struct stats_figures all;
    struct stats_pool_figures one;
    file->header.named_count = 3;
    file->pools[NAMED_POOLS_FIRST + 2] = (struct stats_pool){
        .size = 10, .usable = 16, .stride = 16, .count = 5, .kind = POOL_STATIC,
        .out = 3, .max = 4, .name = "named"};
    for (unsigned b = 0; b < BLOCKS; b++) {
        file->blocks[b].sizes[4] = (struct stats_size){.count = 10, .bytes = 600};
        file->blocks[b].passed[4] = (struct stats_size){.count = 2, .bytes = 120};
        file->blocks[b].frees[0] = 7;
        file->blocks[b].pools[NAMED_POOLS_FIRST + 2].direct = 9;
        file->blocks[b].frees[NAMED_POOLS_FIRST + 2] = 8;
    }
    stats_read(file, true, &all);
    cr_assert_eq(all.pool_count, 3); // two entries of named pools are free
    for (unsigned i = 0; i < 3; i++) {
        stats_read_pool(file, i < 2 ? i : NAMED_POOLS_FIRST + 2, true, &one);
        cr_assert_eq(memcmp(&one, &all.pools[i], sizeof one), 0, "%s", one.name);
    }
    cr_assert_eq(one.used, 3);
    cr_assert_str_eq(one.name, "named");
}

Test(stats_read, entries_of_named_pools_are_counted_too, .init = make_file)
{
    file->header.named_count = NAMED_POOLS_MAX + 1;
    cr_assert_str_eq(stats_refuse(file, bytes), "damaged or cut short");
}
