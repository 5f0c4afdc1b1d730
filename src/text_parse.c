// SPDX-License-Identifier: MIT
// See text.h: what reads text. No errno, no locale, no stdio.
#include "text.h"

#include <string.h>

// The value of a digit, or `base` when the byte is none.
static unsigned digit_value(char byte, unsigned base)
{
    unsigned value = base;
    if (byte >= '0' && byte <= '9')
        value = (unsigned)(byte - '0');
    else if ((byte | 0x20) >= 'a' && (byte | 0x20) <= 'f')
        value = (unsigned)((byte | 0x20) - 'a') + 10;
    return value < base ? value : base;
}

static unsigned suffix_shift(char byte)
{
    switch (byte | 0x20) {
    case 'k':
        return 10;
    case 'm':
        return 20;
    case 'g':
        return 30;
    default:
        return 0;
    }
}

bool text_parse_size(const char *string, size_t length, uint64_t *ret_value)
{
    unsigned base = 10;
    if (length > 2 && string[0] == '0' && (string[1] | 0x20) == 'x') {
        base = 16;
        string += 2;
        length -= 2;
    }
    unsigned shift = length > 1 ? suffix_shift(string[length - 1]) : 0;
    if (shift > 0)
        length--;

    uint64_t value = 0;
    for (size_t i = 0; i < length; i++) {
        unsigned digit = digit_value(string[i], base);
        if (digit == base || __builtin_mul_overflow(value, base, &value) ||
            __builtin_add_overflow(value, digit, &value))
            return false;
    }
    if (length == 0 || value > UINT64_MAX >> shift)
        return false;
    *ret_value = value << shift;
    return true;
}

// Past the UTF-8 character that starts at `at`.
static const char *next_character(const char *at)
{
    do
        at++;
    while ((*at & 0xC0) == 0x80);
    return at;
}

bool text_matches(const char *pattern, size_t pattern_length, const char *name)
{
    const char *end = pattern + pattern_length;
    const char *star = NULL;      // behind the last '*' passed
    const char *star_name = NULL; // where the name goes on if that '*' takes no more

    // Only the last star is ever revisited: an earlier one could not do better than it did.
    for (;;) {
        if (pattern < end && *pattern == '*') {
            star = ++pattern;
            star_name = name;
        } else if (*name == '\0') {
            return pattern == end;
        } else if (pattern < end && *pattern == '?') {
            pattern++;
            name = next_character(name);
        } else if (pattern < end && *pattern == *name) {
            pattern++;
            name++;
        } else if (star != NULL) {
            pattern = star;
            name = star_name = next_character(star_name);
        } else {
            return false;
        }
    }
}

size_t text_distance(const char *word, size_t length, const char *known)
{
    size_t known_length = strlen(known);
    if (length > TEXT_DISTANCE_MAX || known_length > TEXT_DISTANCE_MAX)
        return SIZE_MAX;

    // Three rows of the table of distances between prefixes: for word[0, i), i - 1 and i - 2.
    uint8_t rows[3][TEXT_DISTANCE_MAX + 1];
    for (size_t j = 0; j <= known_length; j++)
        rows[0][j] = (uint8_t)j;
    for (size_t i = 1; i <= length; i++) {
        uint8_t *row = rows[i % 3];
        const uint8_t *above = rows[(i + 2) % 3];
        const uint8_t *above_twice = rows[(i + 1) % 3];
        row[0] = (uint8_t)i;
        for (size_t j = 1; j <= known_length; j++) {
            uint64_t best = above[j - 1] + (word[i - 1] != known[j - 1]);
            best = min_u64(best, min_u64(above[j], row[j - 1]) + 1);
            if (i > 1 && j > 1 && word[i - 1] == known[j - 2] && word[i - 2] == known[j - 1])
                best = min_u64(best, above_twice[j - 2] + 1U);
            row[j] = (uint8_t)best;
        }
    }
    return rows[length % 3][known_length];
}

size_t text_decode(const char *at, const char *end, uint32_t *ret_character)
{
    static const uint32_t smallest[] = {0, 0, 0x80, 0x800, 0x10000}; // by length: no overlong forms
    uint32_t first = (unsigned char)*at;
    size_t length = first < 0x80   ? 1
                    : first < 0xC0 ? 0
                    : first < 0xE0 ? 2
                    : first < 0xF0 ? 3
                    : first < 0xF8 ? 4
                                   : 0;
    if (length == 0 || length > (size_t)(end - at))
        return 0;

    uint32_t character = length == 1 ? first : first & (0x7FU >> length);
    for (size_t i = 1; i < length; i++) {
        if ((at[i] & 0xC0) != 0x80)
            return 0;
        character = character << 6 | (at[i] & 0x3F);
    }
    bool surrogate = character >= 0xD800 && character <= 0xDFFF;
    if (character < smallest[length] || character > 0x10FFFF || surrogate)
        return 0;
    *ret_character = character;
    return length;
}
