// SPDX-License-Identifier: MIT
// The JSON form of a dump, as src/format_json.c writes it. Keys that it does not know are left alone;
// one that is missing, there twice or of another type refuses the document.
#include <inttypes.h>
#include <jansson.h>
#include <stdio.h>
#include <string.h>

#include "load.h"
#include "tree.h"

struct reader { // the first error is kept
    char *error;
    size_t error_size;
    bool failed;
    struct record *record;
    unsigned next_step; // that the histogram may go on with
};

static void PRINTF(2, 3) fail(struct reader *reader, const char *format, ...)
{
    va_list arguments;
    if (reader->failed)
        return;
    reader->failed = true;
    va_start(arguments, format);
    vsnprintf(reader->error, reader->error_size, format, arguments);
    va_end(arguments);
}

// The values of these keys. `where` is what the object is called, with a '.', or "".
static bool get_members(struct reader *reader, const struct tree *object, const char *where,
                        const char *const *keys, unsigned count, struct tree *ret_values)
{
    const char *wrong, *key = NULL;
    if (tree_kind(object) != TREE_OBJECT)
        fail(reader, "%.*s%snot an object", (int)strcspn(where, "."), where, where[0] ? " is " : "");
    else if ((key = tree_members(object, keys, count, ret_values, &wrong)))
        fail(reader, "%s%s %s", where, key, wrong);
    return !reader->failed;
}

static uint64_t get_number(struct reader *reader, const struct tree *value, const char *where,
                           const char *key)
{
    if (tree_kind(value) == TREE_COUNT)
        return tree_count(value);
    fail(reader, "%s%s is not a number of things", where, key);
    return 0;
}

static void get_text(struct reader *reader, const struct tree *value, const char *where,
                     const char *key, char *out, size_t size)
{
    bool is_text = tree_kind(value) == TREE_TEXT;
    if (!is_text)
        fail(reader, "%s%s is not text", where, key);
    snprintf(out, size, "%s", is_text ? tree_text(value) : "");
    record_clean_text(out);
}

// Which of the names it is; `count` if none.
static unsigned get_name(const struct tree *value, const char *const *names, unsigned count)
{
    unsigned i = 0;
    if (tree_kind(value) != TREE_TEXT)
        return count;
    while (i < count && strcmp(tree_text(value), names[i]) != 0)
        i++;
    return i;
}

static void set(void *figures, const struct format_counter *counter, uint64_t value)
{
    memcpy((char *)figures + counter->offset, &value, sizeof value);
}

// Keys in the order that they are written in; the counters are in the middle.
enum {
    POOL_NAME, POOL_KIND, POOL_DESC, POOL_SIZE, POOL_USABLE, POOL_STRIDE, POOL_COUNT, POOL_COUNTERS,
    POOL_MAX_AT_LEAST = POOL_COUNTERS + FORMAT_POOL_COUNTERS,
    POOL_SHADOWED,
    POOL_KEYS
};
static const char *const pool_keys[POOL_KEYS] = {
    "name", "kind", "desc", "size", "usable", "stride", "count",
#define POOL_COUNTER(name, kind, help) #name,
#include "counters.def"
    "max_at_least", "shadowed",
};

static bool get_pool(void *context, const struct tree *object, size_t index)
{
    struct reader *reader = context;
    struct stats_figures *figures = &reader->record->figures;
    struct tree values[POOL_KEYS];
    char where[32];
    snprintf(where, sizeof where, "pools[%zu].", index);
    if (index == ARRAY_LENGTH(figures->pools))
        fail(reader, "pools is not an array of at most %zu", index);
    if (reader->failed || !get_members(reader, object, where, pool_keys, POOL_KEYS, values))
        return false;
    struct stats_pool_figures *pool = &figures->pools[figures->pool_count++];
    get_text(reader, &values[POOL_NAME], where, "name", pool->name, sizeof pool->name);
    get_text(reader, &values[POOL_DESC], where, "desc", pool->desc, sizeof pool->desc);
    pool->kind = (enum pool_kind)get_name(&values[POOL_KIND], format_kinds, ARRAY_LENGTH(format_kinds));
    if (pool->kind == ARRAY_LENGTH(format_kinds))
        fail(reader, "%skind is none of malloc, pool, pbuf, created, static", where);
    pool->size = get_number(reader, &values[POOL_SIZE], where, "size");
    pool->usable = get_number(reader, &values[POOL_USABLE], where, "usable");
    pool->stride = get_number(reader, &values[POOL_STRIDE], where, "stride");
    pool->count = tree_kind(&values[POOL_COUNT]) == TREE_NULL
                      ? COUNT_UNLIMITED : get_number(reader, &values[POOL_COUNT], where, "count");
    for (unsigned i = 0; i < FORMAT_POOL_COUNTERS; i++)
        set(pool, &format_pool_counters[i],
            get_number(reader, &values[POOL_COUNTERS + i], where, format_pool_counters[i].name));
    pool->max_at_least = get_number(reader, &values[POOL_MAX_AT_LEAST], where, "max_at_least");
    pool->shadowed = tree_kind(&values[POOL_SHADOWED]) == TREE_TRUE;
    return !reader->failed;
}

