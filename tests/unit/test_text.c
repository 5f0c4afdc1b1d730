// SPDX-License-Identifier: MIT
// text.c: the builder against snprintf, numbers, patterns, distances.
#include <criterion/criterion.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>

#include "text.h"

// Both must write the same.
#define SAME_AS_PRINTF(...)                                                                        \
    do {                                                                                           \
        char expected[512], buffer[512];                                                           \
        struct text text;                                                                          \
        text_init(&text, buffer, sizeof buffer);                                                   \
        text_addf(&text, __VA_ARGS__);                                                             \
        int length = snprintf(expected, sizeof expected, __VA_ARGS__);                             \
        cr_assert_str_eq(buffer, expected);                                                        \
        cr_assert_eq(text.length, (size_t)length);                                                 \
        cr_assert_not(text.truncated);                                                             \
    } while (0)

Test(text, starts_empty)
{
    char buffer[8] = "garbage";
    struct text text;
    text_init(&text, buffer, sizeof buffer);
    cr_assert_str_eq(buffer, "");
    cr_assert_eq(text.length, 0);
    cr_assert_not(text.truncated);
}

Test(text, adds_behind_what_is_there)
{
    char buffer[16];
    struct text text;
    text_init(&text, buffer, sizeof buffer);
    text_add(&text, "ab");
    text_add_bytes(&text, "cdef", 2);
    text_addf(&text, "%c", 'e');
    cr_assert_str_eq(buffer, "abcde");
    cr_assert_eq(text.length, 5);
}

Test(text, what_just_fits_is_not_truncated)
{
    char buffer[4];
    struct text text;
    text_init(&text, buffer, sizeof buffer);
    text_add(&text, "abc");
    cr_assert_str_eq(buffer, "abc");
    cr_assert_not(text.truncated);
    text_add(&text, "");
    cr_assert_not(text.truncated);
}

Test(text, what_does_not_fit_is_dropped)
{
    char buffer[8];
    memset(buffer, '#', sizeof buffer);
    struct text text;
    text_init(&text, buffer, 4);
    text_add(&text, "ab");
    text_add(&text, "cde");
    text_addf(&text, "%10d", 5);
    cr_assert_str_eq(buffer, "abc");
    cr_assert_eq(text.length, 3);
    cr_assert(text.truncated);
    cr_assert_eq(memcmp(buffer + 4, "####", 4), 0, "wrote behind the buffer");
}

Test(text, holds_nothing_in_one_byte_or_none)
{
    char buffer[2] = "x";
    struct text text;
    text_init(&text, buffer, 1);
    text_add(&text, "a");
    cr_assert_str_eq(buffer, "");
    cr_assert(text.truncated);

    text_init(&text, NULL, 0);
    text_addf(&text, "%d", 1);
    cr_assert(text.truncated);
    cr_assert_eq(text.length, 0);
}

Test(text, formats_numbers_as_printf)
{
    static const int values[] = {0, 1, -1, 9, 10, -10, 255, 12345, INT_MAX, INT_MIN};
    for (size_t i = 0; i < ARRAY_LENGTH(values); i++) {
        int n = values[i];
        SAME_AS_PRINTF("%d|%u|%x", n, (unsigned)n, (unsigned)n);
        SAME_AS_PRINTF("%8d|%-8d|%08d|%15x", n, n, n, (unsigned)n);
        SAME_AS_PRINTF("%.5d|%9.5d|%-9.5d|%.0u", n, n, n, (unsigned)n);
        SAME_AS_PRINTF("%*d|%*d|%.*d|%.*d", 7, n, -7, n, 3, n, -1, n);
        SAME_AS_PRINTF("%0*d|%-4x|%1u", 12, n, (unsigned)n, (unsigned)n);
    }
}

Test(text, formats_every_length)
{
    SAME_AS_PRINTF("%ld|%lu|%lx", LONG_MIN, ULONG_MAX, ULONG_MAX);
    SAME_AS_PRINTF("%lld|%llu|%llx", LLONG_MIN, ULLONG_MAX, ULLONG_MAX);
    SAME_AS_PRINTF("%zu|%zx|%zd", SIZE_MAX, SIZE_MAX, (ssize_t)-5);
    SAME_AS_PRINTF("%lld|%lld|%020llu", LLONG_MAX, -1LL, 123456789012ULL);
}

