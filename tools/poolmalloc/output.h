// SPDX-License-Identifier: MIT
// The file that a verb writes what it made to (-o).
#ifndef OUTPUT_H
#define OUTPUT_H

#include <stdbool.h>
#include <stdio.h>

// Opens it; a path of NULL or "-" means standard output. What is there already is overwritten by
// `force` alone. NULL after a message.
FILE *output_open(const char *path, bool force);

// Closes it. False, after a message, if not all could be written.
bool output_close(const char *path, FILE *file);

#endif
