// SPDX-License-Identifier: MIT
// The rules with numbers; tests/command/import has a file for each of the others.
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lwip_pools.h"

static struct lwip_entry entries[8];
static struct lwip_pools pools;

static void add(enum lwip_kind kind, int64_t count, int64_t size, const char *size_text)
{
    struct lwip_entry *entry = &entries[pools.count++];
    *entry = (struct lwip_entry){.kind = kind, .count = count, .size = size, .line = pools.count,
                                 .column = 1, .file = "f"};
    strcpy(entry->size_text, size_text);
}

static void setup(void)
{
    pools = (struct lwip_pools){.file = "f", .entries = entries, .pointer_bytes = 4, .mem_alignment = 4};
    add(LWIP_MALLOC_MEMPOOL_START, 0, 0, "");
}

// The warnings of malloc pools in their block, or of others behind it.
static const char *warnings(void)
{
    static char *text;
    size_t length;
    free(text);
    FILE *to = open_memstream(&text, &length);
    lwip_check(&pools, to);
    fclose(to);
    return text;
}

Test(lwip_check, elements_of_16_bits, .init = setup)
{
    add(LWIP_MALLOC_MEMPOOL, 65535, 65528, "65528"); // and 4 of a header
    add(LWIP_MALLOC_MEMPOOL, 1, 65529, "65529");
    add(LWIP_MALLOC_MEMPOOL_END, 0, 0, "");
    add(LWIP_PBUF_MEMPOOL, 1, 65516, "65516"); // and 16 of a struct pbuf
    add(LWIP_PBUF_MEMPOOL, 1, 65517, "65517");
    add(LWIP_MEMPOOL, 65536, 65532, "65532");
    cr_assert_str_eq(warnings(),
        "f:3:1: warning: size 65529 makes elements of 65536 bytes, 0 in lwIP, which keeps 16 bits\n"
        "f:6:1: warning: size 65517 makes elements of 65536 bytes, 0 in lwIP, which keeps 16 bits\n"
        "f:7:1: warning: count 65536 is 0 in lwIP, which keeps 16 bits\n");
}

Test(lwip_check, alignment_decides_what_is_cut_and_what_is_shadowed, .init = setup)
{
    add(LWIP_MALLOC_MEMPOOL, 1, 100, "100");
    add(LWIP_MALLOC_MEMPOOL, 1, 101, "101");
    add(LWIP_MALLOC_MEMPOOL, 1, 65505, "65505");
    add(LWIP_MALLOC_MEMPOOL_END, 0, 0, "");
    cr_expect_str_eq(warnings(), "");
    pools.mem_alignment = 16;
    cr_expect_str_eq(warnings(),
        "f:3:1: warning: it is never asked first: the pool of size 100 in line 2 is large enough\n"
        "f:4:1: warning: size 65505 makes elements of 65536 bytes, 0 in lwIP, which keeps 16 bits\n");
    pools.mem_alignment = 12;
    cr_expect_str_eq(warnings(), "f: warning: MEM_ALIGNMENT is 12, which is no power of two\n");
}

Test(lwip_check, huge_and_negative_numbers, .init = setup)
{
    add(LWIP_MALLOC_MEMPOOL, INT64_MAX, INT64_MAX, "1");
    add(LWIP_MALLOC_MEMPOOL, INT64_MIN, INT64_MIN, "2");
    add(LWIP_MALLOC_MEMPOOL_END, 0, 0, "");
    cr_expect_str_eq(warnings(), "f:2:1: warning: count 9223372036854775807 is 65535 in lwIP, "
                                 "which keeps 16 bits\n");
}
