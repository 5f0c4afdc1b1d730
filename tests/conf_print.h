// SPDX-License-Identifier: MIT
// What one source changed in a configuration, written as pools.conf: one line for each option it
// set and, if it declared the pools, for each pool. Read again, that gives the same.
#ifndef CONF_PRINT_H
#define CONF_PRINT_H

#include "conf.h"
#include "text.h"

static inline void conf_print_pool(struct text *out, const struct conf_pool *pool, const char *name,
                                   const char *desc)
{
    static const char *const words[] = {"malloc", "pool", "pbuf"};
    text_addf(out, "%s%s%s %s=%llu", words[pool->kind], name[0] != '\0' ? " " : "", name,
              pool->kind == POOL_PBUF ? "payload" : "size", (unsigned long long)pool->size);
    if (pool->count == COUNT_UNLIMITED)
        text_add(out, " count=unlimited");
    else
        text_addf(out, " count=%llu", (unsigned long long)pool->count);
    if (desc[0] != '\0')
        text_addf(out, " desc=\"%s\"", desc);
    text_add(out, "\n");
}

static inline void conf_print(struct text *out, const struct conf *conf, unsigned source)
{
    for (int option = 0; option < OPTION_COUNT; option++) {
        char value[CONF_STRING_MAX + 2];
        conf_option_text(conf, (enum conf_option)option, value, sizeof value);
        if (conf->option_source[option] == source)
            text_addf(out, "%s = %s\n", conf_rows[option].name, value);
    }
    if (conf->pool_source != source)
        return;
    for (unsigned i = 0; i < conf->malloc_pool_count; i++)
        conf_print_pool(out, &conf->malloc_pools[i], "", "");
    for (unsigned i = 0; i < conf->named_pool_count; i++) {
        const struct conf_named *named = &conf->named_pools[i];
        conf_print_pool(out, &named->pool, named->name, named->desc);
    }
}

#endif
