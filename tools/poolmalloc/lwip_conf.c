// SPDX-License-Identifier: MIT
// The entries of an lwippools.h as a pools.conf.
#include <stdlib.h>
#include <string.h>

#include "conf.h"
#include "lwip_pools.h"
#include "text.h"

static bool is_pool_here(const struct lwip_entry *entry)
{
    return entry->kind <= LWIP_MALLOC_MEMPOOL && entry->count != 0;
}

// Text of the header in a comment or a quoted value. A pools.conf is UTF-8 without control characters,
// and has no way to write a quote within quotes.
static void write_text(const char *text, FILE *conf)
{
    const char *end = text + strlen(text);
    for (size_t length; text < end; text += length) {
        uint32_t character;
        length = text_decode(text, end, &character);
        if (length == 0 || *text == '"' || character < 0x20 || (character >= 0x7f && character < 0xa0)) {
            fputc(length == 0 ? '?' : *text == '"' ? '\'' : ' ', conf);
            length = max_u64(length, 1);
        } else {
            fwrite(text, 1, length, conf);
        }
    }
}

static bool is_plain_number(const char *text)
{
    return text[0] && text[strspn(text, "0123456789")] == 0;
}

// Where the pool stands, and what stands there for its numbers.
static void write_origin(const struct lwip_entry *entry, FILE *conf)
{
    fputs("# ", conf);
    write_text(entry->file, conf);
    fprintf(conf, ":%u", entry->line);
    const char *between = ": ";
    if (!is_plain_number(entry->size_text)) {
        fprintf(conf, "%ssize ", between);
        write_text(entry->size_text, conf);
        between = ", ";
    }
    if (!is_plain_number(entry->count_text)) {
        fprintf(conf, "%scount ", between);
        write_text(entry->count_text, conf);
    }
    fputc('\n', conf);
}

static void write_pool(const struct lwip_entry *entry, FILE *conf)
{
    char pool[160];
    static const char *const words[] = {"pool", "pbuf", "malloc"};
    long long size = entry->size, count = entry->count;
    if (entry->kind == LWIP_MALLOC_MEMPOOL)
        snprintf(pool, sizeof pool, "size=%lld", size ? size : 1);
    else if (entry->kind == LWIP_PBUF_MEMPOOL)
        snprintf(pool, sizeof pool, "%s payload=%lld", entry->name, size);
    else
        snprintf(pool, sizeof pool, "%s size=%lld", entry->name, size ? size : 1);
    fprintf(conf, "%-6s %-11s count=%-5lld ", words[entry->kind], pool, count);
    if (entry->desc[0]) {
        fputs("desc=\"", conf);
        write_text(entry->desc, conf);
        fputs("\" ", conf);
    }
    write_origin(entry, conf);
}

static void write_options(const struct lwip_pools *pools, bool malloc_pools, FILE *conf)
{
    fputs("# The pools of ", conf);
    write_text(pools->file, conf);
    fputs(", by poolmalloc import lwip.\n", conf);
    if (malloc_pools)
        fputs("semantics = lwip\n", conf);
    else
        fputs("# There are no malloc pools: lwIP's mem_malloc has a heap then, and here the next malloc.\n",
              conf);
    if (pools->try_bigger != 0)
        fputs("try_bigger = yes          # MEM_USE_POOLS_TRY_BIGGER_POOL\n", conf);
    if (pools->mem_alignment > 0)
        fprintf(conf, "mem_alignment = %-8lld  # MEM_ALIGNMENT\n", (long long)pools->mem_alignment);
    fputc('\n', conf);
}

// ---- What a pools.conf cannot say: found by its own parser, told with the place in the lwippools.h ----

struct complaints {
    const struct lwip_pools *pools;
    unsigned first_line; // of the text, with a pool; each has a line
    FILE *to;
};

static const struct lwip_entry *entry_of_line(const struct complaints *complaints, unsigned line)
{
    for (unsigned i = 0, at = complaints->first_line; i < complaints->pools->count; i++)
        if (is_pool_here(&complaints->pools->entries[i]) && at++ == line)
            return &complaints->pools->entries[i];
    return NULL;
}

static void complain(void *context, const char *message)
{
    const struct complaints *complaints = context;
    unsigned line, column;
    const char *text = strstr(message, ": ");
    const struct lwip_entry *entry = NULL;
    if (strstr(message, "is already declared in line"))
        return; // names_are_unique has said it, with the line of the lwippools.h
    if (sscanf(message, ":%u:%u:", &line, &column) == 2)
        entry = entry_of_line(complaints, line);
    fputs(entry ? entry->file : complaints->pools->file, complaints->to);
    if (entry)
        fprintf(complaints->to, ":%u", entry->line);
    if (entry && entry->column > 0)
        fprintf(complaints->to, ":%u", entry->column);
    fprintf(complaints->to, "%s\n", text ? text : message);
}

static bool is_accepted(const struct complaints *complaints, const struct bytes *text)
{
    static struct conf conf;
    void *context = (void *)(uintptr_t)complaints; // read only
    conf_init(&conf);
    unsigned mistakes = conf_merge(&conf, "", text->data, text->length, false, complain, context);
    return mistakes == 0 && conf_finish(&conf, complain, context) == 0;
}

static bool names_are_unique(const struct lwip_pools *pools, FILE *complaints)
{
    bool unique = true;
    for (unsigned i = 0; i < pools->count; i++) {
        const struct lwip_entry *entry = &pools->entries[i];
        for (unsigned j = 0; entry->name[0] && j < i; j++) {
            if (strcmp(pools->entries[j].name, entry->name) != 0)
                continue;
            fprintf(complaints, "%s:%u:%u: pool '%s' is already declared in line %u\n", entry->file,
                    entry->line, entry->column, entry->name, pools->entries[j].line);
            unique = false;
            break;
        }
    }
    return unique;
}

bool lwip_write_conf(const struct lwip_pools *pools, struct bytes *ret_conf, FILE *complaints)
{
    struct bytes text;
    unsigned written = 0;
    bool malloc_pools = false;
    FILE *conf = open_memstream(&text.data, &text.length);
    struct complaints context = {pools, 1, complaints};
    for (unsigned i = 0; i < pools->count; i++)
        malloc_pools |= pools->entries[i].kind == LWIP_MALLOC_MEMPOOL;
    write_options(pools, malloc_pools, conf);
    fflush(conf);
    for (size_t i = 0; i < text.length; i++)
        context.first_line += text.data[i] == '\n';
    for (unsigned i = 0; i < pools->count; i++) {
        if (!is_pool_here(&pools->entries[i]))
            continue;
        write_pool(&pools->entries[i], conf);
        written++;
    }
    fclose(conf);
    *ret_conf = text;
    if (written == 0)
        fprintf(complaints, "%s: there is no pool in it; if it asks for macros, give them by -D or "
                "-include\n", pools->file);
    bool unique = names_are_unique(pools, complaints);
    return written > 0 && is_accepted(&context, &text) && unique;
}
