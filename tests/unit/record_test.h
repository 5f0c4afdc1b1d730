// SPDX-License-Identifier: MIT
// A record for the command's unit tests, and what reads back its JSON.
#ifndef RECORD_TEST_H
#define RECORD_TEST_H

#include <criterion/criterion.h>
#include <string.h>

#include "load.h"

// Two pools, 64 x 50 and 200 (usable 208) without a limit; 30 requests of 60 bytes, 3 of 200, 1 of 5000.
static inline void record_fill(struct record *record)
{
    memset(record, 0, sizeof *record);
    *record = (struct record){
        .program = "prog", .origin = "pools: test", .process_id = 42, .start = 1000,
        .milliseconds = 1500, .state = FORMAT_ENDED,
        .figures = {.mem_alignment = 16, .pool_count = 2, .oversize = 1, .oversize_bytes = 5000,
                    .oversize_fell_back = 1},
    };
    record->figures.pools[0] = (struct stats_pool_figures){
        .size = 64, .usable = 64, .stride = 64, .count = 50, .avail = 50, .used = 2, .max = 9,
        .max_at_least = 7, .allocs = 30, .frees = 28, .requested_bytes = 1800, .name = "MALLOC_64"};
    record->figures.pools[1] = (struct stats_pool_figures){
        .size = 200, .usable = 208, .stride = 208, .count = COUNT_UNLIMITED, .avail = 3, .max = 3,
        .max_at_least = 3, .allocs = 3, .frees = 3, .requested_bytes = 600, .name = "MALLOC_200"};
    record->steps[size_step(60)] = (struct stats_step){30, 1800};
    record->steps[size_step(200)] = (struct stats_step){3, 600};
    record->steps[size_step(5000)] = (struct stats_step){1, 5000};
}

static char json[65536];

static inline void record_to_json(const struct record *record)
{
    struct text out;
    struct format_subject subject = record_subject(record);
    text_init(&out, json, sizeof json);
    format_dump(&out, DUMP_JSON, &subject);
}

// Replaces the first `from` in json, which must be there.
static inline void json_replace(const char *from, const char *to)
{
    static char rest[sizeof json];
    char *at = strstr(json, from);
    cr_assert(at, "%s", from);
    strcpy(rest, at + strlen(from));
    strcpy(at, to);
    strcat(at, rest);
}

#endif
