// SPDX-License-Identifier: MIT
// poolmalloc tune: the pools.conf that fits what was measured.
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "load.h"
#include "tune_write.h"
#include "verb.h"

struct tune_options {
    const char *stats_dir, *output;
    char **arguments;
    unsigned count;
    unsigned pools; // 0: auto
    bool explain, force;
    struct tune_wishes wishes;
};

enum { KEY_DIR = 256, KEY_UNLIMITED, KEY_FORCE, KEY_EXPLAIN, KEY_LARGEST };

static const struct argp_option options[] = {
    {.name = "pools", .key = 'n', .arg = "N", .doc = "how many pools, 1 to 64; auto (the default): as "
     "many, up to 16, as each save another 1 % of waste"},
    {.name = "margin", .key = 'm', .arg = "PERCENT", .doc = "chunks in reserve above the measured peak "
                                                            "(10)"},
    {.name = "largest", .key = KEY_LARGEST, .arg = "SIZE", .doc = "larger requests are left to the next "
     "malloc (64K); all: none is"},
    {.name = "unlimited", .key = KEY_UNLIMITED, .arg = "SIZE", .flags = OPTION_ARG_OPTIONAL,
     .doc = "pools of chunks up to SIZE grow on demand; without SIZE: all pools"},
    {.name = "explain", .key = KEY_EXPLAIN, .doc = "say why each line is as it is"},
    {.name = "output", .key = 'o', .arg = "FILE", .doc = "write the pools.conf there, and the choice to "
                                                         "standard output"},
    {.name = "force", .key = KEY_FORCE, .doc = "overwrite FILE"},
    {.name = "stats-dir", .key = KEY_DIR, .arg = "DIR", .doc = "look there for processes"},
    {0}};

static uint64_t parse_number(const char *text, uint64_t least, uint64_t most, const char *what,
                             struct argp_state *state)
{
    uint64_t number = 0;
    if (!text_parse_size(text, strlen(text), &number) || number < least || number > most)
        argp_error(state, "%s: '%s' is not a number from %" PRIu64 " to %" PRIu64, what, text, least,
                   most);
    return number;
}

static const uint64_t LARGEST = UINT64_C(1) << 30; // a pool's chunks at most

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct tune_options *set = state->input;
    switch (key) {
    case 'n':
        set->pools = strcmp(argument, "auto") == 0
                         ? 0 : (unsigned)parse_number(argument, 1, TUNE_POOLS_MAX, "--pools", state);
        break;
    case 'm': set->wishes.margin = (unsigned)parse_number(argument, 0, 10000, "--margin", state); break;
    case KEY_LARGEST:
        set->wishes.largest = strcmp(argument, "all") == 0
                                  ? LARGEST : parse_number(argument, 1, LARGEST, "--largest", state);
        break;
    case KEY_UNLIMITED:
        set->wishes.unlimited_to =
            argument ? parse_number(argument, 1, LARGEST, "--unlimited", state) : UINT64_MAX;
        break;
    case KEY_EXPLAIN: set->explain = true; break;
    case 'o': set->output = argument; break;
    case KEY_FORCE: set->force = true; break;
    case KEY_DIR: set->stats_dir = argument; break;
    case ARGP_KEY_ARG: set->arguments[set->count++] = argument; break; // options may follow
    case ARGP_KEY_END:
        if (set->count == 0)
            argp_error(state, "which statistics? Name files or process ids; - is standard input");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
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

// The file to write to; NULL with a complaint.
static FILE *open_output(const struct tune_options *set)
{
    int how = O_WRONLY | O_CREAT | O_CLOEXEC | (set->force ? O_TRUNC : O_EXCL);
    int fd = open(set->output, how, 0666);
    FILE *out = fd < 0 ? NULL : fdopen(fd, "w");
    if (!out && errno == EEXIST)
        verb_complain("%s is there already: --force overwrites it", set->output);
    else if (!out)
        verb_complain("%s: %s", set->output, strerror(errno));
    return out;
}

static bool finish(FILE *out, const char *name)
{
    bool failed = ferror(out) | fflush(out);
    if (out != stdout)
        failed |= fclose(out);
    if (failed)
        verb_complain("%s: could not be written", name);
    return !failed;
}

static bool write_result(const struct tune_options *set, const struct tune_data *data,
                         const struct tune_plan *plans, unsigned chosen)
{
    const struct tune_plan *plan = &plans[chosen - 1];
    const char *name = set->output ? set->output : "standard output";
    FILE *out = set->output ? open_output(set) : stdout;
    if (!out)
        return false;
    tune_write_conf(out, data, &set->wishes, plan, set->explain);
    if (!set->output) {
        fprintf(out, "\n# The choice (--pools):\n");
        tune_write_table(out, "#", plans, TUNE_TABLE, chosen);
        tune_write_doubts(out, "# ", data, plan);
    }
    if (!finish(out, name))
        return false;
    if (set->output) {
        tune_write_table(stdout, "", plans, TUNE_TABLE, chosen);
        tune_write_doubts(stdout, "", data, plan);
        printf("%s: %u pools. Next: poolmalloc run -c %s %s\n", set->output, plan->count, set->output,
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
    struct tune_options set = {.wishes = {.margin = 10, .largest = SIZE_FINE_MAX}};
    set.arguments = calloc((size_t)argc, sizeof *set.arguments);
    verb_parse(&argp, argc, argv, &set);
    bool ok = load_arguments(set.arguments, set.count, set.stats_dir, take, &gathering);
    if (gathering.data.processes == 0) {
        verb_complain("there is nothing to tune for");
        return VERB_FAILED;
    }
    tune_plans(&gathering.data, &set.wishes, (unsigned)max_u64(set.pools, TUNE_TABLE), plans);
    if (plans[0].count == 0) {
        verb_complain("no request of up to %s was made: there is nothing to tune for",
                      tune_size(set.wishes.largest));
        return VERB_FAILED;
    }
    unsigned chosen = set.pools ? set.pools : tune_choose(plans, TUNE_TABLE);
    ok &= write_result(&set, &gathering.data, plans, chosen);
    tune_done(&gathering.data);
    return ok && !gathering.failed ? VERB_OK : VERB_FAILED;
}
