// SPDX-License-Identifier: MIT
#include "compiler.h"

#include <errno.h>
#include <signal.h>
#include <spawn.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "verb.h"

extern char **environ;

// The folder of the one file that the compiler has to write itself.
struct work {
    char folder[4096], object[4096 + 16];
    sigset_t unblocked;
};

// From here to work_close a signal that ends the command waits: the compiler gets it at once, ends, and
// its file is removed first.
static bool work_open(struct work *work)
{
    sigset_t ending;
    sigemptyset(&ending);
    sigaddset(&ending, SIGINT);
    sigaddset(&ending, SIGTERM);
    sigaddset(&ending, SIGHUP);
    sigprocmask(SIG_BLOCK, &ending, &work->unblocked);
    const char *temporary = getenv("TMPDIR");
    snprintf(work->folder, sizeof work->folder, "%s/poolmalloc-XXXXXX",
             temporary && temporary[0] ? temporary : "/tmp");
    if (mkdtemp(work->folder)) {
        snprintf(work->object, sizeof work->object, "%s/object.o", work->folder);
        return true;
    }
    verb_complain("%s: %s", work->folder, strerror(errno));
    sigprocmask(SIG_SETMASK, &work->unblocked, NULL);
    return false;
}

static void work_close(struct work *work)
{
    unlink(work->object);
    rmdir(work->folder);
    sigprocmask(SIG_SETMASK, &work->unblocked, NULL);
}

// The words of $CC (changed in place), what every compiler understands, and the user's options.
static char **arguments(char *cc, const struct compiler *compiler, char *object)
{
    static char *const fixed[] = {"-w", "-x", "c", "-c", "-o"};
    char **list = calloc(strlen(cc) + compiler->option_count + ARRAY_LENGTH(fixed) + 3, sizeof *list);
    unsigned n = 0;
    for (char *word = strtok(cc, " \t"); word; word = strtok(NULL, " \t"))
        list[n++] = word;
    for (unsigned i = 0; i < compiler->option_count; i++)
        list[n++] = compiler->options[i];
    for (unsigned i = 0; i < ARRAY_LENGTH(fixed); i++)
        list[n++] = fixed[i];
    list[n++] = object;
    list[n] = "-";
    return list;
}

// Runs it with standard input and output from and to files; its wait status, or -1 after a message.
static int spawn_and_wait(char **list, FILE *input, FILE *messages, const sigset_t *signals)
{
    pid_t child;
    int status;
    posix_spawn_file_actions_t actions;
    posix_spawnattr_t attributes;
    posix_spawn_file_actions_init(&actions);
    posix_spawn_file_actions_adddup2(&actions, fileno(input), STDIN_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(messages), STDOUT_FILENO);
    posix_spawn_file_actions_adddup2(&actions, fileno(messages), STDERR_FILENO);
    posix_spawnattr_init(&attributes);
    posix_spawnattr_setflags(&attributes, POSIX_SPAWN_SETSIGMASK);
    posix_spawnattr_setsigmask(&attributes, signals);
    int error = posix_spawnp(&child, list[0], &actions, &attributes, list, environ);
    posix_spawnattr_destroy(&attributes);
    posix_spawn_file_actions_destroy(&actions);
    if (error) {
        verb_complain("the C compiler %s: %s; CC names another", list[0], strerror(error));
        return -1;
    }
    while (waitpid(child, &status, 0) < 0)
        if (errno != EINTR)
            return -1;
    return status;
}

static FILE *memory_file(void)
{
    int fd = memfd_create("poolmalloc", MFD_CLOEXEC);
    FILE *file = fd < 0 ? NULL : fdopen(fd, "w+");
    if (!file) {
        verb_complain("a file in memory: %s", strerror(errno));
        exit(VERB_FAILED);
    }
    return file;
}

static bool compile(struct work *work, const struct compiler *compiler, const char *source,
                    FILE *messages)
{
    const char *named = getenv("CC");
    setenv("LC_ALL", "C", 1); // of its messages
    char *cc = strdup(named && named[strspn(named, " \t")] ? named : "cc");
    char **list = arguments(cc, compiler, work->object);
    FILE *input = memory_file();
    fputs(source, input);
    rewind(input); // also writes it out; the compiler reads from the position that we share
    int status = spawn_and_wait(list, input, messages, &work->unblocked);
    fclose(input);
    free(list);
    free(cc);
    return status == 0;
}

bool compiler_run(const struct compiler *compiler, const char *source, struct bytes *ret_object,
                  struct bytes *ret_messages)
{
    struct work work;
    *ret_object = *ret_messages = (struct bytes){NULL, 0};
    if (!work_open(&work))
        return false;
    FILE *messages = memory_file();
    bool compiled = compile(&work, compiler, source, messages);
    *ret_messages = bytes_from(messages);
    fclose(messages);
    bool read = compiled && bytes_read_file(work.object, ret_object);
    if (compiled && !read)
        verb_complain("%s: %s", work.object, strerror(errno));
    work_close(&work);
    return read;
}
