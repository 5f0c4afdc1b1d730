// SPDX-License-Identifier: MIT
#include "print.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "table.h"
#include "verb.h"

struct printer {
    enum print_form form;
    unsigned count;
    struct table *table;
    struct record *kept; // OpenMetrics: all, which are written together; overview: those that run
    unsigned kept_count;
};

static void *must(void *memory)
{
    if (memory)
        return memory;
    verb_complain("out of memory");
    exit(VERB_FAILED);
}

double print_used_bytes(const struct stats_figures *figures)
{
    double sum = 0;
    for (unsigned i = 0; i < figures->pool_count; i++)
        sum += (double)figures->pools[i].used * (double)figures->pools[i].stride;
    return sum;
}

double print_max_bytes(const struct stats_figures *figures)
{
    double sum = 0;
    for (unsigned i = 0; i < figures->pool_count; i++)
        sum += (double)figures->pools[i].max * (double)figures->pools[i].stride;
    return sum;
}

double print_waste(const struct stats_figures *figures)
{
    double given = 0, asked = 0;
    for (unsigned i = 0; i < figures->pool_count; i++) {
        given += (double)figures->pools[i].allocs * (double)figures->pools[i].usable;
        asked += (double)figures->pools[i].requested_bytes;
    }
    return asked >= given ? 0 : (given - asked) * 100 / given;
}

// Overview: a row for each process

static const char *const overview_headings[] = {"PID", "<PROGRAM", "<STATE", "TIME", "POOLS", "USED",
    "PEAK", "REQUESTS", "EMPTY", "FALLBACK", "OVERSIZE", "WASTE", NULL};

static void overview_row(struct table *table, const struct record *record)
{
    const struct stats_figures *figures = &record->figures;
    uint64_t allocs = 0, err = 0, fell_back = figures->oversize_fell_back;
    for (unsigned i = 0; i < figures->pool_count; i++) {
        allocs += figures->pools[i].allocs;
        err += figures->pools[i].err;
        fell_back += figures->pools[i].fell_back;
    }
    unsigned column = 0;
    enum table_style style = record->state == FORMAT_RUNNING ? TABLE_PLAIN : TABLE_WEAK;
    table_row(table);
    if (record->process_id)
        table_cell(table, column, style, "%" PRIu64, record->process_id);
    table_cell(table, ++column, style, "%s", record->program);
    table_cell(table, ++column, style, "%s", format_states[record->state]);
    table_cell(table, ++column, style, "%s",
               record->milliseconds ? table_time(record->milliseconds) : "");
    table_cell(table, ++column, style, "%u", figures->pool_count);
    table_cell(table, ++column, style, "%s", table_bytes(print_used_bytes(figures)));
    table_cell(table, ++column, style, "%s", table_bytes(print_max_bytes(figures)));
    table_cell(table, ++column, style, "%" PRIu64, allocs + fell_back);
    table_cell(table, ++column, err ? TABLE_BAD : style, "%" PRIu64, err);
    table_cell(table, ++column, style, "%" PRIu64, fell_back);
    table_cell(table, ++column, style, "%" PRIu64, figures->oversize);
    table_cell(table, ++column, style, "%.0f%%", print_waste(figures));
}

// CSV: a row for each pool, the process's figures repeated

static void csv_text(const char *text)
{
    putchar('"');
    for (const char *p = text; *p; p++)
        printf(*p == '"' ? "\"\"" : "%c", *p);
    putchar('"');
}

static void csv_heading(void)
{
    printf("program,pid,state,start,milliseconds,pool,index,size,usable,stride,count");
    for (unsigned i = 0; i < FORMAT_POOL_COUNTERS; i++)
        printf(",%s", format_pool_counters[i].name);
    printf(",max_at_least");
    for (unsigned i = 0; i < FORMAT_PROCESS_COUNTERS; i++)
        printf(",%s", format_process_counters[i].name);
    putchar('\n');
}

