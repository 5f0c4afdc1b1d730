// SPDX-License-Identifier: MIT
// A program on pools: what `run` was asked for, made into the environment that the library reads, and
// the start itself.
#ifndef LAUNCH_H
#define LAUNCH_H

#include "conf.h"
#include "probe.h"

struct launch {
    const char *conf;       // a file or a preset; NULL: none
    const char *statements; // of pools.conf, one a line, as -o gave them; NULL: none
    const char *next;       // jemalloc, mimalloc, tcmalloc or a path; NULL: libc's
    bool python;
    bool inside;            // the program has the library in it: it is not preloaded
};

// Finds and probes the program, and tells which machine the library is for (EM_...). 0, or the exit
// status after complaining.
int launch_look(const char *program, struct probe *ret_probe, unsigned *ret_machine);

// The same, and refuses what cannot work. 0, or the exit status after complaining.
int launch_probe(const char *program, struct probe *ret_probe);

// Checks the configuration, and sets up the environment of this process for programs on pools. 0 and the
// whole configuration, or the exit status after complaining.
int launch_set_environment(const struct launch *launch, struct conf *ret_conf);

// Has all programs keep their statistics in this directory, and write no dump.
void launch_keep_statistics(const char *directory);

// The text of LD_PRELOAD: the library, the next malloc if there is one, what was there before. To be
// freed. Each may be NULL.
char *launch_preload(const char *library, const char *next, const char *before);

// Becomes the program. Only returns if that fails: the exit status, after complaining.
int launch_exec(char **argv);

#endif
