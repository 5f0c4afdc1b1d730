// SPDX-License-Identifier: MIT
// Entries out of the bytes of an object file, whatever these are.
#include <byteswap.h>
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lwip_pools.h"

// As the C text in lwip_read.c declares it.
struct record {
    char mark[16];
    uint64_t order, number, kind, line, count, size;
    char name[64], count_text[256], size_text[256], desc[256], file[1024];
};

static struct lwip_pools pools;

static struct record make(uint64_t number, uint64_t kind, uint64_t count, uint64_t size)
{
    struct record record = {"\177poolmalloc\001\002\003\004", 0x0102030405060708, number, kind, 10 + number,
                            count, size, "NAME", "count", "size", "desc", "f"};
    return record;
}

static void read_bytes(const void *data, size_t length)
{
    char *exact = malloc(length + 1); // so that a sanitizer sees a step too far
    memcpy(exact, data, length);
    pools = (struct lwip_pools){.file = "f"};
    lwip_read_object(&(struct bytes){exact, length}, &pools);
    free(exact);
}

Test(lwip_read, records_come_in_any_order_and_alignment)
{
    char object[3 * sizeof(struct record) + 8] = "";
    struct record second = make(7, LWIP_MALLOC_MEMPOOL, 20, 256);
    struct record first = make(3, LWIP_MEMPOOL, (uint64_t)-1, 100);
    struct record end = make(9, 6, 4, 0);
    memcpy(object + 1, &second, sizeof second);
    memcpy(object + 1 + sizeof second, &end, sizeof end);
    memcpy(object + 6 + 2 * sizeof second, &first, sizeof first);
    read_bytes(object, sizeof object);
    cr_assert_eq(pools.count, 2);
    cr_expect_eq(pools.pointer_bytes, 4);
    cr_expect_eq(pools.entries[0].kind, LWIP_MEMPOOL);
    cr_expect_eq(pools.entries[0].count, -1);
    cr_expect_eq(pools.entries[0].size, 100);
    cr_expect_str_eq(pools.entries[0].name, "NAME");
    cr_expect_eq(pools.entries[1].kind, LWIP_MALLOC_MEMPOOL);
    cr_expect_eq(pools.entries[1].line, 17);
    lwip_free(&pools);
}

Test(lwip_read, of_the_other_byte_order)
{
    struct record record = make(1, LWIP_PBUF_MEMPOOL, 16, 1514);
    for (uint64_t *number = &record.order; number <= &record.size; number++)
        *number = bswap_64(*number);
    read_bytes(&record, sizeof record);
    cr_assert_eq(pools.count, 1);
    cr_expect_eq(pools.entries[0].kind, LWIP_PBUF_MEMPOOL);
    cr_expect_eq(pools.entries[0].count, 16);
    cr_expect_eq(pools.entries[0].size, 1514);
    lwip_free(&pools);
}

Test(lwip_read, what_is_no_record_is_passed_over)
{
    struct record record = make(1, 7, 1, 1); // of no kind
    read_bytes(&record, sizeof record);
    cr_expect_eq(pools.count, 0);
    record = make(1, LWIP_MEMPOOL, 1, 1);
    read_bytes(&record, sizeof record - 1); // cut short
    cr_expect_eq(pools.count, 0);
    record.order++;
    read_bytes(&record, sizeof record);
    cr_expect_eq(pools.count, 0);
    read_bytes("", 0);
    cr_expect_eq(pools.count, 0);
}

static const char *some_text(void)
{
    static const char *const texts[] = {"", "256", "0x10", "A_NAME", "a b", "\"", "x\"y", "# ", "=", "\n",
                                        "\xff\xfe", "größe", "(1)", "size=1", "*/", "\x7f\xc2\x85"};
    return texts[(unsigned)rand() % ARRAY_LENGTH(texts)];
}

static uint64_t some_number(void)
{
    static const uint64_t numbers[] = {0, 1, 2, 16, 256, 1512, 65504, 65535, 65536, 1 << 30, 1ULL << 32,
                                       1ULL << 46, 1ULL << 62, UINT64_MAX >> 1, UINT64_MAX};
    return numbers[(unsigned)rand() % ARRAY_LENGTH(numbers)];
}

// Entries such as no compiler would give: all of the import that follows ends, and either there is a
// pools.conf or a complaint.
Test(lwip_read, garbage_becomes_a_pools_conf_or_a_complaint)
{
    srand(1);
    for (int round = 0; round < 3000; round++) {
        struct record records[8];
        for (unsigned i = 0; i < ARRAY_LENGTH(records); i++) {
            records[i] = make((unsigned)rand() % 8, (unsigned)rand() % 8, some_number(), some_number());
            strcpy(records[i].name, some_text());
            strcpy(records[i].count_text, some_text());
            strcpy(records[i].size_text, some_text());
            strcpy(records[i].desc, some_text());
            if (rand() % 8 == 0)
                memset(records[i].file, 'f', sizeof records[i].file);
        }
        read_bytes(records, (unsigned)rand() % sizeof records);
        struct bytes conf, said;
        FILE *messages = open_memstream(&said.data, &said.length);
        lwip_check(&pools, messages);
        fflush(messages);
        size_t warnings = said.length;
        bool written = lwip_write_conf(&pools, &conf, messages);
        fclose(messages);
        cr_assert_eq(written, said.length == warnings, "%s%s", conf.data, said.data);
        free(conf.data);
        free(said.data);
        lwip_free(&pools);
    }
}
