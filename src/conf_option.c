// SPDX-License-Identifier: MIT
// The options of pools.conf: options.def turned into a table of rows, and of how the field of each
// in struct conf is set and shown, which its type decides.
#include "conf_option.h"

#include <string.h>

const struct conf_row conf_rows[OPTION_COUNT] = {
#define OPTION(name, type, initial, values, help) {#name, #type, initial, values, help},
#include "options.def"
#undef OPTION
};

// ---- For each type of options.def: set_TYPE and show_TYPE ----

static bool set_choice(struct conf_scan *scan, const struct conf_entry *entry, void *field)
{
    struct conf_match match;
    if (!conf_value_match(scan, entry, &match))
        return false;
    *(conf_choice *)field = match.alternative;
    return true;
}

static void show_choice(struct text *out, const char *values, const void *field)
{
    struct conf_word word = conf_value_alternative(values, *(const conf_choice *)field);
    text_add_bytes(out, word.text, word.length);
}

static bool set_bool(struct conf_scan *scan, const struct conf_entry *entry, void *field)
{
    struct conf_match match;
    if (!conf_value_match(scan, entry, &match))
        return false;
    *(conf_bool *)field = match.alternative == 0;
    return true;
}

static void show_bool(struct text *out, const char *values, const void *field)
{
    (void)values;
    text_add(out, *(const conf_bool *)field ? "yes" : "no");
}

static bool set_size(struct conf_scan *scan, const struct conf_entry *entry, void *field)
{
    struct conf_match match;
    if (!conf_value_match(scan, entry, &match))
        return false;
    *(conf_size *)field = match.number;
    return true;
}

static void show_size(struct text *out, const char *values, const void *field)
{
    (void)values;
    text_addf(out, "%llu", (unsigned long long)*(const conf_size *)field);
}

static bool set_alignment(struct conf_scan *scan, const struct conf_entry *entry, void *field)
{
    struct conf_match match;
    if (!conf_value_match(scan, entry, &match))
        return false;
    if (!is_power_of_two(match.number)) {
        conf_scan_mistake(scan, entry->value.text, "%s: %.*s is not a power of two", entry->key,
                          SHOW_WORD(entry->value));
        return false;
    }
    *(conf_alignment *)field = match.number;
    return true;
}

static void show_alignment(struct text *out, const char *values, const void *field)
{
    show_size(out, values, field);
}

enum { CACHE_AUTO, CACHE_OFF, CACHE_CHUNKS }; // the alternatives of a cache option, in order

static bool set_cache(struct conf_scan *scan, const struct conf_entry *entry, void *field)
{
    struct conf_match match;
    if (!conf_value_match(scan, entry, &match))
        return false;
    *(conf_cache *)field = match.alternative == CACHE_AUTO  ? THREAD_CACHE_AUTO
                           : match.alternative == CACHE_OFF ? THREAD_CACHE_OFF
                                                            : (conf_cache)match.number;
    return true;
}

static void show_cache(struct text *out, const char *values, const void *field)
{
    conf_cache chunks = *(const conf_cache *)field;
    if (chunks != THREAD_CACHE_AUTO && chunks != THREAD_CACHE_OFF) {
        text_addf(out, "%u", chunks);
        return;
    }
    conf_choice alternative = chunks == THREAD_CACHE_AUTO ? CACHE_AUTO : CACHE_OFF;
    show_choice(out, values, &alternative);
}

static bool set_text(struct conf_scan *scan, const struct conf_entry *entry, void *field)
{
    return conf_value_text(scan, entry, ((struct conf_string *)field)->text, CONF_STRING_MAX);
}

static void show_text(struct text *out, const char *values, const void *field)
{
    (void)values;
    const char *string = ((const struct conf_string *)field)->text;
    bool bare = string[0] != '\0';
    for (const char *p = string; *p != '\0'; p++)
        bare = bare && *p != ' ' && *p != '\t' && *p != '#' && *p != ';';
    text_addf(out, bare ? "%s" : "\"%s\"", string);
}

static bool set_list(struct conf_scan *scan, const struct conf_entry *entry, void *field)
{
    return conf_value_list(scan, entry, ((struct conf_string *)field)->text, CONF_STRING_MAX);
}

static void show_list(struct text *out, const char *values, const void *field)
{
    show_text(out, values, field);
}

// ---- The table ----

static const struct {
    size_t offset; // in struct conf
    bool (*set)(struct conf_scan *scan, const struct conf_entry *entry, void *field);
    void (*show)(struct text *out, const char *values, const void *field);
} fields[OPTION_COUNT] = {
#define OPTION(name, type, ...) {offsetof(struct conf, name), set_##type, show_##type},
#include "options.def"
#undef OPTION
};

void conf_option_text(const struct conf *conf, enum conf_option option, char *out, size_t size)
{
    struct text text;
    text_init(&text, out, size);
    const void *field = (const char *)conf + fields[option].offset;
    fields[option].show(&text, conf_rows[option].values, field);
}

// What `semantics` also sets: to these under lwip, to the defaults under host.
static const struct {
    enum conf_option option;
    const char *lwip;
} implied[] = {
    {OPTION_on_empty, "fail"},
    {OPTION_on_oversize, "fail"},
    {OPTION_try_bigger, "no"},
};

static const char *implied_value(const struct conf *conf, size_t i)
{
    return conf->semantics == SEMANTICS_LWIP ? implied[i].lwip : conf_rows[implied[i].option].initial;
}

static void set_implied(struct conf *conf, struct conf_scan *scan)
{
    for (size_t i = 0; i < ARRAY_LENGTH(implied); i++) {
        const char *value = implied_value(conf, i);
        conf_option_set(conf, scan, implied[i].option, (struct conf_word){value, strlen(value)});
    }
}

bool conf_option_is_implied(const struct conf *conf, enum conf_option option)
{
    if (conf->option_source[option] != conf->option_source[OPTION_semantics])
        return false;
    char value[CONF_STRING_MAX];
    conf_option_text(conf, option, value, sizeof value);
    for (size_t i = 0; i < ARRAY_LENGTH(implied); i++)
        if (implied[i].option == option)
            return strcmp(value, implied_value(conf, i)) == 0;
    return false;
}

void conf_option_set(struct conf *conf, struct conf_scan *scan, enum conf_option option,
                     struct conf_word value)
{
    const struct conf_row *row = &conf_rows[option];
    const struct conf_entry entry = {.key = row->name, .values = row->values, .value = value};

    if (value.length == 0 && row->initial[0] != '\0') {
        conf_scan_mistake(scan, value.text, "%s: must not be empty", row->name);
        return;
    }
    if (!fields[option].set(scan, &entry, (char *)conf + fields[option].offset))
        return;
    conf->option_source[option] = (uint8_t)(conf->source_count - 1);
    if (option == OPTION_semantics)
        set_implied(conf, scan);
}
