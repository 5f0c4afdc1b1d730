// SPDX-License-Identifier: MIT
// The compiler evaluates an lwippools.h: each entry becomes an object of constants, which are found in
// the object file by the bytes that they begin with, so that its format and the target's byte order and
// pointer size don't matter. (CMake's check_type_size reads sizes the same way.)
#include <byteswap.h>
#include <stdlib.h>
#include <string.h>

#include "lwip_scan.h"
#include "verb.h"

#define MARK "\177poolmalloc\001\002\003\004" // and the NUL: 16 bytes
#define MARK_IN_C "\\177poolmalloc\\001\\002\\003\\004"
#define ORDER 0x0102030405060708
#define TEXT(x) TEXT_(x)
#define TEXT_(x) #x

// Numbers first, each of 8 bytes, so that no target puts padding anywhere.
struct record {
    char mark[16];
    uint64_t order, number, kind, line, count, size;
    char name[64], count_text[256], size_text[256], desc[256], file[1024];
};

enum {
    RECORD_END = LWIP_KINDS, // the record of the whole file, to know that the object holds them
    POINTER_BYTES_MAX = 16,
};

static const char before[] =
    "struct poolmalloc_record {\n"
    "    char mark[16]; unsigned long long order, number, kind, line, count, size;\n"
    "    char name[64], count_text[256], size_text[256], desc[256], file[1024];\n"
    "};\n"
    "#define POOLMALLOC_RECORD__(id, kind, count, size, name, count_text, size_text, desc) \\\n"
    "    const struct poolmalloc_record poolmalloc_record_##id = {\"" MARK_IN_C "\", \\\n"
    "        " TEXT(ORDER) ", id, kind, __LINE__, (unsigned long long)(count), \\\n"
    "        (unsigned long long)(size), name, count_text, size_text, desc, __FILE__};\n"
    "#define POOLMALLOC_RECORD_(id, ...) POOLMALLOC_RECORD__(id, __VA_ARGS__)\n"
    "#define POOLMALLOC_RECORD(...) POOLMALLOC_RECORD_(__COUNTER__, __VA_ARGS__)\n"
    "#undef LWIP_MEMPOOL\n#undef LWIP_PBUF_MEMPOOL\n#undef LWIP_MALLOC_MEMPOOL\n"
    "#undef LWIP_MALLOC_MEMPOOL_START\n#undef LWIP_MALLOC_MEMPOOL_END\n"
    "#define LWIP_MEMPOOL(name, num, size, desc) \\\n"
    "    POOLMALLOC_RECORD(0, num, size, #name, #num, #size, desc)\n"
    "#define LWIP_PBUF_MEMPOOL(name, num, payload, desc) \\\n"
    "    POOLMALLOC_RECORD(1, num, payload, #name, #num, #payload, desc)\n"
    "#define LWIP_MALLOC_MEMPOOL(num, size) POOLMALLOC_RECORD(2, num, size, \"\", #num, #size, \"\")\n"
    "#define LWIP_MALLOC_MEMPOOL_START POOLMALLOC_RECORD(3, 0, 0, \"\", \"\", \"\", \"\")\n"
    "#define LWIP_MALLOC_MEMPOOL_END POOLMALLOC_RECORD(4, 0, 0, \"\", \"\", \"\", \"\")\n";

static const char after[] =
    "#ifdef MEM_ALIGNMENT\n"
    "POOLMALLOC_RECORD(5, MEM_ALIGNMENT, 0, \"MEM_ALIGNMENT\", \"\", \"\", \"\")\n"
    "#endif\n"
    "#ifdef MEM_USE_POOLS_TRY_BIGGER_POOL\n"
    "POOLMALLOC_RECORD(5, MEM_USE_POOLS_TRY_BIGGER_POOL, 0, \"try_bigger\", \"\", \"\", \"\")\n"
    "#endif\n"
    "POOLMALLOC_RECORD(6, sizeof(void *), 0, \"\", \"\", \"\", \"\")\n";

_Static_assert(sizeof MARK == 16, "fills its field");
_Static_assert(LWIP_MALLOC_MEMPOOL_END == 4 && LWIP_SETTING == 5 && RECORD_END == 6, "as above");

void lwip_write_prelude(FILE *to)
{
    fputs("#line 1 \"<poolmalloc>\"\n"
          "#ifndef MEM_USE_POOLS\n#define MEM_USE_POOLS 1\n#endif\n"
          "#ifndef MEMP_USE_CUSTOM_POOLS\n#define MEMP_USE_CUSTOM_POOLS 1\n#endif\n",
          to);
}

static void swap_numbers(struct record *record)
{
    if (record->order != bswap_64(ORDER))
        return;
    for (uint64_t *number = &record->order; number <= &record->size; number++)
        *number = bswap_64(*number);
}

static void copy_text(char *to, const char *from, size_t size)
{
    memcpy(to, from, size - 1);
    to[size - 1] = 0;
}

