// SPDX-License-Identifier: MIT
// See text.h. Runs inside malloc before anything else works: no errno, no locale, no stdio.
#include "text.h"

#include <limits.h>
#include <string.h>

void text_init(struct text *text, char *buffer, size_t size)
{
    *text = (struct text){.data = buffer, .size = size};
    if (size > 0)
        buffer[0] = '\0';
}

void text_add_bytes(struct text *text, const char *bytes, size_t length)
{
    size_t room = text->size > 0 ? text->size - 1 - text->length : 0;
    if (length > room) {
        text->truncated = true;
        length = room;
    }
    if (length == 0)
        return;
    memcpy(text->data + text->length, bytes, length);
    text->length += length;
    text->data[text->length] = '\0';
}

void text_add(struct text *text, const char *string)
{
    text_add_bytes(text, string, strlen(string));
}

// One conversion: what stands between its '%' and its letter.
struct conversion {
    bool left;
    bool zero;
    int width;
    int precision; // negative: none given
    enum { LENGTH_INT, LENGTH_LONG, LENGTH_LONG_LONG, LENGTH_SIZE } length;
};

// A va_list that callees may advance: a va_list parameter is an array on some machines, whose
// address is no pointer to a va_list.
struct arguments {
    va_list list;
};

static void text_fill(struct text *text, char byte, int count)
{
    for (; count > 0 && !text->truncated; count--)
        text_add_bytes(text, &byte, 1);
}

static void text_add_padded(struct text *text, const struct conversion *conversion,
                            const char *bytes, size_t length)
{
    int width = conversion->width;
    int blanks = length < (size_t)width ? width - (int)length : 0;

    text_fill(text, ' ', conversion->left ? 0 : blanks);
    text_add_bytes(text, bytes, length);
    text_fill(text, ' ', conversion->left ? blanks : 0);
}

static void text_add_string(struct text *text, const struct conversion *conversion,
                            const char *string)
{
    if (string == NULL)
        string = "(null)";
    // With a precision the string need not end in a NUL.
    size_t length = conversion->precision < 0 ? strlen(string)
                                              : strnlen(string, (size_t)conversion->precision);
    text_add_padded(text, conversion, string, length);
}

static void text_add_number(struct text *text, const struct conversion *conversion, bool negative,
                            unsigned long long magnitude, unsigned base)
{
    char digits[24]; // UINT64_MAX has 20, and a sign
    size_t first = sizeof digits;
    for (; magnitude > 0; magnitude /= base)
        digits[--first] = "0123456789abcdef"[magnitude % base];

    int count = (int)(sizeof digits - first);
    int least = conversion->precision < 0 ? 1 : conversion->precision;
    if (conversion->zero && !conversion->left && conversion->precision < 0)
        least = conversion->width - negative > least ? conversion->width - negative : least;
    int zeros = least > count ? least - count : 0;
    int length = zeros > INT_MAX - count - 1 ? INT_MAX : negative + zeros + count;
    int blanks = conversion->width > length ? conversion->width - length : 0;

    text_fill(text, ' ', conversion->left ? 0 : blanks);
    text_add_bytes(text, "-", negative);
    text_fill(text, '0', zeros);
    text_add_bytes(text, digits + first, (size_t)count);
    text_fill(text, ' ', conversion->left ? blanks : 0);
}

static long long signed_argument(struct arguments *arguments, const struct conversion *conversion)
{
    switch (conversion->length) {
    case LENGTH_LONG:
        return va_arg(arguments->list, long);
    case LENGTH_LONG_LONG:
        return va_arg(arguments->list, long long);
    case LENGTH_SIZE:
        return va_arg(arguments->list, ptrdiff_t);
    default:
        return va_arg(arguments->list, int);
    }
}

static unsigned long long unsigned_argument(struct arguments *arguments,
                                            const struct conversion *conversion)
{
    switch (conversion->length) {
    case LENGTH_LONG:
        return va_arg(arguments->list, unsigned long);
    case LENGTH_LONG_LONG:
        return va_arg(arguments->list, unsigned long long);
    case LENGTH_SIZE:
        return va_arg(arguments->list, size_t);
    default:
        return va_arg(arguments->list, unsigned);
    }
}

// A width or precision at *at: '*' or digits. An absurd one keeps its first digits.
static int read_count(const char **at, struct arguments *arguments)
{
    if (**at == '*') {
        ++*at;
        return va_arg(arguments->list, int);
    }
    int count = 0;
    for (; **at >= '0' && **at <= '9'; ++*at) {
        if (count < INT_MAX / 10)
            count = count * 10 + (**at - '0');
    }
    return count;
}

// Reads what follows a '%' up to, not including, the conversion's letter, which it returns a
// pointer to.
static const char *read_conversion(const char *at, struct arguments *arguments,
                                   struct conversion *ret_conversion)
{
    struct conversion conversion = {.precision = -1};

    for (; *at == '-' || *at == '0'; at++) {
        conversion.left |= *at == '-';
        conversion.zero |= *at == '0';
    }
    conversion.width = read_count(&at, arguments);
    if (conversion.width < 0) { // as printf: a negative '*' means '-'
        conversion.left = true;
        conversion.width = conversion.width == INT_MIN ? INT_MAX : -conversion.width;
    }
    if (*at == '.') {
        at++;
        conversion.precision = read_count(&at, arguments);
    }
    if (*at == 'z') {
        conversion.length = LENGTH_SIZE;
        at++;
    }
    for (; *at == 'l'; at++)
        conversion.length = conversion.length == LENGTH_INT ? LENGTH_LONG : LENGTH_LONG_LONG;
    *ret_conversion = conversion;
    return at;
}

static void text_add_conversion(struct text *text, const struct conversion *conversion,
                                char letter, struct arguments *arguments)
{
    switch (letter) {
    case 'd': {
        long long value = signed_argument(arguments, conversion);
        unsigned long long magnitude = (unsigned long long)value;
        text_add_number(text, conversion, value < 0, value < 0 ? 0 - magnitude : magnitude, 10);
        break;
    }
    case 'u':
        text_add_number(text, conversion, false, unsigned_argument(arguments, conversion), 10);
        break;
    case 'x':
        text_add_number(text, conversion, false, unsigned_argument(arguments, conversion), 16);
        break;
    case 's':
        text_add_string(text, conversion, va_arg(arguments->list, const char *));
        break;
    case 'c': {
        char byte = (char)va_arg(arguments->list, int);
        text_add_padded(text, conversion, &byte, 1);
        break;
    }
    default: // '%', or a letter outside the subset, which then shows up in the text
        text_add_bytes(text, &letter, 1);
    }
}

void text_addv(struct text *text, const char *format, va_list list)
{
    struct arguments arguments;
    va_copy(arguments.list, list);

    while (*format != '\0') {
        size_t plain = strcspn(format, "%");
        text_add_bytes(text, format, plain);
        format += plain;
        if (*format == '\0')
            break;
        struct conversion conversion;
        format = read_conversion(format + 1, &arguments, &conversion);
        if (*format != '\0')
            text_add_conversion(text, &conversion, *format++, &arguments);
    }
    va_end(arguments.list);
}

void text_addf(struct text *text, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    text_addv(text, format, arguments);
    va_end(arguments);
}

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
