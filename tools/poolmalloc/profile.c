// SPDX-License-Identifier: MIT
#include "profile.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch.h"
#include "load.h"
#include "os.h"
#include "text.h"
#include "verb.h"

// The directories around a run's are private to this user, as those of the library are.
static bool is_usable(const char *parent, bool must_be_memory)
{
    int fd = os_open_private_directory(parent);
    if (fd < 0) {
        errno = -fd;
        return false;
    }
    bool usable = !must_be_memory || os_is_memory_file_system(fd);
    os_close(fd);
    errno = usable ? 0 : ENODEV;
    return usable;
}

static bool make_inside(const char *parent, char ret_path[PATH_MAX])
{
    struct text path;
    text_init(&path, ret_path, CONF_STRING_MAX - sizeof LOAD_RUN_INNER); // must fit the option stats_dir
    text_addf(&path, "%s/" LOAD_RUN_PREFIX "%d-XXXXXX", parent, (int)getpid());
    if (path.truncated) {
        errno = ENAMETOOLONG;
        return false;
    }
    if (!mkdtemp(ret_path))
        return false;
    strcat(ret_path, LOAD_RUN_INNER);
    return mkdir(ret_path, 0700) == 0;
}

bool profile_directory(const char *stats_dir, char *ret_path)
{
    // The library's order: of the paths that it may be, those in memory first. See src/stats.c.
    static const struct {
        unsigned path;
        bool must_be_memory;
    } order[] = {{0, true}, {1, true}, {0, false}, {2, false}};
    static char parents[LOAD_DIRECTORIES][LOAD_PATH_BYTES];
    load_directory_paths(stats_dir[0] ? stats_dir : NULL, parents);
    for (size_t i = 0; i < ARRAY_LENGTH(order); i++) {
        const char *parent = parents[order[i].path];
        if (parent[0] && is_usable(parent, order[i].must_be_memory)
            && (!ret_path || make_inside(parent, ret_path)))
            return true;
    }
    return false;
}

// To the directory around the run's, under a name that is free there.
static void move_up(int directory, int parent, const struct load_entry *entry)
{
    char name[64];
    snprintf(name, sizeof name, "%d.pmstat", (int)entry->process_id);
    for (unsigned i = 1; renameat2(directory, entry->name, parent, name, RENAME_NOREPLACE) != 0
                         && errno == EEXIST && i < 1000; i++)
        snprintf(name, sizeof name, "%d.%u.pmstat", (int)entry->process_id, i);
}

struct removal {
    int parent;
    bool keep_all;
};

static void remove_entry(void *context, const struct load_entry *entry)
{
    struct removal *removal = context;
    int fd = openat(entry->directory, entry->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    if (removal->keep_all || (fd >= 0 && load_is_mapped(entry->process_id, fd)))
        move_up(entry->directory, removal->parent, entry);
    if (fd >= 0)
        close(fd);
    unlinkat(entry->directory, entry->name, 0); // if it is still there
}

void profile_remove(const char *directory, bool keep_all)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/../..", directory);
    struct removal removal = {.parent = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC),
                              .keep_all = keep_all};
    // Once more, for a process that began meanwhile.
    for (unsigned i = 0; i < 2; i++) {
        load_directories(directory, remove_entry, &removal);
        if (rmdir(directory) == 0)
            break;
    }
    close(removal.parent);
    snprintf(path, sizeof path, "%.*s", (int)(strlen(directory) - strlen(LOAD_RUN_INNER)), directory);
    rmdir(path);
}

// Signals

// All but those that are this process's own: its faults, its child's end, and what stops and continues it
// together with its terminal's other processes.
static bool is_passed_on(int number)
{
    static const int own[] = {SIGKILL, SIGSTOP, SIGCHLD, SIGTSTP, SIGTTIN, SIGTTOU, SIGCONT, SIGSEGV,
                              SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT, SIGPIPE};
    for (size_t i = 0; i < ARRAY_LENGTH(own); i++)
        if (own[i] == number)
            return false;
    return true;
}

static volatile sig_atomic_t child; // 0 until it is started

// What the terminal sends, it sends to the child as well.
static void pass_on(int number, siginfo_t *info, void *context)
{
    (void)context;
    if (child > 0 && info->si_code <= 0 && info->si_pid != child)
        kill(child, number);
}

