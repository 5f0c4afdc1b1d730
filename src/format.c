// SPDX-License-Identifier: MIT
#include "format_parts.h"

#include <string.h>

const struct format_counter format_pool_counters[FORMAT_POOL_COUNTERS] = {
#define POOL_COUNTER(name, kind, help) \
    {#name, help, FORMAT_##kind, offsetof(struct stats_pool_figures, name)},
#include "counters.def"
};

const struct format_counter format_process_counters[FORMAT_PROCESS_COUNTERS] = {
#define PROCESS_COUNTER(name, kind, help) \
    {#name, help, FORMAT_##kind, offsetof(struct stats_figures, name)},
#include "counters.def"
};

const char *const format_kinds[] = {"malloc", "pool", "pbuf", "created", "static"};
const char *const format_states[] = {"running", "ended", "died"};

uint64_t format_value(const void *figures, const struct format_counter *counter)
{
    uint64_t value;
    memcpy(&value, (const char *)figures + counter->offset, sizeof value);
    return value;
}

static double given_bytes(const struct stats_pool_figures *pool)
{
    return (double)pool->allocs * (double)pool->usable;
}

unsigned format_waste_percent(const struct stats_pool_figures *pool)
{
    double given = given_bytes(pool);
    double asked = (double)pool->requested_bytes;
    return asked >= given ? 0 : (unsigned)((given - asked) * 100 / given);
}

// Text

// Columns: the pool's name and chunk size, every counter, the waste.
enum {
    TEXT_CELL = 48,
    COLUMN_NAME = 0,
    COLUMN_SIZE,
    COLUMN_COUNTER,
    COLUMN_WASTE = COLUMN_COUNTER + FORMAT_POOL_COUNTERS,
    TEXT_COLUMNS,
};

static const char *column_name(unsigned column)
{
    switch (column) {
    case COLUMN_NAME: return "pool";
    case COLUMN_SIZE: return "size";
    case COLUMN_WASTE: return "waste";
    default: return format_pool_counters[column - COLUMN_COUNTER].name;
    }
}

static void cell(const struct stats_pool_figures *pool, unsigned column, struct text *out)
{
    if (column == COLUMN_NAME)
        text_add(out, pool->name);
    else if (column == COLUMN_SIZE)
        text_addf(out, "%lu", ul(pool->size));
    else if (column == COLUMN_WASTE)
        text_addf(out, "%u%%", format_waste_percent(pool));
    else if (strcmp(column_name(column), "avail") == 0 && pool->count == COUNT_UNLIMITED)
        text_addf(out, "%lu+", ul(pool->avail)); // made so far, and more on demand
    else if (strcmp(column_name(column), "max") == 0 && pool->max_at_least < pool->max)
        text_addf(out, "%lu-%lu", ul(pool->max_at_least), ul(pool->max));
    else
        text_addf(out, "%lu", ul(format_value(pool, &format_pool_counters[column - COLUMN_COUNTER])));
}

// The width of a column; 0 for a counter of rare events that did not happen, which is left out.
static int column_width(const struct stats_figures *figures, unsigned column)
{
    const char *name = column_name(column);
    bool rare = strcmp(name, "failed") == 0 || strcmp(name, "corrupt") == 0
                || strncmp(name, "spilled", 7) == 0
                || strcmp(name, "fell_back") == 0;
    bool happened = false;
    size_t width = strlen(name);
    for (unsigned i = 0; i < figures->pool_count; i++) {
        char buffer[TEXT_CELL];
        struct text text;
        text_init(&text, buffer, sizeof buffer);
        cell(&figures->pools[i], column, &text);
        width = max_u64(width, text.length);
        happened |= strcmp(buffer, "0") != 0;
    }
    return rare && !happened ? 0 : (int)width;
}

static void text_row(struct text *out, const int *width, const struct stats_pool_figures *pool)
{
    for (unsigned column = 0; column < TEXT_COLUMNS; column++) {
        char buffer[TEXT_CELL];
        struct text text;
        text_init(&text, buffer, sizeof buffer);
        if (width[column] == 0)
            continue;
        if (pool)
            cell(pool, column, &text);
        else
            text_add(&text, column_name(column));
        text_addf(out, column == COLUMN_NAME ? "  %-*s" : "  %*s", width[column], buffer);
    }
}

enum { ROWS_MAX = 16 }; // more pools than this: those that nothing happened to are left out

static bool was_asked(const struct stats_pool_figures *pool)
{
    return pool->allocs > 0 || pool->used > 0 || pool->err > 0 || pool->illegal > 0
           || pool->corrupt > 0;
}

static void text_table(struct text *out, const struct stats_figures *figures)
{
    unsigned left_out = 0;
    int width[TEXT_COLUMNS];
    for (unsigned column = 0; column < TEXT_COLUMNS; column++)
        width[column] = column_width(figures, column);
    text_row(out, width, NULL);
    text_add(out, "\n");
    for (unsigned i = 0; i < figures->pool_count; i++) {
        if (figures->pool_count > ROWS_MAX && !was_asked(&figures->pools[i])) {
            left_out++;
            continue;
        }
        text_row(out, width, &figures->pools[i]);
        text_add(out, figures->pools[i].shadowed ? "  (shadowed: never first)\n" : "\n");
    }
    if (left_out > 0)
        text_addf(out, "  %u of %u pools were never asked\n", left_out, figures->pool_count);
}

// Chunks that would suffice for a pool's average request.
static uint64_t average_chunk(const struct stats_pool_figures *pool)
{
    return pool->allocs == 0 ? 0 : align_up(pool->requested_bytes / pool->allocs + 1, ALIGN_MIN);
}

// More than half was wasted, it matters among all that was served, and smaller chunks could be had.
static bool is_wasteful(const struct stats_pool_figures *pool, double all_given)
{
    return format_waste_percent(pool) > 50 && given_bytes(pool) > all_given / 10
           && average_chunk(pool) < pool->usable;
}

static void text_advice_oversize(struct text *out, const struct stats_figures *figures)
{
    uint64_t largest = 0;
    for (unsigned i = 0; i < figures->pool_count; i++)
        if (figures->pools[i].kind == POOL_MALLOC)
            largest = max_u64(largest, figures->pools[i].usable);
    text_addf(out, "  advice: %lu request%s larger than %lu bytes failed: poolmalloc tune --largest=all "
              "proposes pools for all sizes\n",
              ul(figures->oversize_failed), figures->oversize_failed == 1 ? "" : "s", ul(largest));
}

// One line about what needs it most: requests that failed because no pool's chunks are large enough, or the
// pool that was asked most often while empty; else most waste.
static void text_advice(struct text *out, const struct stats_figures *figures)
{
    const struct stats_pool_figures *emptiest = NULL, *wasteful = NULL;
    double all_given = 0;
    for (unsigned i = 0; i < figures->pool_count; i++)
        all_given += given_bytes(&figures->pools[i]);
    for (unsigned i = 0; i < figures->pool_count; i++) {
        const struct stats_pool_figures *pool = &figures->pools[i];
        if (pool->err > 0 && (!emptiest || pool->err > emptiest->err))
            emptiest = pool;
        if (is_wasteful(pool, all_given) && (!wasteful || pool->allocs > wasteful->allocs))
            wasteful = pool;
    }
    if (figures->oversize_failed > (emptiest ? emptiest->err : 0))
        text_advice_oversize(out, figures);
    else if (emptiest && emptiest->count == COUNT_UNLIMITED)
        text_addf(out, "  advice: %s was asked %lu times when it could not grow: the kernel gave it no more "
                  "memory than %lu chunks (ulimit -v?)\n",
                  emptiest->name, ul(emptiest->err), ul(emptiest->avail));
    else if (emptiest)
        text_addf(out, "  advice: %s was asked %lu time%s while empty: raise its count above %lu\n",
                  emptiest->name, ul(emptiest->err), emptiest->err == 1 ? "" : "s", ul(emptiest->avail));
    else if (wasteful)
        text_addf(out, "  advice: %u%% of what %s handed out was not asked for: a pool of chunks near "
                  "%lu bytes before it would serve most of its requests\n",
                  format_waste_percent(wasteful), wasteful->name, ul(average_chunk(wasteful)));
}

static void format_text(struct text *out, const struct format_subject *subject)
{
    const struct stats_figures *figures = subject->figures;
    text_addf(out, "poolmalloc: %s, ", subject->program);
    if (subject->process_id != 0) // 0: of several processes
        text_addf(out, "pid %lu, ", ul(subject->process_id));
    if (subject->state == FORMAT_DIED && subject->milliseconds == 0)
        text_add(out, format_states[FORMAT_DIED]);
    else
        text_addf(out, "%lu.%03lu s", ul(subject->milliseconds / 1000), ul(subject->milliseconds % 1000));
    text_addf(out, "; %s\n", subject->origin);
    if (figures->pool_count > 0)
        text_table(out, figures);
    text_addf(out, "  oversize: %lu requests of %lu bytes, %lu to the next malloc, %lu failed; "
              "foreign: %lu frees, %lu reallocs\n",
              ul(figures->oversize), ul(figures->oversize_bytes), ul(figures->oversize_fell_back),
              ul(figures->oversize_failed), ul(figures->next_frees), ul(figures->next_reallocs));
    text_advice(out, figures);
}

// lwIP

// As stats_display_mem prints each pool (lwIP, core/stats.c), under the name that lwIP has for it: a named
// pool's description. lwIP's figures have 16 bits and wrap; these don't.
static void format_lwip(struct text *out, const struct stats_figures *figures)
{
    for (unsigned i = 0; i < figures->pool_count; i++) {
        const struct stats_pool_figures *pool = &figures->pools[i];
        text_addf(out, "\nMEM %s\n\tavail: %lu\n\tused: %lu\n\tmax: %lu\n\terr: %lu\n",
                  pool->desc[0] ? pool->desc : pool->name, ul(pool->avail), ul(pool->used),
                  ul(pool->max), ul(pool->err));
    }
}

void format_dump(struct text *out, enum dump_format format, const struct format_subject *subject)
{
    switch (format) {
    case DUMP_TEXT: format_text(out, subject); break;
    case DUMP_JSON: format_json(out, subject); break;
    case DUMP_OPENMETRICS: format_openmetrics(out, subject, 1); break;
    case DUMP_LWIP: format_lwip(out, subject->figures); break;
    }
}
