// SPDX-License-Identifier: MIT
#include "table.h"

#include <libsmartcols.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "term.h"
#include "verb.h"

struct table {
    struct libscols_table *table;
    struct libscols_line *line;
    unsigned rows;
};

static void *must(void *made)
{
    if (made)
        return made;
    verb_complain("out of memory");
    exit(VERB_FAILED);
}

struct table *table_new(const char *const *headings)
{
    struct table *table = must(calloc(1, sizeof *table));
    table->table = must(scols_new_table());
    scols_table_enable_colors(table->table, term_has_colour(stdout));
    scols_table_enable_noencoding(table->table, 1);
    scols_table_set_column_separator(table->table, "  ");
    for (; *headings; headings++) {
        bool left = **headings == '<';
        must(scols_table_new_column(table->table, *headings + left, 0, left ? 0 : SCOLS_FL_RIGHT));
    }
    return table;
}

void table_row(struct table *table)
{
    table->line = must(scols_table_new_line(table->table, NULL));
    table->rows++;
}

void table_cell(struct table *table, unsigned column, enum table_style style, const char *format, ...)
{
    static const char *const colours[] = {NULL, "red", "darkgray"};
    char text[256];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    scols_line_set_data(table->line, column, text);
    if (style != TABLE_PLAIN)
        scols_cell_set_color(scols_line_get_cell(table->line, column), colours[style]);
}

unsigned table_rows(const struct table *table)
{
    return table->rows;
}

void table_print(struct table *table)
{
    if (table->rows > 0)
        scols_print_table(table->table);
    scols_unref_table(table->table);
    free(table);
}

// Several results stand in one call of printf.
static char *next_buffer(void)
{
    static char buffers[8][32];
    static unsigned next;
    return buffers[next++ % ARRAY_LENGTH(buffers)];
}

const char *table_bytes(double bytes)
{
    static const char units[] = "\0KMGTPE";
    char *buffer = next_buffer();
    unsigned unit = 0;
    while (bytes >= 999.5 && unit < sizeof units - 2) {
        bytes /= 1024;
        unit++;
    }
    snprintf(buffer, 32, bytes < 9.95 && unit > 0 ? "%.1f%.1s" : "%.0f%.1s", bytes, units + unit);
    return buffer;
}

const char *table_time(uint64_t milliseconds)
{
    char *buffer = next_buffer();
    unsigned long seconds = milliseconds / 1000;
    if (seconds < 60)
        snprintf(buffer, 32, "%.3f s", (double)milliseconds / 1000);
    else if (seconds < 3600)
        snprintf(buffer, 32, "%lu:%02lu", seconds / 60, seconds % 60);
    else
        snprintf(buffer, 32, "%lu h %02lu", seconds / 3600, seconds / 60 % 60);
    return buffer;
}