// And SIGCHLD: who ignores it cannot wait for a child.
static void catch_signals(struct sigaction *ret_before)
{
    struct sigaction action = {.sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART};
    for (int number = 1; number < NSIG; number++)
        if (is_passed_on(number))
            sigaction(number, &action, &ret_before[number]);
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, &ret_before[SIGCHLD]);
}

static void restore_signals(const struct sigaction *before, const sigset_t *mask)
{
    for (int number = 1; number < NSIG; number++)
        if (is_passed_on(number))
            sigaction(number, &before[number], NULL);
    sigaction(SIGCHLD, &before[SIGCHLD], NULL);
    sigprocmask(SIG_SETMASK, mask, NULL);
}

// What cannot be passed on ends both.
static void become_program(char **argv, pid_t parent)
{
    prctl(PR_SET_PDEATHSIG, SIGKILL);
    if (getppid() != parent) // too late to be told
        raise(SIGKILL);
    _exit(launch_exec(argv));
}

static int wait_for(pid_t process, const struct profile_watch *watch)
{
    int status;
    struct pollfd ended = {.fd = watch ? (int)syscall(SYS_pidfd_open, process, 0) : -1, .events = POLLIN};
    while (waitpid(process, &status, watch ? WNOHANG : 0) != process) {
        if (watch) {
            poll(&ended, 1, (int)watch->milliseconds); // without pidfd_open: a pause
            watch->call(watch->context, process);
        }
    }
    if (ended.fd >= 0)
        close(ended.fd);
    return status;
}

int profile_run(char **argv, pid_t *ret_process, const struct profile_watch *watch)
{
    static struct sigaction before[NSIG];
    sigset_t all, mask;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &mask); // none is lost before there is a child to pass it on to
    catch_signals(before);
    pid_t parent = getpid(), process = fork();
    if (process == 0) {
        restore_signals(before, &mask);
        become_program(argv, parent);
    }
    child = process;
    sigprocmask(SIG_SETMASK, &mask, NULL);
    if (process < 0) {
        verb_complain("no process could be started: %s", strerror(errno));
        return -1;
    }
    *ret_process = process;
    int status = wait_for(process, watch);
    child = 0;
    return status;
}

void profile_end_like(int wait_status)
{
    if (!WIFSIGNALED(wait_status))
        exit(WEXITSTATUS(wait_status));
    int number = WTERMSIG(wait_status);
    sigset_t one;
    setrlimit(RLIMIT_CORE, &(struct rlimit){0, 0}); // the program's own core, if any, is the useful one
    signal(number, SIG_DFL);
    sigemptyset(&one);
    sigaddset(&one, number);
    sigprocmask(SIG_UNBLOCK, &one, NULL);
    fflush(NULL);
    raise(number);
    exit(128 + number);
}

// Statistics

enum { JSON_MAX = 4 * 1024 * 1024 };

struct gathering {
    FILE *out;
    struct profile_sum sum;
};

static bool gather_record(void *context, const struct record *record, const char *source)
{
    (void)source;
    struct gathering *gathering = context;
    static char buffer[JSON_MAX];
    struct text text;
    struct format_subject subject = record_subject(record);
    text_init(&text, buffer, sizeof buffer);
    format_dump(&text, DUMP_JSON, &subject);
    fwrite(text.data, 1, text.length, gathering->out);
    gathering->sum.processes++;
    gathering->sum.running += record->state == FORMAT_RUNNING;
    for (unsigned i = 0; i < record->figures.pool_count; i++)
        gathering->sum.requests += record->figures.pools[i].allocs;
    gathering->sum.requests += record->figures.oversize;
    return true;
}

bool profile_gather(const char *directory, int file, struct profile_sum *ret_sum)
{
    struct gathering gathering = {.out = fdopen(file, "w")};
    bool ok = gathering.out && load_arguments(NULL, 0, directory, gather_record, &gathering);
    if (gathering.out && (fflush(gathering.out) != 0 || ferror(gathering.out))) {
        verb_complain("the statistics could not be written: %s", strerror(errno));
        ok = false;
    }
    if (gathering.out)
        fclose(gathering.out);
    *ret_sum = gathering.sum;
    return ok;
}