static void add_entry(struct lwip_pools *pools, const struct record *record)
{
    pools->entries = realloc(pools->entries, (pools->count + 1) * sizeof *pools->entries);
    struct lwip_entry *entry = &pools->entries[pools->count++];
    memset(entry, 0, sizeof *entry);
    entry->kind = (enum lwip_kind)record->kind;
    entry->count = (int64_t)record->count;
    entry->size = (int64_t)record->size;
    entry->line = entry->last_line = (unsigned)record->line;
    copy_text(entry->name, record->name, sizeof entry->name);
    copy_text(entry->count_text, record->count_text, sizeof entry->count_text);
    copy_text(entry->size_text, record->size_text, sizeof entry->size_text);
    copy_text(entry->desc, record->desc, sizeof entry->desc);
    copy_text(entry->file, record->file, sizeof entry->file);
    if (strncmp(entry->file, "./", 2) == 0 && strncmp(pools->file, "./", 2) != 0) // clang adds it
        memmove(entry->file, entry->file + 2, strlen(entry->file + 2) + 1);
}

static void take_record(struct lwip_pools *pools, const struct record *record)
{
    if (record->kind > RECORD_END || (record->kind == RECORD_END && record->count > POINTER_BYTES_MAX))
        return; // not ours, or damaged
    if (record->kind == RECORD_END)
        pools->pointer_bytes = (int64_t)record->count;
    else if (record->kind != LWIP_SETTING)
        add_entry(pools, record);
    else if (strcmp(record->name, "MEM_ALIGNMENT") == 0)
        pools->mem_alignment = (int64_t)record->count;
    else
        pools->try_bigger = (int64_t)record->count;
}

static int by_number(const void *a, const void *b)
{
    const struct record *left = a, *right = b;
    return left->number < right->number ? -1 : left->number > right->number;
}

void lwip_read_object(const struct bytes *object, struct lwip_pools *pools)
{
    const char *end = object->data + object->length;
    const char *at = object->data;
    struct record *records = NULL;
    unsigned count = 0;
    while ((at = memmem(at, (size_t)(end - at), MARK, sizeof MARK)) != NULL) {
        if ((size_t)(end - at) < sizeof *records)
            break;
        records = realloc(records, (count + 1) * sizeof *records);
        memcpy(&records[count], at, sizeof *records);
        swap_numbers(&records[count]);
        count += records[count].order == ORDER;
        at += sizeof MARK;
    }
    if (count > 0) // compilers emit objects in any order
        qsort(records, count, sizeof *records, by_number);
    for (unsigned i = 0; i < count; i++)
        take_record(pools, &records[i]);
    free(records);
}

static void find_column(struct lwip_entry *entry, struct lwip_scan *scan)
{
    for (unsigned i = 0; i < scan->count; i++) {
        struct lwip_use *use = &scan->uses[i];
        if (use->taken || use->kind != entry->kind || entry->line < use->line
            || entry->line > use->last_line)
            continue;
        use->taken = true;
        entry->line = use->line; // compilers differ in which line of a long entry they name
        entry->column = use->column;
        entry->last_line = use->last_line;
        entry->semicolon_column = use->semicolon_column;
        return;
    }
}

// Entries of files that are included are left with their line.
static void find_columns(struct lwip_pools *pools)
{
    struct bytes text;
    struct lwip_scan scan;
    if (!bytes_read_file(pools->file, &text))
        return;
    lwip_scan(text.data, text.length, &scan);
    for (unsigned i = 0; i < pools->count; i++)
        if (strcmp(pools->entries[i].file, pools->file) == 0)
            find_column(&pools->entries[i], &scan);
    free(scan.uses);
    free(text.data);
}

static void show_error(void *context, const struct compiler_error *error)
{
    unsigned *shown = context;
    ++*shown;
    if (error->file)
        fprintf(stderr, "%s:%u:%u: ", error->file, error->line, error->column);
    fprintf(stderr, "error: %s\n", error->text);
}

// The errors with the user's places; all that the compiler said if there is no error in it.
static void show_messages(struct bytes *messages)
{
    unsigned shown = 0;
    char *all = strdup(messages->data);
    compiler_errors(messages->data, show_error, &shown);
    if (shown == 0)
        fputs(all, stderr);
    free(all);
}

bool lwip_read(const char *file, const struct compiler *compiler, struct lwip_pools *ret_pools)
{
    struct bytes source, object, messages;
    struct lwip_pools pools = {.file = file};
    FILE *to = open_memstream(&source.data, &source.length);
    lwip_write_prelude(to);
    fprintf(to, "%s#include \"%s\"\n%s", before, file, after);
    fclose(to);
    bool compiled = compiler_run(compiler, source.data, &object, &messages);
    free(source.data);
    if (!compiled && messages.data)
        show_messages(&messages);
    free(messages.data);
    if (!compiled)
        return false;
    lwip_read_object(&object, &pools);
    free(object.data);
    if (pools.pointer_bytes == 0) {
        verb_complain("%s: the compiler's object holds no data; -flto in CC cannot work", file);
        lwip_free(&pools);
        return false;
    }
    find_columns(&pools);
    *ret_pools = pools;
    return true;
}

void lwip_free(struct lwip_pools *pools)
{
    free(pools->entries);
}
