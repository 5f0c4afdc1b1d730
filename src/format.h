// SPDX-License-Identifier: MIT
// Statistics as text, in the formats of dump_format. The counters' names, order and help come from
// counters.def alone. Pure: figures in, text out.
#ifndef FORMAT_H
#define FORMAT_H

#include "stats_read.h"
#include "text.h"

// What a dump says besides the figures.
struct format_subject {
    const char *program;
    const char *origin;    // where the configuration came from
    uint64_t process_id;
    uint64_t milliseconds; // since the start
    const struct stats_file *file; // for the histogram; may be NULL
};

// Appends the dump in the given enum dump_format.
void format_dump(struct text *out, enum dump_format format, const struct format_subject *subject,
                 const struct stats_figures *figures);

#endif
