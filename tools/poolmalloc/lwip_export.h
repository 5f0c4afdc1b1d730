// SPDX-License-Identifier: MIT
// An lwippools.h from pools that were declared in a pools.conf, or measured in a run.
#ifndef LWIP_EXPORT_H
#define LWIP_EXPORT_H

#include <stdio.h>

#include "stats_read.h"

struct lwip_export {
    const char *name; // where the pools are from, for messages and the header's comment
    const char *program; // that they were measured with; NULL: declared, and all figures but size,
                         // usable, count, kind, name and desc of each pool are zero
    const struct stats_figures *figures;
    bool try_bigger;
    uint64_t alignment;      // the target's MEM_ALIGNMENT; a power of two
    unsigned margin_percent; // added to the counts of a measured run
};

// Writes the header, and on `warnings` what it could not take over. False, after complaints there, when
// a pool has no count that lwIP could be given.
bool lwip_export(const struct lwip_export *from, FILE *header, FILE *warnings);

#endif
