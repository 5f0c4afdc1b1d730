// SPDX-License-Identifier: MIT
// One process's statistics in memory, whatever they were read from. Plain data.
#ifndef RECORD_H
#define RECORD_H

#include "format.h"

struct record {
    char program[STATS_NAME_MAX];
    char origin[STATS_ORIGIN_MAX]; // where the configuration came from
    uint64_t process_id;   // 0: several processes merged
    uint64_t start;        // seconds since 1970
    uint64_t milliseconds; // since the start; 0 if it died and nobody knows when
    enum format_state state;
    struct stats_figures figures;
    struct stats_step steps[SIZE_STEPS]; // the histogram of requested sizes
};

// What is checked before anything is computed from a record. NULL, or what is wrong with it, valid
// until the next call.
const char *record_check(const struct record *record);

// Puts '?' for what could move a terminal's cursor or break a line of output.
void record_clean_text(char *text);

// For the functions of format.h; points into the record.
struct format_subject record_subject(const struct record *record);

// The origin for people, valid until the next call: without options that have their default anyway, and
// those that only say where statistics go. With lwIP's semantics, whose defaults are others, all that
// were set are told.
const char *record_short_origin(const struct record *record);

// Adds one process to others, whose pools are apart from its own: totals are summed; of capacities,
// gauges and peaks the largest of any one process counts. The first one is added to a zeroed record.
// Pools of the same name, in the same order among those, and of the same chunks are one. NULL, or
// why these cannot be merged; into is then unusable.
const char *record_merge(struct record *into, const struct record *record);

#endif
