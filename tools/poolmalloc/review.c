// SPDX-License-Identifier: MIT
#include "review.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "format.h"
#include "pools_named.h"
#include "table.h"
#include "term.h"

struct warning {
    const struct conf *conf;
    conf_report *warn;
    void *context;
};

static void PRINTF(3, 4)
    warn(const struct warning *warning, const struct conf_pool *pool, const char *format, ...)
{
    char text[512], line[640];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    const struct conf *conf = warning->conf;
    if (pool)
        snprintf(line, sizeof line, "%s:%u: warning: %s", conf->sources[pool->source], pool->line, text);
    else
        snprintf(line, sizeof line, "%s: warning: %s", conf->sources[conf->source_count - 1], text);
    warning->warn(warning->context, line);
}

// From one chunk to the next.
static uint64_t stride_of(const struct conf *conf, const struct conf_pool *pool)
{
    uint64_t header = pool->kind == POOL_PBUF ? conf_usable(conf, PBUF_HEADER_BYTES) : 0;
    return conf_stride(conf, pool->size + header);
}

// Of all chunks; 0 where their number has no limit.
static uint64_t bytes_of(const struct conf *conf, const struct conf_pool *pool)
{
    return pool->count == COUNT_UNLIMITED ? 0 : stride_of(conf, pool) * pool->count;
}

// The sizes that come to each pool first: those above all earlier pools'.
static void find_sizes(const struct warning *warning, struct review *review)
{
    const struct conf *conf = warning->conf;
    uint64_t largest = 0;
    unsigned by = 0;
    for (unsigned i = 0; i < conf->malloc_pool_count; i++) {
        const struct conf_pool *pool = &conf->malloc_pools[i];
        uint64_t usable = conf_usable(conf, pool->size);
        review->pools[i].first = i > 0 ? largest + 1 : 0;
        review->pools[i].last = usable;
        review->pools[i].shadowed_by = by;
        if (i > 0 && usable <= largest)
            warn(warning, pool, "the pool of %llu bytes %s: the one of %llu in line %u takes all of its "
                 "sizes, and order decides", (unsigned long long)pool->size,
                 conf->try_bigger ? "gets only what earlier ones spill" : "never gets a request",
                 (unsigned long long)conf->malloc_pools[by].size, conf->malloc_pools[by].line);
        else
            by = i;
        largest = max_u64(largest, usable);
    }
    if (conf->malloc_pool_count == 0)
        warn(warning, NULL, "there is no malloc pool: every request of malloc is oversize");
}

// What the child process finds out.
struct trial {
    bool done;
    const char *problem; // points into the same program
    uint64_t slice_bytes;
};

// Sets the pools up as the library would, but touches no memory of theirs.
static void try_memory(const struct conf *conf, struct trial *trial)
{
    static struct stats_pool stats[MALLOC_POOLS_MAX];
    static struct conf copy;
    copy = *conf;
    copy.prefault = copy.lock_memory = false;
    if (pools_init(&copy, stats, &trial->problem)) {
        trial->problem = NULL;
        trial->slice_bytes = 1ULL << pools.shift;
    }
    trial->done = true;
}

static void find_memory(const struct conf *conf, struct review *review)
{
    struct trial *trial = mmap(NULL, sizeof *trial, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
                               -1, 0);
    int status;
    review->problem = "the memory could not be tried: no process could be started";
    if (trial == MAP_FAILED)
        return;
    pid_t child = fork();
    if (child == 0) {
        try_memory(conf, trial);
        _exit(0);
    }
    if (child > 0 && waitpid(child, &status, 0) == child && trial->done) {
        review->problem = trial->problem;
        review->slice_bytes = conf->malloc_pool_count > 0 ? trial->slice_bytes : 0;
        review->address_bytes = review->slice_bytes * conf->malloc_pool_count;
    }
    munmap(trial, sizeof *trial);
}

static void warn_of_memory(const struct warning *warning, const struct review *review)
{
    uint64_t machine = (uint64_t)sysconf(_SC_PHYS_PAGES) * (uint64_t)sysconf(_SC_PAGESIZE);
    struct rlimit lock;
    if (review->finite_bytes > machine)
        warn(warning, NULL, "the pools have %s of memory, and this machine has %s",
             table_bytes((double)review->finite_bytes), table_bytes((double)machine));
    if (warning->conf->lock_memory && getrlimit(RLIMIT_MEMLOCK, &lock) == 0
        && lock.rlim_cur < review->finite_bytes)
        warn(warning, NULL, "lock_memory: the pools have %s, and the limit on locked memory (ulimit -l) "
             "is %s", table_bytes((double)review->finite_bytes), table_bytes((double)lock.rlim_cur));
    for (unsigned i = 0; i < warning->conf->malloc_pool_count && !review->problem; i++) {
        const struct conf_pool *pool = &warning->conf->malloc_pools[i];
        if (pool->count != COUNT_UNLIMITED || review->slice_bytes >= 1ULL << 30)
            continue;
        warn(warning, pool, "under the limit on address space (ulimit -v), an unlimited pool can grow to "
             "%s only", table_bytes((double)review->slice_bytes));
        break; // they are all the same
    }
}

void review_conf(const struct conf *conf, struct review *ret_review, conf_report *report, void *context)
{
    struct warning warning = {conf, report, context};
    memset(ret_review, 0, sizeof *ret_review);
    find_sizes(&warning, ret_review);
    for (unsigned i = 0; i < conf->malloc_pool_count; i++)
        ret_review->finite_bytes += bytes_of(conf, &conf->malloc_pools[i]);
    for (unsigned i = 0; i < conf->named_pool_count; i++)
        ret_review->finite_bytes += bytes_of(conf, &conf->named_pools[i].pool);
    find_memory(conf, ret_review);
    warn_of_memory(&warning, ret_review);
}