Test(text, formats_strings_as_printf)
{
    SAME_AS_PRINTF("%s|%10s|%-10s|%2s", "abc", "abc", "abc", "abc");
    SAME_AS_PRINTF("%.2s|%.9s|%10.2s|%-10.2s|%.0s", "abc", "abc", "abc", "abc", "abc");
    SAME_AS_PRINTF("%.*s|%*s|%*s", 2, "abc", 5, "abc", -5, "abc");
    SAME_AS_PRINTF("%c%c|%3c|%-3c|", 'a', 'b', 'c', 'd');
    SAME_AS_PRINTF("100%% %s%%", "sure");
    SAME_AS_PRINTF("no conversion");
    SAME_AS_PRINTF("%s", "");
}

Test(text, shows_a_null_string)
{
    char buffer[32];
    struct text text;
    const char *volatile null = NULL;
    text_init(&text, buffer, sizeof buffer);
    text_addf(&text, "<%s>", null);
    cr_assert_str_eq(buffer, "<(null)>");
}

Test(text, reads_no_further_than_the_precision)
{
    char unterminated[3] = {'a', 'b', 'c'}; // a sanitizer build sees a read behind it
    char buffer[8];
    struct text text;
    text_init(&text, buffer, sizeof buffer);
    text_addf(&text, "%.*s", 3, unterminated);
    cr_assert_str_eq(buffer, "abc");
}

Test(text, takes_several_arguments_in_order)
{
    SAME_AS_PRINTF("%d %s %c %zu %llu %s %d %u %lu %x", 1, "two", '3', (size_t)4, 5ULL, "six", -7,
                   8U, 9UL, 10U);
}

Test(text, keeps_errno)
{
    char buffer[8];
    struct text text;
    uint64_t value;
    errno = 77;
    text_init(&text, buffer, sizeof buffer);
    text_addf(&text, "%d %s", 12345, "too long for it");
    cr_assert_not(text_parse_size("99999999999999999999", 20, &value));
    cr_assert_eq(errno, 77);
}

static void expect_size(const char *string, uint64_t expected)
{
    uint64_t value = ~expected;
    cr_assert(text_parse_size(string, strlen(string), &value), "'%s' refused", string);
    cr_assert_eq(value, expected, "'%s' read as %llu", string, (unsigned long long)value);
}

static void expect_no_size(const char *string)
{
    uint64_t value = 4711;
    cr_assert_not(text_parse_size(string, strlen(string), &value), "'%s' accepted", string);
    cr_assert_eq(value, 4711, "'%s' touched the result", string);
}

Test(text, parses_sizes)
{
    expect_size("0", 0);
    expect_size("1", 1);
    expect_size("007", 7);
    expect_size("010", 10);
    expect_size("1512", 1512);
    expect_size("18446744073709551615", UINT64_MAX);
    expect_size("0x10", 16);
    expect_size("0XfF", 255);
    expect_size("0xAbCdEf0123456789", 0xABCDEF0123456789);
    expect_size("0xffffffffffffffff", UINT64_MAX);
}

Test(text, parses_suffixes)
{
    expect_size("1K", 1024);
    expect_size("1k", 1024);
    expect_size("3M", UINT64_C(3) << 20);
    expect_size("3m", UINT64_C(3) << 20);
    expect_size("5G", UINT64_C(5) << 30);
    expect_size("5g", UINT64_C(5) << 30);
    expect_size("0G", 0);
    expect_size("0x10K", 16 << 10);
    expect_size("17179869183G", UINT64_C(17179869183) << 30);
}

Test(text, refuses_what_is_no_size)
{
    static const char *const strings[] = {
        "",   "K",   "x",   "0x",  "0xK", "0xg", "-1",  "+1",  " 1", "1 ",  "1KK",
        "1T", "1 K", "1.5", "1e3", "1a",  "0b1", "1Kb", "x10", "1-", "\xb1", "1\n",
    };
    for (size_t i = 0; i < ARRAY_LENGTH(strings); i++)
        expect_no_size(strings[i]);
}

Test(text, refuses_sizes_that_overflow)
{
    expect_no_size("18446744073709551616");
    expect_no_size("18446744073709551620");
    expect_no_size("99999999999999999999999");
    expect_no_size("0x10000000000000000");
    expect_no_size("17179869184G");
    expect_no_size("18014398509481984K");
}

