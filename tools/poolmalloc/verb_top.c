// SPDX-License-Identifier: MIT
// poolmalloc top: processes on pools, live.
#include <locale.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "table.h"
#include "top.h"
#include "verb.h"

struct top_options {
    struct top top;
    double seconds;
    unsigned times; // plain text so often; 0: without end
    bool batch;
};

enum { KEY_DIR = 256 };

static const struct argp_option options[] = {
    {.name = "delay", .key = 'd', .arg = "SECONDS", .doc = "between two looks (1)"},
    {.name = "batch", .key = 'b', .doc = "plain text, again and again; as it is without a terminal, where "
                                         "one look is the default"},
    {.name = "times", .key = 'n', .arg = "N", .doc = "plain text: so often"},
    {.name = "stats-dir", .key = KEY_DIR, .arg = "DIR", .doc = "look there for processes"},
    {0}};

static double parse_number(const char *text, double least, double most, const char *what,
                           struct argp_state *state)
{
    char *end;
    double number = strtod(text, &end);
    if (*end || end == text || !(number >= least && number <= most))
        argp_error(state, "%s: '%s' is not a number from %g to %g", what, text, least, most);
    return number;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct top_options *set = state->input;
    switch (key) {
    case 'd': set->seconds = parse_number(argument, 0.1, 3600, "--delay", state); break;
    case 'b': set->batch = true; break;
    case 'n': set->times = (unsigned)parse_number(argument, 1, 1e9, "--times", state); break;
    case KEY_DIR: set->top.stats_dir = argument; break;
    case ARGP_KEY_ARG:
        if (set->top.process)
            argp_error(state, "one process at most");
        set->top.process = (pid_t)parse_number(argument, 1, INT32_MAX, "PID", state);
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static void print_grid(const struct top_grid *grid)
{
    struct table *table = table_new(grid->headings);
    for (unsigned i = 0; i < grid->count; i++) {
        table_row(table);
        for (unsigned column = 0; column < grid->columns; column++)
            table_cell(table, column, TABLE_PLAIN, "%s", grid->rows[i].cells[column]);
    }
    table_print(table);
}

// One look; of all processes, or of the pools of the one that was asked for.
static bool print_once(struct top_options *set)
{
    struct top_grid grid = {0};
    struct top *top = &set->top;
    top_sample(top);
    if (top->process && top->count == 0) {
        verb_complain("process %d has no statistics here", (int)top->process);
        return false;
    }
    if (top->process)
        top_grid_pools(top->watches[top->count - 1], TOP_SORT_NONE, false, &grid);
    else
        top_grid_processes(top, 4, false, &grid);
    print_grid(&grid);
    if (grid.count == 0)
        verb_complain("no process on pools is running; poolmalloc run PROGRAM starts one");
    top_grid_done(&grid);
    return !top->process || top->watches[top->count - 1]->state == FORMAT_RUNNING;
}

static bool print_again_and_again(struct top_options *set)
{
    struct timespec pause = {.tv_sec = (time_t)set->seconds,
                             .tv_nsec = (long)((set->seconds - (double)(time_t)set->seconds) * 1e9)};
    bool alive = true;
    for (unsigned i = 0; alive && (set->times == 0 || i < set->times); i++) {
        if (i > 0) {
            nanosleep(&pause, NULL);
            putchar('\n');
        }
        alive = print_once(set);
        fflush(stdout);
        if (ferror(stdout))
            return false;
    }
    return alive || set->top.count > 0;
}

static void pass_over(void *context, const struct load_entry *entry)
{
    (void)context;
    (void)entry;
}

int verb_top(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options, .parser = parse, .args_doc = "[PID]",
        .doc = "Watch processes on pools, or the pools of one.\v"
               "On a terminal: a full screen; h explains the keys. The processes are not touched: "
               "only their statistics files are read. Exit status: 0; 1 if the process has no "
               "statistics, or DIR cannot be read; 2 for a wrong command line."};
    struct top_options set = {.seconds = 1};
    bool ok;
    setlocale(LC_CTYPE, "");
    verb_parse(&argp, argc, argv, &set);
    if (set.top.stats_dir && !load_directories(set.top.stats_dir, pass_over, NULL))
        return VERB_FAILED;
    bool terminal = isatty(STDOUT_FILENO) && isatty(STDIN_FILENO);
    if (!terminal && !set.batch && set.times == 0)
        set.times = 1;
    if (terminal && !set.batch && set.times == 0)
        ok = top_screen(&set.top, set.seconds);
    else
        ok = print_again_and_again(&set);
    top_done(&set.top);
    return ok ? VERB_OK : VERB_FAILED;
}
