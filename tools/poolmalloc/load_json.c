// SPDX-License-Identifier: MIT
// The JSON form of a dump, as src/format_json.c writes it. Keys that it does not know are left alone;
// one that is missing or of another type refuses the document.
#include <inttypes.h>
#include <jansson.h>
#include <stdlib.h>
#include <string.h>

#include "load.h"

// What jansson allocates for one document, a few thousand small things, comes from one block that is emptied
// behind it; what does not fit there, from malloc.

enum { BLOCK_BYTES = 2 * 1024 * 1024 };
static CACHE_ALIGNED char block[BLOCK_BYTES];
static size_t block_used;

static void *allocate(size_t bytes)
{
    size_t rounded = align_up(bytes, 16);
    if (rounded < bytes || rounded > sizeof block - block_used)
        return malloc(bytes);
    void *start = block + block_used;
    block_used += rounded;
    return start;
}

static void deallocate(void *start)
{
    if ((char *)start < block || (char *)start >= block + sizeof block)
        free(start);
}

struct reader { // the first error is kept
    char *error;
    size_t error_size;
    bool failed;
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

static json_t *get(struct reader *reader, const json_t *object, const char *key, const char *where)
{
    json_t *value = json_object_get(object, key);
    if (!value)
        fail(reader, "%s%s is missing", where, key);
    return value;
}

static uint64_t number(struct reader *reader, const json_t *value, const char *key, const char *where)
{
    if (value && json_is_integer(value) && json_integer_value(value) >= 0)
        return (uint64_t)json_integer_value(value);
    fail(reader, "%s%s is not a number of things", where, key);
    return 0;
}

static uint64_t get_number(struct reader *reader, const json_t *object, const char *key,
                           const char *where)
{
    return number(reader, get(reader, object, key, where), key, where);
}

static void get_text(struct reader *reader, const json_t *object, const char *key, const char *where,
                     char *out, size_t size)
{
    const json_t *value = get(reader, object, key, where);
    if (value && !json_is_string(value))
        fail(reader, "%s%s is not text", where, key);
    snprintf(out, size, "%s", json_is_string(value) ? json_string_value(value) : "");
    record_clean_text(out);
}

static void set(void *figures, const struct format_counter *counter, uint64_t value)
{
    memcpy((char *)figures + counter->offset, &value, sizeof value);
}

static enum pool_kind get_kind(struct reader *reader, const json_t *object, const char *where)
{
    const char *name = json_string_value(get(reader, object, "kind", where));
    for (unsigned i = 0; i < ARRAY_LENGTH(format_kinds); i++)
        if (name && strcmp(name, format_kinds[i]) == 0)
            return (enum pool_kind)i;
    fail(reader, "%skind is none of malloc, pool, pbuf, created, static", where);
    return POOL_MALLOC;
}

static void get_pool(struct reader *reader, const json_t *object, unsigned index,
                     struct stats_pool_figures *pool)
{
    char where[32];
    snprintf(where, sizeof where, "pools[%u].", index);
    if (!json_is_object(object)) {
        fail(reader, "pools[%u] is not an object", index);
        return;
    }
    get_text(reader, object, "name", where, pool->name, sizeof pool->name);
    get_text(reader, object, "desc", where, pool->desc, sizeof pool->desc);
    pool->kind = get_kind(reader, object, where);
    pool->size = get_number(reader, object, "size", where);
    pool->usable = get_number(reader, object, "usable", where);
    pool->stride = get_number(reader, object, "stride", where);
    const json_t *count = get(reader, object, "count", where);
    pool->count = json_is_null(count) ? COUNT_UNLIMITED : number(reader, count, "count", where);
    for (unsigned i = 0; i < FORMAT_POOL_COUNTERS; i++)
        set(pool, &format_pool_counters[i],
            get_number(reader, object, format_pool_counters[i].name, where));
    pool->max_at_least = get_number(reader, object, "max_at_least", where);
    pool->shadowed = json_is_true(json_object_get(object, "shadowed"));
}

static void get_pools(struct reader *reader, const json_t *document, struct stats_figures *figures)
{
    const json_t *pools = get(reader, document, "pools", "");
    if (!json_is_array(pools) || json_array_size(pools) > ARRAY_LENGTH(figures->pools)) {
        fail(reader, "pools is not an array of at most %zu", ARRAY_LENGTH(figures->pools));
        return;
    }
    figures->pool_count = (unsigned)json_array_size(pools);
    for (unsigned i = 0; i < figures->pool_count; i++)
        get_pool(reader, json_array_get(pools, i), i, &figures->pools[i]);
}

static void get_process(struct reader *reader, const json_t *document, struct stats_figures *figures)
{
    const json_t *process = get(reader, document, "process", "");
    if (!json_is_object(process)) {
        fail(reader, "process is not an object");
        return;
    }
    for (unsigned i = 0; i < FORMAT_PROCESS_COUNTERS; i++)
        set(figures, &format_process_counters[i],
            get_number(reader, process, format_process_counters[i].name, "process."));
}

// [[largest size of the step, requests, bytes], ...] in ascending order.
static void get_sizes(struct reader *reader, const json_t *document, struct stats_step *steps)
{
    const json_t *sizes = get(reader, document, "sizes", "");
    unsigned next = 0;
    if (!json_is_array(sizes))
        fail(reader, "sizes is not an array");
    for (size_t i = 0; i < json_array_size(sizes) && !reader->failed; i++) {
        const json_t *item = json_array_get(sizes, i);
        char where[32];
        snprintf(where, sizeof where, "sizes[%zu]", i);
        uint64_t end = number(reader, json_array_get(item, 0), "", where);
        unsigned step = size_step(end);
        if (json_array_size(item) != 3 || size_step_end(step) != end || step < next) {
            fail(reader, "%s is no size step with two counts, or out of order", where);
            return;
        }
        steps[step].count = number(reader, json_array_get(item, 1), "[1]", where);
        steps[step].bytes = number(reader, json_array_get(item, 2), "[2]", where);
        next = step + 1;
    }
}

static enum format_state get_state(struct reader *reader, const json_t *document)
{
    const char *name = json_string_value(get(reader, document, "state", ""));
    for (unsigned i = 0; i < ARRAY_LENGTH(format_states); i++)
        if (name && strcmp(name, format_states[i]) == 0)
            return (enum format_state)i;
    fail(reader, "state is none of running, ended, died");
    return FORMAT_DIED;
}

static void get_document(struct reader *reader, const json_t *document, struct record *record)
{
    if (!json_is_object(document)) {
        fail(reader, "not an object");
        return;
    }
    uint64_t schema = get_number(reader, document, "schema", "");
    if (schema != FORMAT_SCHEMA)
        fail(reader, "of schema %" PRIu64 ", and this program knows %d", schema, FORMAT_SCHEMA);
    get_text(reader, document, "program", "", record->program, sizeof record->program);
    get_text(reader, document, "origin", "", record->origin, sizeof record->origin);
    record->process_id = get_number(reader, document, "pid", "");
    record->start = get_number(reader, document, "start", "");
    record->milliseconds = get_number(reader, document, "milliseconds", "");
    record->state = get_state(reader, document);
    record->figures.mem_alignment = get_number(reader, document, "mem_alignment", "");
    get_pools(reader, document, &record->figures);
    get_process(reader, document, &record->figures);
    get_sizes(reader, document, record->steps);
    const char *wrong = reader->failed ? NULL : record_check(record);
    if (wrong)
        fail(reader, "%s", wrong);
}

bool load_json(const char *text, size_t length, struct record *ret_record, char *ret_error,
               size_t error_size, int *ret_column)
{
    json_error_t error;
    json_set_alloc_funcs(allocate, deallocate);
    block_used = 0;
    json_t *document = json_loadb(text, length, JSON_REJECT_DUPLICATES, &error);
    if (!document) {
        *ret_column = error.column;
        snprintf(ret_error, error_size, "%s", error.text);
        record_clean_text(ret_error);
        return false;
    }
    struct reader reader = {.error = ret_error, .error_size = error_size};
    memset(ret_record, 0, sizeof *ret_record);
    *ret_column = 0;
    get_document(&reader, document, ret_record);
    json_decref(document);
    return !reader.failed;
}
