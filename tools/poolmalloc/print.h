// SPDX-License-Identifier: MIT
// Records on standard output, in every form that `poolmalloc stats` has.
#ifndef PRINT_H
#define PRINT_H

#include "record.h"

// A printer takes records one by one; print_end writes what needs all of them, and frees it.
enum print_form { PRINT_OVERVIEW, PRINT_TEXT, PRINT_JSON, PRINT_OPENMETRICS, PRINT_LWIP, PRINT_CSV };
struct printer;

struct printer *print_begin(enum print_form form);
void print_record(struct printer *printer, const struct record *record);
unsigned print_end(struct printer *printer); // how many records there were

// Bytes of the chunks that are, or were at most, in the program's hands: used or max times stride.
double print_used_bytes(const struct stats_figures *figures);
double print_max_bytes(const struct stats_figures *figures);

// Per cent of the bytes handed out by all pools that nobody asked for.
double print_waste(const struct stats_figures *figures);

#endif
