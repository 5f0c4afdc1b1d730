// SPDX-License-Identifier: MIT
// The figures of watched processes as rows of text.
#include <langinfo.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "print.h"
#include "table.h"
#include "top.h"
#include "verb.h"

static const char *const process_headings[] = {"PID", "<PROGRAM", "<STATE", "TIME", "USED", "PEAK",
    "REQ/S", "EMPTY/S", "FALLBACK/S", "WASTE", "<USE OVER TIME", NULL};
static const char *const pool_headings[] = {"<POOL", "SIZE", "AVAIL", "USED", "MAX", "CACHED", "REQ/S",
    "EMPTY", "EMPTY/S", "FELL BACK", "WASTE", "<USE OVER TIME", NULL};

static void grid_begin(struct top_grid *grid, const char *const *headings, unsigned rows)
{
    grid->headings = headings;
    grid->columns = 0;
    while (headings[grid->columns])
        grid->columns++;
    grid->count = 0;
    free(grid->rows);
    grid->rows = calloc(rows + 1, sizeof *grid->rows);
    if (!grid->rows) {
        verb_complain("out of memory");
        exit(VERB_FAILED);
    }
}

void top_grid_done(struct top_grid *grid)
{
    free(grid->rows);
    grid->rows = NULL;
}

static void PRINTF(4, 5) cell(struct top_row *row, unsigned column, double key, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(row->cells[column], TOP_CELL, format, arguments);
    va_end(arguments);
    row->keys[column] = key;
}

// The last samples as blocks of eight heights, from zero to the highest of them.
static void sparkline(const float *ring, unsigned samples, char *out)
{
    static const char *const blocks[] = {"▁", "▂", "▃", "▄", "▅", "▆", "▇", "█"};
    static const char *const ascii[] = {"_", ".", ",", "-", "=", "+", "*", "#"};
    bool utf8 = strcmp(nl_langinfo(CODESET), "UTF-8") == 0;
    unsigned shown = (unsigned)min_u64(samples, TOP_HISTORY);
    float highest = 0;
    for (unsigned i = 0; i < shown; i++)
        highest = ring[i] > highest ? ring[i] : highest;
    *out = '\0';
    for (unsigned i = 0; i < shown; i++) {
        float value = ring[(samples - shown + i) % TOP_HISTORY];
        unsigned height = highest > 0 ? (unsigned)(value / highest * 7.999F) : 0;
        strcat(out, utf8 ? blocks[height] : ascii[height]);
    }
}

static double rate(const struct top_watch *watch, uint64_t now, uint64_t before)
{
    double seconds = watch->now_at - watch->before_at;
    if (watch->before_at <= 0 || seconds <= 0 || now <= before || watch->state != FORMAT_RUNNING)
        return 0;
    return (double)(now - before) / seconds;
}

static void rate_cell(struct top_row *row, unsigned column, const struct top_watch *watch, double per_s)
{
    if (watch->before_at <= 0)
        cell(row, column, 0, "-"); // no second sample yet
    else
        cell(row, column, per_s, per_s >= 10 || per_s == 0 ? "%.0f" : "%.1f", per_s);
}

struct sums {
    uint64_t allocs, err, fell_back;
};

static struct sums sum_up(const struct stats_figures *figures)
{
    struct sums sums = {.fell_back = figures->oversize_fell_back};
    for (unsigned i = 0; i < figures->pool_count; i++) {
        sums.allocs += figures->pools[i].allocs;
        sums.err += figures->pools[i].err;
        sums.fell_back += figures->pools[i].fell_back;
    }
    return sums;
}

