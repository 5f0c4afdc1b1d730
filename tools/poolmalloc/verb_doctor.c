// SPDX-License-Identifier: MIT
// poolmalloc doctor: what pools will see of a program, and what not.
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "finding.h"
#include "launch.h"
#include "others.h"
#include "place.h"
#include "profile.h"
#include "table.h"
#include "term.h"
#include "verb.h"

struct doctor {
    bool run;
    char **argv;
    bool is_bad;
};

static const struct argp_option options[] = {
    {.name = "run", .key = 'r',
     .doc = "also run it, on the preset general, and measure what passes the pools by and whether the "
            "dump survives its end"},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct doctor *doctor = state->input;
    (void)argument;
    switch (key) {
    case 'r': doctor->run = true; break;
    case ARGP_KEY_ARG:
        doctor->argv = state->argv + state->next - 1;
        state->next = state->argc;
        break;
    case ARGP_KEY_NO_ARGS: argp_error(state, "the program to look at is missing"); break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void print_finding(void *context, enum finding_level level, const char *text)
{
    static const char *const words[] = {"ok", "note", "no"};
    static const enum term_style styles[] = {TERM_GOOD, TERM_WARN, TERM_BAD};
    struct doctor *doctor = context;
    doctor->is_bad |= level == FINDING_BAD;
    printf("  %s%-5s%s %s\n", term_style(stdout, styles[level]), words[level],
           term_style(stdout, TERM_PLAIN), text);
}

// ---- --run ----

static uint64_t peak_anonymous; // bytes of the child's own memory, the most seen

// Called again and again while the program runs.
static void watch(void *context, pid_t process)
{
    (void)context;
    char path[64], line[256];
    unsigned long kilobytes;
    snprintf(path, sizeof path, "/proc/%d/smaps_rollup", (int)process);
    FILE *file = fopen(path, "re");
    while (file && fgets(line, sizeof line, file))
        if (sscanf(line, "Anonymous: %lu kB", &kilobytes) == 1)
            peak_anonymous = max_u64(peak_anonymous, (uint64_t)kilobytes * 1024);
    if (file)
        fclose(file);
}

// The process whose dump begins with this line; 0: none does.
static int dump_of(const char *line)
{
    int process;
    const char *id = strncmp(line, "poolmalloc: ", 12) == 0 ? strstr(line, ", pid ") : NULL;
    return id && strstr(id, "; pools: ") && sscanf(id, ", pid %d,", &process) == 1 ? process : 0;
}

// Shows what the program and those that it started said on standard error, without their dumps: a line,
// and indented ones. True: the program's is among them.
static bool show_errors(int file, pid_t process)
{
    char *line = NULL;
    size_t room = 0;
    bool has_dump = false, in_dump = false;
    FILE *stream = fdopen(file, "r");
    for (ssize_t length; (length = getline(&line, &room, stream)) > 0;) {
        int dumped = dump_of(line);
        has_dump |= dumped == process;
        in_dump = dumped || (in_dump && strncmp(line, "  ", 2) == 0);
        if (!in_dump)
            fwrite(line, 1, (size_t)length, stderr);
    }
    free(line);
    fclose(stream);
    return has_dump;
}

static void judge_run(struct doctor *doctor, const struct record *record, int status, bool has_dump)
{
    char text[512];
    double pools = 0, requests = 0;
    for (unsigned i = 0; i < record->figures.pool_count; i++) {
        pools += (double)record->figures.pools[i].max * (double)record->figures.pools[i].stride;
        requests += (double)record->figures.pools[i].allocs;
    }
    snprintf(text, sizeof text,
             "it asked for memory %.0f times, and the pools served %.0f; %llu requests were larger than "
             "4 MiB", requests + (double)record->figures.oversize, requests,
             (unsigned long long)record->figures.oversize);
    print_finding(doctor, FINDING_GOOD, text);
    double beside = (double)peak_anonymous > pools ? (double)peak_anonymous - pools : 0;
    if (peak_anonymous == 0)
        snprintf(text, sizeof text, "it was over before its memory could be looked at; its chunks were at "
                 "most %s", table_bytes(pools));
    else
        snprintf(text, sizeof text, "of at most %s of its memory, about %s passed the pools by: stacks, "
                 "libraries' data, mappings of its own, large blocks",
                 table_bytes((double)peak_anonymous), table_bytes(beside));
    print_finding(doctor, beside > pools ? FINDING_NOTE : FINDING_GOOD, text);
    if (WIFEXITED(status) && WEXITSTATUS(status) != 0) {
        snprintf(text, sizeof text, "it ended with exit status %d", WEXITSTATUS(status));
        print_finding(doctor, FINDING_NOTE, text);
    }
    if (has_dump)
        print_finding(doctor, FINDING_GOOD, "its dump survived its way to the end");
    else if (WIFSIGNALED(status))
        print_finding(doctor, FINDING_NOTE,
                      "a signal ended it: no dump, but poolmalloc stats finds its statistics");
    else
        print_finding(doctor, FINDING_NOTE,
                      "it ended without a dump (by _exit, exec, or with standard error gone): dump = PATH, "
                      "or poolmalloc stats, finds its statistics");
}

static bool run_and_measure(struct doctor *doctor, bool inside)
{
    static struct others others;
    char directory[PATH_MAX], statements[2 * PATH_MAX];
    pid_t process = 0;
    if (!profile_directory("", directory)) {
        verb_complain("no directory for the statistics could be made: %s", strerror(errno));
        return false;
    }
    snprintf(statements, sizeof statements,
             "semantics=host\nkeep_stats=yes\ndump=stderr\ndump_format=text\nstats_dir=\"%s\"", directory);
    static struct conf conf;
    const struct launch launch = {.conf = "general", .statements = statements, .inside = inside};
    int errors = memfd_create("stderr", MFD_CLOEXEC), saved = dup(STDERR_FILENO);
    bool ok = errors >= 0 && saved >= 0 && launch_set_environment(&launch, &conf) == 0;
    if (ok) {
        fflush(NULL);
        dup2(errors, STDERR_FILENO);
        const struct profile_watch often = {.milliseconds = 2, .call = watch};
        int status = profile_run(doctor->argv, &process, &often);
        dup2(saved, STDERR_FILENO);
        lseek(errors, 0, SEEK_SET);
        bool has_dump = show_errors(errors, process);
        unsetenv("LD_PRELOAD");
        others.directory = directory;
        others_finish(&others, process);
        ok = others.found;
        if (ok)
            judge_run(doctor, &others.program, status, has_dump);
        else
            print_finding(doctor, FINDING_BAD, "it ran, but none of its requests reached the pools");
    }
    close(saved);
    profile_remove(directory, false);
    return ok;
}

int verb_doctor(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options, .parser = parse, .args_doc = "PROGRAM [ARGUMENT...]",
        .doc = "Tell what pools will see of a program, and what not.\v"
               "Looks at the file that runs in the end, through PATH, #! and env, and at the libraries that it "
               "is linked with. Exit status: 0 if the "
               "program can run on pools; 1 if it cannot; 2 for a wrong command line; 126 or 127 if it "
               "cannot be started or found."};
    static struct probe probe;
    struct doctor doctor = {0};
    verb_parse_program(&argp, argc, argv, &doctor, VERB_USAGE);
    unsigned machine;
    int failure = launch_look(doctor.argv[0], &probe, &machine);
    if (failure)
        return failure;
    if (probe.script[0])
        printf("%s, run by ", probe.script);
    printf("%s%s%s\n", term_style(stdout, TERM_STRONG), probe.path, term_style(stdout, TERM_PLAIN));
    probe_libraries(&probe);
    finding_all(&probe, machine, print_finding, &doctor);
    if (doctor.run && !doctor.is_bad)
        run_and_measure(&doctor, probe_has(&probe, SIGN_POOLS));
    if (doctor.is_bad)
        printf("\nIt cannot run on pools.\n");
    else
        printf("\nIt can run on pools. Next: poolmalloc run --profile %s%s\n",
               probe.language == LANGUAGE_PYTHON ? "--python " : "", doctor.argv[0]);
    return doctor.is_bad ? VERB_FAILED : VERB_OK;
}
