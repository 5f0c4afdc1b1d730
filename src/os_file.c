// SPDX-License-Identifier: MIT
// Files and standard error.
#include <errno.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <poll.h>
#include <signal.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/statfs.h>
#include <unistd.h>

#include "os.h"
#include "os_call.h"

// As open and fstat, but with -errno as the result. (Both processors have libc's struct stat.)
static int file_open(int directory, const char *path, int flags)
{
    return (int)os_call(SYS_openat, directory, path, flags | O_CLOEXEC, 0600);
}

static int file_status(int fd, struct stat *ret_status)
{
    return (int)os_call(SYS_fstat, fd, ret_status);
}

ssize_t os_read_file(const char *path, char *buffer, size_t size)
{
    int fd = file_open(AT_FDCWD, path, O_RDONLY);
    if (fd < 0)
        return fd;
    size_t length = 0;
    ssize_t n;
    do {
        n = os_call(SYS_read, fd, buffer + length, size - length);
        if (n > 0)
            length += (size_t)n;
    } while ((n > 0 && length < size) || n == -EINTR);
    os_close(fd);
    if (n < 0)
        return n;
    return length == size ? -EFBIG : (ssize_t)length;
}

int os_open_private_directory(const char *path)
{
    const int flags = O_RDONLY | O_DIRECTORY | O_NOFOLLOW;
    int fd = file_open(AT_FDCWD, path, flags);
    if (fd == -ENOENT) {
        int error = (int)os_call(SYS_mkdirat, AT_FDCWD, path, 0700);
        if (error != 0 && error != -EEXIST)
            return error;
        fd = file_open(AT_FDCWD, path, flags);
    }
    if (fd < 0)
        return fd;
    struct stat status;
    if (file_status(fd, &status) != 0 || status.st_uid != os_user_id()
        || (status.st_mode & 077) != 0) {
        os_close(fd);
        return -EPERM;
    }
    return fd;
}

bool os_is_memory_file_system(int fd)
{
    struct statfs status;
    return os_call(SYS_fstatfs, fd, &status) == 0
           && (status.f_type == TMPFS_MAGIC || status.f_type == RAMFS_MAGIC);
}

uint64_t os_room(const char *path)
{
    struct statfs status;
    if (os_call(SYS_statfs, path, &status) != 0 || status.f_blocks == 0)
        return UINT64_MAX;
    return status.f_bavail * (uint64_t)status.f_bsize;
}

// A limit on file sizes (ulimit -f) would not only refuse a larger file: it sends SIGXFSZ.
static bool exceeds_file_size_limit(size_t bytes)
{
    struct rlimit limit;
    return os_call(SYS_prlimit64, 0, RLIMIT_FSIZE, NULL, &limit) != 0
           || (limit.rlim_cur != RLIM_INFINITY && bytes > limit.rlim_cur);
}

// A new file of zeros. A descriptor or -errno.
static int create_file(int directory, const char *name, size_t bytes)
{
    if (exceeds_file_size_limit(bytes))
        return -EFBIG;
    int fd = file_open(directory, name, O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW);
    if (fd < 0)
        return fd;
    int error = (int)os_call(SYS_ftruncate, fd, bytes);
    if (error != 0) {
        os_close(fd);
        os_call(SYS_unlinkat, directory, name, 0);
        return error;
    }
    return fd;
}

static int map_file(int directory, const char *name, int fd, size_t bytes, void *at, void **ret_start)
{
    int flags = MAP_SHARED | (at ? MAP_FIXED : 0);
    long start = os_call(SYS_mmap, at, bytes, PROT_READ | PROT_WRITE, flags, fd, 0);
    os_close(fd);
    if (os_call_failed(start)) {
        os_call(SYS_unlinkat, directory, name, 0);
        return (int)start;
    }
    *ret_start = (void *)start;
    return 0;
}

int os_create_mapped_file(int directory, const char *name, size_t bytes, void **ret_start)
{
    int fd = create_file(directory, name, bytes);
    return fd < 0 ? fd : map_file(directory, name, fd, bytes, NULL, ret_start);
}

static bool is_zero(const char *bytes, size_t length)
{
    const uint64_t *word = (const uint64_t *)bytes;
    size_t i = 0;
    while (i < length / sizeof *word && word[i] == 0)
        i++;
    return i == length / sizeof *word;
}

// Writes the pages that begin in [start, start + bytes) and hold anything; the others stay holes. With
// `scratch`, a page, those that the file does not have already.
static bool copy_pages(int fd, const char *start, size_t bytes, char *scratch)
{
    const size_t page = os_page_size();
    for (size_t at = 0; at < bytes; at += page) {
        if (is_zero(start + at, page)
            || (scratch && os_call(SYS_pread64, fd, scratch, page, at) == (long)page
                && memcmp(start + at, scratch, page) == 0))
            continue;
        if (os_call(SYS_pwrite64, fd, start + at, page, at) != (long)page)
            return false;
    }
    return true;
}

int os_move_to_mapped_file(int directory, const char *name, size_t bytes, void *start, size_t used)
{
    int fd = create_file(directory, name, bytes);
    if (fd < 0)
        return fd;
    char *scratch = os_map(os_page_size());
    // Again, for what is written meanwhile: the second time is short.
    bool copied = scratch && copy_pages(fd, start, used, NULL) && copy_pages(fd, start, used, scratch);
    if (scratch)
        os_unmap(scratch, os_page_size());
    if (!copied) {
        os_close(fd);
        os_call(SYS_unlinkat, directory, name, 0);
        return -EIO;
    }
    void *same;
    return map_file(directory, name, fd, bytes, start, &same);
}

