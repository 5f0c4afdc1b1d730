// SPDX-License-Identifier: MIT
// Whole files in memory, for the verbs.
#ifndef BYTES_H
#define BYTES_H

#include <stdio.h>

#include "base.h"

struct bytes { // from malloc; a NUL follows that length does not count
    char *data;
    size_t length;
};

// Everything in a file, from its start on.
struct bytes bytes_from(FILE *file);

// The same by name; false with errno set.
bool bytes_read_file(const char *path, struct bytes *ret_bytes);

// Writes all of them to a file, see output.h. False after a message.
bool bytes_write_file(const char *path, bool force, const struct bytes *bytes);

#endif
