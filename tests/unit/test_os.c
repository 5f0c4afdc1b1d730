// SPDX-License-Identifier: MIT
#include <criterion/criterion.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <gnu/libc-version.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "os.h"
#include "os_call.h"

static char folder[] = "/tmp/test_os.XXXXXX";

static void make_folder(void)
{
    cr_assert(mkdtemp(folder));
}

static void remove_folder(void)
{
    char command[64];
    snprintf(command, sizeof command, "rm -r %s", folder);
    cr_assert_eq(system(command), 0);
}

Test(os, reserved_memory_is_aligned_and_usable_once_committed)
{
    char *p = os_reserve(1 << 20, 1 << 21);
    cr_assert_eq((uintptr_t)p % (1 << 21), 0);
    cr_assert(os_commit(p, 1 << 20));
    memset(p, 1, 1 << 20);
    os_unmap(p, 1 << 20);
}

Test(os, reserved_zeros_can_be_read_before_they_are_committed)
{
    char *p = os_reserve_zeros(1 << 20);
    for (int i = 0; i < 1 << 20; i += 4096)
        cr_assert_eq(p[i], 0);
    cr_assert(os_commit(p, 4096));
    p[0] = 1;
}

Test(os, wiped_pages_are_zero_in_a_child_only)
{
    int *p = os_map(4096);
    if (!os_wipe_on_fork(p, 4096))
        cr_skip_test("the kernel cannot wipe on fork");
    *p = 5;
    pid_t child = fork();
    if (child == 0)
        _exit(*p == 0 ? 0 : 1);
    int status;
    waitpid(child, &status, 0);
    cr_assert_eq(status, 0);
    cr_assert_eq(*p, 5);
}

Test(os, tells_libcs_own_functions_from_others)
{
    // By name: a sanitizer's free comes before libc's.
    void *libc = dlopen("libc.so.6", RTLD_LAZY | RTLD_NOLOAD);
    cr_assert(os_is_in_libc(dlsym(libc, "free")));
    cr_assert_not(os_is_in_libc((void *)os_page_size));
}

Test(os, environment_is_found_with_and_without_libc)
{
    setenv("POOLMALLOC_TEST", "value", 1);
    cr_assert_str_eq(os_environment("POOLMALLOC_TEST"), "value");
    cr_assert_null(os_environment("POOLMALLOC_TES"));
    cr_assert_null(os_environment("POOLMALLOC_TEST2"));
    environ = NULL; // as before libc has started: what the kernel passed counts
    cr_assert_not_null(os_environment("PATH"));
    cr_assert_null(os_environment("POOLMALLOC_TEST"));
}

Test(os, files_are_read_whole_or_refused, .init = make_folder, .fini = remove_folder)
{
    char path[64], buffer[16];
    snprintf(path, sizeof path, "%s/f", folder);
    cr_assert_eq(os_read_file(path, buffer, sizeof buffer), -ENOENT);
    cr_assert_eq(os_append_file(path, "0123456789", 10), 0);
    cr_assert_eq(os_append_file(path, "abcde", 5), 0);
    cr_assert_eq(os_read_file(path, buffer, sizeof buffer), 15);
    cr_assert(memcmp(buffer, "0123456789abcde", 15) == 0);
    cr_assert_eq(os_append_file(path, "f", 1), 0);
    cr_assert_eq(os_read_file(path, buffer, sizeof buffer), -EFBIG);
    cr_assert_eq(os_read_file(folder, buffer, sizeof buffer), -EISDIR);
    struct stat status;
    stat(path, &status);
    cr_assert_eq(status.st_mode & 0777, 0600);
}

Test(os, private_directories_must_be_ours_alone, .init = make_folder, .fini = remove_folder)
{
    char path[64], other[64];
    snprintf(path, sizeof path, "%s/d", folder);
    snprintf(other, sizeof other, "%s/link", folder);
    int fd = os_open_private_directory(path);
    cr_assert_geq(fd, 0);
    os_close(fd);
    struct stat status;
    stat(path, &status);
    cr_assert_eq(status.st_mode & 0777, 0700);
    cr_assert_eq(symlink(path, other), 0);
    cr_assert_lt(os_open_private_directory(other), 0);
    chmod(path, 0777);
    cr_assert_eq(os_open_private_directory(path), -EPERM);
    cr_assert_eq(os_open_private_directory("/nowhere/at/all"), -ENOENT);
    if (geteuid() == 0) {
        chmod(path, 0700);
        cr_assert_eq(chown(path, 1, 1), 0);
        cr_assert_eq(os_open_private_directory(path), -EPERM);
    }
}