// ---- The table ----

// Columns that all pools have.
static void print_rest(struct table *table, enum table_style style, const struct conf *conf,
                       const struct conf_pool *pool)
{
    table_cell(table, 2, style, "%llu", (unsigned long long)stride_of(conf, pool));
    if (pool->count == COUNT_UNLIMITED) {
        table_cell(table, 3, style, "unlimited");
        table_cell(table, 4, style, "grows");
    } else {
        table_cell(table, 3, style, "%llu", (unsigned long long)pool->count);
        table_cell(table, 4, style, "%s", table_bytes((double)bytes_of(conf, pool)));
    }
}

static void print_pool(struct table *table, const struct conf *conf, const struct review *review,
                       unsigned i)
{
    const struct conf_pool *pool = &conf->malloc_pools[i];
    bool is_shadowed = review->pools[i].first > review->pools[i].last;
    enum table_style style = is_shadowed ? TABLE_WEAK : TABLE_PLAIN;
    table_row(table);
    table_cell(table, 0, style, "MALLOC_%llu", (unsigned long long)pool->size);
    if (is_shadowed)
        table_cell(table, 1, style, "none");
    else
        table_cell(table, 1, style, "%llu-%llu", (unsigned long long)review->pools[i].first,
                   (unsigned long long)review->pools[i].last);
    print_rest(table, style, conf, pool);
}

static void print_named(struct table *table, const struct conf *conf, const struct conf_named *named)
{
    const struct conf_pool *pool = &named->pool;
    table_row(table);
    table_cell(table, 0, TABLE_PLAIN, "%s", named->name);
    table_cell(table, 1, TABLE_PLAIN, pool->kind == POOL_PBUF ? "pm_pbuf_alloc" : "pm_alloc");
    print_rest(table, TABLE_PLAIN, conf, pool);
}

// The options that the last source set.
static void print_options(const struct conf *conf)
{
    for (unsigned option = 0; option < OPTION_COUNT; option++) {
        char value[CONF_STRING_MAX + 2];
        if (conf->option_source[option] != conf->source_count - 1)
            continue;
        conf_option_text(conf, (enum conf_option)option, value, sizeof value);
        printf("  %s = %s\n", conf_rows[option].name, value);
    }
}

void review_print(const struct conf *conf, const struct review *review)
{
    static const char *const headings[] = {"<POOL", "REQUESTS OF", "STRIDE", "COUNT", "MEMORY", NULL};
    printf("%s%s%s: %u malloc pool%s, %u named; %s%s%s\n",
           term_style(stdout, TERM_STRONG), conf->sources[conf->source_count - 1],
           term_style(stdout, TERM_PLAIN), conf->malloc_pool_count,
           conf->malloc_pool_count == 1 ? "" : "s", conf->named_pool_count,
           review->finite_bytes > 0 ? table_bytes((double)review->finite_bytes) : "memory",
           review->finite_bytes > 0 ? " of memory" : " as needed",
           conf->pool_source == conf->source_count - 1 ? "" : " (built-in pools)");
    struct table *table = table_new(headings);
    for (unsigned i = 0; i < conf->malloc_pool_count; i++)
        print_pool(table, conf, review, i);
    for (unsigned i = 0; i < conf->named_pool_count; i++)
        print_named(table, conf, &conf->named_pools[i]);
    table_print(table);
    print_options(conf);
}

// ---- JSON ----

static json_t *pool_to_json(const struct conf *conf, const struct conf_pool *pool, const char *name)
{
    bool is_finite = pool->count != COUNT_UNLIMITED;
    return json_pack("{s:s, s:s, s:I, s:I, s:I, s:o, s:o}",
                     "name", name,
                     "kind", format_kinds[pool->kind],
                     "line", (json_int_t)pool->line,
                     "size", (json_int_t)pool->size,
                     "stride", (json_int_t)stride_of(conf, pool),
                     "count", is_finite ? json_integer((json_int_t)pool->count) : json_null(),
                     "bytes", is_finite ? json_integer((json_int_t)bytes_of(conf, pool)) : json_null());
}

void review_to_json(const struct conf *conf, const struct review *review, json_t *into)
{
    json_t *list = json_array(), *options = json_object();
    for (unsigned i = 0; i < conf->malloc_pool_count; i++) {
        bool is_shadowed = review->pools[i].first > review->pools[i].last;
        char name[32];
        snprintf(name, sizeof name, "MALLOC_%llu", (unsigned long long)conf->malloc_pools[i].size);
        json_t *pool = pool_to_json(conf, &conf->malloc_pools[i], name);
        json_object_set_new(pool, "from", is_shadowed ? json_null()
                                                      : json_integer((json_int_t)review->pools[i].first));
        json_object_set_new(pool, "to", is_shadowed ? json_null()
                                                    : json_integer((json_int_t)review->pools[i].last));
        json_array_append_new(list, pool);
    }
    for (unsigned i = 0; i < conf->named_pool_count; i++)
        json_array_append_new(list, pool_to_json(conf, &conf->named_pools[i].pool,
                                                 conf->named_pools[i].name));
    for (unsigned option = 0; option < OPTION_COUNT; option++) {
        char value[CONF_STRING_MAX + 2];
        conf_option_text(conf, (enum conf_option)option, value, sizeof value);
        json_object_set_new(options, conf_rows[option].name, json_string(value));
    }
    json_object_set_new(into, "bytes", json_integer((json_int_t)review->finite_bytes));
    json_object_set_new(into, "address_bytes", json_integer((json_int_t)review->address_bytes));
    json_object_set_new(into, "pools", list);
    json_object_set_new(into, "options", options);
}
