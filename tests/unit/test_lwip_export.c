// SPDX-License-Identifier: MIT
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lwip_export.h"

static struct stats_figures figures;
static struct lwip_export from;
static char *header, *warnings;

static struct stats_pool_figures *add(enum pool_kind kind, const char *name, uint64_t size,
                                      uint64_t count)
{
    struct stats_pool_figures *pool = &figures.pools[figures.pool_count++];
    *pool = (struct stats_pool_figures){.kind = kind, .size = size, .count = count,
                                        .usable = align_up(size, figures.mem_alignment)};
    strcpy(pool->name, name);
    return pool;
}

static struct stats_pool_figures *add_measured(enum pool_kind kind, const char *name, uint64_t size,
                                               uint64_t max)
{
    struct stats_pool_figures *pool = add(kind, name, size, 1000);
    pool->max = pool->max_at_least = max;
    return pool;
}

static void setup(void)
{
    figures.mem_alignment = 16;
    from = (struct lwip_export){.name = "f", .figures = &figures, .alignment = 16};
}

// The lines of the header behind its first comment.
static const char *lines(bool expected)
{
    size_t length, bytes;
    FILE *to = open_memstream(&header, &length), *errors = open_memstream(&warnings, &bytes);
    cr_assert_eq(lwip_export(&from, to, errors), expected);
    fclose(to);
    fclose(errors);
    const char *end = strstr(header, " */\n");
    return end ? end + 4 : header;
}

Test(lwip_export, declared_pools, .init = setup)
{
    add(POOL_MALLOC, "MALLOC_256", 256, 20);
    add(POOL_MALLOC, "MALLOC_1512", 1512, 5);
    strcpy(add(POOL_NAMED, "BOX", 100, 22)->desc, "a \"box\\\"");
    add(POOL_PBUF, "RX", 32 + 1514, 16);
    from.try_bigger = true;
    cr_expect_str_eq(lines(true), "LWIP_MALLOC_MEMPOOL_START\n"
                                  "LWIP_MALLOC_MEMPOOL(20, 256)\n"
                                  "LWIP_MALLOC_MEMPOOL(5, 1512)\n"
                                  "LWIP_MALLOC_MEMPOOL_END\n"
                                  "LWIP_MEMPOOL(BOX, 22, 100, \"a \\\"box\\\\\\\"\")\n"
                                  "LWIP_PBUF_MEMPOOL(RX, 16, 1514, \"\")\n");
    cr_expect_str_eq(warnings, "");
    cr_expect(strstr(header, " *   #define MEM_USE_POOLS 1\n *   #define MEMP_USE_CUSTOM_POOLS 1\n"
                             " *   #define MEM_ALIGNMENT 16\n"
                             " *   #define MEM_USE_POOLS_TRY_BIGGER_POOL 1\n */\n"));
}

Test(lwip_export, equal_sizes_are_spelled_differently, .init = setup)
{
    add(POOL_MALLOC, "MALLOC_256", 256, 1);
    add(POOL_MALLOC, "MALLOC_256", 256, 2);
    add(POOL_MALLOC, "MALLOC_512", 512, 3);
    add(POOL_MALLOC, "MALLOC_256", 256, 4);
    cr_expect_str_eq(lines(true), "LWIP_MALLOC_MEMPOOL_START\n"
                                  "LWIP_MALLOC_MEMPOOL(1, 256)\n"
                                  "LWIP_MALLOC_MEMPOOL(2, 0x00000100)\n"
                                  "LWIP_MALLOC_MEMPOOL(3, 512)\n"
                                  "LWIP_MALLOC_MEMPOOL(4, 0x000000100)\n"
                                  "LWIP_MALLOC_MEMPOOL_END\n");
}

Test(lwip_export, only_named_pools_need_no_block, .init = setup)
{
    add(POOL_NAMED, "A", 1, 1);
    cr_expect_str_eq(lines(true), "LWIP_MEMPOOL(A, 1, 1, \"\")\n");
    cr_expect_null(strstr(header, "MEM_USE_POOLS"));
}

Test(lwip_export, a_smaller_alignment_raises_sizes, .init = setup)
{
    add(POOL_MALLOC, "MALLOC_256", 256, 1);
    add(POOL_MALLOC, "MALLOC_1512", 1512, 1);
    add(POOL_NAMED, "N", 10, 1);
    add(POOL_PBUF, "P", 32 + 10, 1);
    from.alignment = 4;
    cr_expect_str_eq(lines(true), "LWIP_MALLOC_MEMPOOL_START\n"
                                  "LWIP_MALLOC_MEMPOOL(1, 256)\n"
                                  "LWIP_MALLOC_MEMPOOL(1, 1520)\n"
                                  "LWIP_MALLOC_MEMPOOL_END\n"
                                  "LWIP_MEMPOOL(N, 1, 10, \"\")\n"
                                  "LWIP_PBUF_MEMPOOL(P, 1, 16, \"\")\n");
    from.alignment = 32;
    cr_expect(strstr(lines(true), "(1, 1512)\n"));
}

