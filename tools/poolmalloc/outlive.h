// SPDX-License-Identifier: MIT
// Processes of a run that outlive it without statistics: forked so late that they had no file of their own
// when the run's directory went (see stats_settle in src/stats.h), as daemons are.
#ifndef OUTLIVE_H
#define OUTLIVE_H

#include "base.h"

// How many there are, and the name of one. `directory` was the run's own, and is gone by now, so that none
// of them gets a file any more. 0 as well where /proc does not let us look.
unsigned outlive_count(const char *directory, char *ret_name, size_t size);

#endif
