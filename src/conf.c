// SPDX-License-Identifier: MIT
// See conf.h. A source is a list of statements: one that starts with a word of `statements`
// declares a pool, any other sets an option. What words and values may be stands in two tables,
// `statements` here and the rows of options.def, which conf_option.c expands. conf_scan.c finds
// the words, conf_value.c judges the values.
#include "conf.h"

#include <string.h>

#include "conf_option.h"

// One source on its way into a configuration.
struct merge {
    struct conf *conf; // whose last source it is
    struct conf_scan scan;
    bool declares_pools; // a pool line was met: the pools of earlier sources are gone
};

static uint8_t current_source(const struct conf *conf)
{
    return (uint8_t)(conf->source_count - 1);
}

// ---- Pools ----

enum pool_key { KEY_SIZE, KEY_COUNT, KEY_DESC, POOL_KEYS };

#define SIZE_VALUES "1 to 1G"
#define PAYLOAD_VALUES "0 to 65535" // lengths of lwIP's pbufs have 16 bits; its PBUF_REF pool has 0
#define COUNT_VALUES "1 to 4294967294"

static const struct statement {
    const char *word;
    enum pool_kind kind;
    struct {
        const char *name; // NULL: not a key of this statement
        const char *values;
    } keys[POOL_KEYS];
} statements[] = {
    {"malloc",
     POOL_MALLOC,
     {[KEY_SIZE] = {"size", SIZE_VALUES}, [KEY_COUNT] = {"count", COUNT_VALUES " | unlimited"}}},
    {"pool",
     POOL_NAMED,
     {[KEY_SIZE] = {"size", SIZE_VALUES},
      [KEY_COUNT] = {"count", COUNT_VALUES " | unlimited"},
      [KEY_DESC] = {"desc", ""}}},
    {"pbuf",
     POOL_PBUF,
     {[KEY_SIZE] = {"payload", PAYLOAD_VALUES},
      [KEY_COUNT] = {"count", COUNT_VALUES},
      [KEY_DESC] = {"desc", ""}}},
};

// Which key of the statement a word is; POOL_KEYS after reporting that it is none.
static enum pool_key pool_key(struct conf_scan *scan, const struct statement *statement,
                              struct conf_word word)
{
    for (int key = 0; key < POOL_KEYS; key++)
        if (statement->keys[key].name && conf_scan_equals(word, statement->keys[key].name))
            return (enum pool_key)key;

    if (conf_scan_peek(scan) != '=') {
        conf_scan_mistake(scan, word.text, "unexpected '%.*s'", SHOW_WORD(word));
        return POOL_KEYS;
    }
    struct conf_nearest nearest = conf_value_nearest(word);
    for (int key = 0; key < POOL_KEYS; key++)
        if (statement->keys[key].name)
            conf_value_offer(&nearest, statement->keys[key].name);
    conf_value_unknown(scan, "pool key", &nearest);
    return POOL_KEYS;
}

static void pool_set(struct conf_scan *scan, enum pool_key key, const struct conf_entry *entry,
                     struct conf_named *named)
{
    struct conf_pool *pool = &named->pool;
    if (key == KEY_DESC) {
        conf_value_text(scan, entry, named->desc, sizeof named->desc);
        return;
    }
    struct conf_match match;
    if (!conf_value_match(scan, entry, &match))
        return;
    if (key == KEY_SIZE)
        pool->size = match.number;
    else
        pool->count = match.alternative == 0 ? match.number : COUNT_UNLIMITED;
}

// Reads the `key = value` pairs of a pool line.
static void pool_read_keys(struct conf_scan *scan, const struct statement *statement,
                           struct conf_named *named)
{
    bool given[POOL_KEYS] = {false};
    struct conf_word word, value;

    while (conf_scan_key(scan, &word)) {
        enum pool_key key = pool_key(scan, statement, word);
        if (key == POOL_KEYS) {
            if (conf_scan_peek(scan) == '=')
                conf_scan_value(scan, word, &value);
            continue;
        }
        if (given[key])
            conf_scan_mistake(scan, word.text, "%.*s: given twice", SHOW_WORD(word));
        given[key] = true;
        if (conf_scan_value(scan, word, &value)) {
            const struct conf_entry entry = {.key = statement->keys[key].name,
                                             .values = statement->keys[key].values,
                                             .value = value};
            pool_set(scan, key, &entry, named);
        }
    }
    for (int key = KEY_SIZE; key <= KEY_COUNT; key++) {
        if (!given[key])
            conf_scan_mistake(scan, scan->stop, "%s: missing", statement->keys[key].name);
    }
}

// Reads the name of a pool. It stays empty when there is none or it is bad.
static void pool_read_name(struct merge *merge, struct conf_named *named)
{
    struct conf_scan *scan = &merge->scan;
    struct conf_word word;
    bool found = conf_scan_key(scan, &word);

    if (!found || conf_scan_peek(scan) == '=') {
        if (found)
            scan->at = word.text; // a key already, to be read as such
        conf_scan_mistake(scan, scan->at, "name missing");
        return;
    }
    if (!conf_value_name(scan, word, named->name, sizeof named->name))
        return;
    for (unsigned i = 0; i < merge->conf->named_pool_count; i++) {
        const struct conf_named *other = &merge->conf->named_pools[i];
        if (strcmp(other->name, named->name) == 0)
            conf_scan_mistake(scan, word.text, "pool '%s' is already declared in line %u",
                              named->name, other->pool.line);
    }
}

// Before a pool line is read: the first of a source makes the pools of earlier sources go.
static void pool_replace_earlier(struct merge *merge)
{
    if (merge->declares_pools)
        return;
    merge->declares_pools = true;
    merge->conf->pool_source = current_source(merge->conf);
    merge->conf->malloc_pool_count = 0;
    merge->conf->named_pool_count = 0;
}

