// SPDX-License-Identifier: MIT
// poolmalloc report: one HTML page about what was measured.
#include "load.h"
#include "report.h"
#include "output.h"
#include "request.h"
#include "verb.h"

static const struct argp_option options[] = {
    {.name = "output", .key = 'o', .arg = "FILE",
     .doc = "where the page goes (report.html); - is standard output"},
    REQUEST_OPTIONS,
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    return request_parse(state->input, key, argument, state);
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

static bool write_page(const struct request *request, const struct report *report)
{
    FILE *out = output_open(request->output, request->force);
    if (!out)
        return false;
    report_write(out, report);
    bool ok = output_close(request->output, out);
    if (ok && out != stdout)
        printf("%s: open it in a browser\n", request->output);
    return ok;
}

int verb_report(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options, .parser = parse, .args_doc = "PID|FILE|-...",
        .doc = "Write one HTML page about what was measured: what to do, how full the pools were, which "
               "sizes were asked for, where memory was wasted, and the pools.conf that fits.\v"
               "The pools.conf is the one that tune proposes, with the same options. The page needs no "
               "network and no other file. Exit status: 0; 1 if something could not be read or written; "
               "2 for a wrong command line."};
    static struct gathering gathering;
    struct report *report = &gathering.report;
    struct request request = request_new(argc);
    request.output = "report.html";
    verb_parse(&argp, argc, argv, &request);
    bool ok = load_arguments(request.sources, request.source_count, request.stats_dir, take, &gathering);
    report->wishes = request.wishes;
    report->is_number_asked = request.pools > 0;
    bool is_told = !ok && report->data.processes == 0; // why there is nothing to go by
    report->chosen = gathering.failed || is_told ? 0 : request_plan(&request, &report->data, report->plans);
    ok &= report->chosen > 0 && write_page(&request, report);
    tune_done(&report->data);
    return ok ? VERB_OK : VERB_FAILED;
}
