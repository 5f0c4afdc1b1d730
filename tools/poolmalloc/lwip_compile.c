// SPDX-License-Identifier: MIT
// An lwippools.h as lwIP itself compiles it: the inclusions of memp.h, memp_priv.h and memp.c one after
// the other. What no rule of lwip_check knows, the compiler finds here: a ';', a definition that
// cannot stand twice, an include guard.
#include <stdlib.h>
#include <string.h>

#include "lwip_scan.h"

// One inclusion: what LWIP_MEMPOOL, START, LWIP_MALLOC_MEMPOOL and END become, and the text around.
struct inclusion {
    const char *ahead, *pool, *start, *malloc_pool, *end, *behind;
};

#define AS_POOL "LWIP_MEMPOOL(POOL_##size, num, (size + 8), \"MALLOC_\" #size)"

// The names are others than lwIP's, which the user's headers may have declared already.
static const struct inclusion
    nothing = {"", "", "", AS_POOL, "", ""},
    numbers = {"enum {\n", "IMPORT_##name,", "", AS_POOL, "", "IMPORT_MAX\n};\n"},
    first = {"enum { IMPORT_FIRST = ((unsigned char)\n", "", "1", "* IMPORT_POOL_##size + 0", "", ") };\n"},
    last = {"enum { IMPORT_LAST = ((unsigned char)\n", "", "", "0 + IMPORT_POOL_##size *", "1", ") };\n"},
    storage = {"", "static unsigned short import_##name = (unsigned short)((num) * (size));", "", AS_POOL,
               "", ""},
    table = {"const void *const import_pools[] = {\n", "&import_##name,", "", AS_POOL, "", "0 };\n"};

static void include(const struct inclusion *how, const char *file, FILE *to)
{
    fprintf(to, "#define LWIP_MEMPOOL(name, num, size, desc) %s\n", how->pool);
    fputs("#define LWIP_PBUF_MEMPOOL(name, num, payload, desc) "
          "LWIP_MEMPOOL(name, num, (payload + 24), desc)\n", to);
    fprintf(to, "#define LWIP_MALLOC_MEMPOOL_START %s\n", how->start);
    fprintf(to, "#define LWIP_MALLOC_MEMPOOL(num, size) %s\n", how->malloc_pool);
    fprintf(to, "#define LWIP_MALLOC_MEMPOOL_END %s\n", how->end);
    fprintf(to, "%s#include \"%s\"\n#line 1 \"<lwIP>\"\n%s", how->ahead, file, how->behind);
    for (int kind = 0; kind < LWIP_MACROS; kind++)
        fprintf(to, "#undef %s\n", lwip_macros[kind]);
}

static bool compiles(const char *source, const struct compiler *compiler, struct bytes *ret_messages)
{
    struct bytes object;
    bool compiled = compiler_run(compiler, source, &object, ret_messages);
    free(object.data);
    return compiled;
}

// As memp.h, memp_priv.h and memp.c have it.
static bool compiles_in_lwip(const struct lwip_pools *pools, const struct compiler *compiler,
                             struct bytes *ret_messages)
{
    struct bytes source;
    FILE *to = open_memstream(&source.data, &source.length);
    bool malloc_pools = false;
    for (unsigned i = 0; i < pools->count; i++)
        malloc_pools |= pools->entries[i].kind >= LWIP_MALLOC_MEMPOOL;
    lwip_write_prelude(to);
    include(&nothing, pools->file, to);
    include(&numbers, pools->file, to);
    if (malloc_pools) { // without them lwIP's MEM_USE_POOLS is 0
        include(&first, pools->file, to);
        include(&last, pools->file, to);
    }
    include(&storage, pools->file, to);
    include(&table, pools->file, to);
    fputs("typedef char import_has_pools[IMPORT_MAX > 0 ? 1 : -1];\n", to);
    fclose(to);
    bool compiled = compiles(source.data, compiler, ret_messages);
    free(source.data);
    return compiled;
}

static bool is_empty_the_second_time(const char *file, const struct compiler *compiler)
{
    struct bytes source, messages;
    FILE *to = open_memstream(&source.data, &source.length);
    lwip_write_prelude(to);
    include(&nothing, file, to);
    include(&numbers, file, to);
    fputs("typedef char import_is_empty[IMPORT_MAX == 0 ? 1 : -1];\n", to);
    fclose(to);
    bool empty = compiles(source.data, compiler, &messages);
    free(source.data);
    free(messages.data);
    return empty;
}

static void warn_of_guard(const char *file, FILE *warnings)
{
    struct bytes text;
    struct lwip_scan scan = {NULL, 0, 0};
    if (bytes_read_file(file, &text)) {
        lwip_scan(text.data, text.length, &scan);
        free(text.data);
        free(scan.uses);
    }
    fprintf(warnings, "%s:%u: warning: an include guard: lwIP includes this file several times, and "
            "would find it empty but for the first\n", file, scan.first_directive);
}

// Where something was warned of, errors at entries are its consequences.
static bool is_at_entry(const struct lwip_pools *pools, const struct compiler_error *error)
{
    for (unsigned i = 0; i < pools->count; i++) {
        const struct lwip_entry *entry = &pools->entries[i];
        if (entry->line <= error->line && error->line <= entry->last_line
            && strcmp(entry->file, error->file) == 0)
            return true;
    }
    return false;
}

// One error a line: the others are mostly consequences.
struct passing {
    const struct lwip_pools *pools;
    FILE *warnings;
    bool warned; // already, of any entry
    unsigned passed, last_line;
};

static void pass_on(void *context, const struct compiler_error *error)
{
    struct passing *passing = context;
    if (!error->file || error->line == passing->last_line
        || (passing->warned && is_at_entry(passing->pools, error)))
        return;
    passing->last_line = error->line;
    passing->passed++;
    fprintf(passing->warnings, "%s:%u:%u: warning: lwIP would not compile this: %s\n", error->file,
            error->line, error->column, error->text);
}

void lwip_check_by_compiler(const struct lwip_pools *pools, const struct compiler *compiler,
                            FILE *warnings)
{
    struct bytes messages;
    struct passing passing = {.pools = pools, .warnings = warnings};
    if (pools->count == 0)
        return;
    for (unsigned i = 0; i < pools->count; i++)
        passing.warned |= pools->entries[i].warned;
    if (!compiles_in_lwip(pools, compiler, &messages)) {
        bool guarded = is_empty_the_second_time(pools->file, compiler);
        if (guarded)
            warn_of_guard(pools->file, warnings);
        else
            compiler_errors(messages.data, pass_on, &passing);
        if (!guarded && passing.passed == 0 && !passing.warned)
            fprintf(warnings, "%s: warning: lwIP would not compile this file\n", pools->file);
    }
    free(messages.data);
}
