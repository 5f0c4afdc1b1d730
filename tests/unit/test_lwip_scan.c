// SPDX-License-Identifier: MIT
#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "lwip_scan.h"

static struct lwip_scan scan;

static void read_text(const char *text)
{
    lwip_scan(text, strlen(text), &scan);
}

static void is_use(unsigned index, enum lwip_kind kind, unsigned line, unsigned column,
                   unsigned last_line)
{
    cr_assert_lt(index, scan.count);
    cr_expect_eq(scan.uses[index].kind, kind);
    cr_expect_eq(scan.uses[index].line, line);
    cr_expect_eq(scan.uses[index].column, column);
    cr_expect_eq(scan.uses[index].last_line, last_line);
}

Test(lwip_scan, places_of_uses)
{
    read_text("LWIP_MALLOC_MEMPOOL_START\n"
              "  LWIP_MALLOC_MEMPOOL(20, 256) LWIP_MALLOC_MEMPOOL (F(1), (2))\n"
              "LWIP_MEMPOOL\n(A,\n sizeof(int),1,\"a)\")\n"
              "LWIP_MALLOC_MEMPOOL_END LWIP_PBUF_MEMPOOL(B,1,2,\"\")");
    cr_assert_eq(scan.count, 6);
    is_use(0, LWIP_MALLOC_MEMPOOL_START, 1, 1, 1);
    is_use(1, LWIP_MALLOC_MEMPOOL, 2, 3, 2);
    is_use(2, LWIP_MALLOC_MEMPOOL, 2, 32, 2);
    is_use(3, LWIP_MEMPOOL, 3, 1, 5);
    is_use(4, LWIP_MALLOC_MEMPOOL_END, 6, 1, 6);
    is_use(5, LWIP_PBUF_MEMPOOL, 6, 25, 6);
}

Test(lwip_scan, comments_strings_and_longer_names_are_no_uses)
{
    read_text("/* LWIP_MEMPOOL(\n) */ // LWIP_MEMPOOL \\\n LWIP_MEMPOOL\n"
              "\"LWIP_MEMPOOL \\\" LWIP_MEMPOOL\" 'LWIP_MEMPOOL'\n"
              "LWIP_MEMPOOL_DECLARE XLWIP_MEMPOOL LWIP_MEMPOOL1\n"
              "\"open\nLWIP_MEMPOOL(A,1,1,\"\")\n/* LWIP_MEMPOOL");
    cr_assert_eq(scan.count, 1);
    is_use(0, LWIP_MEMPOOL, 7, 1, 7);
}

Test(lwip_scan, semicolon_behind_a_use)
{
    read_text("LWIP_MEMPOOL(A, ';', 1, \";\") /* ; */ ;\n"
              "LWIP_MALLOC_MEMPOOL(1, 2) int i;\nLWIP_MALLOC_MEMPOOL_END;\nLWIP_MALLOC_MEMPOOL(1, 2)\n;");
    cr_expect_eq(scan.uses[0].semicolon_column, 38);
    cr_expect_eq(scan.uses[1].semicolon_column, 0);
    cr_expect_eq(scan.uses[2].semicolon_column, 24);
    cr_expect_eq(scan.uses[3].semicolon_column, 0);
}

Test(lwip_scan, first_directive_is_that_of_a_guard)
{
    read_text("/*\n#ifndef no */\n#include <x.h>\nint a; #b\n #ifndef GUARD\n#if 1\n");
    cr_expect_eq(scan.first_directive, 5);
    read_text("int a;");
    cr_expect_eq(scan.first_directive, 0);
}

// Any bytes: it ends, and every place is in the text.
Test(lwip_scan, garbage)
{
    static const char *const pieces[] = {"LWIP_MEMPOOL", "(", ")", "\"", "'", "/*", "*/", "//", "\n", "\\",
                                         ";", "#", "LWIP_MALLOC_MEMPOOL_END", " ", "\xff", "a"};
    srand(1);
    for (int round = 0; round < 20000; round++) {
        char text[128] = "";
        unsigned lines = 1;
        for (int i = rand() % 12; i > 0; i--)
            strcat(text, pieces[(unsigned)rand() % ARRAY_LENGTH(pieces)]);
        for (const char *c = text; *c; c++)
            lines += *c == '\n';
        size_t length = strlen(text);
        char *exact = malloc(length + 1); // so that a sanitizer sees a step too far
        memcpy(exact, text, length);
        lwip_scan(exact, length, &scan);
        for (unsigned i = 0; i < scan.count; i++) {
            cr_assert_leq(scan.uses[i].line, scan.uses[i].last_line, "%s", text);
            cr_assert_leq(scan.uses[i].last_line, lines, "%s", text);
        }
        free(scan.uses);
        free(exact);
    }
}
