// SPDX-License-Identifier: MIT
// poolmalloc report: one HTML page about what was measured.
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "report.h"
#include "verb.h"

struct report_options {
    const char *stats_dir, *output;
    char **arguments;
    unsigned count;
    bool force;
    struct tune_wishes wishes;
};

enum { KEY_DIR = 256, KEY_FORCE };

static const struct argp_option options[] = {
    {.name = "output", .key = 'o', .arg = "FILE", .doc = "where the page goes (report.html); - is standard "
                                                         "output"},
    {.name = "force", .key = KEY_FORCE, .doc = "overwrite FILE"},
    {.name = "stats-dir", .key = KEY_DIR, .arg = "DIR", .doc = "look there for processes"},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct report_options *set = state->input;
    switch (key) {
    case 'o': set->output = argument; break;
    case KEY_FORCE: set->force = true; break;
    case KEY_DIR: set->stats_dir = argument; break;
    case ARGP_KEY_ARG: set->arguments[set->count++] = argument; break;
    case ARGP_KEY_END:
        if (set->count == 0)
            argp_error(state, "which statistics? Name files or process ids; - is standard input");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

struct gathering {
    struct report report;
    bool failed;
};

static bool take(void *context, const struct record *record, const char *source)
{
    struct gathering *gathering = context;
    const char *reason = record_merge(&gathering->report.merged, record);
    if (!reason)
        reason = tune_add(&gathering->report.data, record);
    if (reason)
        verb_complain("%s: %s", source, reason);
    gathering->failed |= reason != NULL;
    return !reason;
}

static bool write_page(const struct report_options *set, const struct report *report)
{
    bool to_stdout = strcmp(set->output, "-") == 0;
    int how = O_WRONLY | O_CREAT | O_CLOEXEC | (set->force ? O_TRUNC : O_EXCL);
    int fd = to_stdout ? -1 : open(set->output, how, 0666);
    FILE *out = to_stdout ? stdout : fd < 0 ? NULL : fdopen(fd, "w");
    if (!out && errno == EEXIST)
        verb_complain("%s is there already: --force overwrites it", set->output);
    else if (!out)
        verb_complain("%s: %s", set->output, strerror(errno));
    if (!out)
        return false;
    report_write(out, report);
    bool failed = ferror(out) | (to_stdout ? fflush(out) : fclose(out));
    if (failed)
        verb_complain("%s: could not be written", set->output);
    else if (!to_stdout)
        printf("%s: open it in a browser\n", set->output);
    return !failed;
}

int verb_report(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options, .parser = parse, .args_doc = "PID|FILE|-...",
        .doc = "Write one HTML page about what was measured: what to do, how full the pools were, which "
               "sizes were asked for, where memory was wasted, and the pools.conf that fits.\v"
               "The page needs no network and no other file. Exit status: 0; 1 if something could not "
               "be read or written; 2 for a wrong command line."};
    static struct gathering gathering;
    struct report *report = &gathering.report;
    struct report_options set = {.output = "report.html",
                                 .wishes = {.margin = 10, .largest = SIZE_FINE_MAX}};
    set.arguments = calloc((size_t)argc, sizeof *set.arguments);
    verb_parse(&argp, argc, argv, &set);
    bool ok = load_arguments(set.arguments, set.count, set.stats_dir, take, &gathering);
    if (gathering.failed || report->data.processes == 0) {
        verb_complain("there is nothing to report");
        return VERB_FAILED;
    }
    report->wishes = set.wishes;
    tune_plans(&report->data, &report->wishes, TUNE_TABLE, report->plans);
    if (report->plans[0].count == 0) {
        verb_complain("no request was made: there is nothing to report");
        return VERB_FAILED;
    }
    report->chosen = tune_choose(report->plans, TUNE_TABLE);
    ok &= write_page(&set, report);
    tune_done(&report->data);
    return ok ? VERB_OK : VERB_FAILED;
}
