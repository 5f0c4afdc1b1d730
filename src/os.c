// SPDX-License-Identifier: MIT
// Memory, threads and the process itself.
#include "os.h"
#include "os_call.h"

#include <errno.h>
#include <gnu/libc-version.h>
#include <link.h>
#include <linux/futex.h>
#include <linux/membarrier.h>
#include <pthread.h>
#include <string.h>
#include <sys/auxv.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/utsname.h>
#include <time.h>
#include <unistd.h>

#ifndef MADV_POPULATE_WRITE
#define MADV_POPULATE_WRITE 23
#endif

size_t os_page_size(void)
{
    static _Atomic size_t known; // all threads find the same
    size_t size = atomic_load_explicit(&known, memory_order_relaxed);
    if (unlikely(size == 0)) {
        size = getauxval(AT_PAGESZ);
        atomic_store_explicit(&known, size, memory_order_relaxed);
    }
    return size;
}

static void *map(void *at, size_t bytes, int protection, int flags)
{
    flags |= MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE;
    long start = os_call(SYS_mmap, at, bytes, protection, flags, -1, 0);
    return os_call_failed(start) ? NULL : (void *)start;
}

static bool advise(void *start, size_t bytes, int advice)
{
    return os_call(SYS_madvise, start, bytes, advice) == 0;
}

void *os_reserve(size_t bytes, size_t alignment)
{
    size_t slack = alignment > os_page_size() ? alignment : 0;
    char *start = map(NULL, bytes + slack, PROT_NONE, 0);
    return start ? (char *)align_up((uintptr_t)start, max_u64(alignment, 1)) : NULL;
}

void *os_reserve_zeros(size_t bytes)
{
    return map(NULL, bytes, PROT_READ, 0);
}

bool os_commit(void *start, size_t bytes)
{
    return os_call(SYS_mprotect, start, bytes, PROT_READ | PROT_WRITE) == 0;
}

void *os_map(size_t bytes)
{
    return map(NULL, bytes, PROT_READ | PROT_WRITE, 0);
}

void *os_map_two(size_t first_bytes, size_t second_bytes, size_t alignment, void **ret_second)
{
    first_bytes = align_up(first_bytes, os_page_size());
    char *start = os_map(first_bytes + alignment + second_bytes);
    if (start)
        *ret_second = (void *)align_up((uintptr_t)start + first_bytes, alignment);
    return start;
}

bool os_map_over(void *start, size_t bytes)
{
    return map(start, bytes, PROT_READ | PROT_WRITE, MAP_FIXED);
}

void os_unmap(void *start, size_t bytes)
{
    os_call(SYS_munmap, start, bytes);
}

bool os_wipe_on_fork(void *start, size_t bytes)
{
    return advise(start, bytes, MADV_WIPEONFORK);
}

bool os_populate(void *start, size_t bytes)
{
    long error = os_call(SYS_madvise, start, bytes, MADV_POPULATE_WRITE);
    if (error != -EINVAL) // before Linux 5.14
        return error == 0;
    for (char *p = start; p < (char *)start + bytes; p += os_page_size())
        atomic_fetch_or_explicit((_Atomic uint8_t *)p, 0, memory_order_relaxed); // others may write
    return true;
}

bool os_lock_memory(void *start, size_t bytes)
{
    return os_call(SYS_mlock, start, bytes) == 0;
}

void os_huge_pages(void *start, size_t bytes)
{
    advise(start, bytes, MADV_HUGEPAGE);
}

bool os_purge(void *start, size_t bytes)
{
    return advise(start, bytes, MADV_DONTNEED);
}

// Both zero where the linker was not told of resident.ld: in programs, tests among them, that link
// the library statically.
extern const char os_rare_text[] __attribute__((weak, visibility("hidden")));
extern const char os_rare_text_end[] __attribute__((weak, visibility("hidden")));

