// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "conf.h"
#include "record_test.h"
#include "tune_write.h"

static struct record one;
static struct tune_data data;
static struct tune_plan plans[TUNE_POOLS_MAX];
static struct tune_wishes wishes;

static void make(void)
{
    record_fill(&one);
    memset(&data, 0, sizeof data);
    wishes = (struct tune_wishes){.margin = 0, .largest = 65536};
}

static const struct tune_plan *plan(unsigned pools)
{
    tune_plans(&data, &wishes, TUNE_TABLE, plans);
    return &plans[pools - 1];
}

Test(tune, classes_are_the_sizes_that_were_asked_for, .init = make)
{
    cr_assert_null(tune_add(&data, &one));
    const struct tune_plan *three = plan(3);
    cr_assert(three->count == 3 && plan(4)->count == 3); // there are no more sizes
    cr_assert(three->classes[0].size == 64 && three->classes[0].requests == 30);
    cr_assert(three->classes[1].size == 208 && three->classes[2].size == 5008);
    cr_assert(three->served == 34 && three->beyond == 0);
    cr_assert_float_eq(three->asked, 7400, 0.1);
    cr_assert_float_eq(three->handed_out, 30 * 64 + 3 * 208 + 5008, 0.1);
}

Test(tune, counts_are_the_peaks_and_their_bounds, .init = make)
{
    tune_add(&data, &one);
    const struct tune_class *class = plan(3)->classes;
    cr_assert(class[0].at_most == 9 && class[0].at_least == 7 && class[0].count == 9);
    cr_assert_eq(class[0].doubts, TUNE_THREADS);
    cr_assert(class[1].at_most == 3 && class[1].doubts == 0);
    cr_assert(class[2].at_most == 1 && class[2].doubts == TUNE_OUTSIDE);
    // Both pools in one: 9 and 3, perhaps not at the same time.
    class = plan(2)->classes;
    cr_assert(class[0].size == 208 && class[0].at_most == 12 && class[0].at_least == 7);
    cr_assert(class[0].doubts & TUNE_APART);
}

Test(tune, a_part_of_a_pool_had_at_most_its_requests, .init = make)
{
    one.steps[2] = (struct stats_step){4, 100}; // besides the 30 in the pool of 64
    one.figures.pools[0].allocs = 34;
    tune_add(&data, &one);
    const struct tune_class *class = plan(4)->classes;
    cr_assert(class[0].size == 32 && class[0].at_most == 4 && class[0].doubts & TUNE_TOGETHER);
    cr_assert(class[1].size == 64 && class[1].at_most == 9 && class[1].doubts & TUNE_TOGETHER);
    cr_assert_str_eq(class[1].in, "MALLOC_64");
    cr_assert_eq(class[1].at_least, 0);
}

Test(tune, what_an_empty_pool_could_not_serve_may_all_have_been_in_use, .init = make)
{
    one.figures.pools[0].fell_back = 5;
    one.figures.pools[0].failed = 1;
    tune_add(&data, &one);
    cr_assert_eq(plan(3)->classes[0].at_most, 15);
    cr_assert(plan(3)->classes[0].doubts & TUNE_EMPTY);
}

Test(tune, chunks_inherited_at_fork_count_beside_the_requests, .init = make)
{
    one.steps[4] = (struct stats_step){5, 300};
    one.figures.pools[0].allocs = 5;
    one.figures.pools[0].frees = 6;
    one.figures.pools[0].used = 40; // 41 inherited
    one.figures.pools[0].max = 43;
    tune_add(&data, &one);
    cr_assert_eq(plan(3)->classes[0].at_most, 43);
}

