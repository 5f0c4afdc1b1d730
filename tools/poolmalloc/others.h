// SPDX-License-Identifier: MIT
// What `run` tells at the end: the statistics of the process that it started, and one line about all
// others of the run. Memory does not grow with their number.
#ifndef OTHERS_H
#define OTHERS_H

#include <sys/types.h>

#include "record.h"

enum { OTHERS_NAMES = 64 };

struct others {
    const char *directory; // where the statistics of the run's processes are
    bool keep;             // their files stay
    uint64_t processes, running, requests;
    uint64_t empty, errors; // errors: invalid frees, overwritten bytes
    struct others_name {
        char name[STATS_NAME_MAX];
        uint64_t processes;
    } names[OTHERS_NAMES];
    unsigned name_count;

    pid_t process; // of the program itself
    int image;     // its last image that was found; 0: the first
    bool found;    // then `program` is it, or the one that takes its place
    struct record program;
};

// Counts one process.
void others_add(struct others *others, const struct record *record);

// Counts those that ended, and removes their files, while `process` runs. For profile_run.
void others_sweep(void *others, pid_t process);

// Counts the rest: `process` has ended. Where it has no statistics and one other process has, that one
// becomes the program: of a script's only program on pools, everything is told.
void others_finish(struct others *others, pid_t process);

// "poolmalloc: and 3 other processes (bash 2, readlink): ...", and a line about those that still run.
// Nothing if there were none.
void others_format(const struct others *others, struct text *out);

#endif