void os_drop_rare_text(void)
{
    uintptr_t start = align_up((uintptr_t)os_rare_text, os_page_size());
    uintptr_t end = (uintptr_t)os_rare_text_end & -os_page_size();
    if (start < end)
        advise((void *)start, end - start, MADV_DONTNEED); // pages that were written (breakpoints) too
}

void os_no_core_dump(void *start, size_t bytes)
{
    advise(start, bytes, MADV_DONTDUMP);
}

uint64_t os_address_space_limit(void)
{
    struct rlimit limit;
    if (os_call(SYS_prlimit64, 0, RLIMIT_AS, NULL, &limit) != 0 || limit.rlim_cur == RLIM_INFINITY)
        return UINT64_MAX;
    return limit.rlim_cur;
}

bool os_barrier_start(void)
{
    return os_call(SYS_membarrier, MEMBARRIER_CMD_REGISTER_PRIVATE_EXPEDITED, 0, 0) == 0;
}

void os_barrier(void)
{
    if (os_call(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0) != 0 && os_barrier_start())
        os_call(SYS_membarrier, MEMBARRIER_CMD_PRIVATE_EXPEDITED, 0, 0);
}

void os_futex_wait(_Atomic uint32_t *word, uint32_t while_value)
{
    os_call(SYS_futex, word, FUTEX_WAIT_PRIVATE, while_value, NULL, NULL, 0);
}

bool os_futex_wait_until(_Atomic uint32_t *word, uint32_t while_value, uint64_t until_ns)
{
    struct timespec until = {
        .tv_sec = (time_t)(until_ns / 1000000000U),
        .tv_nsec = (long)(until_ns % 1000000000U),
    };
    return os_call(SYS_futex, word, FUTEX_WAIT_BITSET_PRIVATE, while_value,
                   until_ns == UINT64_MAX ? NULL : &until, NULL, FUTEX_BITSET_MATCH_ANY)
           != -ETIMEDOUT;
}

void os_futex_wake(_Atomic uint32_t *word, int waiters)
{
    os_call(SYS_futex, word, FUTEX_WAKE_PRIVATE, waiters, NULL, NULL, 0);
}

void os_wait_for_other(unsigned round)
{
    enum { YIELDS = 20, SLEEP_NS = 50000 };
    static _Atomic uint32_t never; // changes, and nobody wakes
    if (round < YIELDS)
        os_call(SYS_sched_yield);
    else
        os_futex_wait_until(&never, 0, os_clock_ns() + SLEEP_NS);
}

unsigned os_processors(void)
{
    static _Atomic unsigned known; // all threads find the same
    unsigned count = atomic_load_explicit(&known, memory_order_relaxed);
    if (unlikely(count == 0)) {
        uint64_t mask[16] = {0}; // more than 1,024: EINVAL
        os_call(SYS_sched_getaffinity, 0, sizeof mask, mask);
        for (unsigned i = 0; i < ARRAY_LENGTH(mask); i++)
            count += (unsigned)__builtin_popcountll(mask[i]);
        count = count > 0 ? count : 1024;
        atomic_store_explicit(&known, count, memory_order_relaxed);
    }
    return count;
}

pid_t os_thread_id(void)
{
    return (pid_t)os_call(SYS_gettid);
}

bool os_thread_is_gone(pid_t thread)
{
    return os_call(SYS_tgkill, os_process_id(), thread, 0) == -ESRCH;
}

int os_cancel_disable(void)
{
    int state = PTHREAD_CANCEL_ENABLE;
    pthread_setcancelstate(PTHREAD_CANCEL_DISABLE, &state);
    return state;
}

void os_cancel_restore(int state)
{
    pthread_setcancelstate(state, NULL);
}

bool os_is_secure(void)
{
    return getauxval(AT_SECURE) != 0;
}

// The environment as the kernel passed it, for calls that come before libc has set `environ`.
static const char *early_environment(const char *name, size_t length)
{
    static char block[32768] FAR;
    static ssize_t bytes;
    if (bytes == 0) {
        bytes = os_read_file("/proc/self/environ", block, sizeof block);
        if (bytes == 0)
            bytes = -1;
    }
    for (const char *p = block; bytes > 0 && p < block + bytes; p += strlen(p) + 1)
        if (strncmp(p, name, length) == 0 && p[length] == '=')
            return p + length + 1;
    return NULL;
}

