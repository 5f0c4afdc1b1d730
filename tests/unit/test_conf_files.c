// SPDX-License-Identifier: MIT
// conf.c against the files of tests/conf: a good one and a bad one for every rule.
#include <dirent.h>
#include <stdio.h>

#include "../conf_print.h"
#include "conf_test.h"

static unsigned count_lines(const char *text)
{
    unsigned count = 0;
    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

// "DIRECTORY/STEM.SUFFIX" of tests/conf into `ret_text`.
static size_t read_file(const char *directory, const char *stem, const char *suffix,
                        char ret_text[FILE_MAX])
{
    char path[512];
    struct text text;
    text_init(&text, path, sizeof path);
    text_addf(&text, "%s/conf/%s/%s%s", TESTS_DIR, directory, stem, suffix);
    FILE *file = fopen(path, "rb");
    cr_assert_not_null(file, "no file %s", path);
    size_t length = fread(ret_text, 1, FILE_MAX - 1, file);
    fclose(file);
    ret_text[length] = '\0';
    return length;
}

// Calls check(stem) for each STEM.conf, and returns how many there are.
static unsigned walk(const char *directory, void (*check)(const char *stem))
{
    char path[512];
    struct text text;
    text_init(&text, path, sizeof path);
    text_addf(&text, "%s/conf/%s", TESTS_DIR, directory);
    DIR *entries = opendir(path);
    cr_assert_not_null(entries, "no directory %s", path);

    unsigned count = 0;
    for (struct dirent *entry; (entry = readdir(entries)) != NULL;) {
        char *suffix = strrchr(entry->d_name, '.');
        if (suffix == NULL || strcmp(suffix, ".conf") != 0)
            continue;
        *suffix = '\0';
        check(entry->d_name);
        count++;
    }
    closedir(entries);
    return count;
}

static void print_changes(char out[FILE_MAX])
{
    struct text text;
    text_init(&text, out, FILE_MAX);
    conf_print(&text, &conf, 1);
    cr_assert_not(text.truncated);
}

static void check_good(const char *stem)
{
    static char text[FILE_MAX], expected[FILE_MAX], result[FILE_MAX];
    size_t length = read_file("good", stem, ".conf", text);
    read_file("good", stem, ".out", expected);

    cr_expect_eq(merge_and_finish(stem, text, length), 0, "%s: %s", stem, lines_buffer);
    print_changes(result);
    cr_expect_str_eq(result, expected, "%s gives:\n%s", stem, result);

    cr_expect_eq(merge_and_finish(stem, result, strlen(result)), 0, "%s, its result read again: %s",
                 stem, lines_buffer);
    print_changes(text);
    cr_expect_str_eq(text, expected, "%s, its result read again, gives:\n%s", stem, text);
}

static void check_bad(const char *stem)
{
    static char text[FILE_MAX], expected[FILE_MAX];
    char name[300];
    snprintf(name, sizeof name, "%s.conf", stem);
    size_t length = read_file("bad", stem, ".conf", text);
    read_file("bad", stem, ".err", expected);

    unsigned mistakes = merge_and_finish(name, text, length);
    cr_expect_str_eq(lines_buffer, expected, "%s gives:\n%s", stem, lines_buffer);
    cr_expect_gt(mistakes, 0, "%s is accepted", stem);
    cr_expect_eq(mistakes, count_lines(expected), "%s: %u mistakes counted", stem, mistakes);
}

Test(conf, accepts_the_good_files)
{
    cr_assert_geq(walk("good", check_good), 40);
}

Test(conf, reports_each_mistake_of_the_bad_files)
{
    cr_assert_geq(walk("bad", check_bad), 40);
}

// ---- Defaults ----

