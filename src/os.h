// SPDX-License-Identifier: MIT
// Every system call of the library: memory, files, environment, threads.
// Nothing here allocates or keeps a lock. errno may change; callers above restore it.
#ifndef OS_H
#define OS_H

#include <sys/types.h>

#include "base.h"

// Memory. Sizes are rounded up to pages by the kernel. NULL or false: the kernel refused.

size_t os_page_size(void);

// Address space without access and without memory behind it, aligned to `alignment` (power of two).
// Up to `alignment` bytes more are reserved around it.
void *os_reserve(size_t bytes, size_t alignment);

// The same, readable as zeros.
void *os_reserve_zeros(size_t bytes);

// Makes reserved memory usable. The pages are zero.
bool os_commit(void *start, size_t bytes);

// Usable private memory, zero.
void *os_map(size_t bytes);

// The same, as long as that both parts have room, the second one aligned to `alignment` (power of two).
void *os_map_two(size_t first_bytes, size_t second_bytes, size_t alignment, void **ret_second);

// Replaces the pages at `start`, whatever they are, by private zero pages.
bool os_map_over(void *start, size_t bytes);
void os_unmap(void *start, size_t bytes);

// A forked child finds these private pages zero. False before Linux 4.14.
bool os_wipe_on_fork(void *start, size_t bytes);
bool os_populate(void *start, size_t bytes);
bool os_lock_memory(void *start, size_t bytes);

// Gives the pages of the library's code back that were needed to start it: see resident.ld. They are read
// again from the file where they are used.
void os_drop_rare_text(void);
void os_huge_pages(void *start, size_t bytes);

// Gives the memory back; the pages stay usable, and are zero.
bool os_purge(void *start, size_t bytes);
void os_no_core_dump(void *start, size_t bytes);

// The limit on address space (ulimit -v) in bytes, UINT64_MAX when there is none.
uint64_t os_address_space_limit(void);

// Threads.

// Makes every other thread of the process pass a full memory barrier. os_barrier_start registers
// the process for it and says whether the kernel can do this at all.
bool os_barrier_start(void);
void os_barrier(void);

void os_futex_wait(_Atomic uint32_t *word, uint32_t while_value);
void os_futex_wake(_Atomic uint32_t *word, int waiters);

// Sleeps until the word is another one or somebody wakes, or os_clock_ns() reaches `until_ns`
// (UINT64_MAX: never), which alone is false.
bool os_futex_wait_until(_Atomic uint32_t *word, uint32_t while_value, uint64_t until_ns);

// For who looks again and again for what another thread is about to do: lets it run. `round` says how often
// that was; from 20 on it sleeps 50 us, because sched_yield gives nothing to a thread of lower priority.
void os_wait_for_other(unsigned round);

unsigned os_processors(void); // that this process may run on, at least 1
pid_t os_thread_id(void);
bool os_thread_is_gone(pid_t thread); // of this process; a new one may have its number

// malloc is no cancellation point, though open, read and write are: between these two the calling
// thread cannot be cancelled.
int os_cancel_disable(void); // what to hand to os_cancel_restore
void os_cancel_restore(int state);

// The process.

// The program runs with more rights than its caller (set-user-ID, file capabilities), so that the
// environment must not be trusted.
bool os_is_secure(void);

// The value of an environment variable or NULL. Works before libc has set `environ`: by what the
// constructor was given, or else by /proc/self/environ.
const char *os_environment(const char *name);
void os_environment_start(char **variables);
const char *os_program_name(void); // without directories
const char *os_own_file(void);     // that this code was loaded from, as it was named; may be NULL
const char *os_host_name(void);
pid_t os_process_id(void);
uid_t os_user_id(void); // the effective one

// The loaded object that both addresses are in: its file as it was named ("" of the program); NULL if they
// are in two.
const char *os_object_of(const void *a, const void *b);
bool os_is_in_libc(void *function);
void os_clock_start(void);
uint64_t os_clock_ns(void);      // monotonic
uint64_t os_wall_clock_ns(void); // since 1970; by a system call, at a program's start and end

// The file that an address was mapped from (as far as it fits), and how far behind the file's first
// mapping it is: what addr2line takes for a library, or a program that can be loaded anywhere. False: it
// cannot be told, and *ret_module is undefined.
enum { OS_PATH_SHOWN = 256 };
struct os_module {
    char path[OS_PATH_SHOWN];
    uint64_t offset;
};
bool os_find_module(const void *address, struct os_module *ret_module);

// Files.

// Reads a whole file into buffer. The number of bytes, or -errno; -EFBIG when it does not fit.
ssize_t os_read_file(const char *path, char *buffer, size_t size);

// Opens a directory that belongs to this user, creating it with mode 0700 if need be; refuses one
// that others may write to and symbolic links. A descriptor or -errno.
int os_open_private_directory(const char *path);
bool os_is_memory_file_system(int fd);

// Bytes that may still be written to the file system of the path; UINT64_MAX where it sets no limit, or the
// system cannot tell.
uint64_t os_room(const char *path);

// A new file of `bytes` zeros in the directory, mode 0600, mapped shared for reading and writing.
// -EEXIST when the name is taken. 0 or -errno.
int os_create_mapped_file(int directory, const char *name, size_t bytes, void **ret_start);

// Puts a new mapped file in the place of existing pages, and takes over what is in the first `used` bytes.
int os_move_to_mapped_file(int directory, const char *name, size_t bytes, void *start, size_t used);

// Opens a file to ask os_find_data about it. A descriptor or -errno.
int os_open_file(const char *path);

// The first run of bytes at or after `offset` that are more than a hole, in which nothing was ever
// written. At the end of the file: both SIZE_MAX. Where the system cannot tell, all is data.
void os_find_data(int fd, size_t offset, size_t *ret_start, size_t *ret_end);
void os_remove(const char *path);
void os_close(int fd);

// Appends text to a file (created with mode 0600), in one write unless the system cuts it. 0 or -errno.
int os_append_file(const char *path, const char *text, size_t length);

// In words, why a function of files returned -errno. libc's strerror may allocate.
const char *os_error_text(ssize_t error);

// Standard error as it was at start-up.

// Remembers where descriptor 2 leads. With keep_open a duplicate is kept as well, for programs
// that close descriptor 2 before they end.
void os_stderr_start(bool keep_open);

// Lets go of the duplicate, so that whoever reads the other end of a pipe sees its end when the
// program closes descriptor 2.
void os_stderr_forget(void);

// The same to it, if it still leads to the same file; false when it does not or not all was written.
bool os_stderr_write(const char *text, size_t length);

#endif