Test(tune, of_many_processes_requests_add_up_and_needs_do_not, .init = make)
{
    static struct record two;
    two = one;
    two.figures.pools[0].max = 20;
    tune_add(&data, &one);
    tune_add(&data, &two);
    tune_add(&data, &one);
    cr_assert(data.processes == 3 && data.layout_count == 1);
    cr_assert(plan(3)->classes[0].requests == 90 && plan(3)->classes[0].at_most == 20);
    two.figures.pool_count = 1; // other pools: what was in the second is outside
    tune_add(&data, &two);
    cr_assert_eq(data.layout_count, 2);
    cr_assert_eq(plan(3)->classes[1].at_most, 3);
    two.figures.mem_alignment = 4;
    cr_assert_str_eq(tune_add(&data, &two), "measured with another mem_alignment than those before");
    tune_done(&data);
}

Test(tune, wishes_are_granted, .init = make)
{
    tune_add(&data, &one);
    wishes = (struct tune_wishes){.margin = 50, .largest = 4096, .unlimited_to = 100};
    const struct tune_plan *two = plan(2);
    cr_assert(two->count == 2 && two->beyond == 1 && two->served == 33);
    cr_assert_eq(two->classes[0].count, COUNT_UNLIMITED);
    cr_assert_eq(two->classes[1].count, 4096 / 208); // more than 3 and a half more: what fills a page
    cr_assert(two->reserved == 4096 / 208 * 208 && two->at_peak == 9 * 64);
    wishes.margin = 0;
    cr_assert_eq(plan(2)->classes[1].count, 3);
}

Test(tune, large_sizes_between_two_powers_of_two_have_one_pool, .init = make)
{
    memset(one.steps, 0, sizeof one.steps);
    for (uint64_t kib = 65; kib <= 300; kib++)
        one.steps[size_step(kib << 10)] = (struct stats_step){kib, kib * (kib << 10)};
    tune_add(&data, &one);
    wishes.largest = 1 << 20;
    const struct tune_plan *many = plan(16);
    cr_assert_eq(many->count, 3);
    cr_assert(many->classes[0].size == 128 << 10 && many->classes[1].size == 256 << 10);
    cr_assert_eq(many->classes[2].size, 320 << 10); // no larger than what was asked for
}

Test(tune, a_large_measured_pool_keeps_its_size_because_blocks_may_have_grown_in_it, .init = make)
{
    one.figures.pools[1].size = one.figures.pools[1].usable = 256 << 10;
    one.steps[size_step(70 << 10)] = (struct stats_step){1, 70 << 10}; // of another octave
    one.steps[size_step(150 << 10)] = (struct stats_step){1, 150 << 10};
    one.steps[size_step(700 << 10)] = (struct stats_step){1, 700 << 10};
    tune_add(&data, &one);
    wishes.largest = 160 << 10; // the pool serves some above it, and so they count
    cr_assert(plan(5)->count == 5 && plan(5)->beyond == 1);
    cr_assert(plan(5)->classes[3].size == 80 << 10 && plan(5)->classes[4].size == 256 << 10);
}

Test(tune, a_part_of_a_pool_had_smaller_requests_too_because_blocks_may_have_grown, .init = make)
{
    one.steps[2] = (struct stats_step){4, 100}; // in the pool of 64
    one.steps[4] = (struct stats_step){2, 120};
    one.steps[size_step(200)] = (struct stats_step){0};
    tune_add(&data, &one);
    const struct tune_class *class = plan(3)->classes;
    cr_assert(class[0].size == 32 && class[0].at_most == 4);
    cr_assert(class[1].size == 64 && class[1].at_most == 6);
}

Test(tune, chunks_keep_to_the_alignment, .init = make)
{
    one.figures.mem_alignment = 128;
    tune_add(&data, &one);
    cr_assert(plan(3)->classes[0].size == 128 && plan(3)->classes[1].size == 256);
    one.steps[1] = (struct stats_step){7, 70}; // takes a chunk of 128 as well
    tune_add(&data, &one);
    cr_assert(plan(4)->count == 3 && plan(4)->classes[0].requests == 67);
}

