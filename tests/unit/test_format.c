// SPDX-License-Identifier: MIT
#include <criterion/criterion.h>
#include <string.h>

#include "format.h"

static char buffer[65536];
static struct text out;
static struct stats_figures all;
static const struct format_subject subject = {
    .program = "prog \"x\"", .origin = "pools: test", .process_id = 42, .milliseconds = 1234,
    .start = 1000, .state = FORMAT_ENDED, .figures = &all};

static void make(void)
{
    all.pool_count = 2;
    all.pools[0] = (struct stats_pool_figures){
        .size = 256, .usable = 256, .stride = 256, .count = 50, .name = "MALLOC_256", .avail = 50,
        .used = 3, .max = 10, .max_at_least = 8, .err = 0, .allocs = 100, .frees = 97,
        .requested_bytes = 10240};
    all.pools[1] = (struct stats_pool_figures){
        .size = 1512, .usable = 1520, .stride = 1520, .count = COUNT_UNLIMITED,
        .name = "MALLOC_1512", .avail = 7, .used = 7, .max = 7, .max_at_least = 7, .allocs = 7,
        .requested_bytes = 10000, .shadowed = true};
    all.oversize = 2;
    all.oversize_bytes = 9999;
    all.oversize_fell_back = 2;
    text_init(&out, buffer, sizeof buffer);
}

Test(format, text_is_a_table_with_a_head_and_advice, .init = make)
{
    format_dump(&out, DUMP_TEXT, &subject);
    cr_assert_str_eq(buffer,
        "poolmalloc: prog \"x\", pid 42, 1.234 s; pools: test\n"
        "  pool         size  avail  used   max  err  illegal  allocs  frees  cached  requested_bytes"
        "  waste\n"
        "  MALLOC_256    256     50     3  8-10    0        0     100     97       0            10240"
        "    60%\n"
        "  MALLOC_1512  1512     7+     7     7    0        0       7      0       0            10000"
        "     6%  (shadowed: never first)\n"
        "  oversize: 2 requests of 9999 bytes, 2 to the next malloc, 0 failed;"
        " foreign: 0 frees, 0 reallocs\n"
        "  advice: 60% of what MALLOC_256 handed out was not asked for:"
        " a pool of chunks near 112 bytes before it would serve most of its requests\n");
}

Test(format, no_advice_where_no_smaller_chunks_can_be_had, .init = make)
{
    all.pools[0].usable = 16;
    all.pools[0].requested_bytes = 100 * 7; // seven bytes a request: 56% waste of the smallest chunk
    format_dump(&out, DUMP_TEXT, &subject);
    cr_assert(strstr(buffer, "    56%\n"));
    cr_assert_null(strstr(buffer, "advice"));
}

Test(format, no_advice_about_waste_that_does_not_matter, .init = make)
{
    all.pools[1].allocs = 1000; // 1.5 MB, of which the first pool's 25 KB are little
    all.pools[1].requested_bytes = 1500000;
    format_dump(&out, DUMP_TEXT, &subject);
    cr_assert(strstr(buffer, "    60%\n"));
    cr_assert_null(strstr(buffer, "advice"));
}

Test(format, several_processes_have_no_process_id, .init = make)
{
    struct format_subject merged = subject;
    merged.process_id = 0;
    format_dump(&out, DUMP_TEXT, &merged);
    cr_assert(strstr(buffer, "poolmalloc: prog \"x\", 1.234 s; pools: test\n"));
}

Test(format, of_a_process_that_died_nobody_knows_how_long_it_ran, .init = make)
{
    struct format_subject dead = subject;
    dead.state = FORMAT_DIED;
    dead.milliseconds = 0;
    format_dump(&out, DUMP_TEXT, &dead);
    cr_assert(strstr(buffer, "poolmalloc: prog \"x\", pid 42, died; pools: test\n"));
}

Test(format, an_unlimited_pool_has_no_count_to_raise, .init = make)
{
    all.pools[1].err = 5;
    format_dump(&out, DUMP_TEXT, &subject);
    cr_assert(strstr(buffer, "advice: MALLOC_1512 was asked 5 times when it could not grow: the kernel gave it"
                             " no more memory than 7 chunks (ulimit -v?)\n"));
}

Test(format, requests_that_no_pool_is_large_enough_for_and_that_failed_are_advised_about, .init = make)
{
    all.oversize_failed = 6;
    all.pools[0].err = 5;
    format_dump(&out, DUMP_TEXT, &subject);
    cr_assert(strstr(buffer, "advice: 6 requests larger than 1520 bytes failed: poolmalloc tune --largest=all "
                             "proposes pools for all sizes\n"));
    out.length = 0;
    all.oversize_failed = 5; // the empty pool is as bad
    format_dump(&out, DUMP_TEXT, &subject);
    cr_assert(strstr(buffer, "advice: MALLOC_256 was asked 5 times while empty"));
}

Test(format, rare_columns_appear_when_something_happened, .init = make)
{
    all.pools[0].failed = 3;
    all.pools[0].err = 5;
    format_dump(&out, DUMP_TEXT, &subject);
    cr_assert(strstr(buffer, "  failed  "));
    cr_assert_null(strstr(buffer, "fell_back"));
    cr_assert(strstr(buffer, "advice: MALLOC_256 was asked 5 times while empty: raise its count above "
                             "50\n"));
}

