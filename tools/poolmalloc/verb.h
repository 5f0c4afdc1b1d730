// SPDX-License-Identifier: MIT
// What the verbs of the command share: their table, their exit statuses, how they read their command
// line and report.
#ifndef VERB_H
#define VERB_H

#include <argp.h>

#include "base.h"

enum { // exit statuses of every verb
    VERB_OK = 0,
    VERB_FAILED = 1, // the answer is no, or input was bad; a message says why
    VERB_USAGE = 2,  // the command line was

    // `run` has the program's status, and for what went wrong before it, those of env(1):
    VERB_RUN_FAILED = 125,    // poolmalloc itself: command line, configuration, a program that cannot work
    VERB_RUN_NOT_STARTED = 126, // the program was found, but the system would not run it
    VERB_RUN_NOT_FOUND = 127, // the program was not found
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

// Once, before any verb: sees to it that standard output which could not be written is told at the end,
// with VERB_FAILED (run: VERB_RUN_FAILED), however the verb ends.
void verb_begin(void);

// Parses a verb's command line with argp: --help (-h, -?), --usage, --version; an unknown option is an error
// with the nearest known one. Errors exit with VERB_USAGE.
void verb_parse(const struct argp *argp, int argc, char **argv, void *input);

// The same for a command line that ends in another program's: options end before the first argument,
// and errors exit with `status`.
void verb_parse_program(const struct argp *argp, int argc, char **argv, void *input, int status);

// "poolmalloc: ..." on standard error.
void verb_complain(const char *format, ...) PRINTF(1, 2);

// Of `count` known words the nearest to an unknown one; NULL if none is near.
const char *verb_nearest(const char *unknown, const char *const *known, unsigned count);

#endif