// Of a program with poolmalloc_lwip.h: mem_malloc's pools are named ones, and malloc is the host's.
Test(lwip_export, pools_of_mem_malloc_become_malloc_pools, .init = setup)
{
    from.program = "p";
    add_measured(POOL_MALLOC, "MALLOC_256", 256, 7);
    strcpy(add_measured(POOL_CREATED, "MALLOC_256", 256, 1)->desc, "MALLOC_256");
    strcpy(add_measured(POOL_CREATED, "MALLOC_BIG", 600, 2)->desc, "MALLOC_BIG");
    strcpy(add_measured(POOL_CREATED, "MALLOC_MINE", 100, 3)->desc, "made by the program");
    strcpy(add_measured(POOL_CREATED, "BOX", 100, 4)->desc, "MALLOC_256");
    figures.oversize = 1; // the host's
    cr_expect_str_eq(lines(true), "LWIP_MALLOC_MEMPOOL_START\n"
                                  "LWIP_MALLOC_MEMPOOL(1, 256) /* max 1, err 0 */\n"
                                  "LWIP_MALLOC_MEMPOOL(2, 600) /* max 2, err 0 */\n"
                                  "LWIP_MALLOC_MEMPOOL_END\n"
                                  "LWIP_MEMPOOL(MALLOC_MINE, 3, 100, \"made by the program\") /* max 3, err 0 */\n"
                                  "LWIP_MEMPOOL(BOX, 4, 100, \"MALLOC_256\") /* max 4, err 0 */\n");
    cr_expect_str_eq(warnings, "f: warning: malloc pools are left out: mem_malloc has pools of its own\n");
}

Test(lwip_export, sixteen_bits, .init = setup)
{
    add(POOL_MALLOC, "MALLOC_65504", 65504, 65535);
    add(POOL_MALLOC, "MALLOC_65505", 65505, 65536);
    add(POOL_NAMED, "N", 65520, 65536);
    add(POOL_PBUF, "P", 32 + 65505, 1);
    cr_expect_str_eq(lines(true), "LWIP_MALLOC_MEMPOOL_START\n"
                                  "LWIP_MALLOC_MEMPOOL(65535, 65504)\n"
                                  "/* MALLOC_65505 is left out: its chunks are too large for lwIP */\n"
                                  "LWIP_MALLOC_MEMPOOL_END\n"
                                  "LWIP_MEMPOOL(N, 65535, 65520, \"\")\n"
                                  "/* P is left out: its chunks are too large for lwIP */\n");
    cr_expect_str_eq(warnings,
        "f: warning: MALLOC_65505: elements of 65536 bytes are more than the 16 bits that lwIP keeps: "
        "left out\n"
        "f: warning: N: count 65536 is more than the 16 bits that lwIP keeps: 65535 is written\n"
        "f: warning: P: elements of 65552 bytes are more than the 16 bits that lwIP keeps: left out\n");
}

Test(lwip_export, unlimited_pools_cannot_be_declared, .init = setup)
{
    add(POOL_MALLOC, "MALLOC_16", 16, COUNT_UNLIMITED);
    add(POOL_NAMED, "N", 16, COUNT_UNLIMITED);
    lines(false);
    cr_expect_str_eq(warnings, "f: 2 unlimited pools have no count that lwIP could take: export a run that "
                               "was measured on them\n");
}

Test(lwip_export, measured_pools, .init = setup)
{
    from.program = "prog */ x";
    from.margin_percent = 25;
    add_measured(POOL_MALLOC, "MALLOC_16", 16, 0);
    struct stats_pool_figures *pool = add_measured(POOL_MALLOC, "MALLOC_256", 256, 10);
    pool->max_at_least = 8;
    pool->allocs = 100;
    pool->requested_bytes = 19200;
    add_measured(POOL_MALLOC, "MALLOC_512", 512, 50)->err = 3;
    add_measured(POOL_NAMED, "BOX", 100, 0);
    add_measured(POOL_CREATED, "MADE", 100, 4);
    add_measured(POOL_STATIC, "PRIVATE", 100, 4);
    figures.oversize = 2;
    figures.oversize_bytes = 9999;
    cr_expect_str_eq(lines(true), "LWIP_MALLOC_MEMPOOL_START\n"
                                  "LWIP_MALLOC_MEMPOOL(13, 256) /* max 8 to 10, err 0, waste 25% */\n"
                                  "LWIP_MALLOC_MEMPOOL(63, 512) /* max 50, err 3 */\n"
                                  "LWIP_MALLOC_MEMPOOL_END\n"
                                  "LWIP_MEMPOOL(BOX, 1, 100, \"\") /* max 0, err 0 */\n"
                                  "LWIP_MEMPOOL(MADE, 5, 100, \"\") /* max 4, err 0 */\n");
    cr_expect_str_eq(warnings,
        "f: warning: MALLOC_512: it was asked 3 times while empty: its max is what it had, not what is "
        "needed\n"
        "f: warning: 2 requests of 9999 bytes were larger than every pool\n"
        "f: warning: PRIVATE: lwIP declares it where it is used (LWIP_MEMPOOL_DECLARE), with count 5\n");
    cr_expect(strstr(header, ": the pools of f, measured with prog *  x.\n"
                             " * Counts are the high-water marks and 25%; "));
}
