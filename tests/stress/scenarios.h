// SPDX-License-Identifier: MIT
// What the stress programs share: random numbers from a seed that is printed, so that a run can be had
// again, and each scenario in a process of its own.
#ifndef SCENARIOS_H
#define SCENARIOS_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

// xorshift; the state is never 0.
static inline uint64_t next_random(uint64_t *state)
{
    *state ^= *state << 13;
    *state ^= *state >> 7;
    *state ^= *state << 17;
    return *state;
}

// Of a program's argument; without one (NULL) another each time.
static inline uint64_t seed_of(const char *argument)
{
    return (argument ? strtoull(argument, NULL, 0) : (uint64_t)time(NULL) * 0x9e3779b97f4a7c15U) | 1;
}

// Runs `PROGRAM ARGUMENTS SEED SCENARIO` for every scenario, by number. The exit status: 1 if one failed.
static inline int run_scenarios(const char *program, const char *arguments, uint64_t seed, unsigned count)
{
    int status = 0;
    printf("seed %#lx\n", (unsigned long)seed);
    for (unsigned i = 0; i < count; i++) {
        char command[512];
        snprintf(command, sizeof command, "'%s' %s %#lx %u", program, arguments, (unsigned long)seed, i);
        fflush(stdout);
        status |= system(command);
    }
    return status != 0;
}

#endif