Test(format, of_many_pools_those_that_were_never_asked_are_counted_only, .init = make)
{
    for (unsigned i = 2; i < 16; i++)
        all.pools[i] = (struct stats_pool_figures){.size = 8, .usable = 16, .stride = 16,
                                                   .count = 5, .name = "IDLE", .avail = 5};
    all.pool_count = 16;
    format_dump(&out, DUMP_TEXT, &subject);
    cr_assert(strstr(buffer, "  IDLE "));
    cr_assert_null(strstr(buffer, "never asked"));
    all.pools[16] = all.pools[15];
    all.pools[16].err = 1;
    memcpy(all.pools[16].name, "BUSY", 5);
    all.pool_count = 17;
    out.length = 0;
    format_dump(&out, DUMP_TEXT, &subject);
    cr_assert_null(strstr(buffer, "IDLE"));
    cr_assert(strstr(buffer, "  MALLOC_1512 ") && strstr(buffer, "  BUSY "));
    cr_assert(strstr(buffer, "\n  14 of 17 pools were never asked\n  oversize:"));
}

Test(format, json_carries_every_counter_and_escapes, .init = make)
{
    format_dump(&out, DUMP_JSON, &subject);
    cr_assert(strstr(buffer, "{\"schema\":1,\"program\":\"prog \\\"x\\\"\",\"pid\":42,\"start\":1000,"
                             "\"milliseconds\":1234,\"state\":\"ended\","));
    cr_assert(strstr(buffer, "\"count\":null,\"avail\":7,"));
#define POOL_COUNTER(name, kind, help) cr_assert(strstr(buffer, ",\"" #name "\":"), #name);
#define PROCESS_COUNTER(name, kind, help) cr_assert(strstr(buffer, "\"" #name "\":"), #name);
#include "counters.def"
    cr_assert_str_eq(buffer + out.length - 2, "}\n");
}

Test(format, json_strings_are_utf8_whatever_the_name, .init = make)
{
    struct format_subject odd = subject;
    odd.program = "\xc3\xa9-\xff\n";
    format_dump(&out, DUMP_JSON, &odd);
    cr_assert(strstr(buffer, "\"program\":\"\xc3\xa9-\\ufffd\\u000a\","));
    cr_assert(strstr(buffer, "\"shadowed\":true}"));
}

Test(format, lwip_is_what_stats_display_prints, .init = make)
{
    format_dump(&out, DUMP_LWIP, &subject);
    cr_assert_str_eq(buffer,
        "\nMEM MALLOC_256\n\tavail: 50\n\tused: 3\n\tmax: 10\n\terr: 0\n"
        "\nMEM MALLOC_1512\n\tavail: 7\n\tused: 7\n\tmax: 7\n\terr: 0\n");
}

// As lwIP: a named pool has its description there. And not as lwIP: figures do not wrap at 65536.
Test(format, lwip_shows_descriptions_and_whole_figures, .init = make)
{
    all.pools[1] = (struct stats_pool_figures){.kind = POOL_NAMED, .name = "SYS_MBOX", .desc = "mail boxes",
                                               .avail = 65536, .used = 70000, .max = 80000, .err = 1 << 30};
    all.pools[2] = (struct stats_pool_figures){.kind = POOL_PBUF, .name = "RX_POOL", .avail = 16};
    all.pool_count = 3;
    format_dump(&out, DUMP_LWIP, &subject);
    cr_assert_str_eq(buffer,
        "\nMEM MALLOC_256\n\tavail: 50\n\tused: 3\n\tmax: 10\n\terr: 0\n"
        "\nMEM mail boxes\n\tavail: 65536\n\tused: 70000\n\tmax: 80000\n\terr: 1073741824\n"
        "\nMEM RX_POOL\n\tavail: 16\n\tused: 0\n\tmax: 0\n\terr: 0\n");
}

Test(format, openmetrics_has_types_and_an_end, .init = make)
{
    format_dump(&out, DUMP_OPENMETRICS, &subject);
    cr_assert(strstr(buffer, "# TYPE poolmalloc_pool_used gauge\n"));
    cr_assert(strstr(buffer, "poolmalloc_pool_used{program=\"prog \\\"x\\\"\",pid=\"42\","
                             "pool=\"MALLOC_256\",index=\"0\"} 3\n"));
    cr_assert(strstr(buffer, "# HELP poolmalloc_pool_allocs_total requests that the pool served\n"
                             "poolmalloc_pool_allocs_total{"));
    cr_assert_str_eq(buffer + out.length - 6, "# EOF\n");
}

Test(format, openmetrics_of_several_processes_keeps_a_metric_together, .init = make)
{
    struct format_subject two[] = {subject, subject};
    two[1].process_id = 43;
    format_openmetrics(&out, two, 2);
    cr_assert(strstr(buffer, "index=\"1\"} 7\npoolmalloc_pool_avail{program=\"prog \\\"x\\\"\",pid=\"43\""));
    cr_assert(strstr(buffer, "# EOF\n") == buffer + out.length - 6);
}

Test(format, what_does_not_fit_is_known, .init = make)
{
    text_init(&out, buffer, 100);
    format_dump(&out, DUMP_JSON, &subject);
    cr_assert(out.truncated);
}
