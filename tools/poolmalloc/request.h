// SPDX-License-Identifier: MIT
// What tune and report are asked for in the same words: statistics to read, wishes, and a file to write.
#ifndef REQUEST_H
#define REQUEST_H

#include <argp.h>

#include "tune.h"

struct request {
    const char *stats_dir;
    const char *output; // NULL or "-": standard output
    bool force;         // overwrite it
    char **sources;     // process ids and files
    unsigned source_count;
    unsigned pools;     // 0: auto
    struct tune_wishes wishes;
};

enum { // keys of the options; a verb's own come after them
    REQUEST_DIR = 256, REQUEST_UNLIMITED, REQUEST_FORCE, REQUEST_LARGEST, REQUEST_KEYS
};

// Rows of a verb's options; request_parse takes their keys.
#define REQUEST_OPTIONS \
    {.name = "pools", .key = 'n', .arg = "N", .doc = "how many pools, 1 to 64; auto (the default): as " \
     "many, up to 16, as each save another 1 % of waste"}, \
    {.name = "margin", .key = 'm', .arg = "PERCENT", \
     .doc = "chunks in reserve above the measured peak (10); with any, a pool has at least as many as " \
     "fill a page of 4096 bytes; 0: exactly the peak"}, \
    {.name = "largest", .key = REQUEST_LARGEST, .arg = "SIZE", \
     .doc = "larger requests are left to the next malloc (64K); all: none is. Above 64K there is one pool " \
     "at most for the sizes between two powers of two"}, \
    {.name = "unlimited", .key = REQUEST_UNLIMITED, .arg = "SIZE", .flags = OPTION_ARG_OPTIONAL, \
     .doc = "pools of chunks up to SIZE grow on demand; without SIZE: all pools"}, \
    {.name = "force", .key = REQUEST_FORCE, .doc = "overwrite FILE"}, \
    {.name = "stats-dir", .key = REQUEST_DIR, .arg = "DIR", .doc = "look there for processes"}

// The defaults, with room for the sources of `argc` words.
struct request request_new(int argc);

// An argp parser's answer to what it does not know itself.
error_t request_parse(struct request *request, int key, char *argument, struct argp_state *state);

// The plans that were asked for, TUNE_TABLE at least, into room for TUNE_POOLS_MAX. The number of pools
// that is chosen; 0 after complaining if there is nothing to plan for.
unsigned request_plan(const struct request *request, const struct tune_data *data,
                      struct tune_plan *ret_plans);

#endif