Test(tune, named_pools_keep_their_sizes, .init = make)
{
    char *text;
    size_t length;
    one.figures.pools[2] = (struct stats_pool_figures){
        .kind = POOL_NAMED, .size = 40, .usable = 48, .stride = 48, .count = 9, .avail = 9, .max = 5,
        .name = "MBOX", .desc = "mailboxes"};
    one.figures.pools[3] = (struct stats_pool_figures){
        .kind = POOL_CREATED, .size = 40, .usable = 48, .stride = 48, .count = 9, .name = "OWN"};
    one.figures.pools[4] = (struct stats_pool_figures){
        .kind = POOL_PBUF, .size = 1514 + 32, .usable = 1552, .stride = 1552, .count = 9, .max = 1,
        .name = "RX"};
    one.figures.pool_count = 5;
    tune_add(&data, &one);
    one.figures.pools[2].max = 3;
    tune_add(&data, &one);
    wishes.margin = 20;
    FILE *out = open_memstream(&text, &length);
    tune_write_conf(out, &data, &wishes, plan(2), false);
    fclose(out);
    cr_assert(strstr(text, "\npool MBOX size=40 count=6 desc=\"mailboxes\"\n"), "%s", text);
    cr_assert(strstr(text, "\npbuf RX payload=1514 count=2\n"), "%s", text);
    cr_assert_null(strstr(text, "OWN"));
}

Test(tune, pools_are_added_while_they_save_something, .init = make)
{
    tune_add(&data, &one);
    plan(3);
    cr_assert_eq(tune_choose(plans, TUNE_TABLE), 3);
    one.steps[size_step(5000)] = (struct stats_step){1000000, 5000000000};
    tune_add(&data, &one);
    plan(3);
    cr_assert_eq(tune_choose(plans, TUNE_TABLE), 1);
}

Test(tune, who_asks_for_usable_sizes_gets_the_chunks_that_it_was_measured_on, .init = make)
{
    one.steps[size_step(100)] = (struct stats_step){1, 100}; // in the pool of 208
    one.steps[size_step(60)] = (struct stats_step){30, 30 * 50};
    one.steps[size_step(33)] = (struct stats_step){10000, 10000 * 33};
    one.figures.pools[0].max = 20;
    one.figures.usable_size_calls = 1;
    tune_add(&data, &one);
    wishes.largest = 200; // the pool of 208 serves some above it, and so they count
    const struct tune_plan *two = plan(2);
    cr_assert(two->count == 2 && plan(3)->count == 2 && !two->answers_otherwise);
    cr_assert(two->classes[0].size == 64 && two->classes[0].at_most == 20);
    cr_assert(two->classes[1].size == 208 && two->classes[1].at_most == 3);
    cr_assert(two->classes[1].requests == 4 && two->beyond == 1);
    cr_assert_eq(plan(1)->classes[0].size, 208);
    cr_assert(plan(1)->answers_otherwise);
}

Test(tune, who_asks_for_usable_sizes_gets_all_of_these_chunks_whatever_they_save, .init = make)
{
    one.steps[size_step(60)] = (struct stats_step){1, 60};
    one.steps[size_step(5000)] = (struct stats_step){1000000, 5000000000};
    tune_add(&data, &one);
    plan(1);
    cr_assert_eq(tune_choose(plans, TUNE_TABLE), 1);
    one.figures.usable_size_calls = 1;
    tune_add(&data, &one);
    plan(1);
    cr_assert_eq(tune_choose(plans, TUNE_TABLE), 3);
}

Test(tune, chunks_that_cannot_be_had_again_are_told, .init = make)
{
    one.figures.usable_size_calls = 1;
    one.figures.mem_alignment = 4;
    one.figures.pools[0].usable = 60;
    tune_add(&data, &one);
    cr_assert(plan(3)->answers_otherwise && plan(3)->classes[0].size == 64);
    cr_assert_eq(tune_choose(plans, TUNE_TABLE), 3);
}