int os_open_file(const char *path)
{
    return file_open(AT_FDCWD, path, O_RDONLY);
}

void os_find_data(int fd, size_t offset, size_t *ret_start, size_t *ret_end)
{
    off_t start = os_call(SYS_lseek, fd, offset, SEEK_DATA);
    off_t end = start < 0 ? -1 : os_call(SYS_lseek, fd, start, SEEK_HOLE);
    bool nothing = start == -ENXIO;
    *ret_start = nothing ? SIZE_MAX : start < 0 ? offset : (size_t)start;
    *ret_end = end < 0 ? SIZE_MAX : (size_t)end;
}

RESIDENT void os_remove(const char *path)
{
    os_call(SYS_unlinkat, AT_FDCWD, path, 0);
}

void os_close(int fd)
{
    os_call(SYS_close, fd);
}

// Of a descriptor that does not wait by itself. Who reads nothing for a second gets no more.
static bool is_ready_soon(int fd)
{
    struct pollfd writing = {.fd = fd, .events = POLLOUT};
    struct timespec second = {.tv_sec = 1};
    return os_call(SYS_ppoll, &writing, 1, &second, NULL, 0) > 0;
}

// The whole text, in one write if the system takes it so: a signal can interrupt a large one to a pipe.
// 0 or -errno.
static int write_whole(int fd, const char *text, size_t length)
{
    while (length > 0) {
        ssize_t n = os_call(SYS_write, fd, text, length);
        if (n == -EINTR || (n == -EAGAIN && is_ready_soon(fd)))
            continue;
        if (n <= 0)
            return n < 0 ? (int)n : -ENOSPC;
        text += n;
        length -= (size_t)n;
    }
    return 0;
}

// The same, and it cannot end the program: a pipe without a reader would send SIGPIPE, and a file at the
// limit on file sizes SIGXFSZ, both to the writing thread.
static int write_safely(int fd, const char *text, size_t length)
{
    // The kernel's signal sets: a bit each.
    const uint64_t broken_pipe = 1ULL << (SIGPIPE - 1), too_large = 1ULL << (SIGXFSZ - 1);
    uint64_t fatal = broken_pipe | too_large, pending = 0, before;
    os_call(SYS_rt_sigpending, &pending, sizeof pending);
    os_call(SYS_rt_sigprocmask, SIG_BLOCK, &fatal, &before, sizeof fatal);
    int error = write_whole(fd, text, length);
    uint64_t sent = error == -EPIPE ? broken_pipe : error == -EFBIG ? too_large : 0;
    sent &= ~pending;
    if (sent != 0)
        os_call(SYS_rt_sigtimedwait, &sent, NULL, &(struct timespec){0}, sizeof sent);
    os_call(SYS_rt_sigprocmask, SIG_SETMASK, &before, NULL, sizeof before);
    return error;
}

int os_append_file(const char *path, const char *text, size_t length)
{
    int fd = file_open(AT_FDCWD, path, O_WRONLY | O_CREAT | O_APPEND | O_NOCTTY);
    if (fd < 0)
        return fd;
    int error = write_safely(fd, text, length);
    os_close(fd);
    return error;
}

// Standard error: which file it is, and a duplicate far above the descriptors that programs count on.
static struct {
    bool started; // a descriptor 2 that appears later is a file of the program's
    bool known;
    dev_t device;
    ino_t inode;
    int duplicate; // -1: none
} standard_error = {.duplicate = -1};

enum { DUPLICATE_MIN = 700 }; // most programs that close "all" descriptors stop at 256 or 1024

static bool is_standard_error(int fd)
{
    struct stat status;
    return fd >= 0 && file_status(fd, &status) == 0 && status.st_dev == standard_error.device
           && status.st_ino == standard_error.inode;
}

void os_stderr_start(bool keep_open)
{
    struct stat status;
    standard_error.started = true;
    standard_error.known = file_status(STDERR_FILENO, &status) == 0;
    if (!standard_error.known)
        return;
    standard_error.device = status.st_dev;
    standard_error.inode = status.st_ino;
    if (keep_open)
        standard_error.duplicate = (int)os_call(SYS_fcntl, STDERR_FILENO, F_DUPFD_CLOEXEC, DUPLICATE_MIN);
}

void os_stderr_forget(void)
{
    if (is_standard_error(standard_error.duplicate))
        os_close(standard_error.duplicate);
    standard_error.duplicate = -1;
}

bool os_stderr_write(const char *text, size_t length)
{
    if (!standard_error.started)
        os_stderr_start(false);
    if (!standard_error.known)
        return false;
    int cancel_state = os_cancel_disable();
    const int candidates[] = {STDERR_FILENO, standard_error.duplicate};
    int error = -EBADF; // or open for reading only
    for (unsigned i = 0; i < ARRAY_LENGTH(candidates) && error == -EBADF; i++)
        if (is_standard_error(candidates[i]))
            error = write_safely(candidates[i], text, length);
    os_cancel_restore(cancel_state);
    return error == 0;
}

const char *os_error_text(ssize_t error)
{
    switch (error) {
    case -ENOENT: return "no such file or directory";
    case -ENOTDIR: return "not a directory";
    case -EISDIR: return "is a directory";
    case -EACCES:
    case -EPERM: return "permission denied";
    case -EROFS: return "read-only file system";
    case -ENOSPC:
    case -EDQUOT: return "no space left";
    case -EFBIG: return "file too large";
    case -EMFILE: return "too many open files";
    default: return "the kernel refused";
    }
}
