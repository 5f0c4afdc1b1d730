// SPDX-License-Identifier: MIT
// poolmalloc tune: the pools.conf that fits what was measured.
#include <string.h>

#include "load.h"
#include "output.h"
#include "request.h"
#include "tune_write.h"
#include "verb.h"

struct tune_request {
    struct request common;
    bool explain;
};

enum { KEY_EXPLAIN = REQUEST_KEYS };

static const struct argp_option options[] = {
    REQUEST_OPTIONS,
    {.name = "explain", .key = KEY_EXPLAIN, .doc = "say why each line is as it is"},
    {.name = "output", .key = 'o', .arg = "FILE",
     .doc = "write the pools.conf there, and the choice to standard output"},
    {0}};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct tune_request *request = state->input;
    if (key != KEY_EXPLAIN)
        return request_parse(&request->common, key, argument, state);
    request->explain = true;
    return 0;
}

struct gathering {
    struct tune_data data;
    bool failed;
};

static bool take(void *context, const struct record *record, const char *source)
{
    struct gathering *gathering = context;
    const char *reason = tune_add(&gathering->data, record);
    if (reason)
        verb_complain("%s: %s", source, reason);
    gathering->failed |= reason != NULL;
    return true;
}

static bool write_result(const struct tune_request *request, const struct tune_data *data,
                         const struct tune_plan *plans, unsigned chosen)
{
    const struct tune_plan *plan = &plans[chosen - 1];
    FILE *out = output_open(request->common.output, request->common.force);
    if (!out)
        return false;
    bool apart = out != stdout;
    tune_write_conf(out, data, &request->common.wishes, plan, request->explain);
    if (!apart) {
        fprintf(out, "\n# The choice (--pools):\n");
        tune_write_table(out, "#", plans, TUNE_TABLE, chosen);
        tune_write_doubts(out, "# ", data, plan);
    }
    if (!output_close(request->common.output, out))
        return false;
    if (apart) {
        const char *name = request->common.output;
        tune_write_table(stdout, "", plans, TUNE_TABLE, chosen);
        tune_write_doubts(stdout, "", data, plan);
        printf("%s: %u pools. Next: poolmalloc run -c %s %s\n", name, plan->count, name,
               data->program[0] ? data->program : "PROGRAM");
    }
    return true;
}

int verb_tune(int argc, char **argv)
{
    static const struct argp argp = {
        .options = options, .parser = parse, .args_doc = "PID|FILE|-...",
        .doc = "Propose the pools.conf that fits what processes were measured to need.\v"
               "The chunk sizes are those that waste least for the requests that were made, exactly; "
               "the counts are the most chunks that were in use at once, or a safe bound where the "
               "data cannot tell: then it says which run would. Any number of statistics files and "
               "JSON lines is merged. Exit status: 0; 1 if something could not be read or written; 2 "
               "for a wrong command line."};
    static struct gathering gathering;
    static struct tune_plan plans[TUNE_POOLS_MAX];
    struct tune_request request = {.common = request_new(argc)};
    const struct request *common = &request.common;
    verb_parse(&argp, argc, argv, &request);
    bool ok = load_arguments(common->sources, common->source_count, common->stats_dir, take, &gathering);
    bool is_told = !ok && gathering.data.processes == 0; // why there is nothing to go by
    unsigned chosen = is_told ? 0 : request_plan(common, &gathering.data, plans);
    ok &= chosen > 0 && write_result(&request, &gathering.data, plans, chosen);
    tune_done(&gathering.data);
    return ok && !gathering.failed ? VERB_OK : VERB_FAILED;
}
