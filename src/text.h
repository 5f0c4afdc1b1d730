// SPDX-License-Identifier: MIT
// Text without allocation, locale or stdio: a bounded builder, and the parsing of numbers.
// Used for messages, dumps and configuration. Thread-safe: the caller owns every object.
#ifndef TEXT_H
#define TEXT_H

#include <stdarg.h>

#include "base.h"

// Text under construction. What does not fit is dropped and `truncated` set; `data` always ends
// in a NUL (when size > 0), which `length` does not count.
struct text {
    char *data;
    size_t size;
    size_t length;
    bool truncated;
};

void text_init(struct text *text, char *buffer, size_t size);
void text_add(struct text *text, const char *string);
void text_add_bytes(struct text *text, const char *bytes, size_t length);

// A subset of printf: flags '-' and '0', width and precision (also '*'), the lengths l, ll, z,
// and the conversions d u x s c %. A NULL string prints as "(null)".
void text_addf(struct text *text, const char *format, ...) PRINTF(2, 3);
void text_addv(struct text *text, const char *format, va_list arguments) PRINTF(2, 0);

// Reads an unsigned decimal (or 0x hexadecimal) number with an optional suffix K, M or G (powers
// of 1024, either case) that fills [string, string + length) wholly. False on anything else, and
// when the value does not fit 64 bits; *ret_value is then untouched.
bool text_parse_size(const char *string, size_t length, uint64_t *ret_value);

// True when `name` matches `pattern`, in which '*' stands for any run of characters and '?' for any
// single one.
bool text_matches(const char *pattern, size_t pattern_length, const char *name);

enum { TEXT_DISTANCE_MAX = 63 };

// How many bytes must be inserted, deleted, replaced or swapped with their neighbour to turn
// [word, word + length) into `known`: for "did you mean". SIZE_MAX when either is longer than
// TEXT_DISTANCE_MAX.
size_t text_distance(const char *word, size_t length, const char *known);

// Decodes the UTF-8 character at `at`, before `end`. Its length, or 0 when the bytes are no character.
size_t text_decode(const char *at, const char *end, uint32_t *ret_character);

#endif