// A plan's chunks ascend, and the first that are large enough for a size are those it was counted for.
static void check_classes(const struct tune_plan *any)
{
    uint64_t requests = 0;
    unsigned c = 0;
    for (unsigned step = 0; step < SIZE_STEPS; step++) {
        while (c < any->count && any->classes[c].size < size_step_end(step))
            c++;
        if (data.steps[step].count == 0 || c == any->count)
            continue;
        cr_assert(any->classes[c].first <= step && step <= any->classes[c].last, "step %u", step);
        requests += data.steps[step].count;
    }
    cr_assert_eq(requests, any->served);
    for (c = 1; c < any->count; c++)
        cr_assert_gt(any->classes[c].size, any->classes[c - 1].size);
}

// Some pools' chunks end within a step, some pools are shadowed.
static void measure_at_random(uint64_t alignment)
{
    uint64_t most = UINT64_C(1) << (6 + rand() % 16);
    memset(&one, 0, sizeof one);
    one.figures.mem_alignment = alignment;
    one.figures.usable_size_calls = (unsigned)rand() % 2;
    one.figures.pool_count = 1 + (unsigned)rand() % 20;
    for (unsigned i = 0; i < one.figures.pool_count; i++) {
        uint64_t size = 1 + ((uint64_t)rand() + most * i / 16) % most;
        one.figures.pools[i] = (struct stats_pool_figures){
            .size = size, .usable = align_up(size, alignment), .count = COUNT_UNLIMITED, .max = 5};
    }
    for (unsigned i = 0; i < 60; i++)
        one.steps[size_step((uint64_t)rand() % (2 * most))] = (struct stats_step){1 + (unsigned)rand() % 9, 0};
}

Test(tune, every_size_is_counted_for_the_chunks_that_will_serve_it)
{
    srand(3);
    for (unsigned round = 0; round < 300; round++) {
        uint64_t alignment = UINT64_C(1) << rand() % 9;
        memset(&data, 0, sizeof data);
        for (int processes = 1 + rand() % 3; processes > 0; processes--) {
            measure_at_random(alignment);
            cr_assert_null(tune_add(&data, &one));
        }
        wishes = (struct tune_wishes){.largest = UINT64_C(1) << (6 + rand() % 20)};
        tune_plans(&data, &wishes, TUNE_POOLS_MAX, plans);
        for (unsigned k = 0; k < TUNE_POOLS_MAX; k++)
            check_classes(&plans[k]);
        unsigned chosen = tune_choose(plans, TUNE_POOLS_MAX);
        cr_assert(!plans[chosen - 1].answers_otherwise || plans[chosen - 1].count == plans[63].count);
        tune_done(&data);
    }
}

// Every plan, explained or not, is a configuration that the library takes, with those pools.
Test(tune, what_is_written_is_a_configuration, .init = make)
{
    static struct conf conf;
    srand(2);
    for (unsigned step = 0; step < SIZE_STEPS; step += 1 + (unsigned)rand() % 50)
        one.steps[step] = (struct stats_step){1 + (unsigned)rand() % 99, 0};
    tune_add(&data, &one);
    wishes = (struct tune_wishes){.margin = 10, .largest = 1 << 30, .unlimited_to = 1000};
    tune_plans(&data, &wishes, TUNE_POOLS_MAX, plans);
    for (unsigned k = 1; k <= TUNE_POOLS_MAX; k++) {
        char *text;
        size_t length;
        FILE *out = open_memstream(&text, &length);
        tune_write_conf(out, &data, &wishes, &plans[k - 1], k % 2);
        tune_write_table(out, "#", plans, TUNE_TABLE, k);
        tune_write_doubts(out, "# ", &data, &plans[k - 1]);
        fclose(out);
        conf_init(&conf);
        cr_assert_eq(conf_merge(&conf, "tuned", text, length, false, NULL, NULL), 0, "%s", text);
        cr_assert_eq(conf_finish(&conf, NULL, NULL), 0);
        cr_assert_eq(conf.malloc_pool_count, plans[k - 1].count);
        for (unsigned i = 0; i < conf.malloc_pool_count; i++) {
            cr_assert_eq(conf.malloc_pools[i].size, plans[k - 1].classes[i].size);
            cr_assert_eq(conf.malloc_pools[i].count, plans[k - 1].classes[i].count);
        }
        free(text);
    }
}