static char **start_environment;

void os_environment_start(char **variables)
{
    start_environment = variables;
}

const char *os_environment(const char *name)
{
    size_t length = strlen(name);
    char **variables = environ ? environ : start_environment;
    if (!variables)
        return early_environment(name, length);
    for (char **p = variables; *p; p++)
        if (strncmp(*p, name, length) == 0 && (*p)[length] == '=')
            return *p + length + 1;
    return NULL;
}

static const char *program_file(void)
{
    const char *path = (const char *)getauxval(AT_EXECFN);
    return path ? path : "?";
}

const char *os_program_name(void)
{
    const char *path = program_file();
    const char *slash = strrchr(path, '/');
    return slash ? slash + 1 : path;
}

const char *os_host_name(void)
{
    static struct utsname host;
    return os_call(SYS_uname, &host) == 0 ? host.nodename : "localhost";
}

// A loaded object that has all of these addresses. (dladdr would look through its symbols as well.)
struct owner {
    const void *addresses[2];
    const char *file; // as it was named, if there is one
};

static bool has_address(const struct dl_phdr_info *object, const void *address)
{
    for (unsigned i = 0; i < object->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &object->dlpi_phdr[i];
        if (segment->p_type == PT_LOAD
            && (uintptr_t)address - object->dlpi_addr - segment->p_vaddr < segment->p_memsz)
            return true;
    }
    return false;
}

static int is_owner(struct dl_phdr_info *object, size_t size, void *wanted)
{
    struct owner *owner = wanted;
    (void)size;
    if (!has_address(object, owner->addresses[0]) || !has_address(object, owner->addresses[1]))
        return 0;
    owner->file = object->dlpi_name;
    return 1;
}

const char *os_object_of(const void *a, const void *b)
{
    struct owner owner = {.addresses = {a, b}};
    return dl_iterate_phdr(is_owner, &owner) ? owner.file : NULL;
}

const char *os_own_file(void)
{
    const char *file = os_object_of((void *)os_own_file, (void *)os_own_file);
    return file && file[0] == '\0' ? program_file() : file; // linked into the program
}

bool os_is_in_libc(void *function)
{
    return os_object_of(function, (void *)gnu_get_libc_version) != NULL;
}

uid_t os_user_id(void)
{
    return (uid_t)os_call(SYS_geteuid);
}

pid_t os_process_id(void)
{
    return (pid_t)os_call(SYS_getpid);
}

// libc's clock_gettime mostly needs no system call; but that of a library that feigns the time may be in its
// place, see os_call.h. First called at start, when no lock is held that the loader's would come after.
static bool clock_is_libcs(void)
{
    static _Atomic uint8_t known; // 0: not yet, 1: no, 2: yes; all threads find the same
    uint8_t now = atomic_load_explicit(&known, memory_order_relaxed);
    if (unlikely(now == 0)) {
        now = os_is_in_libc((void *)clock_gettime) ? 2 : 1;
        atomic_store_explicit(&known, now, memory_order_relaxed);
    }
    return now == 2;
}

void os_clock_start(void)
{
    clock_is_libcs();
}

static uint64_t in_ns(const struct timespec *time)
{
    return (uint64_t)time->tv_sec * 1000000000U + (uint64_t)time->tv_nsec;
}

uint64_t os_clock_ns(void)
{
    struct timespec now;
    if (!clock_is_libcs() || clock_gettime(CLOCK_MONOTONIC, &now) != 0)
        os_call(SYS_clock_gettime, CLOCK_MONOTONIC, &now);
    return in_ns(&now);
}

uint64_t os_wall_clock_ns(void)
{
    struct timespec now;
    os_call(SYS_clock_gettime, CLOCK_REALTIME, &now);
    return in_ns(&now);
}
