// SPDX-License-Identifier: MIT
#include <stdlib.h>

#include "record_test.h"

static struct record one, got;
static char error[256];
static int column;

// Statistics files

enum { BLOCKS = 2 };
static struct stats_file *file;
static const size_t bytes = sizeof(struct stats_file) + BLOCKS * sizeof(struct stats_block);

static void make_file(void)
{
    file = aligned_alloc(CACHE_LINE, bytes);
    memset(file, 0, bytes);
    file->header = (struct stats_header){
        .magic = STATS_MAGIC, .version = STATS_VERSION, .header_bytes = sizeof file->header,
        .pool_bytes = sizeof file->pools[0], .block_bytes = sizeof file->blocks[0],
        .pool_count = 1, .block_count = BLOCKS, .blocks_used = BLOCKS, .file_bytes = bytes,
        .process_id = 1 << 30, .start_ns = 5000000000, .end_ns = 7500000000, .mem_alignment = 16,
        .program = "prog", .origin = "pools: test"};
    file->pools[0] = (struct stats_pool){.size = 64, .usable = 64, .stride = 64, .count = 50,
                                         .max = 7, .name = "MALLOC_64"};
    file->blocks[1].sizes[4] = (struct stats_size){.count = 30, .bytes = 1800};
    file->blocks[1].frees[0] = 30;
}

static bool keep(void *context, const struct record *record, const char *source)
{
    (void)source;
    got = *record;
    ++*(unsigned *)context;
    return true;
}

// Reads what is in a file of its own, up to `length` bytes.
static unsigned load_bytes(const void *data, size_t length, bool *ret_ok)
{
    unsigned count = 0;
    FILE *stream = tmpfile();
    fwrite(data, 1, length, stream);
    rewind(stream);
    *ret_ok = load_stream(stream, "test", keep, &count);
    fclose(stream);
    return count;
}

Test(load, statistics_file_becomes_a_record, .init = make_file)
{
    bool ok;
    cr_assert_eq(load_bytes(file, bytes, &ok), 1);
    cr_assert(ok);
    cr_assert_str_eq(got.program, "prog");
    cr_assert(got.state == FORMAT_ENDED && got.milliseconds == 2500 && got.start == 5);
    cr_assert(got.figures.pools[0].allocs == 30 && got.figures.pools[0].max == 7);
    cr_assert(got.steps[4].count == 30 && got.steps[4].bytes == 1800);
}

Test(load, file_without_an_end_is_of_a_dead_process, .init = make_file)
{
    bool ok;
    file->header.end_ns = 0;
    cr_assert_eq(load_bytes(file, bytes, &ok), 1);
    cr_assert(got.state == FORMAT_DIED && got.milliseconds == 0);
}

Test(load, file_cut_anywhere_is_refused, .init = make_file)
{
    bool ok;
    for (size_t length = 0; length < bytes; length += length < 2048 ? 16 : 4096) {
        cr_assert_eq(load_bytes(file, length, &ok), 0, "%zu", length);
        cr_assert_not(ok);
    }
}

Test(load, file_with_impossible_contents_is_refused, .init = make_file)
{
    cr_assert_null(load_image(file, bytes, &got));
    memset(file->header.program, 'x', sizeof file->header.program); // no NUL
    file->header.program[3] = '\n';
    cr_assert_null(load_image(file, bytes, &got));
    cr_assert_eq(strlen(got.program), sizeof got.program - 1);
    cr_assert_eq(got.program[3], '?');
    file->header.mem_alignment = 0;
    cr_assert_str_eq(load_image(file, bytes, &got), "mem_alignment is out of range");
    file->header.mem_alignment = 16;
    file->pools[0].usable = UINT64_MAX;
    cr_assert(load_image(file, bytes, &got));
    file->pools[0].usable = 64;
    file->blocks[0].sizes[9].count = UINT64_MAX;
    cr_assert(load_image(file, bytes, &got));
}

// JSON

static void make_json(void)
{
    record_fill(&one);
    record_to_json(&one);
}

static bool read_json(void)
{
    return load_json(json, strlen(json), &got, error, sizeof error, &column);
}

Test(load, json_comes_back_as_it_was, .init = make_json)
{
    static char before[sizeof json];
    strcpy(before, json);
    cr_assert(read_json(), "%s", error);
    record_to_json(&got);
    cr_assert_str_eq(json, before);
    cr_assert_eq(memcmp(got.steps, one.steps, sizeof got.steps), 0);
}

