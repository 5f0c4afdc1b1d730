// SPDX-License-Identifier: MIT
#include <sys/resource.h>
#include <unistd.h>

#include "core.h"
#include "dump.h"
#include "format.h"

static struct stats_header header = {.process_id = 77, .program = "prog", .start_ns = 5000000000};

static const char *expanded(const char *pattern)
{
    static char path[256];
    struct text text;
    text_init(&text, path, sizeof path);
    dump_expand_path(pattern, &header, &text);
    return path;
}

Test(dump, path_patterns_are_expanded)
{
    char host[300];
    gethostname(host, sizeof host);
    cr_assert_str_eq(expanded("/a/%e.%p.%t"), "/a/prog.77.5");
    cr_assert_str_eq(expanded("%h"), host);
    cr_assert_str_eq(expanded("plain"), "plain");
    cr_assert_str_eq(expanded("end%"), "end%");
}

Test(dump, goes_to_the_file_that_was_named)
{
    char path[64], options[256];
    snprintf(path, sizeof path, "/tmp/test_dump.%d", getpid());
    snprintf(options, sizeof options, "dump=/tmp/test_dump.%%p; dump_format=lwip; malloc size=64 count=5");
    start(options);
    heap_alloc(10);
    runtime_end();
    cr_assert_str_eq(read_text(path), "\nMEM MALLOC_64\n\tavail: 5\n\tused: 1\n\tmax: 1\n\terr: 0\n");
    unlink(path);
}

Test(dump, failure_to_write_is_told)
{
    start("dump=/nowhere/at/all; malloc size=64 count=5");
    cr_assert_not(dump_write(&runtime_conf, stats_file));
}

Test(dump, off_counts_as_written)
{
    start("malloc size=64 count=5");
    cr_assert(dump_write(&runtime_conf, stats_file));
}

Test(dump, the_longest_of_each_format_fits)
{
    static struct stats_figures full;
    static struct stats_step steps[SIZE_STEPS];
    static char program[STATS_NAME_MAX], origin[STATS_ORIGIN_MAX];
    memset(&full, 0xff, sizeof full);
    memset(steps, 0xff, sizeof steps);
    memset(program, '"', sizeof program - 1);
    memset(origin, 1, sizeof origin - 1); // six characters each, in JSON
    full.pool_count = ARRAY_LENGTH(full.pools);
    for (unsigned i = 0; i < full.pool_count; i++) {
        struct stats_pool_figures *pool = &full.pools[i];
        pool->kind = POOL_CREATED;
        pool->shadowed = true;
        pool->count--; // that is COUNT_UNLIMITED, which is shorter
        pool->name[STATS_NAME_MAX - 1] = '\0';
        memset(pool->desc, 1, STATS_DESC_MAX - 1);
        pool->desc[STATS_DESC_MAX - 1] = '\0';
    }
    const struct format_subject subject = {
        .program = program, .origin = origin, .process_id = UINT64_MAX, .start = UINT64_MAX,
        .milliseconds = UINT64_MAX, .state = FORMAT_RUNNING, .figures = &full, .steps = steps};
    char *buffer = malloc(DUMP_BYTES_MAX);
    for (unsigned format = DUMP_TEXT; format <= DUMP_LWIP; format++) {
        struct text out;
        text_init(&out, buffer, DUMP_BYTES_MAX);
        format_dump(&out, format, &subject);
        cr_assert_not(out.truncated, "format %u", format);
    }
    free(buffer);
}

// Where the kernel gives no memory for a dump that is longer than most.
Test(dump, what_does_not_fit_is_not_written_at_all)
{
    char path[64], conf[64];
    snprintf(path, sizeof path, "/tmp/test_dump.%d", getpid());
    snprintf(conf, sizeof conf, "/tmp/test_dump.%d.conf", getpid());
    FILE *file = fopen(conf, "w");
    for (unsigned i = 1; i <= NAMED_POOLS_MAX; i++)
        fprintf(file, "pool P%u size=64 count=5 desc=\"%0250u\"\n", i, i);
    for (unsigned i = 1; i <= MALLOC_POOLS_MAX; i++)
        fprintf(file, "malloc size=%u count=5\n", i * 16);
    fprintf(file, "stats_dir=/dev/null\ndump_format=openmetrics\ndump=%s\n", path);
    fclose(file);
    setenv("POOLMALLOC_CONF", conf, 1);
    unsetenv("POOLMALLOC");
    cr_assert(runtime_enter());
    unlink(conf);
    struct rlimit before, none = {.rlim_max = RLIM_INFINITY};
    getrlimit(RLIMIT_AS, &before);
    none.rlim_max = before.rlim_max;
    setrlimit(RLIMIT_AS, &none);
    bool written = dump_write(&runtime_conf, stats_file);
    setrlimit(RLIMIT_AS, &before);
    cr_assert_not(written);
    cr_assert_neq(access(path, F_OK), 0);
    cr_assert(dump_write(&runtime_conf, stats_file));
    cr_assert_eq(access(path, F_OK), 0);
    unlink(path);
}
