// SPDX-License-Identifier: MIT
// What the verbs of the command share: their table, their exit statuses, how they report.
#ifndef VERB_H
#define VERB_H

#include <argp.h>

#include "base.h"

enum { // exit statuses; `run` has env(1)'s besides
    VERB_OK = 0,
    VERB_FAILED = 1, // the answer is no, or input was bad; a message says why
    VERB_USAGE = 2,  // the command line was
};

// Each takes its own argv: argv[0] is "poolmalloc VERB". The result is the exit status.
#define VERB(name, arguments, help) int verb_##name(int argc, char **argv);
#include "verbs.def"

struct verb {
    const char *name, *arguments, *help;
    int (*run)(int argc, char **argv);
};
extern const struct verb verbs[];
extern const unsigned verb_count;

// Parses a verb's options with argp: --help, --usage, an error with the nearest known option; errors
// exit with VERB_USAGE.
void verb_parse(const struct argp *argp, int argc, char **argv, void *input);

// "poolmalloc: ..." on standard error.
void verb_complain(const char *format, ...) PRINTF(1, 2);

#endif
