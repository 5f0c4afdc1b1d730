// SPDX-License-Identifier: MIT
// poolmalloc run: a program on pools.
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>

#include "launch.h"
#include "os.h"
#include "others.h"
#include "outlive.h"
#include "profile.h"
#include "term.h"
#include "verb.h"

enum {
    KEY_STRICT = 256, KEY_NEXT, KEY_PYTHON, KEY_ONLY, KEY_FOLLOW, KEY_PROFILE, KEY_OUTPUT, KEY_KEEP,
    KEY_ALL,
};

static const struct argp_option options[] = {
    {.name = "option", .key = 'o', .arg = "KEY=VALUE",
     .doc = "a line of pools.conf: an option, or a pool (poolmalloc options)"},
    {.name = "conf", .key = 'c', .arg = "FILE|PRESET", .doc = "the pools (poolmalloc presets)"},
    {.name = "strict", .key = KEY_STRICT,
     .doc = "lwIP's rules: no way out of an empty pool, and none for large requests"},
    {.name = "next", .key = KEY_NEXT, .arg = "MALLOC",
     .doc = "what serves the rest: jemalloc, mimalloc, tcmalloc, or a library's path; libc's by default"},
    {.name = "python", .key = KEY_PYTHON, .doc = "have Python ask malloc for small blocks, too"},
    {.name = "only", .key = KEY_ONLY, .arg = "NAME",
     .doc = "serve only programs of this name (* and ? match); may be given again"},
    {.name = "follow", .key = KEY_FOLLOW, .arg = "exec|no",
     .doc = "whether programs that PROGRAM starts run on pools, too (exec, the default)"},
    {.name = "all-processes", .key = KEY_ALL,
     .doc = "PROGRAM takes the place of this command, and each process of the run writes its own "
            "statistics, as with an option dump or dump_format"},
    {.name = "keep", .key = KEY_KEEP, .doc = "keep the statistics, for poolmalloc stats and tune"},
    {.name = "profile", .key = KEY_PROFILE,
     .doc = "measure for poolmalloc tune: pools for every size, statistics of all processes in a file"},
    {.name = "output", .key = KEY_OUTPUT, .arg = "FILE",
     .doc = "with --profile: the file for them (poolmalloc-PROGRAM.PID.pmstat); one that exists is not overwritten"},
    {0}};

struct run {
    struct launch launch;
    char **argv; // of the program
    char *statements, *only; // grow
    const char *output;
    bool strict, keep, profile, follow_no, all;
};

// Appends to a text that grows, behind `separator` if there is something already.
static void PRINTF(3, 4) append(char **text, const char *separator, const char *format, ...)
{
    char *more, *whole;
    va_list arguments;
    va_start(arguments, format);
    int length = vasprintf(&more, format, arguments);
    va_end(arguments);
    if (length < 0
        || asprintf(&whole, "%s%s%s", *text ? *text : "", *text ? separator : "", more) < 0) {
        verb_complain("out of memory");
        exit(VERB_RUN_FAILED);
    }
    free(more);
    free(*text);
    *text = whole;
}

