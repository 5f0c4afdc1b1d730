// SPDX-License-Identifier: MIT
// See text.h: what builds text. Runs inside malloc before anything else works: no errno, no locale, no stdio.
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
        const char *plain = format;
        while (*format != '\0' && *format != '%')
            format++;
        text_add_bytes(text, plain, (size_t)(format - plain));
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