Test(load, json_of_releases_that_did_not_count_usable_size_calls_has_none, .init = make_json)
{
    one.figures.usable_size_calls = 7;
    record_to_json(&one);
    json_replace(",\"usable_size_calls\":7", "");
    got.figures.usable_size_calls = 3;
    cr_assert(read_json(), "%s", error);
    cr_assert_eq(got.figures.usable_size_calls, 0);
    cr_assert_eq(got.figures.next_reallocs, one.figures.next_reallocs);
    record_to_json(&one);
    json_replace("\"usable_size_calls\":7", "\"usable_size_calls\":7,\"usable_size_calls\":7");
    cr_assert_not(read_json());
    cr_assert_str_eq(error, "process.usable_size_calls is there twice");
}

Test(load, json_that_lacks_or_changes_anything_is_refused)
{
    static const struct {
        const char *from, *to, *error;
    } cases[] = {
        {"\"schema\":1", "\"schema\":2", "of schema 2, and this program knows 1"},
        {"\"pid\":42,", "", "pid is missing"},
        {"\"max\":9", "\"max\":-9", "pools[0].max is not a number of things"},
        {"\"max\":9", "\"max\":9.5", "pools[0].max is not a number of things"},
        {"\"max\":9,", "", "pools[0].max is missing"},
        {"\"max\":9", "\"max\":6", "pool 0: max_at_least cannot be true"},
        {"\"max\":9", "\"max\":true", "pools[0].max is not a number of things"},
        {"\"state\":\"ended\"", "\"state\":\"gone\"", "state is none of running, ended, died"},
        {"\"program\":\"prog\"", "\"program\":1", "program is not text"},
        {"\"pools\":[{", "\"pools\":[5,{", "pools[0] is not an object"},
        {"\"pools\":[", "\"pools\":{},\"x\":[", "pools is not an array"},
        {"\"sizes\":[[64,", "\"sizes\":[[65,", "sizes[0] is no size step with two counts, or out of order"},
        {"\"sizes\":[[64,30,1800]", "\"sizes\":[[64,30]", "sizes[0] is no size step with two counts"},
        {"\"sizes\":[[64,", "\"sizes\":[[208,3,600],[64,", "sizes[1] is no size step"},
        {"[64,30,1800]", "[64,30,18000]", "requests of up to 64 bytes: the counts cannot be true"},
        {"\"process\":{", "\"process\":1,\"y\":{", "process is not an object"},
    };
    for (unsigned i = 0; i < ARRAY_LENGTH(cases); i++) {
        make_json();
        json_replace(cases[i].from, cases[i].to);
        cr_assert_not(read_json(), "%s", cases[i].to);
        cr_assert(strncmp(error, cases[i].error, strlen(cases[i].error)) == 0, "%s: %s", cases[i].to,
                  error);
        cr_assert_eq(column, 0);
    }
}

Test(load, json_grammar_errors_have_a_column, .init = make_json)
{
    json_replace("\"max\":9", "\"max\":09");
    cr_assert_not(read_json());
    cr_assert_gt(column, 100);
    make_json();
    json_replace("\"max\":9", "\"max\":9,\"max\":9"); // which one would be true?
    cr_assert_not(read_json());
    make_json();
    json_replace("\"max\":9", "\"max\":99999999999999999999");
    cr_assert_not(read_json());
}

Test(load, json_cut_anywhere_is_refused, .init = make_json)
{
    for (size_t length = strlen(json) - 2; length > 0; length--)
        cr_assert_not(load_json(json, length, &got, error, sizeof error, &column), "%zu", length);
}

Test(load, json_lines_are_read_one_by_one_past_the_bad_ones, .init = make_json)
{
    static char lines[sizeof json * 3];
    bool ok;
    snprintf(lines, sizeof lines, "%s\n{\"schema\":1}\n%s", json, json);
    cr_assert_eq(load_bytes(lines, strlen(lines), &ok), 2);
    cr_assert_not(ok);
}

Test(load, unknown_json_keys_are_left_alone, .init = make_json)
{
    json_replace("\"pid\"", "\"new\":[{}],\"pid\"");
    cr_assert(read_json(), "%s", error);
}

// The parser's memory grows with it, and serves smaller ones as well.
Test(load, a_json_document_may_be_of_any_size, .init = make_json)
{
    enum { ITEMS = 200000 };
    char *large = malloc(sizeof json + ITEMS * sizeof "1,"), *end = large;
    end = stpcpy(end, "{\"new\":[1");
    for (unsigned i = 0; i < ITEMS; i++)
        end = stpcpy(end, ",1");
    end = stpcpy(stpcpy(end, "],"), json + 1);
    for (unsigned again = 0; again < 2; again++)
        cr_assert(load_json(large, (size_t)(end - large), &got, error, sizeof error, &column), "%s", error);
    free(large);
    cr_assert(read_json(), "%s", error);
    cr_assert_eq(got.figures.pool_count, 2);
}