static void get_process(struct reader *reader, const struct tree *process)
{
    static const char *const keys[FORMAT_PROCESS_COUNTERS] = {
#define PROCESS_COUNTER(name, kind, help) #name,
#include "counters.def"
    };
    struct tree values[FORMAT_PROCESS_COUNTERS];
    enum { ALWAYS = 6 }; // those that the first dumps of this schema had; later ones come behind them
    unsigned count = FORMAT_PROCESS_COUNTERS;
    while (count > ALWAYS && tree_kind(process) == TREE_OBJECT && !tree_has(process, keys[count - 1]))
        count--;
    if (!get_members(reader, process, "process.", keys, count, values))
        return;
    for (unsigned i = 0; i < count; i++)
        set(&reader->record->figures, &format_process_counters[i],
            get_number(reader, &values[i], "process.", keys[i]));
}

// [largest size of the step, requests, bytes], in ascending order.
static bool get_size(void *context, const struct tree *item, size_t index)
{
    struct reader *reader = context;
    uint64_t counts[3] = {0};
    bool is_right = tree_kind(item) == TREE_ARRAY && tree_counts(item, counts, 3) == 3;
    unsigned step = size_step(counts[0]);
    if (!is_right || size_step_end(step) != counts[0] || step < reader->next_step) {
        fail(reader, "sizes[%zu] is no size step with two counts, or out of order", index);
        return false;
    }
    reader->record->steps[step] = (struct stats_step){.count = counts[1], .bytes = counts[2]};
    reader->next_step = step + 1;
    return true;
}

static void get_each(struct reader *reader, const struct tree *array, const char *key,
                     bool (*each)(void *context, const struct tree *element, size_t index))
{
    if (tree_kind(array) == TREE_ARRAY)
        tree_each(array, each, reader);
    else
        fail(reader, "%s is not an array", key);
}

static void get_document(struct reader *reader, const struct tree *document)
{
    enum { SCHEMA, PROGRAM, PID, START, MILLISECONDS, STATE, ORIGIN, MEM_ALIGNMENT, POOLS, PROCESS, SIZES,
           KEYS };
    static const char *const keys[KEYS] = {"schema", "program", "pid", "start", "milliseconds", "state",
                                           "origin", "mem_alignment", "pools", "process", "sizes"};
    struct tree values[KEYS];
    struct record *record = reader->record;
    // The schema first: one that is unknown may have other keys.
    if (!get_members(reader, document, "", keys, 1, values))
        return;
    uint64_t schema = get_number(reader, &values[SCHEMA], "", "schema");
    if (schema != FORMAT_SCHEMA)
        fail(reader, "of schema %" PRIu64 ", and this program knows %d", schema, FORMAT_SCHEMA);
    if (reader->failed || !get_members(reader, document, "", keys, KEYS, values))
        return;
    get_text(reader, &values[PROGRAM], "", "program", record->program, sizeof record->program);
    get_text(reader, &values[ORIGIN], "", "origin", record->origin, sizeof record->origin);
    record->process_id = get_number(reader, &values[PID], "", "pid");
    record->start = get_number(reader, &values[START], "", "start");
    record->milliseconds = get_number(reader, &values[MILLISECONDS], "", "milliseconds");
    record->state = (enum format_state)get_name(&values[STATE], format_states, ARRAY_LENGTH(format_states));
    if (record->state == ARRAY_LENGTH(format_states))
        fail(reader, "state is none of running, ended, died");
    record->figures.mem_alignment = get_number(reader, &values[MEM_ALIGNMENT], "", "mem_alignment");
    get_each(reader, &values[POOLS], "pools", get_pool);
    get_process(reader, &values[PROCESS]);
    get_each(reader, &values[SIZES], "sizes", get_size);
    const char *wrong = reader->failed ? NULL : record_check(record);
    if (wrong)
        fail(reader, "%s", wrong);
}

// Where the grammar is broken, which simdjson does not tell and jansson does.
static void explain(struct reader *reader, const char *text, size_t length, const char *reason,
                    int *ret_column)
{
    json_error_t error = {.column = 0};
    size_t blanks = 0;
    while (blanks < length && strchr(" \t\r\n", text[blanks]))
        blanks++;
    if (blanks == length || (text[blanks] != '{' && text[blanks] != '[')) {
        fail(reader, "neither statistics nor JSON");
        return;
    }
    json_t *document = json_loadb(text, length, 0, &error);
    fail(reader, "%s", document ? reason : error.text);
    record_clean_text(reader->error);
    *ret_column = document ? 0 : error.column;
    json_decref(document);
}

bool load_json(const char *text, size_t length, struct record *ret_record, char *ret_error,
               size_t error_size, int *ret_column)
{
    struct reader reader = {.error = ret_error, .error_size = error_size, .record = ret_record};
    struct tree document;
    memset(ret_record, 0, sizeof *ret_record);
    *ret_column = 0;
    const char *reason = tree_parse(text, length, &document);
    if (reason)
        explain(&reader, text, length, reason, ret_column);
    else
        get_document(&reader, &document);
    return !reader.failed;
}
