// SPDX-License-Identifier: MIT
#include "record.h"

#include <stdio.h>
#include <string.h>

enum {
    SIZE_MAX_BYTES = 1 << 30, // of a chunk: conf's limit
    ALIGNMENT_MAX = 4096,
};
static const uint64_t COUNTER_MAX = UINT64_C(1) << 60; // beyond what any program reaches

static char reason[160];

static bool is_plain(const char *name)
{
    if (!*name)
        return false;
    for (const char *p = name; *p; p++)
        if (*p <= ' ' || *p > '~' || *p == '"' || *p == '\\')
            return false;
    return true;
}

static const char *check_counters(const struct stats_pool_figures *pool)
{
    for (unsigned i = 0; i < FORMAT_POOL_COUNTERS; i++) {
        const struct format_counter *counter = &format_pool_counters[i];
        uint64_t limit = counter->kind == FORMAT_total ? COUNTER_MAX : UINT32_MAX;
        if (format_value(pool, counter) > limit) {
            snprintf(reason, sizeof reason, "pool %s: %s is out of range", pool->name, counter->name);
            return reason;
        }
    }
    return NULL;
}

static const char *check_pool(const struct stats_pool_figures *pool, unsigned index)
{
    bool unlimited = pool->count == COUNT_UNLIMITED;
    const char *wrong = NULL;
    if (!is_plain(pool->name))
        wrong = "name";
    else if (pool->size == 0 || pool->size > SIZE_MAX_BYTES)
        wrong = "size";
    else if (pool->usable < pool->size || pool->usable >= pool->size + ALIGNMENT_MAX)
        wrong = "usable";
    else if (pool->stride < pool->usable || pool->stride > pool->usable + ALIGNMENT_MAX)
        wrong = "stride";
    else if (!unlimited && (pool->count == 0 || pool->count > UINT32_MAX))
        wrong = "count";
    else if (pool->max_at_least > pool->max || (!unlimited && pool->avail != pool->count))
        wrong = pool->max_at_least > pool->max ? "max_at_least" : "avail";
    if (!wrong)
        return check_counters(pool);
    snprintf(reason, sizeof reason, "pool %u: %s cannot be true", index, wrong);
    return reason;
}

// While a process runs, the two counters of a step are read moments apart, so that bytes may be ahead.
static const char *check_step(const struct record *record, unsigned step)
{
    uint64_t count = record->steps[step].count, bytes = record->steps[step].bytes;
    uint64_t low = step == 0 ? 0 : size_step_end(step - 1) + 1;
    bool wrong = count > COUNTER_MAX || bytes > COUNTER_MAX || (count == 0 && bytes > 0);
    if (record->state == FORMAT_ENDED && step < SIZE_STEPS - 1 && count > 0)
        wrong |= bytes / count < low
                 || bytes / count > size_step_end(step) - (bytes % count && step > 0);
    if (!wrong)
        return NULL;
    snprintf(reason, sizeof reason, "requests of up to %lu bytes: the counts cannot be true",
             (unsigned long)size_step_end(step));
    return reason;
}

const char *record_check(const struct record *record)
{
    const struct stats_figures *figures = &record->figures;
    const char *wrong = NULL;
    if (!is_power_of_two(figures->mem_alignment) || figures->mem_alignment > ALIGNMENT_MAX)
        return "mem_alignment is out of range";
    if (record->process_id > INT32_MAX || record->start > COUNTER_MAX
        || record->milliseconds > COUNTER_MAX)
        return "the process id or the times are out of range";
    if (figures->pool_count > ARRAY_LENGTH(figures->pools))
        return "more pools than there can be";
    for (unsigned i = 0; i < figures->pool_count && !wrong; i++)
        wrong = check_pool(&figures->pools[i], i);
    for (unsigned i = 0; i < FORMAT_PROCESS_COUNTERS && !wrong; i++)
        if (format_value(figures, &format_process_counters[i]) > COUNTER_MAX)
            wrong = "a counter of the process is out of range";
    for (unsigned step = 0; step < SIZE_STEPS && !wrong; step++)
        wrong = check_step(record, step);
    return wrong;
}

void record_clean_text(char *text)
{
    for (unsigned char *p = (unsigned char *)text; *p; p++)
        if (*p < ' ' || *p == 0x7f)
            *p = '?';
}

struct format_subject record_subject(const struct record *record)
{
    return (struct format_subject){
        .program = record->program,
        .origin = record->origin,
        .process_id = record->process_id,
        .start = record->start,
        .milliseconds = record->milliseconds,
        .state = record->state,
        .figures = &record->figures,
        .steps = record->steps,
    };
}

static bool merge_value(void *into, const void *figures, const struct format_counter *counter)
{
    uint64_t sum = format_value(into, counter), value = format_value(figures, counter);
    if (counter->kind == FORMAT_total)
        sum += value;
    else
        sum = max_u64(sum, value);
    memcpy((char *)into + counter->offset, &sum, sizeof sum);
    return sum <= COUNTER_MAX;
}

