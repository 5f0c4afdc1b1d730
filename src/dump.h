// SPDX-License-Identifier: MIT
// The dump at the end of a program: where it goes, whole or not at all. Never allocates.
#ifndef DUMP_H
#define DUMP_H

#include "stats_read.h"
#include "text.h"

enum { DUMP_BYTES_MAX = 3 * 1024 * 1024 }; // every dump fits: all pools, all steps, 20 digits everywhere

bool dump_is_off(const struct conf *conf);

// Writes the dump as the configuration says. True: it was written whole, or none was wanted.
bool dump_write(const struct conf *conf, const struct stats_file *file);

// Appends the text dump, by way of `scratch`: for malloc_stats.
void dump_text(const struct stats_file *file, struct stats_figures *scratch, struct text *out);

// Expands %p (process id), %e (program), %t (start time, seconds since 1970), %h (host).
void dump_expand_path(const char *pattern, const struct stats_header *header, struct text *out);

#endif
