// SPDX-License-Identifier: MIT
#include "request.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "tune_write.h"
#include "verb.h"

static const uint64_t LARGEST = UINT64_C(1) << 30; // a pool's chunks at most

struct request request_new(int argc)
{
    struct request request = {.wishes = {.margin = 10, .largest = SIZE_FINE_MAX}};
    request.sources = calloc((size_t)argc, sizeof *request.sources);
    return request;
}

static uint64_t number(const char *text, uint64_t least, uint64_t most, const char *option,
                       struct argp_state *state)
{
    uint64_t value = 0;
    if (!text_parse_size(text, strlen(text), &value) || value < least || value > most)
        argp_error(state, "%s: '%s' is not a number from %" PRIu64 " to %" PRIu64, option, text, least,
                   most);
    return value;
}

static uint64_t size(const char *text, const char *option, const char *or_else, struct argp_state *state)
{
    uint64_t value = 0;
    if (!text_parse_size(text, strlen(text), &value) || value < 1 || value > LARGEST)
        argp_error(state, "%s: '%s' is not a size from 1 to 1G, as 4096, 64K or 2M%s", option, text, or_else);
    return value;
}

error_t request_parse(struct request *request, int key, char *argument, struct argp_state *state)
{
    struct tune_wishes *wishes = &request->wishes;
    switch (key) {
    case 'n':
        request->pools = strcmp(argument, "auto") == 0
                             ? 0 : (unsigned)number(argument, 1, TUNE_POOLS_MAX, "--pools", state);
        break;
    case 'm': wishes->margin = (unsigned)number(argument, 0, 10000, "--margin", state); break;
    case REQUEST_LARGEST:
        wishes->largest = strcmp(argument, "all") == 0
                              ? LARGEST : size(argument, "--largest", ", nor all", state);
        break;
    case REQUEST_UNLIMITED:
        wishes->unlimited_to =
            argument ? size(argument, "--unlimited", "", state) : UINT64_MAX;
        break;
    case 'o': request->output = argument; break;
    case REQUEST_FORCE: request->force = true; break;
    case REQUEST_DIR: request->stats_dir = argument; break;
    case ARGP_KEY_ARG: request->sources[request->source_count++] = argument; break; // options may follow
    case ARGP_KEY_END:
        if (request->source_count == 0)
            argp_error(state, "which statistics? Name files or process ids; - is standard input");
        break;
    default: return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

unsigned request_plan(const struct request *request, const struct tune_data *data,
                      struct tune_plan *ret_plans)
{
    if (data->processes == 0) {
        verb_complain("there are no statistics to go by");
        return 0;
    }
    unsigned most = data->asks ? TUNE_POOLS_MAX : TUNE_TABLE;
    tune_plans(data, &request->wishes, (unsigned)max_u64(request->pools, most), ret_plans);
    if (ret_plans[0].count == 0) {
        verb_complain("no request of up to %s was made: there is nothing to tune for",
                      tune_size(request->wishes.largest));
        return 0;
    }
    return request->pools ? request->pools : tune_choose(ret_plans, most);
}