static void csv_row(const struct record *record, unsigned index)
{
    const struct stats_pool_figures *pool = &record->figures.pools[index];
    csv_text(record->program);
    printf(",%" PRIu64 ",%s,%" PRIu64 ",%" PRIu64 ",%s,%u,%" PRIu64 ",%" PRIu64 ",%" PRIu64 ",",
           record->process_id, format_states[record->state], record->start, record->milliseconds,
           pool->name, index, pool->size, pool->usable, pool->stride);
    if (pool->count == COUNT_UNLIMITED)
        printf("unlimited");
    else
        printf("%" PRIu64, pool->count);
    for (unsigned i = 0; i < FORMAT_POOL_COUNTERS; i++)
        printf(",%" PRIu64, format_value(pool, &format_pool_counters[i]));
    printf(",%" PRIu64, pool->max_at_least);
    for (unsigned i = 0; i < FORMAT_PROCESS_COUNTERS; i++)
        printf(",%" PRIu64, format_value(&record->figures, &format_process_counters[i]));
    putchar('\n');
}

// The library's own forms

// Writes what `fill` makes of subjects, in a buffer as large as it turns out to need.
static void write_text(void (*fill)(struct text *out, const struct format_subject *subjects,
                                    unsigned count, enum dump_format format),
                       const struct format_subject *subjects, unsigned count, enum dump_format format)
{
    for (size_t size = 1 << 20;; size *= 2) {
        char *buffer = must(malloc(size));
        struct text out;
        text_init(&out, buffer, size);
        fill(&out, subjects, count, format);
        if (!out.truncated)
            fwrite(buffer, 1, out.length, stdout);
        free(buffer);
        if (!out.truncated)
            return;
    }
}

static void fill_dump(struct text *out, const struct format_subject *subjects, unsigned count,
                      enum dump_format format)
{
    for (unsigned i = 0; i < count; i++)
        format_dump(out, format, &subjects[i]);
}

static void fill_openmetrics(struct text *out, const struct format_subject *subjects, unsigned count,
                             enum dump_format format)
{
    (void)format;
    format_openmetrics(out, subjects, count);
}

static void write_record(const struct record *record, enum dump_format format)
{
    struct format_subject subject = record_subject(record);
    if (format == DUMP_TEXT)
        subject.origin = record_short_origin(record);
    write_text(fill_dump, &subject, 1, format);
}

static void write_openmetrics(const struct record *records, unsigned count)
{
    struct format_subject *subjects = must(calloc(count + 1, sizeof *subjects));
    for (unsigned i = 0; i < count; i++)
        subjects[i] = record_subject(&records[i]);
    write_text(fill_openmetrics, subjects, count, DUMP_OPENMETRICS);
    free(subjects);
}

struct printer *print_begin(enum print_form form)
{
    struct printer *printer = must(calloc(1, sizeof *printer));
    printer->form = form;
    if (form == PRINT_OVERVIEW)
        printer->table = table_new(overview_headings);
    if (form == PRINT_CSV)
        csv_heading();
    return printer;
}

static void keep(struct printer *printer, const struct record *record)
{
    printer->kept = must(realloc(printer->kept, (printer->kept_count + 1) * sizeof *printer->kept));
    printer->kept[printer->kept_count++] = *record;
}

void print_record(struct printer *printer, const struct record *record)
{
    switch (printer->form) {
    case PRINT_OVERVIEW:
        if (record->state == FORMAT_RUNNING)
            keep(printer, record);
        else
            overview_row(printer->table, record);
        break;
    case PRINT_TEXT: write_record(record, DUMP_TEXT); break;
    case PRINT_JSON: write_record(record, DUMP_JSON); break;
    case PRINT_LWIP: write_record(record, DUMP_LWIP); break;
    case PRINT_CSV:
        for (unsigned i = 0; i < record->figures.pool_count; i++)
            csv_row(record, i);
        break;
    case PRINT_OPENMETRICS: keep(printer, record); break;
    }
    printer->count++;
}

unsigned print_end(struct printer *printer)
{
    unsigned count = printer->count;
    for (unsigned i = 0; printer->table && i < printer->kept_count; i++)
        overview_row(printer->table, &printer->kept[i]);
    if (printer->table)
        table_print(printer->table);
    if (printer->form == PRINT_OPENMETRICS)
        write_openmetrics(printer->kept, printer->kept_count);
    free(printer->kept);
    free(printer);
    return count;
}