static void pool_keep(struct merge *merge, const struct conf_named *named, struct conf_word word)
{
    struct conf *conf = merge->conf;
    bool is_named = named->pool.kind != POOL_MALLOC;
    unsigned *count = is_named ? &conf->named_pool_count : &conf->malloc_pool_count;
    unsigned limit = is_named ? NAMED_POOLS_MAX : MALLOC_POOLS_MAX;

    if (*count == limit)
        conf_scan_mistake(&merge->scan, word.text, "more than %u %s pools", limit,
                          is_named ? "named" : "malloc");
    else if (is_named)
        conf->named_pools[(*count)++] = *named;
    else
        conf->malloc_pools[(*count)++] = named->pool;
}

// The statement behind its first word. A pool with mistakes is kept all the same, so that later
// lines are checked against it.
static void pool_statement(struct merge *merge, const struct statement *statement,
                           struct conf_word word)
{
    struct conf_named named = {.pool = {
        .line = merge->scan.line,
        .source = current_source(merge->conf),
        .kind = (uint8_t)statement->kind,
    }};
    pool_replace_earlier(merge);
    if (statement->kind != POOL_MALLOC)
        pool_read_name(merge, &named);
    pool_read_keys(&merge->scan, statement, &named);
    pool_keep(merge, &named, word);
}

// ---- Sources ----

// The statement behind its first word, the name of an option.
static void option_statement(struct merge *merge, enum conf_option option, struct conf_word word)
{
    struct conf_scan *scan = &merge->scan;
    struct conf_word value;
    if (!conf_scan_value(scan, word, &value))
        return;
    conf_option_set(merge->conf, scan, option, value);
    if (conf_scan_peek(scan) != 0)
        conf_scan_mistake(scan, scan->at,
                          "unexpected text after the value (one with blanks needs quotes)");
}

static void unknown_statement(struct conf_scan *scan, struct conf_word word)
{
    struct conf_nearest nearest = conf_value_nearest(word);
    for (int option = 0; option < OPTION_COUNT; option++)
        conf_value_offer(&nearest, conf_rows[option].name);
    for (size_t i = 0; i < ARRAY_LENGTH(statements); i++)
        conf_value_offer(&nearest, statements[i].word);
    conf_value_unknown(scan, conf_scan_peek(scan) == '=' ? "option" : "statement", &nearest);
}

static void merge_statement(struct merge *merge)
{
    struct conf_scan *scan = &merge->scan;
    struct conf_word word;
    char first = conf_scan_peek(scan);
    if (first == '=' || first == '"') {
        conf_scan_mistake(scan, scan->at, "unexpected '%c'", first);
        return;
    }
    conf_scan_key(scan, &word);
    for (size_t i = 0; i < ARRAY_LENGTH(statements); i++) {
        if (conf_scan_equals(word, statements[i].word)) {
            pool_statement(merge, &statements[i], word);
            return;
        }
    }
    for (int option = 0; option < OPTION_COUNT; option++) {
        if (conf_scan_equals(word, conf_rows[option].name)) {
            option_statement(merge, (enum conf_option)option, word);
            return;
        }
    }
    unknown_statement(scan, word);
}

unsigned conf_merge(struct conf *conf, const char *name, const char *text, size_t length,
                    bool inline_text, conf_report *report, void *context)
{
    struct merge merge = {.conf = conf};
    conf_scan_init(&merge.scan, name, text, length);
    merge.scan.inline_text = inline_text;
    merge.scan.report = report;
    merge.scan.context = context;

    if (conf->source_count == CONF_SOURCES_MAX) {
        conf_scan_mistake(&merge.scan, text, "more than %d sources", CONF_SOURCES_MAX);
        return merge.scan.mistakes;
    }
    conf->sources[conf->source_count++] = name;
    while (conf_scan_statement(&merge.scan))
        merge_statement(&merge);
    return merge.scan.mistakes;
}

void conf_init(struct conf *conf)
{
    static const char pools[] = "malloc size=256 count=50\n"
                                "malloc size=512 count=50\n"
                                "malloc size=1512 count=50\n";
    conf->source_count = 0;
    conf_merge(conf, "built-in defaults", pools, sizeof pools - 1, false, NULL, NULL);

    struct conf_scan silent = {.report = NULL};
    for (int option = 0; option < OPTION_COUNT; option++) {
        const char *initial = conf_rows[option].initial;
        struct conf_word value = {initial, strlen(initial)};
        conf_option_set(conf, &silent, (enum conf_option)option, value);
    }
}

static void check_pool(struct conf_scan *scan, const struct conf *conf, const struct conf_pool *pool)
{
    uint64_t stride = conf_stride(conf, pool->size);
    if (pool->count == COUNT_UNLIMITED || stride == 0 ||
        pool->count <= CONF_POOL_BYTES_MAX / stride)
        return;
    scan->name = conf->sources[pool->source];
    scan->line = pool->line;
    conf_scan_mistake(scan, scan->line_start,
                      "%llu chunks of %llu bytes are more than the %lluG a pool may have",
                      (unsigned long long)pool->count, (unsigned long long)stride,
                      (unsigned long long)CONF_POOL_BYTES_MAX >> 30);
}

unsigned conf_finish(struct conf *conf, conf_report *report, void *context)
{
    struct conf_scan scan = {.report = report, .context = context};
    for (unsigned i = 0; i < conf->malloc_pool_count; i++)
        check_pool(&scan, conf, &conf->malloc_pools[i]);
    for (unsigned i = 0; i < conf->named_pool_count; i++)
        check_pool(&scan, conf, &conf->named_pools[i].pool);
    return scan.mistakes;
}
