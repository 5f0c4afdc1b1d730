// SPDX-License-Identifier: MIT
// poolmalloc stats: the statistics of running and of dead processes.
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "load.h"
#include "print.h"
#include "table.h"
#include "verb.h"

struct stats_options {
    const char *stats_dir;
    char **arguments;
    unsigned count;
    enum print_form form;
    bool form_is_set, merge, clean, list;
    double seconds; // of --watch; 0: once
};

enum { KEY_JSON = 256, KEY_OPENMETRICS, KEY_LWIP, KEY_CSV, KEY_DIR, KEY_CLEAN };

static const struct argp_option options[] = {
    {.name = "json", .key = KEY_JSON, .doc = "one JSON document a line, a process each"},
    {.name = "openmetrics", .key = KEY_OPENMETRICS, .doc = "for Prometheus and its node_exporter"},
    {.name = "lwip", .key = KEY_LWIP, .doc = "as lwIP's stats_display prints it"},
    {.name = "csv", .key = KEY_CSV, .doc = "a row for each pool"},
    {.name = "list", .key = 'l', .doc = "a row for each process, as without arguments"},
    {.name = "merge", .key = 'm', .doc = "all as one: totals are summed, and of high-water marks the "
                                         "largest counts, because each process has pools of its own"},
    {.name = "watch", .key = 'w', .arg = "SECONDS", .flags = OPTION_ARG_OPTIONAL,
     .doc = "again every so many seconds (2)"},
    {.name = "clean", .key = KEY_CLEAN, .doc = "remove the files of processes that are dead"},
    {.name = "stats-dir", .key = KEY_DIR, .arg = "DIR",
     .doc = "look there for processes, not in the default directories"},
    {0}};

static void set_form(struct stats_options *set, enum print_form form, struct argp_state *state)
{
    if (set->form_is_set && set->form != form)
        argp_error(state, "only one output format can be had at a time");
    set->form = form;
    set->form_is_set = true;
}