Test(os, mapped_files_keep_what_is_written, .init = make_folder, .fini = remove_folder)
{
    char path[64], buffer[8192];
    void *start;
    int directory = open(folder, O_RDONLY | O_DIRECTORY);
    cr_assert_eq(os_create_mapped_file(directory, "f", 4096, &start), 0);
    cr_assert_eq(os_create_mapped_file(directory, "f", 4096, &start), -EEXIST);
    strcpy(start, "seen");
    snprintf(path, sizeof path, "%s/f", folder);
    cr_assert_eq(os_read_file(path, buffer, sizeof buffer), 4096);
    cr_assert_str_eq(buffer, "seen");

    char *private = os_map(8192);
    strcpy(private + 4096, "moved");
    cr_assert_eq(os_move_to_mapped_file(directory, "g", 8192, private, 8192), 0);
    cr_assert_str_eq(private + 4096, "moved");
    char *partly = os_map(8192);
    strcpy(partly, "used");
    strcpy(partly + 4096, "not");
    cr_assert_eq(os_move_to_mapped_file(directory, "h", 8192, partly, 4096), 0);
    cr_assert_str_eq(partly, "used");
    cr_assert_str_eq(partly + 4096, ""); // what is not used is not looked at
    strcpy(private, "later");
    char buffer2[8193];
    snprintf(path, sizeof path, "%s/g", folder);
    cr_assert_eq(os_read_file(path, buffer2, sizeof buffer2), 8192);
    cr_assert_str_eq(buffer2, "later");
    cr_assert_str_eq(buffer2 + 4096, "moved");
    close(directory);
}

// Runs `act` between os_stderr_start and a write, with descriptor 2 on a file; what the file holds.
static char *written(bool keep_open, void (*act)(void))
{
    static char text[256];
    char path[64];
    snprintf(path, sizeof path, "%s/err", folder);
    int saved = dup(2);
    int fd = open(path, O_RDWR | O_CREAT | O_TRUNC, 0600);
    dup2(fd, 2);
    close(fd);
    os_stderr_start(keep_open);
    act();
    os_stderr_write("hello", 5);
    dup2(saved, 2);
    memset(text, 0, sizeof text);
    cr_assert_geq(os_read_file(path, text, sizeof text - 1), 0);
    return text;
}

static void nothing(void)
{
}

static void close_it(void)
{
    close(2);
}

static void reuse_it(void)
{
    char path[64];
    snprintf(path, sizeof path, "%s/data", folder);
    close(2);
    cr_assert_eq(open(path, O_RDWR | O_CREAT, 0600), 2);
}

Test(os, standard_error_is_the_file_it_was, .init = make_folder, .fini = remove_folder)
{
    char path[64], data[16];
    cr_assert_str_eq(written(true, nothing), "hello");
    cr_assert_str_eq(written(true, close_it), "hello");
    cr_assert_str_eq(written(false, close_it), "");
    cr_assert_str_eq(written(true, reuse_it), "hello");
    snprintf(path, sizeof path, "%s/data", folder);
    cr_assert_eq(os_read_file(path, data, sizeof data), 0); // nothing went into the program's file
}

Test(os, forgotten_duplicate_no_longer_holds_the_pipe_open)
{
    int ends[2];
    char byte;
    cr_assert_eq(pipe(ends), 0);
    int saved = dup(2);
    dup2(ends[1], 2);
    close(ends[1]);
    os_stderr_start(true);
    os_stderr_forget();
    dup2(saved, 2);
    cr_assert_eq(read(ends[0], &byte, 1), 0); // end of file: nobody else has it open
}

Test(os, finds_the_module_of_an_address)
{
    static int own;
    struct os_module module;
    char path[4096];
    ssize_t length = readlink("/proc/self/exe", path, sizeof path - 1);
    cr_assert_gt(length, 0);
    path[length] = '\0';
    cr_assert(os_find_module(&own, &module));
    cr_assert_str_eq(module.path, path);
    extern char __executable_start[];
    cr_assert_eq(module.offset, (uint64_t)((char *)&own - __executable_start));
    cr_assert(os_find_module((void *)&gnu_get_libc_version, &module));
    cr_assert(strstr(module.path, "libc"), "%s", module.path);
    void *nobody = os_map(4096);
    cr_assert_not(os_find_module(nobody, &module));
    cr_assert_not(os_find_module((void *)16, &module));
}

Test(os, a_wait_ends_when_the_word_is_another_or_the_time_is_over)
{
    _Atomic uint32_t word = 1;
    cr_assert(os_futex_wait_until(&word, 0, UINT64_MAX)); // it is another already
    uint64_t until = os_clock_ns() + 5000000;
    while (os_futex_wait_until(&word, 1, until)) {} // a signal may interrupt it
    cr_assert_geq(os_clock_ns(), until);
    cr_assert_not(os_futex_wait_until(&word, 1, 1)); // long over
}

Test(os, direct_calls_answer_with_the_error_and_leave_errno_alone)
{
    int ends[2];
    char byte = 'x';
    cr_assert_eq(pipe(ends), 0);
    errno = 77;
    cr_assert_eq(os_call(SYS_getpid), getpid());
    cr_assert_eq(os_call(SYS_close, -1), -EBADF);
    cr_assert_eq(os_call(SYS_pwrite64, ends[1], &byte, 1, 0), -ESPIPE);
    cr_assert_eq(os_call(SYS_write, ends[1], &byte, 1), 1);
    cr_assert_eq(errno, 77);
}
