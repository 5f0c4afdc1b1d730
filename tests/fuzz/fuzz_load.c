// SPDX-License-Identifier: MIT
// libFuzzer harness: any bytes as statistics. The first byte chooses: a stream as it is (a statistics
// file or JSON lines), or a good statistics file with some of its words replaced. What is accepted
// must pass its check, come back from JSON the same, merge, and tune to plans that keep to their rules.
// clang++ -g -O1 -fsanitize=fuzzer,address,undefined -D_GNU_SOURCE -Isrc -Itools/poolmalloc
//     -x c tests/fuzz/fuzz_load.c tools/poolmalloc/{record,load,load_json,load_directory}.c
//     tools/poolmalloc/tune_{split,data,plan}.c src/{text*,route,stats_read,format*,os*,conf*}.c
//     -x c++ tools/poolmalloc/tree.cc -ljansson -lsimdjson
#include <stdlib.h>
#include <string.h>

#include "load.h"
#include "tune.h"
#include "verb.h"

#define CHECK(condition)                                                                           \
    do {                                                                                           \
        if (!(condition))                                                                          \
            abort();                                                                               \
    } while (0)

enum { BLOCKS = 2, PATCH = 11, JSON_MAX = 1 << 20 };

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

void verb_complain(const char *format, ...)
{
    char text[8192];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    for (const char *p = text; *p; p++) // nothing that moves a terminal's cursor
        CHECK((unsigned char)*p >= ' ' && *p != 0x7f);
}

static void check_json(const struct record *record)
{
    static struct record again;
    static char json[JSON_MAX], error[256];
    struct text text;
    int column;
    struct format_subject subject = record_subject(record);
    text_init(&text, json, sizeof json);
    format_dump(&text, DUMP_JSON, &subject);
    CHECK(!text.truncated);
    if (!load_json(json, text.length, &again, error, sizeof error, &column)) {
        fprintf(stderr, "%d: %s: %s\n", column, error, json);
        abort();
    }
    CHECK(memcmp(&again.figures, &record->figures, sizeof again.figures) == 0);
    CHECK(memcmp(again.steps, record->steps, sizeof again.steps) == 0);
}

static void check_plan(const struct tune_plan *plan)
{
    for (unsigned i = 0; i < plan->count; i++) {
        const struct tune_class *class = &plan->classes[i];
        CHECK(class->at_least <= class->at_most);
        CHECK(class->count >= 1 && class->count <= UINT32_MAX);
        CHECK(i == 0 || class->size > plan->classes[i - 1].size);
    }
}

static void check_tuning(const struct record *record)
{
    static struct tune_plan plans[TUNE_TABLE];
    static struct tune_data data;
    struct tune_wishes wishes = {.margin = 10, .largest = 1 << 30};
    memset(&data, 0, sizeof data);
    if (!tune_add(&data, record)) {
        tune_plans(&data, &wishes, TUNE_TABLE, plans);
        for (unsigned k = 0; k < TUNE_TABLE; k++)
            check_plan(&plans[k]);
        for (unsigned k = 1; k < TUNE_TABLE; k++)
            CHECK(plans[k].handed_out <= plans[k - 1].handed_out * 1.000001);
    }
    tune_done(&data);
}

static bool take(void *context, const struct record *record, const char *source)
{
    static struct record merged;
    (void)source;
    CHECK(record_check(record) == NULL);
    check_json(record);
    if (record->process_id % 8 == 0) // takes longer than all the rest
        check_tuning(record);
    memset(&merged, 0, sizeof merged);
    if (!record_merge(&merged, record) && !record_merge(&merged, record))
        CHECK(merged.figures.pool_count == record->figures.pool_count);
    return ++*(unsigned *)context < 4;
}

static void load(const void *bytes, size_t size)
{
    unsigned count = 0;
    FILE *stream = size ? fmemopen((void *)(uintptr_t)bytes, size, "r") : NULL;
    if (!stream)
        return;
    load_stream(stream, "fuzz", take, &count);
    fclose(stream);
}

static size_t good_file(struct stats_file **ret_file)
{
    static struct stats_file *file;
    size_t bytes = sizeof *file + BLOCKS * sizeof file->blocks[0];
    if (!file)
        file = aligned_alloc(CACHE_LINE, bytes);
    memset(file, 0, bytes);
    file->header = (struct stats_header){
        .magic = STATS_MAGIC, .version = STATS_VERSION, .header_bytes = sizeof file->header,
        .pool_bytes = sizeof file->pools[0], .block_bytes = sizeof file->blocks[0],
        .pool_count = 2, .block_count = BLOCKS, .blocks_used = BLOCKS, .file_bytes = bytes,
        .process_id = 42, .start_ns = 5000000000, .mem_alignment = 16, .program = "prog"};
    file->pools[0] = (struct stats_pool){.size = 64, .usable = 64, .stride = 64, .count = 50,
                                         .max = 7, .out = 3, .name = "MALLOC_64"};
    file->pools[1] = (struct stats_pool){.size = 1500, .usable = 1504, .stride = 1504, .made = 9,
                                         .count = COUNT_UNLIMITED, .name = "MALLOC_1500"};
    file->blocks[1].sizes[4] = (struct stats_size){.count = 30, .bytes = 1800};
    file->blocks[1].frees[0] = 28;
    *ret_file = file;
    return bytes;
}

// Each 11 bytes: where, in words of 4 bytes, and the 8 bytes to put there.
static void load_patched(const uint8_t *data, size_t size)
{
    struct stats_file *file;
    size_t bytes = good_file(&file);
    for (; size >= PATCH; data += PATCH, size -= PATCH) {
        size_t at = (data[0] | (size_t)data[1] << 8 | (size_t)data[2] << 16) * 4;
        if (at + 8 <= bytes)
            memcpy((char *)file + at, data + 3, 8);
    }
    load(file, size > 0 ? bytes - data[0] * 977U : bytes);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size == 0)
        return 0;
    if (data[0] & 1)
        load_patched(data + 1, size - 1);
    else
        load(data + 1, size - 1);
    return 0;
}