static double parse_seconds(const char *text, struct argp_state *state)
{
    char *end;
    double seconds = text ? strtod(text, &end) : 2;
    if (text && (*end || end == text || !(seconds >= 0.05 && seconds <= 86400)))
        argp_error(state, "--watch=%s: not a number of seconds from 0.05 to 86400", text);
    return seconds;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct stats_options *set = state->input;
    switch (key) {
    case KEY_JSON: set_form(set, PRINT_JSON, state); break;
    case KEY_OPENMETRICS: set_form(set, PRINT_OPENMETRICS, state); break;
    case KEY_LWIP: set_form(set, PRINT_LWIP, state); break;
    case KEY_CSV: set_form(set, PRINT_CSV, state); break;
    case 'l': set_form(set, PRINT_OVERVIEW, state); break;
    case 'm': set->merge = true; break;
    case 'w': set->seconds = parse_seconds(argument, state); break;
    case KEY_CLEAN: set->clean = true; break;
    case KEY_DIR: set->stats_dir = argument; break;
    case ARGP_KEY_ARG: set->arguments[set->count++] = argument; break; // options may follow
    case ARGP_KEY_END:
        if (set->clean && (set->count || set->form_is_set || set->merge || set->seconds > 0))
            argp_error(state, "--clean goes with --stats-dir only");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

// --clean

struct cleaning {
    unsigned removed;
    bool failed;
};

// Of a run that is going on: it still needs the statistics of those that ended.
static bool is_of_running_run(const char *path)
{
    const char *inner = strstr(path, LOAD_RUN_INNER "/");
    const char *run = inner ? strstr(path, "/" LOAD_RUN_PREFIX) : NULL;
    int process;
    return run && sscanf(run + 1 + strlen(LOAD_RUN_PREFIX), "%d-", &process) == 1
           && (kill(process, 0) == 0 || errno == EPERM);
}

// The directory of a run that is over, if this was its last file.
static void remove_directory_of_run(const char *path)
{
    const char *inner = strstr(path, LOAD_RUN_INNER "/");
    char directory[LOAD_PATH_BYTES];
    if (!inner || !strstr(path, "/" LOAD_RUN_PREFIX))
        return;
    snprintf(directory, sizeof directory, "%.*s" LOAD_RUN_INNER, (int)(inner - path), path);
    if (rmdir(directory) == 0) {
        directory[inner - path] = '\0';
        rmdir(directory);
    }
}

static void clean_entry(void *context, const struct load_entry *entry)
{
    struct cleaning *cleaning = context;
    if (is_of_running_run(entry->path))
        return;
    int fd = openat(entry->directory, entry->name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK);
    bool alive = fd >= 0 && load_is_mapped(entry->process_id, fd);
    if (fd >= 0)
        close(fd);
    if (fd < 0 || alive)
        return;
    if (unlinkat(entry->directory, entry->name, 0) == 0) {
        printf("removed %s\n", entry->path);
        cleaning->removed++;
        remove_directory_of_run(entry->path);
    } else {
        verb_complain("%s: %s", entry->path, strerror(errno));
        cleaning->failed = true;
    }
}

static int clean(const char *stats_dir)
{
    struct cleaning cleaning = {0};
    bool safe = load_directories(stats_dir, clean_entry, &cleaning);
    if (cleaning.removed == 0 && safe && !cleaning.failed)
        puts("nothing to remove: there are no statistics of dead processes");
    return safe && !cleaning.failed ? VERB_OK : VERB_FAILED;
}

// Everything else

struct output {
    struct printer *printer;
    struct record *merged; // NULL: each by itself
    unsigned merged_count, dead;
    bool running_only; // leave the others out
    bool failed;
};

static bool take(void *context, const struct record *record, const char *source)
{
    struct output *output = context;
    output->dead += record->state != FORMAT_RUNNING;
    if (output->running_only && record->state != FORMAT_RUNNING)
        return true;
    if (!output->merged) {
        print_record(output->printer, record);
        return true;
    }
    const char *reason = record_merge(output->merged, record);
    output->merged_count++;
    if (reason)
        verb_complain("%s: %s", source, reason);
    output->failed = reason != NULL;
    return !reason;
}

static bool show(const struct stats_options *set, unsigned *ret_count, unsigned *ret_dead)
{
    static struct record merged;
    struct output output = {.printer = print_begin(set->form),
                            .running_only = set->form == PRINT_OPENMETRICS && set->count == 0};
    memset(&merged, 0, sizeof merged);
    if (set->merge)
        output.merged = &merged;
    bool ok = load_arguments(set->arguments, set->count, set->stats_dir, take, &output);
    if (output.merged_count > 0 && !output.failed)
        print_record(output.printer, &merged);
    *ret_count = print_end(output.printer);
    *ret_dead = output.dead;
    return ok && !output.failed;
}

static void suggest(const struct stats_options *set, unsigned count, unsigned dead)
{
    if (set->form != PRINT_OVERVIEW)
        return;
    if (count == 0 && set->count == 0)
        verb_complain("no process on pools is running, or left its statistics; "
                      "poolmalloc run PROGRAM starts one");
    else if (count > 0 && isatty(STDOUT_FILENO))
        puts("\npoolmalloc stats PID shows its pools, poolmalloc tune PID proposes better ones.");
    if (dead > 0 && set->count == 0)
        verb_complain("%u dead: poolmalloc stats --clean%s%s removes their files", dead,
                      set->stats_dir ? " --stats-dir " : "", set->stats_dir ? set->stats_dir : "");
}

static bool show_again_and_again(const struct stats_options *set)
{
    struct timespec pause = {.tv_sec = (time_t)set->seconds,
                             .tv_nsec = (long)((set->seconds - (double)(time_t)set->seconds) * 1e9)};
    for (unsigned count, dead;;) {
        if (isatty(STDOUT_FILENO))
            fputs("\033[H\033[2J", stdout);
        if (!show(set, &count, &dead) && set->count > 0)
            return false; // what was asked for is gone
        fflush(stdout);
        if (ferror(stdout))
            return false;
        nanosleep(&pause, NULL);
    }
}

int verb_stats(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options, .parser = parse, .args_doc = "[PID|FILE|-]...",
        .doc = "Show the statistics of processes on pools, running or dead.\v"
               "Without arguments: a row for each process whose statistics are here, those that run "
               "last; with --openmetrics, those that run and no others. A FILE is a "
               "statistics file (.pmstat) or JSON lines, such as --json and dump_format = json "
               "write; - is standard input. Exit status: 0; 1 if something could not be read; 2 for a "
               "wrong command line. poolmalloc-stats(5) describes the formats."};
    struct stats_options set = {0};
    set.arguments = calloc((size_t)argc, sizeof *set.arguments);
    verb_parse(&argp, argc, argv, &set);
    if (set.clean)
        return clean(set.stats_dir);
    if (!set.form_is_set)
        set.form = set.count > 0 || set.merge ? PRINT_TEXT : PRINT_OVERVIEW;
    if (set.seconds > 0)
        return show_again_and_again(&set) ? VERB_OK : VERB_FAILED;
    unsigned count, dead;
    bool ok = show(&set, &count, &dead);
    if (ok)
        suggest(&set, count, dead);
    return ok ? VERB_OK : VERB_FAILED;
}