static void check(const struct run *run, struct argp_state *state)
{
    if (state->next == state->argc)
        argp_error(state, "the program to run is missing");
    if (run->output && !run->profile)
        argp_error(state, "--output goes with --profile");
    if (run->profile && run->launch.conf)
        argp_error(state, "--profile brings its own pools: -c does not go with it");
    if (run->profile && run->all)
        argp_error(state, "--profile keeps all processes' statistics: --all-processes does not go with it");
    if (run->only && run->follow_no)
        argp_error(state, "--only and --follow no do not go together");
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct run *run = state->input;
    switch (key) {
    case 'o': append(&run->statements, "\n", "%s", argument); break;
    case 'c': run->launch.conf = argument; break;
    case KEY_STRICT: run->strict = true; break;
    case KEY_NEXT: run->launch.next = argument; break;
    case KEY_PYTHON: run->launch.python = true; break;
    case KEY_ONLY: append(&run->only, ",", "%s", argument); break;
    case KEY_FOLLOW:
        if (strcmp(argument, "exec") != 0 && strcmp(argument, "no") != 0)
            argp_error(state, "--follow %s: must be exec or no", argument);
        run->follow_no = strcmp(argument, "no") == 0;
        break;
    case KEY_KEEP: run->keep = true; break;
    case KEY_ALL: run->all = true; break;
    case KEY_PROFILE: run->profile = true; break;
    case KEY_OUTPUT: run->output = argument; break;
    case ARGP_KEY_ARG:
        state->next--;
        check(run, state);
        run->argv = state->argv + state->next;
        state->next = state->argc;
        break;
    case ARGP_KEY_NO_ARGS: check(run, state); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

// What the short options stand for, in pools.conf's words. Those of the command line come in the
// middle: they may override some, and not break others.
static void add_statements(struct run *run, const char *name)
{
    char *user = run->statements;
    run->statements = NULL;
    if (run->profile)
        append(&run->statements, "\n", "semantics=host\nthread_cache=off"); // exact high-water marks
    if (run->strict)
        append(&run->statements, "\n", "semantics=lwip");
    if (user)
        append(&run->statements, "\n", "%s", user);
    if (run->only || run->follow_no)
        append(&run->statements, "\n", "programs=\"%s\"", run->only ? run->only : name);
    if (run->keep)
        append(&run->statements, "\n", "keep_stats=yes");
    free(user);
    run->launch.statements = run->statements;
}

static int profile_open(const struct run *run, const char *program, pid_t process, char **ret_name)
{
    *ret_name = NULL;
    if (run->output)
        append(ret_name, "", "%s", run->output);
    else
        append(ret_name, "", "poolmalloc-%s.%d.pmstat", program, (int)process);
    int file = open(*ret_name, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0666);
    if (file < 0)
        verb_complain("%s%s: %s", run->output ? "--output " : "", *ret_name,
                      errno == EEXIST ? "exists already, and is not overwritten: choose another name"
                                      : strerror(errno));
    return file;
}

static void tell(const char *name, const char *program, const struct profile_sum *sum)
{
    if (sum->processes == 0) {
        verb_complain("no process of this run was on pools: there is nothing to keep");
        unlink(name);
        return;
    }
    verb_complain("%llu requests of %u process%s (%s) are in %s", (unsigned long long)sum->requests,
                  sum->processes, sum->processes == 1 ? "" : "es", program, name);
    if (sum->running)
        verb_complain("%u of them still run: what they do from now on is not in it", sum->running);
    verb_complain("next: %spoolmalloc tune %s%s", term_style(stderr, TERM_GOOD), name,
                  term_style(stderr, TERM_PLAIN));
}

// Removes the run's directory, and tells who goes on without.
static void leave(const struct conf *conf, const char *directory, bool keep)
{
    char name[64];
    profile_remove(directory, keep);
    unsigned count = strcmp(conf->programs.text, "*") == 0 ? outlive_count(directory, name, sizeof name) : 0;
    if (count > 0)
        verb_complain("%u process%s (%s) forked at the end go%s on without statistics: a daemon that is "
                      "told to stay in the foreground has them", count, count == 1 ? "" : "es", name,
                      count == 1 ? "es" : "");
}

static int run_profile(struct run *run, const struct probe *probe, const struct conf *conf,
                       const char *directory)
{
    char *name = NULL;
    pid_t process = 0;
    struct profile_sum sum = {0};
    int file = run->output ? profile_open(run, probe->name, 0, &name) : -1;
    if (run->output ? file < 0 : access(".", W_OK) != 0) {
        if (!run->output)
            verb_complain("the current directory: %s; --output names another place", strerror(errno));
        return VERB_RUN_FAILED;
    }
    int status = profile_run(run->argv, &process, NULL);
    if (status >= 0 && !run->output)
        file = profile_open(run, probe->name, process, &name);
    if (file >= 0) {
        profile_gather(directory, file, &sum);
        tell(name, probe->name, &sum);
    }
    free(name);
    if (status < 0)
        return VERB_RUN_FAILED;
    leave(conf, directory, false);
    profile_end_like(status);
}

// A process that left by _exit could not tell that it ended, nor when: whoever waited for it can.
static void add_end(struct record *record, pid_t process, int status, uint64_t started_ns)
{
    if (record->process_id != (uint64_t)process || !WIFEXITED(status) || record->state != FORMAT_DIED)
        return;
    record->state = FORMAT_ENDED;
    record->milliseconds = (os_clock_ns() - started_ns) / 1000000;
}

// Why there is nothing to tell.
static void tell_nothing(const struct run *run, const struct conf *conf)
{
    if (run->only)
        verb_complain("no program of this run is named %s (--only): none was on pools", run->only);
    else if (strcmp(conf->programs.text, "*") == 0)
        verb_complain("no process of this run left statistics; with --all-processes each writes its own");
}

// The program's statistics, and a line about all others.
static int run_and_tell(const struct run *run, const struct conf *conf, const char *directory)
{
    static struct others others;
    static char buffer[256 * 1024];
    struct text out;
    pid_t process;
    others.directory = directory;
    others.keep = conf->keep_stats;
    const struct profile_watch watch = {.milliseconds = 1000, .call = others_sweep, .context = &others};
    uint64_t started_ns = os_clock_ns();
    int status = profile_run(run->argv, &process, &watch);
    if (status < 0)
        return VERB_RUN_FAILED;
    others_finish(&others, process);
    text_init(&out, buffer, sizeof buffer);
    if (others.found) {
        add_end(&others.program, process, status, started_ns);
        struct format_subject subject = record_subject(&others.program);
        subject.origin = record_short_origin(&others.program);
        format_dump(&out, DUMP_TEXT, &subject);
    }
    others_format(&others, &out);
    fwrite(out.data, 1, out.length, stderr);
    if (others.processes == 0 && !others.found
        && (!WIFEXITED(status) || WEXITSTATUS(status) < VERB_RUN_FAILED))
        tell_nothing(run, conf);
    leave(conf, directory, conf->keep_stats);
    profile_end_like(status);
}

// Whether the statistics go where the user wants them, or somebody counts on the program's process being
// this one: a service manager. PROGRAM can take its place then.
static bool is_left_to_program(const struct run *run, const struct conf *conf)
{
    return run->all || conf->option_source[OPTION_dump] || conf->option_source[OPTION_dump_format]
           || getenv("NOTIFY_SOCKET") || getenv("LISTEN_PID");
}

static void tell_no_directory(const struct conf *conf)
{
    const char *reason = errno == EPERM ? "it must belong to you, and be closed to others" : strerror(errno);
    if (conf->stats_dir.text[0])
        verb_complain("stats_dir = %s: %s: no statistics can be kept there", conf->stats_dir.text, reason);
    else
        verb_complain("no directory for the statistics could be made: %s", reason);
}

static int start(struct run *run, const struct probe *probe)
{
    static struct conf conf;
    char directory[PATH_MAX];
    int failure = launch_set_environment(&run->launch, &conf);
    if (failure)
        return failure;
    bool left = !run->profile && is_left_to_program(run, &conf);
    if (!profile_directory(conf.stats_dir.text, left ? NULL : directory)) {
        bool needed = run->profile || conf.keep_stats;
        if (needed || conf.stats_dir.text[0])
            tell_no_directory(&conf);
        if (needed)
            return VERB_RUN_FAILED;
        left = true;
    }
    if (left)
        return launch_exec(run->argv);
    launch_keep_statistics(directory);
    failure = run->profile ? run_profile(run, probe, &conf, directory) : run_and_tell(run, &conf, directory);
    profile_remove(directory, false);
    return failure;
}

int verb_run(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options, .parser = parse, .args_doc = "PROGRAM [ARGUMENT...]",
        .doc = "Run a program on pools.\v"
               "Without -c, the pools of pools.conf in the system's configuration directory, of "
               "POOLMALLOC_CONF and of POOLMALLOC count, or lwIP's example. When the program ends, its "
               "statistics come on standard error, and a line about other processes of the run. Exit "
               "status: the program's; 125 if poolmalloc failed, or refused a program that cannot work; "
               "126 if the program could not be started; 127 if there is none."};
    static struct probe probe;
    struct run run = {0};
    verb_parse_program(&argp, argc, argv, &run, VERB_RUN_FAILED);
    int failure = launch_probe(run.argv[0], &probe);
    if (failure)
        return failure;
    if (run.profile)
        run.launch.conf = "general";
    run.launch.inside = probe_has(&probe, SIGN_POOLS);
    add_statements(&run, probe.name);
    return start(&run, &probe);
}
