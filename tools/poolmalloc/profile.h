// SPDX-License-Identifier: MIT
// run --profile: the program as a child, with a statistics directory of its own, which becomes one file.
#ifndef PROFILE_H
#define PROFILE_H

#include <sys/types.h>

#include "probe.h"

// A new private directory, on a memory file system if there is one. False: none could be made.
bool profile_directory(char ret_path[PATH_MAX]);

// Removes the directory and the statistics in it.
void profile_remove(const char *directory);

// Runs the program, whose environment is ready, and returns its wait status. Signals sent to this
// process alone are passed on. `watch`, unless NULL, is called every few milliseconds meanwhile. -1: it
// could not be started, after complaining.
int profile_run(char **argv, pid_t *ret_process, void (*watch)(pid_t process));

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
