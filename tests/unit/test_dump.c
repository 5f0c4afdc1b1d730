// SPDX-License-Identifier: MIT
#include <unistd.h>

#include "core.h"
#include "dump.h"

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
