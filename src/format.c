// SPDX-License-Identifier: MIT
#include "format.h"

#include <string.h>

enum { JSON_SCHEMA = 1 };

// One row for each pool counter: where it is in the figures, and what counters.def says of it.
enum counter_kind { KIND_capacity, KIND_gauge, KIND_peak, KIND_total };
struct counter_row {
    const char *name;
    const char *help;
    enum counter_kind kind;
    size_t offset;
};

static const struct counter_row pool_counters[] = {
#define POOL_COUNTER(name, kind, help) \
    {#name, help, KIND_##kind, offsetof(struct stats_pool_figures, name)},
#include "counters.def"
};

static const struct counter_row process_counters[] = {
#define PROCESS_COUNTER(name, kind, help) \
    {#name, help, KIND_##kind, offsetof(struct stats_figures, name)},
#include "counters.def"
};

static uint64_t value_of(const void *figures, const struct counter_row *row)
{
    uint64_t value;
    memcpy(&value, (const char *)figures + row->offset, sizeof value);
    return value;
}

static unsigned long ul(uint64_t n)
{
    return n;
}

// Bytes of served chunks that nobody asked for, in per cent.
static unsigned waste_percent(const struct stats_pool_figures *pool)
{
    uint64_t given = pool->allocs * pool->usable;
    if (given == 0 || pool->requested_bytes >= given)
        return 0;
    return (unsigned)((given - pool->requested_bytes) * 100 / given);
}

// Text

// Columns: the pool's name and chunk size, every counter, the waste.
enum {
    TEXT_CELL = 48,
    COLUMN_NAME = 0,
    COLUMN_SIZE,
    COLUMN_COUNTER,
    COLUMN_WASTE = COLUMN_COUNTER + ARRAY_LENGTH(pool_counters),
    TEXT_COLUMNS,
};

static const char *column_name(unsigned column)
{
    switch (column) {
    case COLUMN_NAME: return "pool";
    case COLUMN_SIZE: return "size";
    case COLUMN_WASTE: return "waste";
    default: return pool_counters[column - COLUMN_COUNTER].name;
    }
}

static void cell(const struct stats_pool_figures *pool, unsigned column, struct text *out)
{
    if (column == COLUMN_NAME)
        text_add(out, pool->name);
    else if (column == COLUMN_SIZE)
        text_addf(out, "%lu", ul(pool->size));
    else if (column == COLUMN_WASTE)
        text_addf(out, "%u%%", waste_percent(pool));
    else if (strcmp(column_name(column), "avail") == 0 && pool->count == COUNT_UNLIMITED)
        text_addf(out, "%lu+", ul(pool->avail)); // made so far, and more on demand
    else if (strcmp(column_name(column), "max") == 0 && pool->max_at_least < pool->max)
        text_addf(out, "%lu-%lu", ul(pool->max_at_least), ul(pool->max));
    else
        text_addf(out, "%lu", ul(value_of(pool, &pool_counters[column - COLUMN_COUNTER])));
}

// The width of a column; 0 for a counter of rare events that did not happen, which is left out.
static int column_width(const struct stats_figures *figures, unsigned column)
{
    const char *name = column_name(column);
    bool rare = strcmp(name, "failed") == 0 || strncmp(name, "spilled", 7) == 0
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

static void text_table(struct text *out, const struct stats_figures *figures)
{
    int width[TEXT_COLUMNS];
    for (unsigned column = 0; column < TEXT_COLUMNS; column++)
        width[column] = column_width(figures, column);
    text_row(out, width, NULL);
    text_add(out, "\n");
    for (unsigned i = 0; i < figures->pool_count; i++) {
        text_row(out, width, &figures->pools[i]);
        text_add(out, figures->pools[i].shadowed ? "  (shadowed: never first)\n" : "\n");
    }
}

// One line about the pool that needs it most: asked most often while empty, else most waste.
static void text_advice(struct text *out, const struct stats_figures *figures)
{
    const struct stats_pool_figures *emptiest = NULL, *wasteful = NULL;
    for (unsigned i = 0; i < figures->pool_count; i++) {
        const struct stats_pool_figures *pool = &figures->pools[i];
        if (pool->err > 0 && (!emptiest || pool->err > emptiest->err))
            emptiest = pool;
        if (waste_percent(pool) > 50 && (!wasteful || pool->allocs > wasteful->allocs))
            wasteful = pool;
    }
    if (emptiest)
        text_addf(out, "  advice: %s was asked %lu times while empty: raise its count above %lu\n",
                  emptiest->name, ul(emptiest->err), ul(emptiest->avail));
    else if (wasteful)
        text_addf(out, "  advice: %u%% of what %s handed out was not asked for: a pool of chunks near "
                  "%lu bytes before it would serve most of its requests\n",
                  waste_percent(wasteful), wasteful->name,
                  ul(align_up(wasteful->requested_bytes / wasteful->allocs + 1, ALIGN_MIN)));
}

static void format_text(struct text *out, const struct format_subject *subject,
                        const struct stats_figures *figures)
{
    text_addf(out, "poolmalloc: %s, pid %lu, %lu.%03lu s; %s\n", subject->program,
              ul(subject->process_id), ul(subject->milliseconds / 1000),
              ul(subject->milliseconds % 1000), subject->origin);
    if (figures->pool_count > 0)
        text_table(out, figures);
    text_addf(out, "  oversize: %lu requests of %lu bytes, %lu to the next malloc, %lu failed; "
              "foreign: %lu frees, %lu reallocs\n",
              ul(figures->oversize), ul(figures->oversize_bytes), ul(figures->oversize_fell_back),
              ul(figures->oversize_failed), ul(figures->next_frees), ul(figures->next_reallocs));
    text_advice(out, figures);
}

// JSON

// A JSON string is UTF-8; bytes of a program's name that are not become U+FFFD.
static void json_string(struct text *out, const char *string)
{
    const char *end = string + strlen(string);
    text_add(out, "\"");
    for (const char *p = string; p < end;) {
        uint32_t character;
        size_t length = text_decode(p, end, &character);
        if (length == 0)
            text_add(out, "\\ufffd");
        else if (character < 0x20 || character == 0x7f)
            text_addf(out, "\\u%04x", character);
        else if (character == '"' || character == '\\')
            text_addf(out, "\\%c", (int)character);
        else
            text_add_bytes(out, p, length);
        p += length > 0 ? length : 1;
    }
    text_add(out, "\"");
}

static void json_sizes(struct text *out, const struct stats_file *file)
{
    const char *comma = "";
    text_add(out, ",\"sizes\":[");
    for (unsigned step = 0; file && step < SIZE_STEPS; step++) {
        struct stats_step sum = stats_read_step(file, step);
        if (sum.count == 0)
            continue;
        text_addf(out, "%s[%lu,%lu,%lu]", comma, ul(size_step_end(step)), ul(sum.count),
                  ul(sum.bytes));
        comma = ",";
    }
    text_add(out, "]");
}

static void json_pool(struct text *out, const struct stats_pool_figures *pool)
{
    text_addf(out, "{\"name\":\"%s\",\"size\":%lu,\"usable\":%lu,\"stride\":%lu,\"count\":",
              pool->name, ul(pool->size), ul(pool->usable), ul(pool->stride));
    if (pool->count == COUNT_UNLIMITED)
        text_add(out, "null");
    else
        text_addf(out, "%lu", ul(pool->count));
    for (unsigned i = 0; i < ARRAY_LENGTH(pool_counters); i++)
        text_addf(out, ",\"%s\":%lu", pool_counters[i].name, ul(value_of(pool, &pool_counters[i])));
    text_addf(out, ",\"max_at_least\":%lu,\"shadowed\":%s}", ul(pool->max_at_least),
              pool->shadowed ? "true" : "false");
}

static void format_json(struct text *out, const struct format_subject *subject,
                        const struct stats_figures *figures)
{
    text_addf(out, "{\"schema\":%d,\"program\":", JSON_SCHEMA);
    json_string(out, subject->program);
    text_addf(out, ",\"pid\":%lu,\"milliseconds\":%lu,\"origin\":", ul(subject->process_id),
              ul(subject->milliseconds));
    json_string(out, subject->origin);
    text_add(out, ",\"pools\":[");
    for (unsigned i = 0; i < figures->pool_count; i++) {
        text_add(out, i == 0 ? "" : ",");
        json_pool(out, &figures->pools[i]);
    }
    text_add(out, "],\"process\":{");
    for (unsigned i = 0; i < ARRAY_LENGTH(process_counters); i++)
        text_addf(out, "%s\"%s\":%lu", i == 0 ? "" : ",", process_counters[i].name,
                  ul(value_of(figures, &process_counters[i])));
    text_add(out, "}");
    json_sizes(out, subject->file);
    text_add(out, "}\n");
}

// OpenMetrics

static void metric_header(struct text *out, const char *prefix, const struct counter_row *row)
{
    text_addf(out, "# TYPE poolmalloc_%s%s %s\n", prefix, row->name,
              row->kind == KIND_total ? "counter" : "gauge");
    text_addf(out, "# HELP poolmalloc_%s%s %s\n", prefix, row->name, row->help);
}

static void label_value(struct text *out, const char *string)
{
    for (const char *p = string; *p; p++) {
        if (*p == '"' || *p == '\\')
            text_add(out, "\\");
        if (*p == '\n')
            text_add(out, "\\n");
        else
            text_add_bytes(out, p, 1);
    }
}

static void metric(struct text *out, const char *prefix, const struct counter_row *row,
                   const struct format_subject *subject, const char *pool, uint64_t value)
{
    text_addf(out, "poolmalloc_%s%s%s{program=\"", prefix, row->name,
              row->kind == KIND_total ? "_total" : "");
    label_value(out, subject->program);
    text_addf(out, "\",pid=\"%lu\"", ul(subject->process_id));
    if (pool)
        text_addf(out, ",pool=\"%s\"", pool);
    text_addf(out, "} %lu\n", ul(value));
}

static void format_openmetrics(struct text *out, const struct format_subject *subject,
                               const struct stats_figures *figures)
{
    for (unsigned i = 0; i < ARRAY_LENGTH(pool_counters); i++) {
        metric_header(out, "pool_", &pool_counters[i]);
        for (unsigned p = 0; p < figures->pool_count; p++)
            metric(out, "pool_", &pool_counters[i], subject, figures->pools[p].name,
                   value_of(&figures->pools[p], &pool_counters[i]));
    }
    for (unsigned i = 0; i < ARRAY_LENGTH(process_counters); i++) {
        metric_header(out, "", &process_counters[i]);
        metric(out, "", &process_counters[i], subject, NULL,
               value_of(figures, &process_counters[i]));
    }
    text_add(out, "# EOF\n");
}

// lwIP

// As stats_display_mem prints each pool (lwIP, core/stats.c).
static void format_lwip(struct text *out, const struct stats_figures *figures)
{
    for (unsigned i = 0; i < figures->pool_count; i++) {
        const struct stats_pool_figures *pool = &figures->pools[i];
        text_addf(out, "\nMEM %s\n\tavail: %lu\n\tused: %lu\n\tmax: %lu\n\terr: %lu\n", pool->name,
                  ul(pool->avail), ul(pool->used), ul(pool->max), ul(pool->err));
    }
}

void format_dump(struct text *out, enum dump_format format, const struct format_subject *subject,
                 const struct stats_figures *figures)
{
    switch (format) {
    case DUMP_TEXT: format_text(out, subject, figures); break;
    case DUMP_JSON: format_json(out, subject, figures); break;
    case DUMP_OPENMETRICS: format_openmetrics(out, subject, figures); break;
    case DUMP_LWIP: format_lwip(out, figures); break;
    }
}
