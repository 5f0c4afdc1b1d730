// SPDX-License-Identifier: MIT
#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "os.h"
#include "sources.h"

static struct conf conf;

static void forget_environment(void)
{
    unsetenv("POOLMALLOC");
    unsetenv("POOLMALLOC_CONF");
}

static void write_file(const char *path, const char *text)
{
    FILE *file = fopen(path, "w");
    cr_assert(file, "%s", path);
    fputs(text, file);
    fclose(file);
}

Test(sources, defaults_without_any_source, .init = forget_environment)
{
    cr_assert_eq(sources_read(&conf), 0);
    cr_assert_eq(conf.malloc_pool_count, 3);
    cr_assert_str_eq(conf.sources[conf.pool_source], "built-in defaults");
}

Test(sources, file_then_variable_and_the_later_wins, .init = forget_environment)
{
    char path[] = "/tmp/test_sources.XXXXXX";
    cr_assert_geq(mkstemp(path), 0);
    write_file(path, "try_bigger = yes\non_empty = fail\nmalloc size=64 count=5\n");
    setenv("POOLMALLOC_CONF", path, 1);
    setenv("POOLMALLOC", "on_empty=abort", 1);
    cr_assert_eq(sources_read(&conf), 0);
    unlink(path);
    cr_assert(conf.try_bigger);
    cr_assert_eq(conf.on_empty, POLICY_ABORT);
    cr_assert_eq(conf.malloc_pool_count, 1);
    cr_assert_str_eq(conf.sources[conf.pool_source], path);
    cr_assert_str_eq(conf.sources[conf.option_source[OPTION_on_empty]], "POOLMALLOC");
}

Test(sources, missing_file_is_a_mistake, .init = forget_environment)
{
    setenv("POOLMALLOC_CONF", "/nowhere/pools.conf", 1);
    cr_assert_eq(sources_read(&conf), 1);
    setenv("POOLMALLOC_CONF", "nosuchpreset", 1);
    cr_assert_eq(sources_read(&conf), 1);
    setenv("POOLMALLOC_CONF", "/", 1);
    cr_assert_eq(sources_read(&conf), 1);
}

Test(sources, empty_name_is_no_name, .init = forget_environment)
{
    setenv("POOLMALLOC_CONF", "", 1);
    cr_assert_eq(sources_read(&conf), 0);
}

Test(sources, mistakes_of_all_sources_add_up, .init = forget_environment)
{
    char path[] = "/tmp/test_sources.XXXXXX";
    cr_assert_geq(mkstemp(path), 0);
    write_file(path, "nonsense\nmalloc size=64\n");
    setenv("POOLMALLOC_CONF", path, 1);
    setenv("POOLMALLOC", "on_empty=perhaps", 1);
    cr_assert_eq(sources_read(&conf), 3); // an unknown statement, no count, an unknown choice
    unlink(path);
}

Test(sources, a_name_without_slash_is_a_preset_beside_the_library, .init = forget_environment)
{
    // Linked into a program, as here, the library is in the program's file.
    char command[2048];
    snprintf(command, sizeof command,
             "d=$(dirname %s)/presets && mkdir -p $d && echo malloc size=48 count=7 >$d/test_preset.conf",
             os_own_file());
    cr_assert_eq(system(command), 0);
    setenv("POOLMALLOC_CONF", "test_preset", 1);
    unsigned mistakes = sources_read(&conf);
    snprintf(command, sizeof command, "d=$(dirname %s)/presets && rm $d/test_preset.conf && rmdir $d",
             os_own_file());
    cr_assert_eq(system(command), 0);
    cr_assert_eq(mistakes, 0);
    cr_assert_eq(conf.malloc_pools[0].size, 48);
    cr_assert_str_eq(conf.sources[conf.pool_source], "test_preset");
}

Test(sources, programs_are_matched_by_glob, .init = forget_environment)
{
    setenv("POOLMALLOC", "programs=\"redis*,git,py??on\"", 1);
    cr_assert_eq(sources_read(&conf), 0);
    cr_assert(sources_serve(&conf, "redis-server"));
    cr_assert(sources_serve(&conf, "git"));
    cr_assert(sources_serve(&conf, "python"));
    cr_assert_not(sources_serve(&conf, "gitk"));
    cr_assert_not(sources_serve(&conf, ""));
}