static bool merge_pool(struct stats_pool_figures *into, const struct stats_pool_figures *pool)
{
    bool fits = true;
    into->max_at_least = max_u64(into->max_at_least, pool->max_at_least);
    into->count = max_u64(into->count, pool->count); // unlimited is the largest
    into->shadowed &= pool->shadowed;
    for (unsigned i = 0; i < FORMAT_POOL_COUNTERS; i++)
        fits &= merge_value(into, pool, &format_pool_counters[i]);
    if (into->count != COUNT_UNLIMITED)
        into->avail = into->count;
    return fits;
}

static bool is_same(const struct stats_pool_figures *a, const struct stats_pool_figures *b)
{
    return strcmp(a->name, b->name) == 0 && a->size == b->size && a->usable == b->usable
           && a->stride == b->stride && a->kind == b->kind;
}

// The pool in `into` that the index-th pool of `figures` is merged with; a new one where there is none.
static struct stats_pool_figures *find_pool(struct stats_figures *into,
                                            const struct stats_figures *figures, unsigned index)
{
    const struct stats_pool_figures *pool = &figures->pools[index];
    unsigned nth = 0;
    for (unsigned i = 0; i < index; i++)
        nth += is_same(&figures->pools[i], pool);
    for (unsigned i = 0; i < into->pool_count; i++)
        if (is_same(&into->pools[i], pool) && nth-- == 0)
            return &into->pools[i];
    if (into->pool_count == ARRAY_LENGTH(into->pools))
        return NULL;
    struct stats_pool_figures *added = &into->pools[into->pool_count++];
    *added = (struct stats_pool_figures){.size = pool->size, .usable = pool->usable,
                                         .stride = pool->stride, .shadowed = pool->shadowed,
                                         .kind = pool->kind};
    memcpy(added->name, pool->name, sizeof added->name);
    memcpy(added->desc, pool->desc, sizeof added->desc);
    return added;
}

static void merge_identity(struct record *into, const struct record *record)
{
    bool first = into->figures.mem_alignment == 0;
    if (first)
        *into = (struct record){.start = record->start, .state = record->state,
                                .figures.mem_alignment = record->figures.mem_alignment};
    if (first || strcmp(into->program, record->program) != 0)
        snprintf(into->program, sizeof into->program, "%s", first ? record->program : "several programs");
    if (first || strcmp(into->origin, record->origin) != 0)
        snprintf(into->origin, sizeof into->origin, "%s",
                 first ? record->origin : "pools: several configurations");
    into->start = min_u64(into->start, record->start);
    into->milliseconds += record->milliseconds;
    if (into->state == FORMAT_ENDED || record->state == FORMAT_RUNNING)
        into->state = record->state; // running if any is, else died if any did
}

const char *record_merge(struct record *into, const struct record *record)
{
    bool fits = true;
    merge_identity(into, record);
    if (into->figures.mem_alignment != record->figures.mem_alignment)
        return "measured with another mem_alignment than those before";
    for (unsigned i = 0; i < record->figures.pool_count; i++) {
        struct stats_pool_figures *pool = find_pool(&into->figures, &record->figures, i);
        if (!pool)
            return "together they have more pools than one statistics can hold";
        fits &= merge_pool(pool, &record->figures.pools[i]);
    }
    for (unsigned i = 0; i < FORMAT_PROCESS_COUNTERS; i++)
        fits &= merge_value(&into->figures, &record->figures, &format_process_counters[i]);
    for (unsigned step = 0; step < SIZE_STEPS; step++) {
        into->steps[step].count += record->steps[step].count;
        into->steps[step].bytes += record->steps[step].bytes;
        fits &= into->steps[step].count <= COUNTER_MAX && into->steps[step].bytes <= COUNTER_MAX;
    }
    return fits ? NULL : "together the counters are out of range";
}

// The option that "NAME = VALUE: SOURCE" is about; OPTION_COUNT: none, it is a part of a value.
static unsigned origin_option(const char *part, const char **ret_value)
{
    for (unsigned option = 0; option < OPTION_COUNT; option++) {
        size_t length = strlen(conf_rows[option].name);
        if (strncmp(part, conf_rows[option].name, length) == 0 && strncmp(part + length, " = ", 3) == 0) {
            *ret_value = part + length + 3;
            return option;
        }
    }
    return OPTION_COUNT;
}

static bool is_worth_telling(unsigned option, const char *value, bool host)
{
    const char *initial = conf_rows[option].initial;
    size_t length = strlen(initial);
    if (option == OPTION_dump || option == OPTION_dump_format || option == OPTION_stats_dir
        || option == OPTION_keep_stats)
        return false;
    return !host || strncmp(value, initial, length) != 0 || value[length] != ':';
}

const char *record_short_origin(const struct record *record)
{
    static char shorter[STATS_ORIGIN_MAX];
    struct text out;
    bool host = !strstr(record->origin, "; semantics = lwip:"), tell = true;
    text_init(&out, shorter, sizeof shorter);
    for (const char *part = record->origin, *next, *value; part; part = next) {
        next = strstr(part, "; ");
        next = next ? next + 2 : NULL;
        unsigned option = part == record->origin ? OPTION_COUNT : origin_option(part, &value);
        if (option < OPTION_COUNT)
            tell = is_worth_telling(option, value, host);
        if (tell)
            text_addf(&out, "%s%.*s", out.length ? "; " : "",
                      (int)(next ? (size_t)(next - 2 - part) : strlen(part)), part);
    }
    return shorter;
}
