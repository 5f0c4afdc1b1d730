// SPDX-License-Identifier: MIT
#include "others.h"
#include "record_test.h"

static struct others others;
static struct record record;

static const char *told(void)
{
    static char buffer[1024];
    struct text out;
    text_init(&out, buffer, sizeof buffer);
    others_format(&others, &out);
    return buffer;
}

static void add(const char *program, unsigned times)
{
    record_fill(&record);
    strcpy(record.program, program);
    for (unsigned i = 0; i < times; i++)
        others_add(&others, &record);
}

Test(others, none_is_nothing_to_tell)
{
    cr_assert_str_eq(told(), "");
}

Test(others, the_most_frequent_come_first)
{
    add("one", 1);
    add("two", 2);
    add("three", 3);
    add("four", 1);
    add("five", 1);
    others.found = true;
    cr_assert_str_eq(told(), "poolmalloc: and 8 other processes (three 3, two 2, one, four, ...): "
                             "272 requests, 0 of empty pools; poolmalloc run --all-processes shows each\n");
}

Test(others, errors_and_running_ones_are_told)
{
    record_fill(&record);
    record.figures.pools[0].err = 5;
    record.figures.pools[0].illegal = 1;
    record.figures.pools[1].corrupt = 1;
    record.state = FORMAT_RUNNING;
    others_add(&others, &record);
    cr_assert_str_eq(told(), "poolmalloc: 1 process (prog): 34 requests, 5 of empty pools, 2 errors; "
                             "poolmalloc run --all-processes shows each\n"
                             "poolmalloc: 1 of them still runs: poolmalloc stats shows what they do\n");
}

Test(others, names_beyond_the_table_still_count)
{
    char name[16];
    for (unsigned i = 0; i < OTHERS_NAMES + 10; i++) {
        snprintf(name, sizeof name, "p%u", i);
        add(name, 1);
    }
    cr_assert_eq(others.processes, OTHERS_NAMES + 10);
    cr_assert(strstr(told(), "(p0, p1, p2, p3, ...)"));
}
