// SPDX-License-Identifier: MIT
// What conf_scan.c looks at more than one byte at a time.
#include <stdio.h>

#include "conf_test.h"

Test(conf_scan, every_byte_that_is_no_text_is_told_wherever_it_stands)
{
    for (int byte = 1; byte < 256; byte++) {
        for (size_t at = 1; at < 20; at++) {
            char line[] = "#abcdefghijklmnopqrstuvwxyz";
            bool is_text = byte == '\t' || byte == '\n' || (byte >= ' ' && byte < 0x7F);
            line[at] = (char)byte;
            conf_init(&conf);
            unsigned mistakes = merge_bytes("x", line, strlen(line), false);
            cr_expect_eq(mistakes, byte == '\n' || !is_text, "byte %d at %zu", byte, at);
            char place[16];
            snprintf(place, sizeof place, "x:1:%zu: ", at + 1);
            cr_expect(is_text || strncmp(lines_buffer, place, strlen(place)) == 0, "%s", lines_buffer);
        }
    }
}
