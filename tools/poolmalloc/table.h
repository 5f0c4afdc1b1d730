// SPDX-License-Identifier: MIT
// Tables on standard output (libsmartcols).
#ifndef TABLE_H
#define TABLE_H

#include "base.h"

struct table;
enum table_style { TABLE_PLAIN, TABLE_BAD, TABLE_WEAK };

// Headings end in the one that is NULL. A leading '<' aligns the column to the left.
struct table *table_new(const char *const *headings);
void table_row(struct table *table);
void PRINTF(4, 5) table_cell(struct table *table, unsigned column, enum table_style style,
                             const char *format, ...);
unsigned table_rows(const struct table *table);
void table_print(struct table *table); // and frees it

// 1234567 as "1.2M", a power of 1024, in a buffer of the next few calls.
const char *table_bytes(double bytes);

// Milliseconds as "1.234 s", "5:06" or "3 h 20"; the same buffer.
const char *table_time(uint64_t milliseconds);

#endif
