// SPDX-License-Identifier: MIT
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "core.h"
#include "os.h"

static char folder[] = "/tmp/test_stats.XXXXXX";

static void make_folder(void)
{
    cr_assert(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -rf %s", folder);
    cr_assert_eq(system(command), 0);
}

static void start_in_folder(const char *more)
{
    char options[512];
    snprintf(options, sizeof options, "stats_dir=%s; malloc size=64 count=100; %s", folder, more);
    start(options);
}

// The figures as another process would read them: from the file.
static struct stats_figures figures_of(const char *path)
{
    struct stat status;
    struct stats_figures all;
    cr_assert_eq(stat(path, &status), 0, "%s", path);
    char *bytes = calloc(1, (size_t)status.st_size);
    FILE *file = fopen(path, "r");
    size_t n = fread(bytes, 1, (size_t)status.st_size, file);
    fclose(file);
    cr_assert_null(stats_refuse((struct stats_file *)(void *)bytes, n));
    stats_read((struct stats_file *)(void *)bytes, false, &all);
    free(bytes);
    return all;
}

static blkcnt_t blocks_of(const char *path)
{
    struct stat status;
    cr_assert_eq(stat(path, &status), 0, "%s", path);
    return status.st_blocks;
}

// In the default directory, which is in memory: there, a page that is read through a mapping is made.
Test(stats, holes_are_passed_over_and_nothing_else)
{
    start("stats_dir=\"\"; malloc size=64 count=1; malloc size=60000 count=2");
    heap_alloc(60000);
    for (int i = 0; i < 3; i++)
        heap_alloc(64);
    heap_free(heap_alloc(1 << 20));
    static struct stats_figures all, sparse;
    blkcnt_t before = blocks_of(stats_path());
    int fd = os_open_file(stats_path());
    cr_assert_geq(fd, 0);
    stats_read_sparse(stats_file, fd, false, &sparse);
    cr_assert_leq(blocks_of(stats_path()), before + 8 * 8); // counters of pools and process
    os_close(fd);
    stats_read(stats_file, false, &all);
    cr_assert_gt(blocks_of(stats_path()), before + 8 * 8);
    unlink(stats_path());
    cr_assert_eq(memcmp(&all, &sparse, offsetof(struct stats_figures, pools[2])), 0);
    cr_assert_eq(all.pools[1].allocs, 1);
    cr_assert_eq(all.pools[0].fell_back, 2);
    cr_assert_eq(all.oversize, 1);
}

Test(stats, file_carries_the_counters_while_the_program_runs, .init = make_folder,
     .fini = remove_folder)
{
    start_in_folder("");
    heap_alloc(10);
    heap_free(heap_alloc(20));
    struct stats_figures all = figures_of(stats_path());
    cr_assert_eq(all.pool_count, 1);
    cr_assert_str_eq(all.pools[0].name, "MALLOC_64");
    cr_assert_eq(all.pools[0].allocs, 2);
    cr_assert_eq(all.pools[0].frees, 1);
    cr_assert_eq(all.pools[0].used, 1);
    cr_assert_eq(all.pools[0].requested_bytes, 30);
}

Test(stats, file_is_private_and_named_by_process_id, .init = make_folder, .fini = remove_folder)
{
    char expected[96];
    struct stat status;
    start_in_folder("");
    snprintf(expected, sizeof expected, "%s/%d.pmstat", folder, getpid());
    cr_assert_str_eq(stats_path(), expected);
    cr_assert_eq(stat(expected, &status), 0);
    cr_assert_eq(status.st_mode & 0777, 0600);
    cr_assert_lt(status.st_blocks, 400); // a sparse file
}

Test(stats, names_that_are_taken_are_left_alone, .init = make_folder, .fini = remove_folder)
{
    char taken[96], expected[96];
    snprintf(taken, sizeof taken, "%s/%d.pmstat", folder, getpid());
    snprintf(expected, sizeof expected, "%s/%d.1.pmstat", folder, getpid());
    FILE *file = fopen(taken, "w");
    fputs("precious", file);
    fclose(file);
    start_in_folder("");
    cr_assert_str_eq(stats_path(), expected);
    cr_assert_str_eq(read_text(taken), "precious");
}

Test(stats, file_goes_at_a_clean_end, .init = make_folder, .fini = remove_folder)
{
    start_in_folder("");
    char path[256];
    strcpy(path, stats_path());
    runtime_end();
    cr_assert_neq(access(path, F_OK), 0);
}

Test(stats, file_stays_when_it_is_to_be_kept, .init = make_folder, .fini = remove_folder)
{
    start_in_folder("keep_stats=yes");
    runtime_end();
    cr_assert_eq(figures_of(stats_path()).pool_count, 1);
}

Test(stats, without_a_directory_the_counters_are_private)
{
    start("stats_dir=/nowhere/at/all; malloc size=64 count=100");
    heap_alloc(10);
    cr_assert_str_eq(stats_path(), "");
    cr_assert_eq(figures().pools[0].allocs, 1);
}

Test(stats, forked_child_counts_for_itself, .init = make_folder, .fini = remove_folder)
{
    start_in_folder("");
    for (int i = 0; i < 7; i++)
        heap_alloc(10);
    pid_t child = fork();
    if (child == 0) {
        for (int i = 0; i < 3; i++)
            heap_alloc(10);
        struct stats_figures all = figures();
        bool right = all.pools[0].allocs == 3 && all.pools[0].used == 10
                     && stats_file->header.process_id == (uint64_t)getpid()
                     && stats_file->header.forked_from == (uint64_t)getppid();
        _exit(right ? 0 : 1);
    }
    int status;
    waitpid(child, &status, 0);
    cr_assert_eq(status, 0);
    cr_assert_eq(figures().pools[0].allocs, 7);
}

Test(stats, child_that_lives_on_gets_a_file_and_one_that_does_not_gets_none, .init = make_folder,
     .fini = remove_folder)
{
    start_in_folder("thread_cache=off");
    pid_t child = fork();
    if (child == 0) {
        heap_alloc(10);
        if (stats_path()[0])
            _exit(1);
        struct timespec until, now;
        clock_gettime(CLOCK_MONOTONIC, &until);
        do {
            heap_free(heap_alloc(10));
            clock_gettime(CLOCK_MONOTONIC, &now);
        } while (!stats_path()[0] && now.tv_sec < until.tv_sec + 10);
        struct stats_figures all = figures_of(stats_path());
        _exit(all.pools[0].used == 1 && all.pools[0].allocs == figures().pools[0].allocs ? 0 : 2);
    }
    int status;
    waitpid(child, &status, 0);
    cr_assert_eq(status, 0);
}

Test(stats, size_steps_partition_all_sizes)
{
    unsigned before = 0;
    for (unsigned step = 1; step < SIZE_STEPS; step++) {
        uint64_t end = size_step_end(step);
        cr_assert_gt(end, size_step_end(step - 1));
        cr_assert_eq(size_step(end), step);
        cr_assert_eq(size_step(size_step_end(step - 1) + 1), step);
        cr_assert_geq(step, before);
        before = step;
    }
    cr_assert_eq(size_step(0), 0);
    cr_assert_eq(size_step(SIZE_MAX), SIZE_STEPS - 1);
    cr_assert_eq(size_step_end(size_step(65537)), 65536 + 16384);
}
