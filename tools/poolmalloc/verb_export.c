// SPDX-License-Identifier: MIT
// poolmalloc export: pools in the form of other software, which is lwIP's lwippools.h.
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "bytes.h"
#include "load.h"
#include "lwip_export.h"
#include "place.h"
#include "pools_named.h"
#include "sources.h"
#include "verb.h"

struct request {
    char *format, *source; // source NULL: what the library would find
    const char *output;
    bool force;
    uint64_t alignment; // 0: that of the source
    unsigned margin_percent;
};

enum { OPTION_FORCE = 256 };
enum { MARGIN_MAX = 1000, ALIGNMENT_MAX = 4096 };

static const struct argp_option options[] = {
    {"margin", 'm', "PERCENT", 0, "add so much to the counts of a measured run (0)", 0},
    {"alignment", 'a', "BYTES", 0, "the target's MEM_ALIGNMENT (that of the source)", 0},
    {"output", 'o', "FILE", 0, "write to FILE instead of standard output", 0},
    {"force", OPTION_FORCE, NULL, 0, "overwrite FILE", 0},
    {0},
};

static uint64_t number(const char *option, const char *argument, uint64_t low, uint64_t high,
                       struct argp_state *state)
{
    uint64_t value;
    if (!text_parse_size(argument, strlen(argument), &value) || value < low || value > high)
        argp_error(state, "--%s=%s: not a number from %lu to %lu", option, argument, (unsigned long)low,
                   (unsigned long)high);
    return value;
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct request *request = state->input;
    switch (key) {
    case 'm': request->margin_percent = (unsigned)number("margin", argument, 0, MARGIN_MAX, state); break;
    case 'a':
        request->alignment = number("alignment", argument, 1, ALIGNMENT_MAX, state);
        if (!is_power_of_two(request->alignment))
            argp_error(state, "--alignment=%s: not a power of two", argument);
        break;
    case 'o': request->output = argument; break;
    case OPTION_FORCE: request->force = true; break;
    case ARGP_KEY_ARG:
        if (request->source)
            argp_error(state, "one source only");
        *(request->format ? &request->source : &request->format) = argument;
        break;
    case ARGP_KEY_END:
        if (!request->format || strcmp(request->format, "lwip") != 0)
            argp_error(state, "%s", request->format ? "lwip is the one format to export"
                                                    : "the format is missing: lwip");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static const struct argp argp = {
    .options = options,
    .parser = parse,
    .args_doc = "lwip [PID|FILE|PRESET]",
    .doc =
        "Write an lwippools.h, from a pools.conf or from a measured run.\n"
        "\n"
        "FILE may be a pools.conf, a statistics file (PID.pmstat) or a JSON dump; a PID is that of a "
        "running program, a PRESET as in POOLMALLOC_CONF. Without any, the configuration is exported "
        "that the library would find.\v"
        "Of a measured run, the counts are the high-water marks plus the margin, and each pool's max, "
        "err and waste stand beside it; malloc pools that were never used are left out. Several "
        "processes in one file count as the largest of them.\n"
        "\n"
        "With --alignment smaller than the source's mem_alignment, sizes are raised where the target's "
        "chunks would not hold what the measured ones did. Pools of equal size, of which lwIP takes one, "
        "are written differently (256, 0x00000100). The options of lwipopts.h that belong to the pools "
        "stand in the first comment.\n"
        "\n"
        "Warnings tell what lwIP cannot take (counts and elements have 16 bits there: counts are cut, "
        "larger elements left out), and which pools were empty when asked, so that their max says too "
        "little. An unlimited pool of a pools.conf has no count: measure a run on it.\n"
        "\n"
        "Exit status: 0 if the header was written, 1 if not, 2 for a wrong command line.",
};

// ---- Sources ----

static struct stats_figures figures;
static struct record merged; // of a measured run

static struct stats_pool_figures declared(const struct conf *conf, const struct conf_pool *line,
                                          const char *name, const char *desc)
{
    struct stats_pool_figures pool = {.kind = (enum pool_kind)line->kind, .count = line->count,
                                      .size = line->size, .usable = conf_usable(conf, line->size)};
    snprintf(pool.name, sizeof pool.name, "%s", name);
    snprintf(pool.desc, sizeof pool.desc, "%s", desc);
    if (line->kind == POOL_MALLOC)
        snprintf(pool.name, sizeof pool.name, "MALLOC_%lu", (unsigned long)line->size);
    if (line->kind == POOL_PBUF) { // as statistics have it: with its header
        pool.size += conf_usable(conf, PBUF_HEADER_BYTES);
        pool.usable += conf_usable(conf, PBUF_HEADER_BYTES);
    }
    return pool;
}

static bool read_conf(const struct request *request, struct lwip_export *ret_from)
{
    static struct conf conf;
    char path[PATH_MAX];
    if (request->source && !place_conf(request->source, path)) {
        verb_complain("%s: %s", request->source, strerror(errno));
        return false;
    }
    if (request->source) { // as if the library was given it, and nothing else
        setenv("POOLMALLOC_CONF", path, 1);
        unsetenv("POOLMALLOC");
    }
    if (sources_read(&conf) > 0)
        return false;
    figures.mem_alignment = conf.mem_alignment;
    for (unsigned i = 0; i < conf.malloc_pool_count; i++)
        figures.pools[figures.pool_count++] = declared(&conf, &conf.malloc_pools[i], "", "");
    for (unsigned i = 0; i < conf.named_pool_count; i++)
        figures.pools[figures.pool_count++] = declared(
            &conf, &conf.named_pools[i].pool, conf.named_pools[i].name, conf.named_pools[i].desc);
    ret_from->name = request->source ? request->source : "the configuration";
    ret_from->figures = &figures;
    ret_from->try_bigger = conf.try_bigger;
    return true;
}

static bool add_record(void *context, const struct record *record, const char *source)
{
    bool *added = context;
    const char *reason = record_merge(&merged, record);
    if (reason)
        verb_complain("%s: %s", source, reason);
    *added = !reason;
    return !reason;
}

static bool read_run(const struct request *request, struct lwip_export *ret_from)
{
    bool added = false;
    char *sources[] = {request->source};
    if (!load_arguments(sources, 1, NULL, add_record, &added) || !added)
        return false;
    *ret_from = (struct lwip_export){.name = request->source, .program = merged.program,
                                     .figures = &merged.figures};
    for (unsigned i = 0; i < merged.figures.pool_count; i++)
        ret_from->try_bigger |= merged.figures.pools[i].spilled_in > 0;
    return true;
}

// A running process, a statistics file or JSON; everything else is a configuration.
static bool is_run(const char *source)
{
    char start[8] = "";
    if (source[strspn(source, "0123456789")] == 0 || strcmp(source, "-") == 0)
        return true;
    FILE *file = fopen(source, "re");
    if (!file)
        return false;
    size_t length = fread(start, 1, sizeof start, file);
    fclose(file);
    static const uint64_t magic = STATS_MAGIC;
    return (length == sizeof magic && memcmp(start, &magic, sizeof magic) == 0) || start[0] == '{';
}

static bool export(const struct request *request)
{
    struct lwip_export from = {.name = NULL};
    bool run = request->source && is_run(request->source);
    if (!(run ? read_run(request, &from) : read_conf(request, &from)))
        return false;
    from.alignment = request->alignment ? request->alignment : max_u64(from.figures->mem_alignment, 1);
    from.margin_percent = request->margin_percent;
    struct bytes text;
    FILE *header = open_memstream(&text.data, &text.length);
    bool written = lwip_export(&from, header, stderr);
    fclose(header);
    written = written && bytes_write_file(request->output, request->force, &text);
    free(text.data);
    return written;
}

int verb_export(int argc, char **argv)
{
    struct request request = {.format = NULL};
    verb_parse(&argp, argc, argv, &request);
    return export(&request) ? VERB_OK : VERB_FAILED;
}