static void process_row(const struct top_watch *watch, struct top_row *row)
{
    struct sums now = sum_up(&watch->now), before = sum_up(&watch->before);
    double used = print_used_bytes(&watch->now), max = print_max_bytes(&watch->now);
    double fell_back = rate(watch, now.fell_back, before.fell_back);
    double err = rate(watch, now.err, before.err);
    unsigned column = 0;
    row->watch = watch;
    row->weak = watch->state != FORMAT_RUNNING;
    row->bad = err > 0;
    cell(row, column++, (double)watch->process_id, "%lu", (unsigned long)watch->process_id);
    cell(row, column++, 0, "%.20s", watch->program);
    cell(row, column++, 0, "%s", format_states[watch->state]);
    cell(row, column++, (double)watch->milliseconds, "%s", table_time(watch->milliseconds));
    cell(row, column++, used, "%s", table_bytes(used));
    cell(row, column++, max, "%s", table_bytes(max));
    rate_cell(row, column++, watch, rate(watch, now.allocs, before.allocs) + fell_back);
    rate_cell(row, column++, watch, err);
    rate_cell(row, column++, watch, fell_back);
    cell(row, column++, print_waste(&watch->now), "%.0f%%", print_waste(&watch->now));
    sparkline(watch->used, watch->samples, row->cells[column]);
    row->keys[column] = used;
}

static void pool_row(const struct top_watch *watch, unsigned index, struct top_row *row)
{
    const struct stats_pool_figures *pool = &watch->now.pools[index];
    const struct stats_pool_figures *before = &watch->before.pools[index];
    double err = rate(watch, pool->err, before->err);
    unsigned waste = format_waste_percent(pool), column = 0;
    row->watch = watch;
    row->weak = pool->allocs == 0 && pool->err == 0;
    row->bad = err > 0;
    cell(row, column++, 0, "%.24s", pool->name);
    cell(row, column++, (double)pool->size, "%lu", (unsigned long)pool->size);
    cell(row, column++, (double)pool->avail, "%lu%s", (unsigned long)pool->avail,
         pool->count == COUNT_UNLIMITED ? "+" : "");
    cell(row, column++, (double)pool->used, "%lu", (unsigned long)pool->used);
    cell(row, column++, (double)pool->max, "%lu", (unsigned long)pool->max);
    cell(row, column++, (double)pool->cached, "%lu", (unsigned long)pool->cached);
    rate_cell(row, column++, watch, rate(watch, pool->allocs, before->allocs));
    cell(row, column++, (double)pool->err, "%lu", (unsigned long)pool->err);
    rate_cell(row, column++, watch, err);
    cell(row, column++, (double)pool->fell_back, "%lu", (unsigned long)pool->fell_back);
    cell(row, column++, waste, "%u%%", waste);
    sparkline(watch->pool_used[index], watch->samples, row->cells[column]);
    row->keys[column] = (double)pool->used;
}

static int compare(const void *a, const void *b, void *sort)
{
    const struct top_row *one = a, *two = b;
    unsigned column = *(const unsigned *)sort;
    if (one->keys[column] != two->keys[column])
        return one->keys[column] < two->keys[column] ? 1 : -1;
    int order = strcmp(one->cells[column], two->cells[column]);
    return order ? order : (one > two) - (one < two);
}

static void sort_grid(struct top_grid *grid, unsigned sort, bool ascending)
{
    if (sort >= grid->columns)
        return;
    qsort_r(grid->rows, grid->count, sizeof *grid->rows, compare, &sort);
    for (unsigned i = 0; ascending && i < grid->count / 2; i++) {
        struct top_row swap = grid->rows[i];
        grid->rows[i] = grid->rows[grid->count - 1 - i];
        grid->rows[grid->count - 1 - i] = swap;
    }
}

void top_grid_processes(const struct top *top, unsigned sort, bool ascending, struct top_grid *grid)
{
    grid_begin(grid, process_headings, top->count);
    for (unsigned i = 0; i < top->count; i++)
        process_row(top->watches[i], &grid->rows[grid->count++]);
    sort_grid(grid, sort, ascending);
}

void top_grid_pools(const struct top_watch *watch, unsigned sort, bool ascending,
                    struct top_grid *grid)
{
    grid_begin(grid, pool_headings, watch->now.pool_count);
    for (unsigned i = 0; i < watch->now.pool_count; i++)
        pool_row(watch, i, &grid->rows[grid->count++]);
    sort_grid(grid, sort, ascending);
}