Test(text, parses_only_the_given_length)
{
    uint64_t value = 0;
    cr_assert(text_parse_size("12K4", 3, &value));
    cr_assert_eq(value, 12 << 10);
    cr_assert(text_parse_size("12K4", 2, &value));
    cr_assert_eq(value, 12);
}

static bool matches(const char *pattern, const char *name)
{
    return text_matches(pattern, strlen(pattern), name);
}

Test(text, matches_patterns)
{
    static const struct {
        const char *pattern, *name;
        bool expected;
    } cases[] = {
        {"", "", true},           {"", "a", false},          {"a", "", false},
        {"abc", "abc", true},     {"abc", "abd", false},     {"abc", "abcd", false},
        {"abcd", "abc", false},   {"*", "", true},           {"*", "anything", true},
        {"a*", "a", true},        {"a*", "abc", true},       {"a*", "ba", false},
        {"*c", "abc", true},      {"*c", "abcd", false},     {"*c", "abcc", true},
        {"a*c", "ac", true},      {"a*c", "abbbc", true},    {"a*c", "abbbd", false},
        {"*b*", "abc", true},     {"*b*", "ac", false},      {"**", "x", true},
        {"a*b*c", "aXbYc", true}, {"a*b*c", "aXcYb", false}, {"*aab", "aaaab", true},
        {"?", "a", true},         {"?", "", false},          {"?", "ab", false},
        {"a?c", "abc", true},     {"a?c", "ac", false},      {"*?", "", false},
        {"*?", "a", true},        {"?*", "abc", true},       {"*a?c*", "xaxabcx", true},
        {"A", "a", false},        {"[a]", "a", false},       {"*abab", "abaabab", true},
        {"?", "ö", true},         {"h?r", "hör", true},      {"??", "ö", false},
        {"*?", "ö", true},        {"*??", "ö", false},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        cr_expect_eq(matches(cases[i].pattern, cases[i].name), cases[i].expected, "'%s' and '%s'",
                     cases[i].pattern, cases[i].name);
}

Test(text, matches_only_the_given_length_of_a_pattern)
{
    cr_assert(text_matches("ab,cd", 2, "ab"));
    cr_assert_not(text_matches("ab,cd", 2, "ab,cd"));
    cr_assert_not(text_matches("*x", 0, "a"));
}

Test(text, matches_long_names_without_exponential_work)
{
    char name[4096];
    memset(name, 'a', sizeof name - 1);
    name[sizeof name - 1] = '\0';
    cr_assert_not(matches("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*b", name));
    cr_assert(matches("*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*a*", name));
}

Test(text, measures_distances)
{
    static const struct {
        const char *word, *known;
        size_t expected;
    } cases[] = {
        {"", "", 0},          {"a", "", 1},           {"", "abc", 3},
        {"abc", "abc", 0},    {"abc", "abd", 1},      {"abc", "ab", 1},
        {"ab", "abc", 1},     {"ab", "ba", 1},        {"xbc", "abc", 1},
        {"abcd", "badc", 2},  {"kitten", "sitting", 3}, {"on_emtpy", "on_empty", 1},
        {"ca", "abc", 3},     {"flaw", "lawn", 2},    {"abc", "xyz", 3},
    };
    for (size_t i = 0; i < ARRAY_LENGTH(cases); i++)
        cr_expect_eq(text_distance(cases[i].word, strlen(cases[i].word), cases[i].known),
                     cases[i].expected, "'%s' and '%s'", cases[i].word, cases[i].known);
    cr_assert_eq(text_distance("abX", 2, "ab"), 0);
}

Test(text, measures_no_distance_of_long_words)
{
    char word[TEXT_DISTANCE_MAX + 2];
    memset(word, 'a', sizeof word - 1);
    word[sizeof word - 1] = '\0';
    cr_assert_eq(text_distance(word, TEXT_DISTANCE_MAX, ""), TEXT_DISTANCE_MAX);
    cr_assert_eq(text_distance(word, TEXT_DISTANCE_MAX + 1, ""), SIZE_MAX);
    cr_assert_eq(text_distance("", 0, word), SIZE_MAX);
    cr_assert_eq(text_distance(word, TEXT_DISTANCE_MAX, word + 1), 0);
}
