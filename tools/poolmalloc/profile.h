// SPDX-License-Identifier: MIT
// The program as a child, with a statistics directory of the run's own: what its processes did becomes one
// file (run --profile), or is gathered while they run (run).
#ifndef PROFILE_H
#define PROFILE_H

#include <sys/types.h>

#include "probe.h"
#include "record.h"

// A new directory for the statistics of one run, inside `stats_dir`, or if that is empty inside a default
// one, where poolmalloc stats and top look as well. It can be made once only: processes that outlive the
// run, and have children, cannot fill it again. With NULL, only looks whether there is a place for one.
// False: none could be made; errno says why.
bool profile_directory(const char *stats_dir, char *ret_path); // room for PATH_MAX

// Removes the directory and the statistics in it. Those of running processes, or all, are moved to the
// directory around it.
void profile_remove(const char *directory, bool keep_all);

// Runs the program, whose environment is ready, and returns its wait status. Signals sent to this
// process alone are passed on. -1: it could not be started, after complaining.
struct profile_watch { // called every so often meanwhile
    unsigned milliseconds;
    void (*call)(void *context, pid_t process);
    void *context;
};
int profile_run(char **argv, pid_t *ret_process, const struct profile_watch *watch); // may be NULL

// Appends the statistics of every process in the directory to the file, one JSON document a line.
// Complains and returns false when it could not be written.
struct profile_sum {
    unsigned processes, running;
    uint64_t requests;
};
bool profile_gather(const char *directory, int file, struct profile_sum *ret_sum);

// Ends this process as the program ended: its exit status, or the same signal.
_Noreturn void profile_end_like(int wait_status);

#endif
