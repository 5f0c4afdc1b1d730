// SPDX-License-Identifier: MIT
// What tune has to say, as a pools.conf with comments and as a table.
#ifndef TUNE_WRITE_H
#define TUNE_WRITE_H

#include <stdio.h>

#include "tune.h"

// The plan as a valid pools.conf. explain: why each line is as it is.
void tune_write_conf(FILE *out, const struct tune_data *data, const struct tune_wishes *wishes,
                     const struct tune_plan *plan, bool explain);

// One row for each number of pools up to `count`, and for the chosen one, which is marked. Every line begins with `prefix`.
void tune_write_table(FILE *out, const char *prefix, const struct tune_plan *plans, unsigned count,
                      unsigned chosen);

// What the data cannot tell, and which run would tell: a line each, none if there is nothing.
void tune_write_doubts(FILE *out, const char *prefix, const struct tune_data *data,
                       const struct tune_plan *plan);

// "1.5K" of exact sizes: the form that pools.conf takes; a buffer of the next few calls.
const char *tune_size(uint64_t bytes);

#endif
