// SPDX-License-Identifier: MIT
#include "profile.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "launch.h"
#include "load.h"
#include "verb.h"

bool profile_directory(char ret_path[PATH_MAX])
{
    const char *const bases[] = {getenv("XDG_RUNTIME_DIR"), "/dev/shm", getenv("TMPDIR"), "/tmp"};
    for (size_t i = 0; i < ARRAY_LENGTH(bases); i++) {
        if (!bases[i] || bases[i][0] != '/')
            continue;
        int length = snprintf(ret_path, PATH_MAX, "%s/poolmalloc-run-XXXXXX", bases[i]);
        if (length < CONF_STRING_MAX && mkdtemp(ret_path)) // it must fit the option stats_dir
            return true;
    }
    verb_complain("no directory for the statistics could be made: %s", strerror(errno));
    return false;
}

void profile_remove(const char *directory)
{
    DIR *entries = opendir(directory);
    for (struct dirent *entry; entries && (entry = readdir(entries));)
        if (entry->d_name[0] != '.')
            unlinkat(dirfd(entries), entry->d_name, 0);
    if (entries)
        closedir(entries);
    rmdir(directory);
}

enum { WATCH_NS = 2000000 };

// Signals

static const int passed_on[] = {SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2};
static volatile sig_atomic_t child; // 0 until it is started

// What the terminal sends, it sends to the child as well.
static void pass_on(int number, siginfo_t *info, void *context)
{
    (void)context;
    if (child > 0 && info->si_code <= 0 && info->si_pid != child)
        kill(child, number);
}

// As many as passed_on, and SIGCHLD's: who ignores it cannot wait for a child.
struct dispositions {
    struct sigaction passed_on[ARRAY_LENGTH(passed_on)], child;
};

static void catch_signals(struct dispositions *ret_before)
{
    struct sigaction action = {.sa_sigaction = pass_on, .sa_flags = SA_SIGINFO | SA_RESTART};
    for (size_t i = 0; i < ARRAY_LENGTH(passed_on); i++)
        sigaction(passed_on[i], &action, &ret_before->passed_on[i]);
    sigaction(SIGCHLD, &(struct sigaction){.sa_handler = SIG_DFL}, &ret_before->child);
}

static void restore_signals(const struct dispositions *before, const sigset_t *mask)
{
    for (size_t i = 0; i < ARRAY_LENGTH(passed_on); i++)
        sigaction(passed_on[i], &before->passed_on[i], NULL);
    sigaction(SIGCHLD, &before->child, NULL);
    sigprocmask(SIG_SETMASK, mask, NULL);
}

int profile_run(char **argv, pid_t *ret_process, void (*watch)(pid_t process))
{
    struct dispositions before;
    sigset_t all, mask;
    int status;
    sigfillset(&all);
    sigprocmask(SIG_BLOCK, &all, &mask); // none is lost before there is a child to pass it on to
    catch_signals(&before);
    pid_t process = fork();
    if (process == 0) {
        restore_signals(&before, &mask);
        _exit(launch_exec(argv));
    }
    child = process;
    sigprocmask(SIG_SETMASK, &mask, NULL);
    if (process < 0) {
        verb_complain("no process could be started: %s", strerror(errno));
        return -1;
    }
    while (waitpid(process, &status, watch ? WNOHANG : 0) != process) {
        if (watch) {
            watch(process);
            nanosleep(&(struct timespec){.tv_nsec = WATCH_NS}, NULL);
        }
    }
    child = 0;
    *ret_process = process;
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
